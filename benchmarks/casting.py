"""Ballots cast over HTTP by 50 people at once, beside the least that a web application can do.

Both are served by gunicorn with the settings of production, on the same database, and are asked in
turns, so that a busy moment of the machine meets both.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import select

from benchmarks.box import make_app, open_wave
from benchmarks.crowd import Sent, send
from benchmarks.measuring import Measurement
from benchmarks.serving import production, serving
from surveyapp.ballots import services as ballots
from surveyapp.ballots.paper import token_for
from surveyapp.extensions import db
from surveyapp.organisation.models import Person
from surveyapp.pulses import services as pulses
from tests.support.servers import run_postgres, run_redis

CLIENTS = 50
FORMS = 500
RUNS = 3

_COMMENT = "We have no time to talk about what went wrong on a shift, and I would like to learn more."


def measure() -> Iterator[Measurement]:
    with run_redis() as redis, tempfile.TemporaryDirectory() as directory:
        yield from _on("SQLite", f"sqlite:///{directory}/bench.sqlite3", redis, Path(directory))
        with run_postgres() as cluster:
            cluster.connect().execute("CREATE DATABASE bench").close()
            yield from _on("PostgreSQL", cluster.url("bench"), redis, Path(directory) / "postgresql")


def _on(name: str, url: str, redis: str, directory: Path) -> Iterator[Measurement]:
    forms = _ballots(url, directory)
    plain = [("/sent", urlencode({"words": body})) for _, body in forms]
    ours, least = [], []
    environment = production(url, redis, directory)
    with serving(environment) as server, serving(environment, application="benchmarks.yardstick:app") as bare:
        for start in range(0, len(forms), FORMS):
            part = slice(start, start + FORMS)
            ours.append(_checked(send(server.port, forms[part], clients=CLIENTS)))
            least.append(_checked(send(bare.port, plain[part], clients=CLIENTS)))
    # In the first round processes do what they do once, such as compiling templates.
    ours, least = ours[1:], least[1:]
    people = f"{CLIENTS} people at once, {name}"
    yield Measurement(f"ballots cast over HTTP, {people}", "a second", tuple(one.rate for one in ours))
    yield from _delays("a cast", ours)
    yield Measurement(f"one INSERT and commit, {people}", "a second", tuple(one.rate for one in least))
    yield from _delays("such an INSERT", least)
    ratios = tuple(one.rate / bare.rate for one, bare in zip(ours, least, strict=True))
    yield Measurement(f"casts beside such INSERTs, {name}", "times as many", ratios)


def _delays(what: str, runs: Sequence[Sent]) -> Iterator[Measurement]:
    for percent in (50, 99):
        slow = tuple(1000 * statistics.quantiles(run.taken, n=100)[percent - 1] for run in runs)
        yield Measurement(f"{what}, p{percent}", "ms", slow)


def _checked(sent: Sent) -> Sent:
    """Raises RuntimeError unless every form was taken."""
    if set(sent.statuses) != {303}:
        raise RuntimeError(f"Not every form was taken: {sorted(set(sent.statuses))}")
    return sent


def _ballots(url: str, directory: Path) -> list[tuple[str, str]]:
    """The address and the filled-in form of each person of a wave that is open."""
    app = make_app(url, directory)
    with app.app_context():
        db.create_all()
        wave_id = open_wave((RUNS + 1) * FORMS)
        wave = pulses.wave(db.session(), wave_id)
        assert wave is not None
        secret = ballots.key_directory(app.config["SETTINGS"]).wave_secret(wave_id)
        asked = [(item.item_id, item.scale == pulses.TEXT_SCALE) for item in wave.items]
        filled = {item: _COMMENT if is_open else "4" for item, is_open in asked}
        body = urlencode({"page": "0", **filled})
        people = db.session.scalars(select(Person.id).order_by(Person.id)).all()
        made = [(f"/a/{wave.reference}/{token_for(secret, person)}", body) for person in people]
        db.session.remove()
        db.engine.dispose()
    secrets.SystemRandom().shuffle(made)
    return made
