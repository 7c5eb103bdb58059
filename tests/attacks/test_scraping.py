"""Scraping: what lies about where nobody looks – logs, queues and their files, cookies, the ledger.

`tests/integration/test_queue.py` reads the logs of workers through a whole wave.
"""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp import queueing
from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.ballots.paper import token_hash
from surveyapp.config import PROJECT_ROOT
from surveyapp.launcher import embedded_redis
from surveyapp.launcher.guards import free_port
from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import WaveMail
from surveyapp.pulses.services import Wave
from tests.attacks import weakened
from tests.factories.organisation import make_organisation
from tests.factories.waves import close, open_wave, prompts, scored_items, tokens_of
from tests.support.client import CheckingClient
from tests.support.leak_watch import LeakWatch
from tests.support.processes import work_off
from tests.support.redis_contents import everything_in
from tests.support.servers import MailServer


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """The Redis that `make run` starts, with the file in which it keeps every command."""
    port, password = free_port(), embedded_redis.new_password()
    with subprocess.Popen(
        [embedded_redis.server_binary(), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(embedded_redis.configuration(tmp_path / "redis", port, password))
        process.stdin.close()
        url = embedded_redis.address(port, password)
        assert embedded_redis.wait_until_ready(url, lambda: process.poll() is None)
        yield url
        process.terminate()


class Staff:
    """A wave that is open, its links, and what must be found nowhere."""

    def __init__(self, session: Session) -> None:
        trust = make_organisation(session, {"Maple": 14})
        self.wave: Wave = open_wave([trust.root])
        self.tokens = list(tokens_of(self.wave).values())
        self.comments = {t: f"Xylophone{secrets.token_hex(4)} is rushed here." for t in self.tokens}
        self._addresses = list(session.scalars(select(Person.email)))
        session.rollback()

    def link(self, token: str) -> str:
        return f"/a/{self.wave.reference}/{token}"

    def filled_in(self, token: str) -> dict[str, str]:
        answers = dict.fromkeys(scored_items(self.wave), "4")
        return {"page": "0", **answers, prompts(self.wave)[0]: self.comments[token]}

    def found_in(self, heap: bytes) -> set[str]:
        """Kinds of what must be found nowhere."""
        kinds = {
            "link": [token.encode() for token in self.tokens],
            "voucher": [token_hash(token).encode() for token in self.tokens],
            "address": [address.encode() for address in self._addresses],
            "words": [words.split()[0].encode() for words in self.comments.values()],
        }
        return {kind for kind, each in kinds.items() if any(secret in heap for secret in each)}


# ---------------------------------------------------------------- logs of real processes


@contextmanager
def web(environ: Mapping[str, str], log: Path, *arguments: str) -> Iterator[int]:
    """The web server as `make run` starts it; its port."""
    port = free_port()
    command = ["-m", "gunicorn", "--config", "python:surveyapp.webserver", *arguments]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, *command, "--bind", f"127.0.0.1:{port}", "wsgi:app"],
            cwd=PROJECT_ROOT,
            env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            assert embedded_redis.wait_until_ready(environ["REDIS_URL"], lambda: True)
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            if ask(port, "GET", "/health") == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("The web server did not come up.")


def ask(port: int, method: str, path: str, fields: Mapping[str, str] | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = urlencode(fields) if fields else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def visit(port: int, staff: Staff) -> None:
    """People answer, some with bent links, some through broken programs."""
    for token in staff.tokens[:12]:
        assert ask(port, "GET", staff.link(token)) == 200
        assert ask(port, "POST", staff.link(token), staff.filled_in(token)) == 303
    ask(port, "GET", f"{staff.link(staff.tokens[0])}.")
    ask(port, "PUT", staff.link(staff.tokens[0]))
    for broken in (" HTTP/9.9", " HTTP/1.1\r\nHost: a\r\nBad header", " nonsense", ""):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plug:
            plug.sendall(f"GET {staff.link(staff.tokens[0])}{broken}\r\n\r\n".encode())
            plug.recv(1000)


@weakened.ON_ONE_DATABASE
def test_logs_tell_links_on_a_weakened_build(
    app: Flask, session: Session, environ: dict[str, str], tmp_path: Path
) -> None:
    staff, log = Staff(session), tmp_path / "web.log"
    with web(environ, log, *weakened.USUAL_WEB_LOG) as port:
        visit(port, staff)
    assert "link" in staff.found_in(log.read_bytes())


@weakened.ON_ONE_DATABASE
def test_logs_and_queues_tell_nothing_on_ours(
    app: Flask,
    session: Session,
    environ: dict[str, str],
    tmp_path: Path,
    redis_url: str,
    smtp: MailServer,
) -> None:
    """Real web server, Redis and workers, from the first mail to the last comment read."""
    staff, log = Staff(session), tmp_path / "web.log"
    queueing.enqueue_after_commit(queueing.MAIL, pulse_jobs.send_mail, staff.wave.id)
    heap = work_off(environ).encode()
    with web(environ, log) as port:
        visit(port, staff)
    close(staff.wave)
    queueing.enqueue_after_commit(queueing.COUNT, ballot_jobs.count, staff.wave.id)
    heap += work_off(environ).encode()
    session.refresh(staff.wave)
    assert staff.wave.state == "counted" and len(smtp.addresses) == 14
    assert b"surveyapp.comments.jobs" in heap and log.read_bytes()
    assert staff.found_in(heap + log.read_bytes()) == set()
    assert staff.found_in(contents(redis_url, tmp_path)) == set()


# ---------------------------------------------------------------- Redis and its file


def contents(redis_url: str, directory: Path) -> bytes:
    """What Redis knows and what its files remember, be it deleted or not."""
    with Redis.from_url(redis_url) as redis:
        heap = everything_in(redis)
        redis.config_set("appendfsync", "always")
        redis.set("nothing", 1)
    kept = [path.read_bytes() for path in (directory / "redis").rglob("*") if path.is_file()]
    assert any(b"nothing" in each for each in kept)
    return b"\n".join([heap, *kept])


def cast_and_count(client: CheckingClient, staff: Staff) -> None:
    for token in staff.tokens[:12]:
        client.post(staff.link(token), data=staff.filled_in(token))
    close(staff.wave)
    ballot_jobs.count(staff.wave.id)


def test_files_of_the_queue_tell_words_on_a_weakened_build(
    session: Session,
    client: CheckingClient,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Redis itself has forgotten the job. Its file has not."""
    weakened.jobs_carry_words(monkeypatch)
    staff = Staff(session)
    cast_and_count(client, staff)
    with Redis.from_url(redis_url) as redis:
        assert staff.found_in(everything_in(redis)) == set()
    assert staff.found_in(contents(redis_url, tmp_path)) >= {"link", "words"}


def test_files_of_the_queue_tell_nothing_on_ours(
    session: Session, client: CheckingClient, redis_url: str, tmp_path: Path
) -> None:
    staff = Staff(session)
    cast_and_count(client, staff)
    heap = contents(redis_url, tmp_path)
    assert b"surveyapp.comments.jobs" in heap and staff.found_in(heap) == set()


# ---------------------------------------------------------------- cookies


def cookies(client: CheckingClient, staff: Staff) -> bytes:
    """All that a shared computer keeps of someone who answered, unpacked."""
    token = staff.tokens[0]
    answers = [client.get(staff.link(token)), client.get(f"/a/{staff.wave.reference}")]
    answers.append(client.post(staff.link(token), data=staff.filled_in(token)))
    answers.append(client.get(answers[-1].location))
    heap = []
    for answer in answers:
        for header in answer.headers.getlist("Set-Cookie"):
            value = header.split("=", 1)[1].split(";")[0]
            packed = value.startswith(".")
            raw = value.lstrip(".").split(".")[0]
            decoded = urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
            heap += [value.encode(), zlib.decompress(decoded) if packed else decoded]
    return b"\n".join(heap)


def test_a_cookie_tells_the_link_on_a_weakened_build(
    app: Flask,
    session: Session,
    client: CheckingClient,
    monkeypatch: pytest.MonkeyPatch,
    leaks: LeakWatch,
) -> None:
    weakened.sessions_remember_pages(monkeypatch, app)
    staff = Staff(session)
    assert staff.found_in(cookies(client, staff)) == {"link"}
    assert leaks.leaks()  # the watch over all tests sees it as well
    leaks.start()


def test_there_is_no_cookie_on_ours(session: Session, client: CheckingClient) -> None:
    assert cookies(client, Staff(session)) == b""


# ---------------------------------------------------------------- the mail ledger


def ledger_after(session: Session, client: CheckingClient) -> int:
    """Rows that say to whom mail went, after the count."""
    staff = Staff(session)
    pulse_jobs.send_mail(staff.wave.id)
    assert session.scalars(select(WaveMail)).all()
    cast_and_count(client, staff)
    return len(session.scalars(select(WaveMail)).all())


def test_the_ledger_tells_who_was_asked_on_a_weakened_build(
    smtp: MailServer, session: Session, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.ledger_is_kept(monkeypatch)
    assert ledger_after(session, client) == 14


def test_the_ledger_is_empty_on_ours(
    smtp: MailServer, session: Session, client: CheckingClient
) -> None:
    assert ledger_after(session, client) == 0
