"""What is no HTTP, sent to the real web server: it refuses, goes on, and tells nobody what was in it."""

from __future__ import annotations

import random
import re
import socket
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from tests.attacks import weakened
from tests.attacks.test_scraping import Staff, ask, web

#: Beginnings of requests as programs that are broken, or meant to break, send them. `LINK` is a live one.
ODD: tuple[bytes, ...] = (
    b"",
    b"\r\n\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
    b"\xff\xfe\xfd" * 50 + b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET LINK\r\n\r\n",
    b"GET LINK HTTP/9.9\r\n\r\n",
    b"GET LINK HTTP/1.1\r\n\r\n",
    b"GET LINK HTTP/1.1\r\nHost\r\n\r\n",
    b"GET LINK HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET LINK HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
    b"GET LINK HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    b"GET LINK HTTP/1.1\r\nHost: a\r\nX-\xff: \xff\r\n\r\n",
    b"GET LINK HTTP/1.1\nHost: a\n\n",
    b"GET LINK HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    b"GET LINK HTTP/1.1\r\nHost: a\r\nCookie: " + b"a" * 70_000 + b"\r\n\r\n",
    b"GET LINK/" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://evil.example/LINK HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET //evil.exampleLINK HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET LINK%00%ff%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET LINK\xff\xc3\x28 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"get LINK HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\npage=0",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\npage=0",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\npage=0",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\npage=0\r\n0\r\n\r\n",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na\r\n",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\npage=0",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\nContent-Length: 4\r\n\r\n----",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\npage=0",
    b"POST LINK HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_INNARDS = (b"Traceback", b"gunicorn.", b".py", b"sqlalchemy", b"Error(")


def bent(wire: bytes, chance: random.Random) -> bytes:
    """The same with a few bytes changed, doubled or cut away."""
    bytes_ = bytearray(wire)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(bytes_) + 1)
        match chance.randrange(3):
            case 0:
                bytes_[place:place] = chance.randbytes(chance.randint(1, 6))
            case 1:
                del bytes_[place : place + chance.randint(1, 6)]
            case _:
                bytes_[place:place] = bytes_[place : place + 12]
    return bytes(bytes_)


def said(port: int, wire: bytes) -> bytes:
    """All that the server says to it. The line is half closed: nothing more is coming."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plug:
        try:
            plug.sendall(wire)
            plug.shutdown(socket.SHUT_WR)
            while part := plug.recv(65536):
                heard += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # it hung up in the middle, as it may
    return heard


@weakened.ON_ONE_DATABASE
def test_what_is_no_http_is_refused_and_written_down_nowhere(
    app: Flask, session: Session, environ: dict[str, str], tmp_path: Path
) -> None:
    staff, log, chance = Staff(session), tmp_path / "web.log", random.Random(7)
    link = staff.link(staff.tokens[0]).encode()
    wires = [wire.replace(b"LINK", link) for wire in ODD]
    wires += [bent(chance.choice(wires), chance) for _ in range(160)]
    with web(environ, log) as port:
        for wire in wires:
            heard = said(port, wire)
            statuses = [int(status) for status in _STATUS.findall(heard)]
            # 501 and 505 are HTTP's own words for a coding or a version that nobody here speaks.
            assert all(status < 500 or status in {501, 505} for status in statuses), (wire[:200], statuses)
            assert not any(words in heard for words in _INNARDS), wire[:200]
        assert ask(port, "GET", "/health") == 200
        assert ask(port, "GET", staff.link(staff.tokens[0])) == 200  # nothing of it spent the link
    assert staff.found_in(log.read_bytes()) == set()
    assert b"Traceback" not in log.read_bytes()
