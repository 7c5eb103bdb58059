"""What machines may ask of the system, and what nobody may learn from it."""

from __future__ import annotations

import io
import json
import logging
import re
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask_migrate import downgrade
from rq.cron import CronScheduler
from rq.worker import Worker
from sqlalchemy.orm import Session

from surveyapp import create_app, logs, queueing
from surveyapp.accounts.models import User
from surveyapp.config import Environment, Settings
from surveyapp.operations.readiness import Part, look
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import Wave
from surveyapp.queueing import MAIL, enqueue_after_commit
from tests.conftest import SignIn, on_sqlite
from tests.factories.waves import scored_items, tokens_of
from tests.support.client import CheckingClient

TOKEN = secrets.token_urlsafe(48)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


# ---------------------------------------------------------------- alive, and ready


def test_a_machine_is_ready_when_database_tables_and_redis_are(
    app: Flask, client: CheckingClient, settings: Settings
) -> None:
    for path in ("/health", "/ready"):
        answer = client.get(path)
        assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok\n", "text/plain")
        assert "Set-Cookie" not in answer.headers and answer.headers["Cache-Control"] == "no-store"
    assert look(replace(settings, redis_url="unix:///nowhere.sock")) is Part.REDIS
    downgrade(revision="-1")
    assert look(settings) is Part.MIGRATION


@on_sqlite
def test_a_part_that_hangs_holds_up_nobody(settings: Settings, silent: int) -> None:
    began = time.monotonic()
    hung = replace(settings, database_url=f"postgresql+psycopg://u:p@127.0.0.1:{silent}/x")
    client = create_app(hung).test_client()
    answer = client.get("/ready")
    assert (answer.status_code, answer.text) == (503, "database\n")
    assert client.get("/health").status_code == 200
    assert look(replace(settings, redis_url=f"redis://127.0.0.1:{silent}")) is Part.REDIS
    assert time.monotonic() - began < 10


@on_sqlite
def test_probes_need_neither_the_name_of_the_system_nor_tls(settings: Settings) -> None:
    app = create_app(replace(settings, environment=Environment.PRODUCTION))
    client = app.test_client()
    for path in ("/health", "/ready"):
        assert client.get(path, headers={"Host": "10.0.0.5:8000"}).status_code == 200
    # Of everything else both are asked for.
    over_tls = {"Host": "10.0.0.5:8000", "X-Forwarded-Proto": "https"}
    assert client.get("/privacy", headers=over_tls).status_code == 400
    assert client.get("/privacy", headers={"Host": "localhost"}).status_code == 302


@on_sqlite
def test_the_command_says_which_workers_are_missing(app: Flask) -> None:
    redis, runner = app.extensions["redis"], app.test_cli_runner()
    none = runner.invoke(args=["workers", "check"])
    assert none.exit_code == 1 and "the queue mail has no worker" in none.output
    assert runner.invoke(args=["workers", "check", "--here"]).exit_code == 1
    queues = [queueing.queue(name) for name in queueing.QUEUES]
    Worker(queues, connection=redis, **queueing.rq_options()).register_birth()
    told = runner.invoke(args=["workers", "check", "--json"])
    assert json.loads(told.output) == {"workers": 1, "missing": ["the clock does not run"]}
    CronScheduler(redis).heartbeat()
    everything = runner.invoke(args=["workers", "check"])
    assert (everything.exit_code, everything.output) == (0, "1 worker alive: everything is there.\n")
    assert runner.invoke(args=["workers", "check", "--here"]).exit_code == 0


# ---------------------------------------------------------------- figures


@pytest.fixture
def measured(settings: Settings, wave: Wave) -> CheckingClient:
    """A browser of a system whose figures may be read."""
    app = create_app(replace(settings, metrics_token=TOKEN))
    app.test_client_class = CheckingClient
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    return client


def figures(client: CheckingClient) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    # When a count began is a time of the server's own start.
    return {name: float(value) for name, _, value in lines if "_created" not in name}


def test_the_figures_say_how_the_parts_do(measured: CheckingClient) -> None:
    enqueue_after_commit(MAIL, pulse_jobs.send_mail, 41)
    found = figures(measured)
    assert found['learning_pulse_up{part="database"}'] == found['learning_pulse_up{part="redis"}'] == 1
    assert found['learning_pulse_waves{state="open"}'] == 1
    assert found['learning_pulse_queue_jobs{queue="mail"}'] >= 1
    assert found['learning_pulse_workers{queue="count"}'] == found["learning_pulse_clock_up"] == 0
    # The invitations have been due since the opening, five minutes ago.
    assert 290 < found["learning_pulse_oldest_due_mail_seconds"] < 400


@on_sqlite
def test_strangers_do_not_find_the_figures(client: CheckingClient, measured: CheckingClient) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    for shown in ("", "Bearer ", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer \xe9"):
        assert measured.get("/metrics", headers={"Authorization": shown}).status_code == 404


@on_sqlite
def test_no_figure_moves_when_someone_answers(measured: CheckingClient, wave: Wave) -> None:
    """And what is asked for by people who sign in is counted."""
    before = figures(measured)
    form = dict.fromkeys(scored_items(wave), "4")
    for number, token in enumerate(tokens_of(wave).values()):
        path = f"/a/{wave.reference}/{token}"
        assert measured.get(path).status_code == 200
        assert measured.post(path, data=form).status_code == 303
        for beside in (f"{path}/", "/a/cut", "/", "/privacy", "/favicon.ico"):
            measured.get(beside)
        if number == 3:
            break
    after = figures(measured)
    late = "learning_pulse_oldest_due_mail_seconds"
    assert {**after, late: 0} == {**before, late: 0}
    assert measured.get("/reports").status_code == 302
    assert figures(measured)['learning_pulse_requests_total{group="reports",status="3xx"}'] == 1


# ---------------------------------------------------------------- log lines


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a production log has of everything that this application says."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    ours, requests = logging.getLogger("surveyapp"), logging.getLogger("surveyapp.observing")
    ours.addHandler(handler)
    requests.setLevel(logging.INFO)
    yield stream
    requests.setLevel(logging.NOTSET)
    ours.removeHandler(handler)


def lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@on_sqlite
def test_each_request_of_someone_signed_in_is_a_line_and_has_a_number(
    sign_in: SignIn, written: io.StringIO, session: Session
) -> None:
    admin = sign_in(RoleName.ADMINISTRATOR)
    assert lines(written) == []  # signing in is in the audit log
    answer = admin.get("/access", headers={"X-Request-ID": "proxy-0123456789"})
    assert answer.headers["X-Request-ID"] == "proxy-0123456789"
    (line,) = lines(written)
    assert {"time", "ms"} <= line.keys()
    assert {key: line[key] for key in line.keys() - {"time", "ms"}} == {
        "level": "info",
        "logger": "surveyapp.observing",
        "message": "Answered a request.",
        "route": "accounts.people",
        "status": 200,
        "request": "proxy-0123456789",
    }
    for named in ("short", 'quoted"and{more}', "x" * 65):
        made = admin.get("/access", headers={"X-Request-ID": named}).headers["X-Request-ID"]
        assert re.fullmatch("[0-9a-f]{16}", made)
    assert not {user.email for user in session.query(User)} & set(written.getvalue().split('"'))


@on_sqlite
def test_nothing_is_written_of_someone_who_answers(
    client: CheckingClient, wave: Wave, written: io.StringIO
) -> None:
    path = f"/a/{wave.reference}/{next(iter(tokens_of(wave).values()))}"
    named = {"X-Request-ID": "proxy-0123456789"}
    form = dict.fromkeys(scored_items(wave), "4")
    for answer in (client.get(path, headers=named), client.post(path, data=form, headers=named)):
        assert answer.status_code in {200, 303} and "X-Request-ID" not in answer.headers
    assert client.get("/a/cut", headers=named).status_code == 404
    assert lines(written) == []


def test_an_error_is_a_line_without_its_words(written: io.StringIO) -> None:
    try:
        raise ValueError("Quillfeather")
    except ValueError:
        logging.getLogger("surveyapp.pulses").exception("It failed.")
    (line,) = lines(written)
    assert str(line["error"]).startswith("ValueError at ") and "Quillfeather" not in str(line)


@on_sqlite
def test_a_job_carries_the_number_of_the_request_that_led_to_it(
    app: Flask, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with logs.numbered("proxy-0123456789"):
        enqueue_after_commit(MAIL, pulse_jobs.send_mail, 41)
    enqueue_after_commit(MAIL, pulse_jobs.send_mail, 42)
    with_number, without = queueing.queue(MAIL).jobs
    assert (with_number.meta, without.meta) == ({"request": "proxy-0123456789"}, {})
    with logs.carried_by(with_number):
        logging.getLogger("surveyapp.pulses").warning("At work.")
    (line,) = lines(written)
    assert line["request"] == "proxy-0123456789"
