"""GOV.UK Notify, as far as it is documented and we use it, on this machine only."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

Answer = tuple[int, dict[str, Any]]

#: In place of an answer the line goes dead.
HANG_UP: Answer = (0, {})

#: Seconds by which the clocks of the two sides may differ.
_SKEW = 30


@dataclass(frozen=True)
class _Kind:
    """A type of message: where its address stands, and what its template needs."""

    name: str
    address: str
    needs: frozenset[str]


_EMAIL = _Kind("email", "email_address", frozenset({"subject", "body"}))
_TEXT = _Kind("sms", "phone_number", frozenset({"body"}))


def error(status: int, kind: str, message: str) -> Answer:
    """A refusal in the shape that Notify gives it."""
    return status, {"status_code": status, "errors": [{"error": kind, "message": message}]}


@dataclass
class NotifyServer:
    """Keeps what it gets. `trouble` is asked before a mail is kept, `mishap` after it, and `finding` before
    mails are looked for: each may answer in its place.
    """

    service: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: str(uuid.uuid4()))
    template: str = field(default_factory=lambda: str(uuid.uuid4()))
    sms_template: str = field(default_factory=lambda: str(uuid.uuid4()))
    mails: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    trouble: Callable[[str], Answer | None] = lambda _address: None
    mishap: Callable[[str], Answer | None] = lambda _address: None
    finding: Callable[[], Answer | None] = lambda: None
    #: How many are found at once.
    page_size: int = 250

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environ(self) -> dict[str, str]:
        """The settings of an application that sends its mails here."""
        return {
            "NOTIFY_API_KEY": f"tests-{self.service}-{self.secret}",
            "NOTIFY_EMAIL_TEMPLATE": self.template,
            "NOTIFY_BASE_URL": self.address,
        }

    @property
    def texting_environ(self) -> dict[str, str]:
        """The same for one that sends texts as well."""
        return {**self.environ, "NOTIFY_SMS_TEMPLATE": self.sms_template}

    @property
    def addresses(self) -> list[str]:
        return [mail["email_address"] for mail in self.mails]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, bearer: str, body: bytes) -> Answer:
        parts = urlsplit(path)
        self.requests.append((method, parts.path))
        refusal = self._unauthorised(bearer)
        if refusal:
            return refusal
        with self._lock:
            if (method, parts.path) == ("GET", "/v2/notifications"):
                return self.finding() or self._found(parse_qs(parts.query))
            if (method, parts.path) == ("POST", "/v2/notifications/email"):
                return self._take(json.loads(body), _EMAIL, self.template, self.mails)
            if (method, parts.path) == ("POST", "/v2/notifications/sms"):
                return self._take(json.loads(body), _TEXT, self.sms_template, self.texts)
        return error(404, "NoResultFound", "No result found")

    def _unauthorised(self, bearer: str) -> Answer | None:
        try:
            claims = jwt.decode(
                bearer.removeprefix("Bearer "), self.secret, algorithms=["HS256"], leeway=_SKEW
            )
        except jwt.InvalidTokenError:
            return error(403, "AuthError", "Invalid token: API key not found")
        if claims["iss"] != self.service:
            return error(403, "AuthError", "Invalid token: service not found")
        return None

    def _found(self, query: dict[str, list[str]]) -> Answer:
        """All that match, the newest first, a page at a time."""
        wanted = {key: query[key][0] for key in ("reference", "status") if key in query}
        found = [
            each
            for each in reversed([*self.mails, *self.texts])
            if all(each[key] == value for key, value in wanted.items())
        ]
        if "older_than" in query:
            places = [each["id"] for each in found]
            found = found[places.index(query["older_than"][0]) + 1 :]
        shown, links = found[: self.page_size], {"current": self.address + "/v2/notifications"}
        if len(found) > len(shown):
            links["next"] = f"{links['current']}?older_than={shown[-1]['id']}"
        return 200, {"notifications": shown, "links": links}

    def _take(
        self, message: dict[str, Any], kind: _Kind, template: str, kept: list[dict[str, Any]]
    ) -> Answer:
        if message["template_id"] != template:
            return error(400, "BadRequestError", "Template not found")
        if set(message["personalisation"]) != kind.needs:
            return error(400, "BadRequestError", f"Missing personalisation: {', '.join(kind.needs)}")
        address = message[kind.address]
        if kind is _EMAIL and "@" not in address:
            return error(400, "ValidationError", "email_address Not a valid email address")
        if kind is _TEXT and not address.startswith("+44"):
            return error(400, "BadRequestError", "Can’t send to international mobile numbers")
        answer = self.trouble(address)
        if answer is not None:
            return answer
        nobody = {"reference": None, "email_address": None, "phone_number": None}
        kept.append(
            {**nobody, "id": str(uuid.uuid4()), "type": kind.name, "status": "created", **message}
        )
        answer = self.mishap(address)
        if answer is not None:
            return answer
        return 201, {"id": kept[-1]["id"], "reference": kept[-1]["reference"]}


def _handler(notify: NotifyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._handle(b"")

        def do_POST(self) -> None:
            self._handle(self.rfile.read(int(self.headers["Content-Length"])))

        def _handle(self, body: bytes) -> None:
            answer = notify.answer(self.command, self.path, self.headers["Authorization"], body)
            if answer == HANG_UP:
                self.close_connection = True
                return
            status, words = answer
            content = json.dumps(words).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Says nothing: the addresses of requests are in `requests`."""

    return Handler
