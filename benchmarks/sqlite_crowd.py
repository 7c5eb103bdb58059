"""SQLite at its ceiling: as many people as a wave may ask there, all answering a yearly form at once.

Two figures say whether the ceiling is right: how long a sender waits at worst while four processes
cast as fast as they can, and how long one of another wave waits while this one is counted, for SQLite
has one writer. Neither may come near the 15 seconds after which a page says that it cannot be sent now.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import OperationalError

from benchmarks.measuring import Measurement
from surveyapp import create_app
from surveyapp.ballots import jobs, services
from surveyapp.ballots.paper import token_for
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses import drafts
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import SQLITE_CEILING, Plan
from surveyapp.timekeeping import LOCAL_ZONE, database_now

PROCESSES = 4
OTHERS = 200
_UNITS = 40


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as directory:
        app = _app(directory)
        with app.app_context():
            db.create_all()
            crowd, others = _two_waves()
            workers = multiprocessing.get_context("spawn")
            people = list(range(1, SQLITE_CEILING + 1))
            with workers.Pool(PROCESSES) as pool:
                shares = [(directory, crowd, people[n::PROCESSES]) for n in range(PROCESSES)]
                start = time.perf_counter()
                waits = [wait for each in pool.starmap(_cast, shares) for wait in each]
                taken = time.perf_counter() - start
            what = f"of {SQLITE_CEILING:,} people by {PROCESSES} processes, 50 questions"
            yield Measurement(f"ballots {what}", "a second", (SQLITE_CEILING / taken,))
            yield Measurement(f"the longest wait for a cast, {what}", "s", (max(waits),))
            pulses.close_now(db.session(), crowd, actor_id=None)
            db.session.commit()
            with workers.Pool(1) as pool:
                late = list(range(SQLITE_CEILING + 1, SQLITE_CEILING + OTHERS + 1))
                casting = pool.apply_async(_cast, (directory, others, late, 0.1))
                start = time.perf_counter()
                jobs.count(crowd)
                taken = time.perf_counter() - start
                waits = casting.get()
            yield Measurement(f"the count {what}", "s", (taken,))
            yield Measurement(
                f"the longest wait of another wave's cast, beside the count {what}", "s", (max(waits),)
            )
            db.session.remove()
            db.engine.dispose()


def _app(directory: str) -> Flask:
    environment = {
        "APP_ENV": "testing",
        "DATABASE_URL": f"sqlite:///{Path(directory) / 'bench.sqlite3'}",
        "KEY_DIRECTORY": f"{directory}/keys",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nothing listens: the count is called, not queued
    }
    return create_app(Settings.from_environment(environment, instance=Path(directory) / "instance"))


def _two_waves() -> tuple[int, int]:
    """One of as many people as may be, and one of a few others."""
    session = db.session()
    root = organisation.ensure_root(session, "Trust")
    crowd = organisation.add_unit(session, name="Crowd", parent_id=root.id)
    others = organisation.add_unit(session, name="Others", parent_id=root.id)
    wards = [organisation.add_unit(session, name=f"U{n}", parent_id=crowd.id) for n in range(_UNITS)]
    for number in range(SQLITE_CEILING + OTHERS):
        unit = wards[number % _UNITS] if number < SQLITE_CEILING else others
        person = Person(email=f"p{number}@example.org", unit_id=unit.id, staff_group="Nursing")
        person.id = number + 1
        session.add(person)
    session.flush()
    return _open_wave("annual_full", "full", crowd.id), _open_wave("monthly_pulse_5", "A-1", others.id)


def _open_wave(template: str, choice: str, unit_id: int) -> int:
    session = db.session()
    today = database_now(session).astimezone(LOCAL_ZONE).date()
    plan = Plan("Bench", template, choice, (unit_id,), today, today + timedelta(15))
    wave_id = drafts.plan_wave(session, plan, actor_id=None).id
    pulses.launch(session, wave_id, actor_id=None)
    session.commit()
    pulse_jobs.prepare(wave_id)
    return wave_id


def _cast(directory: str, wave_id: int, people: list[int], pause: float = 0) -> list[float]:
    """Seconds that each of these people waited for their ballot."""
    app = _app(directory)
    waits = []
    with app.app_context():
        session = db.session()
        secret = services.key_directory(app.config["SETTINGS"]).wave_secret(wave_id)
        for person_id in people:
            start = time.perf_counter()
            wave = pulses.wave(session, wave_id)
            if wave is None:
                raise RuntimeError("The wave is gone.")
            answers = {q.item_id: person_id % 5 + 1 for q in services.questions(wave) if not q.is_open}
            token = token_for(secret, person_id)
            try:
                outcome = services.cast(session, wave, token, answers=answers, comments={})
                session.commit()
            except OperationalError:
                raise RuntimeError(f"A cast gave up after {time.perf_counter() - start:.1f} s.") from None
            if outcome is not services.CastOutcome.CAST:
                raise RuntimeError(f"A ballot was not taken: {outcome}.")
            waits.append(time.perf_counter() - start)
            time.sleep(pause)
    return waits
