"""A report's first page on PostgreSQL, one reader: what a hundred times as many responses cost."""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
from collections.abc import Iterator

from benchmarks.measuring import Measurement
from benchmarks.reports import make_app, make_organisation, make_wave, read_page
from surveyapp.extensions import db
from tests.support.servers import run_postgres

SIZES = (1_000, 100_000)
QUESTIONS = 10

#: One response in so many has a comment.
WRITTEN = 50
RUNS = 3


def measure() -> Iterator[Measurement]:
    with run_postgres() as cluster, tempfile.TemporaryDirectory() as directory:
        cluster.connect().execute("CREATE DATABASE bench").close()
        url = cluster.url("bench")
        with make_app(url, directory).app_context():
            units = make_organisation()
            waves = {size: make_wave(units, size, size // WRITTEN, questions=QUESTIONS) for size in SIZES}
            db.session.remove()
            db.engine.dispose()
        paths = {size: f"/reports/{wave}/units/{units[0]}" for size, wave in waves.items()}
        taken: dict[int, list[float]] = {size: [] for size in SIZES}
        for _ in range(RUNS):  # in turns, so that a busy moment of the machine meets both
            for size, path in paths.items():
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    readings = pool.apply(read_page, (url, directory, path))
                taken[size].append(1000 * statistics.median(readings))
    for size, runs in taken.items():
        what = f"a report of {size:,} responses to {QUESTIONS} questions, median of its readings"
        yield Measurement(what, "ms", tuple(runs))
    few, many = (taken[size] for size in SIZES)
    ratios = tuple(large / small for small, large in zip(few, many, strict=True))
    yield Measurement("a hundred times as many responses", "times as long", ratios)
