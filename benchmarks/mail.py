"""Sending invitations, beside a plain loop over `smtplib.sendmail` to the same server."""

from __future__ import annotations

import multiprocessing
import resource
import smtplib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask, current_app
from sqlalchemy import func, insert, select, update

from benchmarks.measuring import Measurement
from surveyapp import create_app
from surveyapp.ballots import services as ballots
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.launcher.guards import free_port
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses import drafts, invitations, jobs
from surveyapp.pulses import services as pulses
from surveyapp.pulses.models import MailState, WaveMail
from surveyapp.pulses.services import Plan
from surveyapp.timekeeping import LOCAL_ZONE, database_now
from tests.support.servers import run_postgres, run_redis

MAILS = 2_000
RUNS = 3
_MANY = 20_000


def measure() -> Iterator[Measurement]:
    with _mail_server() as port, run_redis() as redis, tempfile.TemporaryDirectory() as directory:
        on_sqlite = (f"sqlite:///{directory}/bench.sqlite3", port, redis, directory)
        yield from _rates("SQLite", on_sqlite)
        with run_postgres() as cluster:
            cluster.connect().execute("CREATE DATABASE bench").close()
            on_postgresql = (cluster.url("bench"), port, redis, f"{directory}/postgresql")
            yield from _rates("PostgreSQL", on_postgresql)
            for people in (MAILS, _MANY):
                grown = _apart(_growth, (*on_postgresql, people))
                yield Measurement(f"memory that sending {people:,} of them added", "MB", (grown,))


def _rates(name: str, given: tuple[str, int, str, str]) -> Iterator[Measurement]:
    ours, plain = _apart(_side_by_side, given)
    yield Measurement(f"invitations, {name}, each noted before and after", "a second", ours)
    yield Measurement("the same mails, smtplib.sendmail in a loop that notes nothing", "a second", plain)


def _apart(work: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """In a process of its own, as a worker is."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def _side_by_side(
    url: str, port: int, redis: str, directory: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mails a second of both, run in turns, so that a busy moment of the machine meets both."""
    with _app(url, port, redis, directory).app_context():
        wave_id = _open_wave(MAILS)
        ours, plain = [], []
        for _ in range(RUNS):
            ours.append(MAILS / _seconds(lambda: _send(wave_id)))
            plain.append(MAILS / _seconds(partial(_send_plainly, port, _messages(wave_id))))
    return tuple(ours), tuple(plain)


def _growth(url: str, port: int, redis: str, directory: str, people: int) -> float:
    """Megabytes by which the peak of a fresh process grew while it sent."""
    with _app(url, port, redis, directory).app_context():
        wave_id = _open_wave(people)
        db.session.remove()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        _send(wave_id)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _send(wave_id: int) -> None:
    session = db.session()
    session.execute(update(WaveMail).values(state=MailState.WAITING))
    session.commit()
    jobs.send_mail(wave_id)
    if session.scalar(select(func.count()).where(WaveMail.state != MailState.SENT)):
        raise RuntimeError("Not all mails went out.")
    session.commit()


def _messages(wave_id: int) -> list[tuple[str, str, bytes]]:
    """The very mails, written beforehand: the loop does nothing but send."""
    wave = pulses.wave(db.session(), wave_id)
    if wave is None:
        raise RuntimeError("The wave is gone.")
    settings: Settings = current_app.config["SETTINGS"]
    secret = ballots.key_directory(settings).wave_secret(wave_id)
    invited = organisation.people_for_audience(db.session(), wave.audience_unit_ids)
    letter = invitations.letter(db.session(), settings, wave)
    made = []
    for person in invited:
        address = f"p{person.person_id}@example.org"
        mail = letter.to(person.person_id, address, wave_secret=secret)
        made.append((settings.mail.sender, address, mail.message().as_bytes(linesep="\r\n")))
    db.session.commit()
    return made


def _send_plainly(port: int, messages: list[tuple[str, str, bytes]]) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for sender, receiver, content in messages:
            server.sendmail(sender, [receiver], content)


def _app(url: str, port: int, redis: str, directory: str) -> Flask:
    environment = {
        "APP_ENV": "testing",
        "DATABASE_URL": url,
        "KEY_DIRECTORY": f"{directory}/keys",
        "REDIS_URL": redis,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(port),
        "MAIL_SENDER": "pulse@example.org",
    }
    return create_app(Settings.from_environment(environment, instance=Path(directory) / "instance"))


def _open_wave(people: int) -> int:
    """A wave of so many people that has just been launched. Begins with empty tables."""
    db.drop_all()
    db.create_all()
    session = db.session()
    root = organisation.ensure_root(session, "Trust").id
    for start in range(0, people, 1000):
        session.execute(
            insert(Person),
            [
                {"email": f"p{n}@example.org", "unit_id": root, "staff_group": "Nursing"}
                for n in range(start, start + 1000)
            ],
        )
    today = database_now(session).astimezone(LOCAL_ZONE).date()
    plan = Plan("Bench", "monthly_pulse_5", "A-1", (root,), today, today + timedelta(15))
    wave_id = drafts.plan_wave(session, plan, actor_id=None).id
    pulses.launch(session, wave_id, actor_id=None)
    session.commit()
    jobs.prepare(wave_id)
    return wave_id


class _Counting:
    """Takes every mail, as fast as it can."""

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return "250 OK"


def _serve(port: int, ready: Connection) -> None:
    Controller(_Counting(), hostname="127.0.0.1", port=port).start()
    ready.send(True)
    ready.recv()  # until the other side has gone


@contextmanager
def _mail_server() -> Iterator[int]:
    """A mail server in a process of its own, as it would be; yields its port."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    port = free_port()
    server = context.Process(target=_serve, args=(port, there), daemon=True)
    server.start()
    here.recv()
    try:
        yield port
    finally:
        server.terminate()
        server.join()
