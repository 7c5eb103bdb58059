"""Servers and workers that are asked to stop finish what they have begun."""

from __future__ import annotations

import signal
import socket
import sys
import threading

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.launcher import start
from surveyapp.launcher.guards import free_port
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import MailState, WaveMail
from surveyapp.queueing import MAIL, enqueue_after_commit
from tests.conftest import on_sqlite
from tests.factories.organisation import make_organisation
from tests.factories.waves import open_wave, scored_items, tokens_of
from tests.integration.operations.conftest import Start
from tests.support.servers import MailServer
from tests.support.waiting import answers, until

pytestmark = on_sqlite

def test_a_web_server_answers_what_it_was_asked_before_it_stops(
    session: Session, started: Start
) -> None:
    """A ballot that is on its way when the server is exchanged for a newer one is cast."""
    trust = make_organisation(session, {"Maple": 12})
    wave = open_wave([trust.root])
    port, token = free_port(), next(iter(tokens_of(wave).values()))
    command = ["gunicorn", "--config", "python:surveyapp.webserver", "--bind", f"127.0.0.1:{port}"]
    # One worker, so that what follows the first half of the request is known to be behind it.
    server = started([sys.executable, "-m", *command, "--workers", "1", "wsgi:app"])
    until(lambda: answers(port))
    body = "&".join(f"{item}=4" for item in scored_items(wave)).encode()
    head = (
        f"POST /a/{wave.reference}/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(head + body[:10])
        assert answers(port)
        server.send_signal(signal.SIGTERM)
        until(lambda: not answers(port))
        line.sendall(body[10:])
        said = b"".join(iter(lambda: line.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 303"), said[:200]
    assert server.wait(30) == 0


def test_a_worker_ends_its_job_before_it_stops(
    app: Flask, session: Session, started: Start, smtp: MailServer
) -> None:
    trust = make_organisation(session, {"Maple": 12})
    wave = open_wave([trust.root])
    at_work, go_on = threading.Event(), threading.Event()

    def wait_for_the_signal(_address: str) -> None:
        at_work.set()
        assert go_on.wait(60)

    smtp.on_rcpt = wait_for_the_signal
    pool = started([*start._worker_pool(), "--num-workers", "1"])
    enqueue_after_commit(MAIL, pulse_jobs.send_mail, wave.id)
    assert at_work.wait(60)
    pool.send_signal(signal.SIGTERM)
    go_on.set()
    assert pool.wait(60) == 0
    assert len(smtp.addresses) == 12
    assert set(session.scalars(select(WaveMail.state))) == {MailState.SENT}
