"""What real servers write down of those who answer: nothing, even where everything goes wrong."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from surveyapp.config import PROJECT_ROOT
from surveyapp.launcher.guards import free_port
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.queueing import MAIL, enqueue_after_commit
from tests.factories.organisation import make_organisation
from tests.factories.waves import launched_wave, open_wave, prompts, scored_items, tokens_of
from tests.support.leak_watch import watch
from tests.support.processes import work_off
from tests.support.redis_contents import everything_in
from tests.support.servers import MailServer

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: What a caller says of itself, and what someone writes.
BROWSER = "Quillfeather/1.0 (a rare telephone)"
WORDS = "xylophones everywhere"


class Server:
    """A web server as a process, and what it has written."""

    def __init__(self, command: list[str], environ: Mapping[str, str], log: Path, port: int) -> None:
        self.port, self._log = port, log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                # As it is in earnest: the tests' own setting hands errors on instead of logging them.
                env={**os.environ, **environ, "APP_ENV": "development", "PYTHONUNBUFFERED": "1"},
                cwd=PROJECT_ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def written(self) -> str:
        return self._log.read_text(errors="replace")

    def until(self, line: str) -> str:
        """All that it has written, once this is in it: an answer can come before its line."""
        end = time.monotonic() + 30
        while line not in self.written:
            assert time.monotonic() < end, self.written
            time.sleep(0.05)
        return self.written

    def send(self, path: str, data: Mapping[str, str] | None = None, **headers: str) -> int:
        """The status of the answer."""
        request = urllib.request.Request(  # noqa: S310 - to this machine
            f"http://127.0.0.1:{self.port}{path}",
            data=None if data is None else urlencode(data).encode(),
            headers={"User-Agent": BROWSER, "Referer": f"https://mail.example{path}", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def say(self, line: str) -> None:
        """Something that is no HTTP."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"{line}\r\n\r\n".encode())
            connection.recv(65536)


@contextmanager
def running(command: list[str], environ: Mapping[str, str], log: Path, port: int) -> Iterator[Server]:
    server = Server(command, environ, log, port)
    try:
        until = time.monotonic() + 60
        while True:
            assert server.process.poll() is None and time.monotonic() < until, server.written
            try:
                assert server.send("/health") == 200
                break
            except OSError:
                time.sleep(0.1)
        yield server
    finally:
        server.process.terminate()
        server.process.wait(20)
        watch.was_written("what a web server writes", server.written)


class Answering:
    """A wave with all that nobody may write down."""

    def __init__(self, session: Session) -> None:
        trust = make_organisation(session, {"Maple": 12})
        self.wave = open_wave([trust.root])
        self.tokens = list(tokens_of(self.wave).values())
        self.form = {**dict.fromkeys(scored_items(self.wave), "4"), prompts(self.wave)[0]: WORDS}

    def path(self, number: int) -> str:
        return f"/a/{self.wave.reference}/{self.tokens[number]}"

    def found_in(self, written: str) -> list[str]:
        """Secrets in a log; callers' addresses and paths of answering pages among them."""
        secrets = [*self.tokens, *self.form, self.wave.reference, WORDS.split()[0], "Quillfeather"]
        found = [each for each in secrets if each in written]
        return found + re.findall(r"/a/\S*|/o/\S*|mail\.example|peer \S+|ip=\S+", written)


def test_the_web_server_writes_nothing_of_a_request_whatever_goes_wrong(
    session: Session, environ: dict[str, str], tmp_path: Path
) -> None:
    """With an access log asked for on the command line, and all that a server can say of itself."""
    answering, port = Answering(session), free_port()
    gunicorn = ["gunicorn", "--config", "python:surveyapp.webserver", "--bind", f"127.0.0.1:{port}"]
    talkative = ["--access-logfile", "-", "--log-level", "debug", "--workers", "1"]
    command = [*gunicorn, *talkative, "tests.support.troubled:app"]
    with running(command, environ, tmp_path / "web.log", port) as server:
        assert server.send(answering.path(0)) == 200
        assert server.send(answering.path(0), answering.form) == 200  # past the redirect
        for number, trouble in enumerate(("before", "after", "outside"), start=1):
            for data in (None, answering.form):
                assert server.send(answering.path(number), data, **{"X-Trouble": trouble}) == 500
        server.say(f"GET {answering.path(4)} HTTP/9.9")
        server.say(f"GET {answering.path(4)} HTTP/1.1\r\nHost: x\r\n{answering.tokens[5]}")
        server.say(f"POST {answering.path(4)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {WORDS}")
        written = server.written
    assert written.count("Unexpected RuntimeError at") == 4
    assert written.count("RuntimeError while a request was handled.") == 2
    assert written.count("A request that is not valid HTTP was refused.") == 3
    assert answering.found_in(written) == []


def test_the_development_server_writes_nothing_of_a_request(
    session: Session, environ: dict[str, str], tmp_path: Path
) -> None:
    answering, port = Answering(session), free_port()
    command = ["flask", "--app", "tests.support.troubled", "run", "--port", str(port)]
    with running(command, environ, tmp_path / "web.log", port) as server:
        assert server.send(answering.path(0)) == 200
        assert server.send(f"/%61/{answering.wave.reference}/{answering.tokens[1]}") == 200
        assert server.send(answering.path(0), answering.form) == 200
        for trouble in ("before", "after", "outside"):
            assert server.send(answering.path(2), answering.form, **{"X-Trouble": trouble}) == 500
        server.say(f"GET {answering.path(4)} HTTP/9.9")
        written = server.until("Error on a request.")
    assert "Running on http://127.0.0.1" in written
    assert written.count("Unexpected RuntimeError at") == 2
    assert answering.found_in(written) == []


def test_workers_name_nobody_when_mail_is_refused(
    session: Session, environ: dict[str, str], smtp: MailServer, redis_url: str
) -> None:
    trust = make_organisation(session, {"Maple": 12})
    wave = launched_wave([trust.root])
    smtp.refused = {"maple.3@staff.example", "maple.5@staff.example"}
    smtp.hang_ups_at_rcpt = 2
    enqueue_after_commit(MAIL, pulse_jobs.prepare, wave.id)
    log = work_off(environ)
    # Mails come in any order, so the server may hang up on an address that it does not take anyway.
    refusals = log.count("was refused")
    assert refusals in {2, 3, 4}
    with Redis.from_url(redis_url) as redis:
        contents = log + everything_in(redis).decode(errors="replace")
    assert len(smtp.addresses) == 12 - refusals
    secrets = ["staff.example", "no such mailbox", *tokens_of(wave).values()]
    assert [each for each in secrets if each in contents] == []
