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
    mails: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    trouble: Callable[[str], Answer | None] = lambda _address: None
    mishap: Callable[[str], Answer | None] = lambda _address: None
    finding: Callable[[], Answer | None] = lambda: None

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
                return self._take(json.loads(body))
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
        wanted = query["reference"][0]
        found = [
            {"id": mail["id"], "reference": mail["reference"], "status": mail["status"], "type": "email"}
            for mail in self.mails
            if mail["reference"] == wanted
        ]
        return 200, {"notifications": found, "links": {"current": self.address}}

    def _take(self, mail: dict[str, Any]) -> Answer:
        if mail["template_id"] != self.template:
            return error(400, "BadRequestError", "Template not found")
        if set(mail["personalisation"]) != {"subject", "body"}:
            return error(400, "BadRequestError", "Missing personalisation: subject, body")
        if "@" not in mail["email_address"]:
            return error(400, "ValidationError", "email_address Not a valid email address")
        answer = self.trouble(mail["email_address"])
        if answer is not None:
            return answer
        self.mails.append({"id": str(uuid.uuid4()), "status": "created", "reference": None, **mail})
        answer = self.mishap(mail["email_address"])
        if answer is not None:
            return answer
        return 201, {"id": self.mails[-1]["id"], "reference": self.mails[-1]["reference"]}


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
