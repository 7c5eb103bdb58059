"""Workers that read staff files, and that die on the way: all of a file is imported, or nothing, and once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import create_user
from surveyapp.ballots.models import Response
from surveyapp.extensions import db
from surveyapp.organisation import jobs, uploads
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person, StaffUpload, StaffUploadFile, Unit, UploadState
from surveyapp.permissions import RoleName
from surveyapp.timekeeping import utc_now
from tests.conftest import PASSWORD, on_sqlite
from tests.factories.organisation import make_organisation
from tests.factories.waves import cast, close_and_count, open_wave, tokens_of
from tests.support.processes import at_once, killed_at, work_off
from tests.support.queues import forget_nudges, nudges

JOB = "surveyapp.organisation.jobs:read_staff_file"
#: More rows than lie between two signs of life, and units to make.
ROWS = 2_500
FILE = "email,unit,staff_group\n" + "".join(
    f"p{n}@staff.example,Site > Ward {n % 7},Nursing\n" for n in range(ROWS)
)


@pytest.fixture
def owner(session: Session) -> int:
    user = create_user(
        session,
        email="lena@example.org",
        name="Lena",
        password=PASSWORD,
        roles=[RoleName.LEARNING_AND_DEVELOPMENT],
    )
    session.commit()
    return user.id


def upload(owner: int, content: str = FILE) -> None:
    uploads.keep(db.session(), user_id=owner, content=content.encode(), make_units=True)
    db.session.commit()


def decide(owner: int, **choices: bool) -> None:
    waiting = uploads.waiting(db.session(), owner)
    assert waiting is not None
    wanted = {"apply_moves": False, "remove_leavers": False, **choices}
    assert uploads.decide(db.session(), waiting, **wanted)
    db.session.commit()


def state(owner: int) -> str | None:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(StaffUpload.state).where(StaffUpload.user_id == owner))


def count(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def fall_silent() -> None:
    """As if the last sign of life were long ago."""
    long_ago = utc_now() - uploads.QUIET_FOR
    db.session.execute(update(StaffUpload).values(touched_at=long_ago))
    db.session.commit()


def imports_audited() -> int:
    db.session.rollback()
    imported = AuditEvent.action == "staff_imported"
    return db.session.scalar(select(func.count()).select_from(AuditEvent).where(imported)) or 0


def test_a_killed_worker_leaves_nothing_and_a_sweep_finishes(
    environ: dict[str, str], owner: int
) -> None:
    upload(owner)
    killed_at(environ, JOB, owner, "surveyapp.organisation.uploads:note_progress", 2)
    assert state(owner) == UploadState.CHECKING
    jobs.read_staff_file(owner)
    assert state(owner) == UploadState.CHECKED and count(Person) == 0
    decide(owner)
    for place in ("uploads:note_progress", "uploads:imported"):
        killed_at(environ, JOB, owner, f"surveyapp.organisation.{place}")
        assert state(owner) == UploadState.IMPORTING
        assert (count(Person), count(Unit), imports_audited()) == (0, 1, 0)
    fall_silent()
    forget_nudges()
    jobs.sweep()
    work_off(environ)
    assert state(owner) == UploadState.DONE
    assert (count(Person), count(Unit), imports_audited()) == (ROWS, 9, 1)
    # A nudge that comes again finds nothing to do.
    jobs.read_staff_file(owner)
    assert (count(Person), imports_audited()) == (ROWS, 1)
    assert db.session.scalar(select(StaffUploadFile.content)) == b""


def test_two_workers_at_once_import_once(app: Flask, owner: int) -> None:
    upload(owner)
    jobs.read_staff_file(owner)
    decide(owner)
    at_once(app, [lambda: jobs.read_staff_file(owner)] * 2)
    assert state(owner) == UploadState.DONE
    assert (count(Person), imports_audited()) == (ROWS, 1)


def test_units_that_change_meanwhile_are_looked_up_again(
    session: Session, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = make_organisation(session, {"Maple": 0, "Oak": 0}).units
    upload(owner, "email,unit,staff_group\na@staff.example,Maple,Nursing\n")
    jobs.read_staff_file(owner)
    decide(owner)
    lock = jobs.lock_organisation

    def meanwhile(session: Session) -> None:
        # Someone deletes the unit after the file was read, and makes it anew elsewhere.
        monkeypatch.setattr(jobs, "lock_organisation", lock)
        organisation.delete_unit(session, units["Maple"])
        organisation.add_unit(session, name="Maple", parent_id=units["Oak"])
        lock(session)

    monkeypatch.setattr(jobs, "lock_organisation", meanwhile)
    jobs.read_staff_file(owner)
    person = db.session.scalars(select(Person)).one()
    assert (person.unit.name, person.unit.parent_id) == ("Maple", units["Oak"])


@on_sqlite
def test_a_cancelled_file_is_not_imported_by_a_worker_that_is_under_way(
    session: Session, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(owner)
    jobs.read_staff_file(owner)
    decide(owner)
    note = uploads.note_progress

    def meanwhile(*given: object) -> None:
        monkeypatch.setattr(uploads, "note_progress", note)
        assert uploads.cancel(db.session(), owner)

    monkeypatch.setattr(uploads, "note_progress", meanwhile)
    jobs.read_staff_file(owner)
    assert (count(Person), count(StaffUpload), imports_audited()) == (0, 0, 0)


@on_sqlite
def test_a_file_that_kills_its_worker_is_given_up(owner: int) -> None:
    upload(owner)
    for _ in range(uploads.MOST_ATTEMPTS):
        assert uploads.begin(db.session(), owner) is not None
        db.session.commit()  # and then the worker dies
    fall_silent()
    jobs.sweep()
    assert nudges() == [("reports", "organisation.jobs.read_staff_file", [owner])]
    jobs.read_staff_file(owner)
    assert state(owner) == UploadState.FAILED
    assert "tried three times" in (db.session.scalar(select(StaffUpload.problem)) or "")
    forget_nudges()
    fall_silent()
    jobs.sweep()
    assert nudges() == []


def test_who_comes_off_the_list_keeps_the_link_of_an_open_pulse(session: Session, owner: int) -> None:
    trust = make_organisation(session, {"Maple": 12})
    wave = open_wave([trust.root])
    tokens = tokens_of(wave)
    stay = "".join(f"maple.{n}@staff.example,Maple,Nursing\n" for n in range(1, 12))
    upload(owner, f"email,unit,staff_group\n{stay}")
    jobs.read_staff_file(owner)
    decide(owner, remove_leavers=True)
    jobs.read_staff_file(owner)
    leaver = trust.people["Maple"][0]
    assert count(Person) == 11 and session.get(Person, leaver) is None
    for person in trust.everyone:
        cast(wave, tokens[person])
    close_and_count(wave)
    assert count(Response) == 12
