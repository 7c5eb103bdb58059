"""From the start of the web server to its first page."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.box import make_app
from benchmarks.measuring import Measurement
from benchmarks.serving import production, serving
from surveyapp.extensions import db
from tests.support.servers import run_redis

RUNS = 3


def measure() -> Iterator[Measurement]:
    with run_redis() as redis, tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/bench.sqlite3"
        with make_app(url, Path(directory)).app_context():
            db.create_all()
            db.engine.dispose()
        environment = production(url, redis, Path(directory))
        taken = tuple(_start(environment) for _ in range(RUNS))
    yield Measurement("from the start of the web server to its first page", "s", taken)


def _start(environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    with serving(environment, first_page="/"):
        return time.perf_counter() - start
