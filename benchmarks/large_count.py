"""The count of the largest box there may be, on PostgreSQL, in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, update

from benchmarks.measuring import Measurement
from surveyapp import create_app
from surveyapp.ballots import jobs, services
from surveyapp.ballots.keys import seal
from surveyapp.ballots.models import SealedBallot, Voucher, random_id
from surveyapp.ballots.paper import Ballot, encode
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses import drafts
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Plan
from surveyapp.timekeeping import LOCAL_ZONE, database_now
from tests.support.servers import run_postgres

BALLOTS = 200_000
UNITS = 100
_ITEMS = ("LEA1", "COM1", "LRN1", "FBK2", "DEV2")
_AT_ONCE = 5_000


def measure() -> Iterator[Measurement]:
    with run_postgres() as cluster, tempfile.TemporaryDirectory() as directory:
        cluster.connect().execute("CREATE DATABASE bench").close()
        url = cluster.url("bench")
        with _app(url, directory).app_context():
            db.create_all()
            wave_id, preparing = _full_box()
            db.session.remove()
            db.engine.dispose()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            taken, megabytes = pool.apply(_count, (url, directory, wave_id))
    what = f"of {BALLOTS:,} in {UNITS} units, {len(_ITEMS)} questions each"
    yield Measurement(f"vouchers {what}, made at the launch", "s", (preparing,))
    yield Measurement(f"the count of ballots, {what}", "a second", (BALLOTS / taken,))
    yield Measurement(f"memory at the peak of the count, {what}", "MB", (megabytes,))


def _app(url: str, directory: str) -> Flask:
    environment = {
        "APP_ENV": "testing",
        "DATABASE_URL": url,
        "KEY_DIRECTORY": f"{directory}/keys",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nothing listens: the count is called, not queued
    }
    return create_app(Settings.from_environment(environment, instance=Path(directory) / "instance"))


def _full_box() -> tuple[int, float]:
    """A closed wave of which all have answered, and the seconds that its vouchers took."""
    session = db.session()
    root = organisation.ensure_root(session, "Trust")
    units = [organisation.add_unit(session, name=f"U{n}", parent_id=root.id) for n in range(UNITS)]
    session.flush()
    for start in range(0, BALLOTS, _AT_ONCE):
        session.execute(
            insert(Person),
            [
                {"email": f"p{n}@example.org", "unit_id": units[n % UNITS].id, "staff_group": "Nursing"}
                for n in range(start, start + _AT_ONCE)
            ],
        )
    today = database_now(session).astimezone(LOCAL_ZONE).date()
    plan = Plan("Bench", "monthly_pulse_5", "A-1", (root.id,), today, today + timedelta(15))
    wave_id = drafts.plan_wave(session, plan, actor_id=None).id
    pulses.launch(session, wave_id, actor_id=None)
    session.commit()
    start_of_launch = time.perf_counter()
    pulse_jobs.prepare(wave_id)
    preparing = time.perf_counter() - start_of_launch
    _cast(wave_id, [unit.id for unit in units])
    pulses.close_now(session, wave_id, actor_id=None)
    session.commit()
    return wave_id, preparing


def _cast(wave_id: int, units: list[int]) -> None:
    """All at once: casting one by one is measured elsewhere."""
    session = db.session()
    wave = pulses.wave(session, wave_id)
    if wave is None or wave.public_key is None or wave.ballot_size is None:
        raise RuntimeError("The wave has no box.")
    session.execute(update(Voucher).where(Voucher.wave_id == wave_id).values(spent=True))
    for start in range(0, BALLOTS, _AT_ONCE):
        rows = []
        for number in range(start, start + _AT_ONCE):
            answers = {item: (number // UNITS + place) % 5 + 1 for place, item in enumerate(_ITEMS)}
            ballot = Ballot(units[number % UNITS], answers, {})
            sealed = seal(wave.public_key, encode(ballot, wave.ballot_size))
            rows.append({"id": random_id(), "wave_id": wave_id, "ciphertext": sealed})
        session.execute(insert(SealedBallot), rows)
    session.commit()
    if services.ballots_in_box(session, wave_id) != BALLOTS:
        raise RuntimeError("Ballots are missing.")


def _count(url: str, directory: str, wave_id: int) -> tuple[float, float]:
    """Seconds of the count, and the most memory that its process ever held."""
    with _app(url, directory).app_context():
        start = time.perf_counter()
        jobs.count(wave_id)
        taken = time.perf_counter() - start
        wave = pulses.wave(db.session(), wave_id)
        if wave is None or wave.state != pulses.WaveState.COUNTED or wave.set_aside:
            raise RuntimeError("The wave was not counted in full.")
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
