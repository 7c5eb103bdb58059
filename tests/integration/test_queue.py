"""The queues with real workers, and what happens when the queues forget."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from flask import Flask, current_app
from redis import Redis
from rq.registry import FailedJobRegistry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from nlp.taxonomy import Sentiment
from nlp.types import CommentAnalysis as Reading
from surveyapp import queueing
from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.ballots.models import Response
from surveyapp.comments import jobs as comment_jobs
from surveyapp.comments.models import Comment, CommentAnalysis, CommentState
from surveyapp.extensions import db
from surveyapp.organisation.models import Person, Unit
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import MailState, WaveMail, WaveState
from surveyapp.queueing import COUNT, MAIL, JobFailedError, enqueue_after_commit
from surveyapp.reports import jobs as report_jobs
from surveyapp.reports.models import WaveChart
from surveyapp.timekeeping import utc_now
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import cast, close, launched_wave
from tests.support.processes import work_off
from tests.support.queues import forget_nudges, nudges
from tests.support.redis_contents import everything_in
from tests.support.servers import MailServer

COMMENTS = (
    "The handover is rushed and nobody tells the night team what has changed.",
    "Zebedee Quillfeather is a brilliant mentor, she always finds time to explain.",
    "We never get protected time for training, the courses are cancelled every month.",
    "My manager says thank you and means it.",
)


@pytest.fixture
def trust(smtp: MailServer, session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 12})


def _tokens(smtp: MailServer) -> dict[str, str]:
    """Token by address, out of the mails themselves."""
    found = {to: re.search(r"/a/\w{7}/([\w-]{22})", smtp.body_for(to)) for to in smtp.addresses}
    return {to: match[1] for to, match in found.items() if match}


# ---------------------------------------------------------------- real workers


def test_real_workers_take_a_wave_from_launch_to_charts(
    session: Session,
    trust: Organisation,
    smtp: MailServer,
    environ: dict[str, str],
    redis_url: str,
) -> None:
    wave = launched_wave([trust.root])
    enqueue_after_commit(MAIL, pulse_jobs.prepare, wave.id)
    log = work_off(environ)
    session.refresh(wave)
    assert wave.state == WaveState.OPEN
    tokens = _tokens(smtp)
    assert sorted(smtp.addresses) == sorted(tokens) and len(tokens) == 12

    for number, token in enumerate(tokens.values()):
        cast(wave, token, comment=COMMENTS[number % 4])
    close(wave)
    enqueue_after_commit(COUNT, ballot_jobs.count, wave.id)
    log += work_off(environ, workers=2)
    session.refresh(wave)
    assert (wave.state, wave.set_aside) == (WaveState.COUNTED, 0)
    assert len(session.scalars(select(Response)).all()) == 12
    assert set(session.scalars(select(Comment.state))) == {CommentState.ANALYSED}
    assert all(row.findings for row in session.scalars(select(CommentAnalysis)))
    assert {chart.unit_id for chart in session.scalars(select(WaveChart))} >= {trust.root}
    assert nudges() == []

    for name in queueing.QUEUES:
        assert FailedJobRegistry(queue=queueing.queue(name)).count == 0
    with Redis.from_url(redis_url) as redis:
        contents = everything_in(redis) + log.encode()
    assert b"surveyapp.ballots.jobs.count" in contents
    addresses = session.scalars(select(Person.email)).all()
    for word in (*tokens.values(), *addresses, "Zebedee", "Quillfeather", "handover"):
        assert word.encode() not in contents, word


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_job_that_fails_stops_no_other_and_leaves_no_words(
    app: Flask, session: Session, trust: Organisation, environ: dict[str, str], redis_url: str
) -> None:
    wave = launched_wave([trust.root])
    enqueue_after_commit(COUNT, ballot_jobs.count, 999)
    # Like an error that names the row in the way, as PostgreSQL's do.
    session.execute(
        text(
            "CREATE TRIGGER stop BEFORE INSERT ON voucher "
            "BEGIN SELECT RAISE(ABORT, 'Key (token_hash)=(Quillfeather)'); END"
        )
    )
    session.commit()
    enqueue_after_commit(MAIL, pulse_jobs.prepare, wave.id)
    log = work_off(environ)
    assert "This pulse does not exist." in log and "IntegrityError at" in log
    assert FailedJobRegistry(queue=queueing.queue(COUNT)).count == 1
    assert FailedJobRegistry(queue=queueing.queue(MAIL)).count == 1
    with Redis.from_url(redis_url) as redis:
        contents = everything_in(redis) + log.encode()
    assert b"JobFailedError" in contents
    assert b"Quillfeather" not in contents and b"token_hash" not in contents


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_lies_in_redis_is_json_and_numbers(app: Flask, session: Session, redis_url: str) -> None:
    enqueue_after_commit(MAIL, pulse_jobs.send_mail, 41)
    with Redis.from_url(redis_url) as redis:
        (key,) = redis.scan_iter("rq:job:*")
        data = zlib.decompress(redis.hget(key, "data") or b"")
    assert json.loads(data) == ["surveyapp.pulses.jobs.send_mail", None, [41], {}]


# ---------------------------------------------------------------- when Redis forgets


class StandIn:
    """In the place of the model, which takes seconds to load."""

    def analyse(self, texts: Any, *, batch_size: int = 64) -> Iterator[Reading]:
        for each in texts:
            yield Reading(each, (), (), Sentiment.NEUTRAL_MIXED, 0.9, (), "stand-in-1")


def run_the_clock() -> list[tuple[str, str, list[int]]]:
    """Everything that the clock does within a minute; what it found to do."""
    for job in (pulse_jobs.tick, ballot_jobs.sweep, comment_jobs.sweep, report_jobs.sweep):
        job()
    return nudges()


def do_and_forget_the_rest(found: list[tuple[str, str, list[int]]]) -> None:
    """Do what was found, and lose every nudge that it gives in its turn."""
    for _, name, ids in found:
        module, _, function = name.rpartition(".")
        getattr(import_module(f"surveyapp.{module}"), function)(*ids)
    forget_nudges()


def test_a_wave_comes_through_on_sweeps_alone(
    session: Session, trust: Organisation, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comment_jobs, "pipeline", StandIn)
    wave = launched_wave([trust.root])
    steps = []
    for step in range(8):
        found = run_the_clock()
        steps.append([name for _, name, _ in found])
        do_and_forget_the_rest(found)
        session.refresh(wave)
        if step == 1:
            for token in _tokens(smtp).values():
                cast(wave, token, comment="words")
            wave.closes_at = utc_now()
            session.commit()
    assert steps == [
        ["pulses.jobs.prepare"],
        ["pulses.jobs.send_mail"],
        ["ballots.jobs.count", "ballots.jobs.count"],  # the tick that closes it, and the sweep
        ["reports.jobs.draw_charts", "comments.jobs.analyse_pending"],
        ["reports.jobs.draw_charts"],  # again, now with the themes
        ["reports.jobs.group_comments"],
        [],
        [],
    ]
    assert wave.state == WaveState.COUNTED
    assert session.scalars(select(WaveChart)).first() is not None


def test_the_clock_finds_nothing_to_do_in_an_empty_system(session: Session) -> None:
    assert run_the_clock() == []


# ---------------------------------------------------------------- when Redis is away


@pytest.fixture
def redis_away(app: Flask) -> Iterator[None]:
    here = current_app.extensions["redis"]
    current_app.extensions["redis"] = Redis.from_url("redis://127.0.0.1:1/0")
    yield
    current_app.extensions["redis"] = here


def test_a_queue_that_cannot_be_reached_is_no_error(
    session: Session, trust: Organisation, redis_away: None, caplog: pytest.LogCaptureFixture
) -> None:
    wave = launched_wave([trust.root])
    enqueue_after_commit(MAIL, pulse_jobs.prepare, wave.id)
    assert "cannot be reached; the sweep will find the work" in caplog.text
    pulse_jobs.tick()
    pulse_jobs.prepare(wave.id)  # a worker that was at it all the same
    session.refresh(wave)
    assert wave.state == WaveState.OPEN
    waiting = session.scalars(select(WaveMail.state)).all()
    assert set(waiting) == {MailState.WAITING} and len(waiting) == 12


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_redis_that_does_not_answer_keeps_nobody_waiting(
    app: Flask, session: Session, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(8)
        settings = current_app.config["SETTINGS"]
        url = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        monkeypatch.setitem(current_app.config, "SETTINGS", replace(settings, redis_url=url))
        queueing.init_app(current_app)  # as at the start
        began = time.monotonic()
        enqueue_after_commit(MAIL, pulse_jobs.send_mail, 1)
    assert time.monotonic() - began < 15
    assert "cannot be reached" in caplog.text


# ---------------------------------------------------------------- the rules of the queue


def test_nothing_is_enqueued_before_its_commit(session: Session) -> None:
    session.add(Unit(name="Trust"))
    with pytest.raises(RuntimeError, match="Commit before"):
        enqueue_after_commit(MAIL, pulse_jobs.send_mail, 1)
    session.rollback()
    assert nudges() == []


def test_a_failed_job_quotes_no_value(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a worker, where a job has no application of its own to run in."""
    monkeypatch.setattr(queueing, "worker_app", lambda: app)
    said: list[str] = []

    @queueing.job
    def failing(wave_id: int) -> None:
        db.session.execute(
            text("INSERT INTO answer (response_id, item_id, value) VALUES ('Quill', 'feather', 77)")
        )

    def work() -> None:
        try:
            failing(1)
        except JobFailedError:
            said.append(traceback.format_exc())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert len(said) == 1 and "IntegrityError at" in said[0]
    # The statement itself stands in this file; what the database said of it does not come along.
    assert "During handling" not in said[0] and "DETAIL" not in said[0] and "CHECK" not in said[0]
