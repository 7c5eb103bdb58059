"""Importing a staff list of 50,000 people, as a worker does it, in a process of its own each time."""

from __future__ import annotations

import csv
import io
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import xlsxwriter
from flask import Flask
from sqlalchemy import func, select

from benchmarks.measuring import Measurement
from surveyapp import create_app
from surveyapp.accounts.services import create_user
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import jobs, uploads
from surveyapp.organisation.models import Person, UploadState
from surveyapp.organisation.staff_columns import chosen
from surveyapp.permissions import RoleName
from tests.support.servers import run_postgres

PEOPLE = 50_000
UNITS = 400
DIVISIONS = 12
RUNS = 3

_HEADINGS = (
    *("Employee Number", "Work Email", "Division", "Ward", "Staff Group", "Assignment Status"),
    *("Position Title", "Grade", "FTE", "Location"),
)
_COLUMNS = {
    "email": ["Work Email"],
    "unit": ["Division", "Ward"],
    "staff_group": ["Staff Group"],
    "status": ["Assignment Status"],
}
_GROUPS = ("Nursing", "Medical", "Allied health", "Estates", "Administration")


def measure() -> Iterator[Measurement]:
    files = {"CSV": _csv(_rows()), "xlsx": _workbook(_rows())}
    with run_postgres() as cluster:
        for kind, content in files.items():
            runs = []
            for number in range(RUNS):
                name = f"bench_{kind.lower()}_{number}"
                cluster.connect().execute(f"CREATE DATABASE {name}").close()
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    runs.append(pool.apply(_import, (cluster.url(name), content)))
            checks, imports, again, megabytes = zip(*runs, strict=True)
            what = f"{PEOPLE:,} rows of {len(_HEADINGS)} columns, {UNITS} units, {kind} of {_size(content)}"
            yield Measurement(f"the check of {what}", "s", checks)
            yield Measurement(f"the import of {what}", "s", imports)
            yield Measurement(f"the check of the same file once more, {kind}", "s", again)
            yield Measurement(f"memory at the peak, {kind}", "MB", megabytes)


def _rows() -> Iterator[Sequence[str]]:
    yield _HEADINGS
    for number in range(PEOPLE):
        unit = number % UNITS
        yield (
            str(100_000 + number),
            f"first{number}.surname{number % 977}@trust.example.org",
            f"Division {unit % DIVISIONS}",
            f"Ward {unit}",
            _GROUPS[number % len(_GROUPS)],
            "Maternity & Adoption" if number % 40 == 0 else "Active Assignment",
            f"Post {number % 3000}",
            f"Band {number % 9}",
            "1",
            "Main site",
        )


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("cp1252")


def _workbook(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def _size(content: bytes) -> str:
    return f"{len(content) / 1024 / 1024:.1f} MB"


def _import(url: str, content: bytes) -> tuple[float, float, float, float]:
    """Seconds of the check, the import and another check, and the most memory ever held."""
    with tempfile.TemporaryDirectory() as directory, _app(url, directory).app_context():
        db.create_all()
        owner = _owner()
        check = _check(owner, content)
        waiting = uploads.waiting(db.session(), owner)
        if waiting is None or not uploads.decide(
            db.session(), waiting, apply_moves=False, remove_leavers=False
        ):
            raise RuntimeError("The file was not checked.")
        db.session.commit()
        imported = _read(owner)
        if db.session.scalar(select(func.count()).select_from(Person)) != PEOPLE:
            raise RuntimeError("Not everyone was imported.")
        again = _check(owner, content)
        report = uploads.report(db.session(), owner)
        if report is None or report["unchanged"] != PEOPLE:
            raise RuntimeError("The same file would change something.")
    return check, imported, again, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _check(owner: int, content: bytes) -> float:
    """Seconds until the file is checked, the answer of which column is which not counted."""
    uploads.keep(db.session(), user_id=owner, content=content, make_units=True)
    db.session.commit()
    taken = _read(owner)
    waiting = uploads.waiting(db.session(), owner)
    if waiting is not None and waiting.state == UploadState.COLUMNS:
        uploads.check_again(db.session(), waiting, columns=chosen(_HEADINGS, _COLUMNS))
        db.session.commit()
        taken += _read(owner)
    return taken


def _read(owner: int) -> float:
    start = time.perf_counter()
    jobs.read_staff_file(owner)
    taken = time.perf_counter() - start
    db.session.expire_all()
    return taken


def _owner() -> int:
    user = create_user(
        db.session(),
        email="lena@example.org",
        name="Lena",
        password="four quiet wards at dawn",  # noqa: S106 - of nobody
        roles=[RoleName.LEARNING_AND_DEVELOPMENT],
    )
    db.session.commit()
    return user.id


def _app(url: str, directory: str) -> Flask:
    environment = {
        "APP_ENV": "testing",
        "DATABASE_URL": url,
        "KEY_DIRECTORY": f"{directory}/keys",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nothing listens: the job is called, not queued
    }
    return create_app(Settings.from_environment(environment, instance=Path(directory) / "instance"))
