"""Sends malformed requests to every route as every role, and says what each answer gave away.

Each request meets the same database: what it changed is rolled back, so any of them can be sent
again alone. One that was taken is followed to the next page, which shows what was stored.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from flask import Flask
from sqlalchemy.engine import Connection
from werkzeug.routing import Rule
from werkzeug.test import run_wsgi_app

from surveyapp.extensions import db
from surveyapp.permissions import PERMISSIONS_OF, PUBLIC_ENDPOINTS, SIGNED_IN_ENDPOINTS, RoleName
from tests.attacks.busy_trust import BusyTrust
from tests.attacks.malformed import HEADER, SCRIPT, Draw, PageForm, Sent, encoded, forms_of

#: Who sends; None is someone who has not signed in.
SENDERS: tuple[RoleName | None, ...] = (None, *RoleName)

#: Words of the machine room, which no page may have.
_INNARDS = re.compile(
    r"Traceback|sqlalchemy|psycopg|sqlite3|werkzeug|jinja2|site-packages|line [0-9]+, in "
    r"|SELECT .{0,80} FROM|INSERT INTO|\b[A-Z][a-z]+(?:[A-Z][a-z]+)*(?:Error|Exception)\b"
)

_ANSWERING = ("/a/", "/o/")

_HERE = "http://localhost/"

#: How a machine says that people are to be sent to another one.
_MEANT = ("operations.ready", 503)

#: What watches for leaks does not take a shorter one for a comment.
_SHORTEST_COMMENT = 8


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def text(self) -> str:
        kind = self.header("Content-Type")
        return self.body.decode("utf-8", "replace") if kind.startswith(("text/", "application/json")) else ""


@dataclass(frozen=True)
class Trouble:
    """What an answer must not have done, with the request that brought it about."""

    what: str
    endpoint: str
    sender: RoleName | None
    sent: Sent

    def __str__(self) -> str:
        body = self.sent.body[:300]
        return (
            f"{self.what}: {self.endpoint} as {self.sender}: {self.sent.method} {self.sent.target[:300]!r} "
            f"{self.sent.content_type!r} {dict(self.sent.headers)} {body!r}"
        )


def _marked(name: str, value: str) -> tuple[str, str]:
    """A comment that nobody has written elsewhere, or it would seem to have come there from the box."""
    is_ours = name in {"carried", "ticket", "page", "go"}
    return name, value if is_ours or len(value) < _SHORTEST_COMMENT else f"{value} zq"


class _Heard(logging.Handler):
    """The places where something went wrong, as the log names them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Fuzzer:
    """`statuses` counts answers by status, `reached` by route and sender, `opened` pages by route."""

    def __init__(self, app: Flask, trust: BusyTrust) -> None:
        self.app, self.trust = app, trust
        self.rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
        self.statuses: Counter[int] = Counter()
        self.reached: Counter[tuple[str, RoleName | None]] = Counter()
        self.opened: Counter[str] = Counter()
        self.troubles: list[Trouble] = []
        self._forms: dict[tuple[RoleName | None, str], list[PageForm]] = {}
        self._heard = _Heard()

    # ---------------------------------------------------------------- one request after another

    def run(self, seed: str, many: int) -> None:
        """Send that many requests, and those that follow from them."""
        with self._rolled_back_each_time():
            for number in range(many):
                self._one(Draw(f"{seed} {number}"))

    def report(self) -> str:
        """What was reached, in lines."""
        routes = {rule.endpoint for rule in self.rules}
        pairs = {(route, sender) for route, sender in self.reached if route}
        statuses = ", ".join(f"{status}: {number}" for status, number in sorted(self.statuses.items()))
        shut = sorted(routes - {route for route, number in self.opened.items() if number})
        met = {route for route, _ in pairs}
        return (
            f"{self.statuses.total()} requests; {len(met)} routes of {len(routes)}, "
            f"{len(pairs)} pairs of route and sender of {len(routes) * len(SENDERS)}; {statuses}; "
            f"routes that never gave a page: {', '.join(shut) or 'none'}"
        )

    def _one(self, draw: Draw) -> None:
        rule = draw.chance.choice(self.rules)
        sender = self._sender(draw, rule)
        with self._same_database():
            if not draw.one_in(3):
                forms = self._forms_at(sender, rule, draw)
                if forms:
                    self._send_form(draw, sender, draw.chance.choice(forms))
                    return
            spoilt = 0.3 if draw.one_in(2) else 0.0
            method, target = draw.method(rule.methods or ()), self._path(draw, rule, spoilt) + draw.query()
            pairs = [(name, draw.junk()) for name in ("choice", "go", "page", "carried", "name", "first-day")]
            pairs = draw.spoilt([*pairs[: draw.chance.randrange(7)], *self._token(draw)])
            body, kind = draw.body(pairs, ()) if method.upper() in {"POST", "PUT", "PATCH"} else (b"", "")
            sent = Sent(method, target, body, kind, draw.headers(), self._cookie(sender), draw.length(body))
            self._follow(sender, sent, self._send(sender, sent))

    def _send_form(self, draw: Draw, sender: RoleName | None, form: PageForm) -> None:
        pairs = draw.spoilt(draw.filled_in(form))
        if form.action.startswith(_ANSWERING):
            pairs = [_marked(name, value) for name, value in pairs]
        if draw.one_in(12):
            pairs = [(name, value) for name, value in pairs if name != "csrf_token"]
        target, headers, cookie = form.action, draw.headers(), self._cookie(sender)
        if form.method == "GET":
            sent = Sent("GET", f"{target.partition('?')[0]}?{encoded(pairs)}", headers=headers, cookie=cookie)
        else:
            body, kind = draw.body(pairs, form.files)
            sent = Sent("POST", target, body, kind, headers, cookie, draw.length(body))
        self._follow(sender, sent, self._send(sender, sent))

    def _follow(self, sender: RoleName | None, sent: Sent, answer: Answer | None) -> None:
        """The page after one that was taken, with the cookie that it set."""
        for _ in range(2):
            to = answer.header("Location") if answer is not None and 300 <= answer.status < 400 else ""
            if not to.startswith("/") or to.startswith("//"):
                return
            assert answer is not None
            cookie = answer.header("Set-Cookie").partition(";")[0] or sent.cookie
            sent = Sent("GET", to, cookie=cookie)
            # Whoever signed out, or in, is someone else now.
            is_same = not to.startswith("/sign-in") and sent.path != "/"
            answer = self._send(sender, sent) if is_same else None

    # ---------------------------------------------------------------- what to send

    def _sender(self, draw: Draw, rule: Rule) -> RoleName | None:
        """Mostly someone who may, or the code behind would hardly be reached."""
        allowed = [sender for sender in SENDERS if self._may(sender, rule.endpoint)]
        return draw.chance.choice(SENDERS if draw.one_in(5) or not allowed else allowed)

    def _cookie(self, sender: RoleName | None) -> str:
        return "" if sender is None else self.trust.cookies[sender]

    def _path(self, draw: Draw, rule: Rule, spoilt: float) -> str:
        parts = []
        for is_variable, part in rule._trace:
            if not is_variable:
                parts.append(part.lstrip("|"))
                continue
            values = self.trust.values
            good = values.get(f"{rule.endpoint} {part}", values.get(part, []))
            parts.append(draw.part(good, spoilt=spoilt))
        path = "".join(parts)
        if "<token>" in rule.rule and "<reference>" in rule.rule and not draw.one_in(4):
            reference, token = draw.chance.choice([self.trust.links.ready, self.trust.links.long])
            path = f"/a/{reference}/{token}"
        elif rule.rule.startswith("/o/") and not draw.one_in(4):
            path = rule.rule.replace("<reference>", self.trust.links.open_link)
        return path

    def _forms_at(self, sender: RoleName | None, rule: Rule, draw: Draw) -> list[PageForm]:
        """The forms of the route's page, if it has one that the sender may open."""
        if "GET" not in (rule.methods or ()):
            return []
        path = self._path(draw, rule, 0.0)
        if (sender, path) not in self._forms:
            sent = Sent("GET", path, cookie=self._cookie(sender))
            answer = self._send(sender, sent)
            is_page = answer is not None and answer.status == 200 and answer.text
            self._forms[sender, path] = forms_of(answer.body, path) if is_page and answer is not None else []
        return self._forms[sender, path]

    def _token(self, draw: Draw) -> list[tuple[str, str]]:
        """A form token of whoever sends, if some page of theirs has been seen."""
        known = [pair for forms in self._forms.values() for form in forms for pair in form.filled]
        tokens = [pair for pair in known if pair[0] == "csrf_token"]
        return [draw.chance.choice(tokens)] if tokens else []

    # ---------------------------------------------------------------- what comes back

    def _send(self, sender: RoleName | None, sent: Sent) -> Answer | None:
        self._heard.lines.clear()
        endpoint = ""

        def note(environ: dict[str, Any], start: Any) -> Any:
            nonlocal endpoint
            with self.app.request_context(environ) as context:
                endpoint = context.request.endpoint or ""
            return self.app.wsgi_app(environ, start)

        try:
            with self.app.app_context():
                body, status, headers = run_wsgi_app(note, sent.environ(), buffered=True)
                answer = Answer(int(status.split()[0]), tuple(headers), b"".join(body))
        except Exception as error:  # noqa: BLE001 - a server would answer 500
            self._trouble(f"raised {type(error).__name__}: {error}"[:200], endpoint, sender, sent)
            return None
        self.statuses[answer.status] += 1
        self.reached[endpoint, sender] += 1
        self.opened[endpoint] += answer.status < 400
        for what in self._wrongs(answer, endpoint, sender, sent):
            self._trouble(what, endpoint, sender, sent)
        return answer

    def _trouble(self, what: str, endpoint: str, sender: RoleName | None, sent: Sent) -> None:
        self.troubles.append(Trouble(f"{what} {self._heard.lines[-1:]}", endpoint, sender, sent))

    def _wrongs(self, answer: Answer, endpoint: str, sender: RoleName | None, sent: Sent) -> Iterator[str]:
        text = answer.text
        if answer.status >= 500 and (endpoint, answer.status) != _MEANT:
            yield f"answered {answer.status}"
        if any("error page" in line for line in self._heard.lines):
            yield "has no page for an error"
        innards = _INNARDS.search(text) if not endpoint.startswith("assets") else None
        if innards is not None and innards[0].encode() not in sent.body:
            yield f"speaks of {innards[0]!r}"
        if SCRIPT in text and "html" in answer.header("Content-Type"):
            yield "repeats a script"
        if answer.header(HEADER):
            yield "takes a header from what was sent"
        to = answer.header("Location")
        if to and ("\\" in to or not urljoin(_HERE, to).startswith(_HERE)):
            yield f"sends people elsewhere, to {to[:60]!r}"
        if sent.path.startswith(_ANSWERING) and answer.header("Set-Cookie"):
            yield "gives a cookie to whoever answers"
        if endpoint and answer.status < 300 and not self._may(sender, endpoint):
            yield f"opens with {answer.status} to someone who may not"
        is_shown = answer.status == 200 and sent.method != "OPTIONS"
        if sender is RoleName.LEADER and is_shown and self._is_beyond_the_leader(endpoint, sent):
            yield "shows a leader a unit that is not theirs"

    def _may(self, sender: RoleName | None, endpoint: str) -> bool:
        """As the table of permissions has it."""
        view = self.app.view_functions[endpoint]
        if endpoint in PUBLIC_ENDPOINTS or getattr(view, "is_public", False):
            return True
        if sender is None:
            return False
        if endpoint in SIGNED_IN_ENDPOINTS or getattr(view, "signed_in_only", False):
            return True
        return getattr(view, "required_permission", None) in PERMISSIONS_OF[sender]

    def _is_beyond_the_leader(self, endpoint: str, sent: Sent) -> bool:
        unit = re.match(r"/reports/\d+/units/0*(\d+)", sent.path)
        return bool(unit and endpoint.startswith("reports.") and unit[1] not in self.trust.led)

    # ---------------------------------------------------------------- the same database each time

    @contextmanager
    def _rolled_back_each_time(self) -> Iterator[None]:
        """All sessions of the application on one connection, inside a transaction that never commits."""
        engines, engine = db.engines, db.engine
        logging.getLogger("surveyapp").addHandler(self._heard)
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        self._connection: Connection = engine.connect()
        if engine.dialect.name == "sqlite":
            # The driver would begin and commit on its own, between our savepoints.
            driver: Any = self._connection.connection.dbapi_connection
            driver.isolation_level = None
        engines[None] = self._connection  # type: ignore[assignment]
        try:
            yield
        finally:
            db.session.remove()
            engines[None] = engine
            db.session.configure(join_transaction_mode="conditional_savepoint")
            self._connection.invalidate()
            self._connection.close()
            logging.getLogger("surveyapp").removeHandler(self._heard)

    @contextmanager
    def _same_database(self) -> Iterator[None]:
        with self._connection.begin() as transaction:
            if self._connection.dialect.name == "sqlite":
                self._connection.exec_driver_sql("BEGIN")
            yield
            transaction.rollback()
