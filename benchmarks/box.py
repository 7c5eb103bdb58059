"""The ballot box on SQLite: casting through the services, and the count."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from benchmarks.measuring import Measurement, seconds
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
from surveyapp.pulses.services import Plan
from surveyapp.timekeeping import LOCAL_ZONE, database_now

PEOPLE = 2_000
UNITS = 40
RUNS = 3
_ITEMS = ("LEA1", "COM1", "LRN1", "FBK2", "DEV2")


def measure() -> Iterator[Measurement]:
    cast, counted = zip(*(_one_wave() for _ in range(RUNS)), strict=True)
    yield Measurement(
        "ballots cast, one commit each", "a second", tuple(PEOPLE / taken for taken in cast)
    )
    yield Measurement(f"the count of {PEOPLE} ballots in {UNITS} units", "s", counted)


def _one_wave() -> tuple[float, float]:
    """Seconds that casting and counting take in a database of their own."""
    with tempfile.TemporaryDirectory() as directory:
        app = make_app(f"sqlite:///{directory}/bench.sqlite3", Path(directory))
        with app.app_context():
            db.create_all()
            wave_id = open_wave()
            (cast,) = seconds(lambda: _cast_all(app, wave_id), times=1)
            pulses.close_now(db.session(), wave_id, actor_id=None)
            db.session.commit()
            (counted,) = seconds(lambda: jobs.count(wave_id), times=1)
            db.session.remove()
            db.engine.dispose()
    return cast, counted


def make_app(url: str, directory: Path) -> Flask:
    """The application on that database, with a key directory."""
    environment = {
        "APP_ENV": "testing",
        "DATABASE_URL": url,
        "KEY_DIRECTORY": str(directory / "keys"),
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nothing listens: the count is called, not queued
    }
    return create_app(Settings.from_environment(environment, instance=directory / "instance"))


def open_wave(people: int = PEOPLE) -> int:
    """A wave of five questions that takes the ballots of so many people. Commits."""
    session = db.session()
    root = organisation.ensure_root(session, "Trust")
    units = [organisation.add_unit(session, name=f"U{n}", parent_id=root.id) for n in range(UNITS)]
    session.add_all(
        Person(email=f"p{n}@example.org", unit_id=units[n % UNITS].id, staff_group="Nursing")
        for n in range(people)
    )
    today: datetime = database_now(session).astimezone(LOCAL_ZONE)
    plan = Plan(
        "Bench", "monthly_pulse_5", "A-1", (root.id,), today.date(), (today + timedelta(15)).date()
    )
    wave_id = drafts.plan_wave(session, plan, actor_id=None).id
    pulses.launch(session, wave_id, actor_id=None)
    session.commit()
    pulse_jobs.prepare(wave_id)
    return wave_id


def _cast_all(app: Flask, wave_id: int) -> None:
    session = db.session()
    secret = services.key_directory(app.config["SETTINGS"]).wave_secret(wave_id)
    for person_id in range(1, PEOPLE + 1):
        wave = pulses.wave(session, wave_id)
        assert wave is not None
        outcome = services.cast(
            session,
            wave,
            token_for(secret, person_id),
            answers=dict.fromkeys(_ITEMS, person_id % 5 + 1),
            comments={},
        )
        session.commit()
        assert outcome is services.CastOutcome.CAST
