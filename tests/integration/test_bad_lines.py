"""Answering over a bad line, on real HTTP: what is cut, late or sent twice, and what all of it weighs."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.ballots.models import SealedBallot, Voucher
from surveyapp.pulses.models import Wave
from tests.factories.organisation import Organisation
from tests.factories.waves import prompts, scored_items, tokens_of
from tests.support.web_server import web_server

#: Bytes of the whole journey that a phone on a slow line is asked to take.
LIGHT = 60_000


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    bytes_on_the_line: int


@dataclass
class Line:
    """A browser's line to the server, as far down as its bytes."""

    address: str

    def hang_up_after(self, request: bytes) -> None:
        with self._connected() as line:
            line.sendall(request)

    def cut_after(self, request: bytes) -> bytes:
        """All that comes back when no more is sent: nothing, or a refusal that nobody reads."""
        with self._connected() as line:
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
            return _all_of(line)

    def say(self, request: bytes) -> Reply:
        with self._connected() as line:
            line.sendall(request)
            raw = _all_of(line)
        head, _, body = raw.partition(b"\r\n\r\n")
        status, _, fields = head.partition(b"\r\n")
        headers = http.client.parse_headers(_Lines(fields + b"\r\n\r\n"))
        return Reply(int(status.split()[1]), headers, body, len(raw))

    def ask(self, path: str, form: dict[str, str] | None = None) -> Reply:
        return self.say(_request(path, form))

    def _connected(self) -> socket.socket:
        host, port = self.address.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=30)


def _all_of(line: socket.socket) -> bytes:
    parts = []
    while part := line.recv(65536):
        parts.append(part)
    return b"".join(parts)


class _Lines:
    """What the standard library reads headers from."""

    def __init__(self, text: bytes) -> None:
        self._lines = iter(text.splitlines(keepends=True))

    def readline(self, _limit: int = -1) -> bytes:
        return next(self._lines, b"")


def _request(path: str, form: dict[str, str] | None = None) -> bytes:
    body = b"" if form is None else urlencode(form).encode()
    lines = [
        f"{'GET' if form is None else 'POST'} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept-Encoding: gzip, deflate, br",
        "Connection: close",
    ]
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def line(environ: dict[str, str], wave: Wave, tmp_path: Path) -> Iterator[Line]:
    # The wave comes first: a database that is locked by its making would keep the server waiting.
    with web_server(environ, tmp_path / "web.log") as address:
        yield Line(address)


@pytest.fixture
def link(wave: Wave, trust: Organisation) -> str:
    return f"/a/{wave.reference}/{tokens_of(wave)[trust.people['Maple'][0]]}"


@pytest.fixture
def form(wave: Wave) -> dict[str, str]:
    return {**dict.fromkeys(scored_items(wave), "4"), prompts(wave)[0]: "Time to learn 🎓"}


def box(session: Session) -> tuple[int, int]:
    """(ballots in the box, vouchers spent)"""
    session.rollback()
    spent = session.scalar(select(func.count()).where(Voucher.spent)) or 0
    return session.scalar(select(func.count()).select_from(SealedBallot)) or 0, spent


def test_what_is_cut_spends_nothing_and_what_is_repeated_counts_once(
    session: Session, wave: Wave, line: Line, link: str, form: dict[str, str]
) -> None:
    whole = _request(link, form)
    start_of_body = whole.index(b"\r\n\r\n") + 4
    for length in (20, start_of_body, start_of_body + 10, len(whole) - 1):
        assert line.cut_after(whole[:length]).split()[1:2] in ([], [b"400"])
    assert box(session) == (0, 0)
    # A double tap without JavaScript, and a phone that repeats what it got no reply to.
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: line.ask(link, form), range(4)))
    assert sorted(reply.status for reply in replies) == [200, 200, 200, 303]
    told = [reply.body for reply in replies if reply.status == 200]
    assert all(b"Your answers are already in the box" in body for body in told)
    assert box(session) == (1, 1)
    # Someone whose line breaks before the reply sends again. Whichever comes first, one is counted.
    *_, link = (f"/a/{wave.reference}/{token}" for token in tokens_of(wave).values())
    line.hang_up_after(_request(link, form))
    again = line.ask(link, form)
    assert (again.status, b"already in the box" in again.body) in {(200, True), (303, False)}
    assert b"already in the box" in line.ask(link).body
    assert box(session) == (2, 2)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_whole_journey_is_light(line: Line, link: str, form: dict[str, str]) -> None:
    """Link, page, send, thanks, with the style sheets in the browser's cache."""
    paper = line.ask(link)
    sent = line.ask(link, form)
    thanks = line.ask(str(sent.headers["Location"]))
    assert (paper.status, sent.status, thanks.status) == (200, 303, 200)
    kept, weights = set(), {"page": paper, "send": sent, "thanks": thanks}
    for page in (paper, thanks):
        assert page.headers["Cache-Control"] == "no-store"
        # Packed pages would tell by their length what is in them.
        assert "Content-Encoding" not in page.headers
        soup = BeautifulSoup(page.body, "html5lib")
        for tag in soup.select("[src], link[rel=stylesheet], link[rel=icon], [data-design]"):
            named = [tag.get("src"), tag.get("href"), tag.get("data-design")]
            kept |= {urljoin(link, str(address)) for address in named if address}
    for address in sorted(kept):
        reply = line.ask(address)
        assert reply.status == 200 and reply.headers["Content-Encoding"] == "gzip"
        assert "immutable" in reply.headers["Cache-Control"]
        if not address.endswith(".css"):
            weights[address.rsplit("/", 1)[1]] = reply
    total = sum(reply.bytes_on_the_line for reply in weights.values())
    each = ", ".join(f"{name} {reply.bytes_on_the_line:,}" for name, reply in weights.items())
    print(f"{total:,} bytes: {each}")  # noqa: T201 - says what was measured
    assert total < LIGHT
