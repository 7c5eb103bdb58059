"""The pages that import a staff file, as someone with a real file meets them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.accounts.models import AuditEvent
from surveyapp.extensions import db
from surveyapp.organisation import jobs
from surveyapp.organisation.models import Person, StaffUpload, Unit
from surveyapp.permissions import RoleName
from surveyapp.timekeeping import utc_now
from tests.conftest import SignIn, on_sqlite
from tests.factories.organisation import make_organisation
from tests.factories.staff_files import ESR, text_file, workbook
from tests.support.client import CheckingClient
from tests.support.queues import nudges
from tests.support.redis_contents import everything_in

START = "/organisation/staff/import"
CHECK = f"{START}/check"
GOOD = "email,unit,staff_group\na@example.org,Ward 4,Nursing\nb@example.org,Ward 4,Care\n"


class Importer:
    """Someone of L&D at these pages, with a worker at hand."""

    def __init__(self, client: CheckingClient) -> None:
        self.client = client

    def upload(self, content: str | bytes, **ticks: str) -> TestResponse:
        raw = content.encode() if isinstance(content, str) else content
        return self.client.send(START, file=(io.BytesIO(raw), "staff.csv"), **ticks)

    def check(self, content: str | bytes, **ticks: str) -> str:
        """What the page says of a file, once it is read."""
        assert self.upload(content, **ticks).location == CHECK
        return self.page()

    def page(self) -> str:
        work()
        return self.client.get(CHECK, follow_redirects=True).text

    def decide(self, **ticks: str) -> str:
        self.client.send(CHECK, **ticks)
        return self.page()


def work() -> None:
    """What a worker does when it is nudged."""
    for owner in db.session.scalars(select(StaffUpload.user_id)).all():
        jobs.read_staff_file(owner)
    db.session.rollback()


def people() -> dict[str, tuple[str, str, str]]:
    db.session.expire_all()
    found = db.session.scalars(select(Person))
    return {one.email: (one.unit.name, one.staff_group, one.status) for one in found}


def uploads() -> int:
    return db.session.scalar(select(func.count()).select_from(StaffUpload)) or 0


@pytest.fixture
def importer(session: Session, sign_in: SignIn) -> Importer:
    make_organisation(session, {"Ward 4": 0, "Surgery > Theatres": 0})
    return Importer(sign_in(RoleName.LEARNING_AND_DEVELOPMENT))


# ---------------------------------------------------------------- from a file to the list


def test_a_file_is_checked_then_imported(importer: Importer) -> None:
    importer.upload(GOOD)
    waiting = importer.client.get(CHECK).text
    assert "Checking the file" in waiting and "See how far it is" in waiting
    check = importer.page()
    assert "Nothing has changed yet" in check and "Import\n" in check
    assert people() == {}
    importer.client.send(CHECK)
    assert "Importing the staff list" in importer.client.get(CHECK).text
    assert "2 added, 0 changed, 0 unchanged, 0 left out" in importer.page()
    assert set(people()) == {"a@example.org", "b@example.org"}
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "staff_imported"))
    counts = {"added": 2, "changed": 0, "moved": 0, "removed": 0, "unchanged": 0, "refused": 0}
    assert [event.details for event in events] == [counts]
    # Imported once more, nothing changes.
    importer.check(GOOD)
    assert "0 added, 0 changed, 2 unchanged, 0 left out" in importer.decide()


@on_sqlite
@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_foreign_columns_are_asked_for_once(importer: Importer, kind: str) -> None:
    rows = [
        ESR,
        ("101", "zoë@example.org", "Surgery", "Théâtre 2", "Nursing", "Active Assignment"),
        ("102", "b@example.org", "Surgery", "Theatres", "Care", "Maternity & Adoption"),
        ("103", "c@example.org", "Estates", "Estates", "Care", "Secret Mission"),
    ]
    content = (
        workbook(rows) if kind == "workbook" else text_file(rows, separator=";", encoding="cp1252")
    )
    asked = importer.check(content, make_units="y")
    assert "Say what the columns hold" in asked
    assert 'value="Work Email" selected' in asked and "Work Email (such as zoë@example.org)" in asked
    assert 'value="Division" selected' in asked and 'value="Ward/Dept" selected' in asked
    refused = importer.client.send(f"{START}/columns", email="Work Email", unit="Work Email")
    assert "&#39;Work Email&#39; is used already" in refused.text
    answers = {
        "email": "Work Email", "unit": "Division", "unit_2": "Ward/Dept",
        "staff_group": "Staff Group", "status": "Assignment Status",
    }
    assert importer.client.send(f"{START}/columns", **answers).location == CHECK
    assert "Secret Mission" in importer.page()
    assert "Secret Mission (1 row)" in importer.client.get(f"{START}/statuses").text
    importer.client.send(f"{START}/statuses", word_0="away")
    check = importer.page()
    assert "3 units to make" not in check and "2 units to make" in check
    importer.decide()
    expected = {
        "zoë@example.org": ("Théâtre 2", "Nursing", "working"),
        "b@example.org": ("Theatres", "Care", "away"),
        "c@example.org": ("Estates", "Care", "away"),
    }
    assert people() == expected
    # The next file has its columns in another order, and nobody is asked.
    turned = [tuple(reversed(row)) for row in rows]
    assert "Unchanged" in importer.check(text_file(turned, separator="\t", encoding="utf-16"))
    assert "0 added, 0 changed, 3 unchanged, 0 left out" in importer.decide()
    assert people() == expected


def test_moves_and_leavers_are_proposed_and_nothing_else(importer: Importer) -> None:
    importer.check(GOOD)
    importer.decide()
    moved = "email,unit,staff_group\na@example.org,Theatres,Nursing\n"
    check = importer.check(moved)
    assert "Trust &gt; Surgery &gt; Theatres" in check and "b@example.org" in check
    assert "Does your file hold everyone" in check  # half of the list
    assert "b@example.org" in importer.client.get(f"{START}/leavers.csv").text
    assert "a@example.org" in importer.client.get(f"{START}/moves.csv").text
    done = importer.decide()
    assert "stayed where they were" in done and "stayed on the staff list" in done
    assert {email: unit for email, (unit, _, _) in people().items()} == {
        "a@example.org": "Ward 4",
        "b@example.org": "Ward 4",
    }
    importer.check(moved)
    importer.decide(apply_moves="y", remove_leavers="y")
    assert people() == {"a@example.org": ("Theatres", "Nursing", "working")}


@on_sqlite
def test_nobody_comes_off_while_a_row_could_be_about_them(importer: Importer) -> None:
    importer.check(GOOD)
    importer.decide()
    text = "email,unit,staff_group\na@example.org,Ward 4,Nursing\nb.example.org,Ward 4,Care\n"
    check = importer.check(text)
    assert "could be about them" in check and "remove_leavers" not in check
    importer.decide(remove_leavers="y")
    assert set(people()) == {"a@example.org", "b@example.org"}


@on_sqlite
def test_bad_rows_are_listed_left_out_and_downloaded(importer: Importer) -> None:
    check = importer.check(GOOD + "c@example.org,Nowhere,=1+1\n")
    assert "1 row cannot be imported" in check and "Nowhere" in check and "add this unit" in check
    file = importer.client.get(f"{START}/bad-rows.csv")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert [row[:3] for row in rows] == [
        ["line", "column", "value"],
        ["4", "unit", "Nowhere"],
        ["4", "staff_group", "'=1+1"],
    ]
    importer.decide()
    assert set(people()) == {"a@example.org", "b@example.org"}


@on_sqlite
def test_missing_units_are_named_before_they_are_made(importer: Importer) -> None:
    check = importer.check(GOOD.replace("Ward 4", "Ward 9"), make_units="y")
    assert "1 unit to make" in check and "Ward 9" in check
    assert db.session.scalar(select(func.count()).where(Unit.name == "Ward 9")) == 0
    importer.decide()
    assert {unit for unit, _, _ in people().values()} == {"Ward 9"}


@on_sqlite
def test_the_sample_imports_as_it_is(importer: Importer) -> None:
    sample = importer.client.get(f"{START}/sample.csv")
    assert sample.mimetype == "text/csv"
    importer.check(sample.data, make_units="y")
    importer.decide()
    assert len(people()) == 3


# ---------------------------------------------------------------- what does not go well


@on_sqlite
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04\xff\xfe", "This workbook is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "has a password, or is of the old kind"),
        (b"\x89PNG\r\n\x1a\n\x00\x01", "not a staff list that can be read"),
        ('email,unit,staff_group\n"a', "Check its quotation marks"),
        ("a@example.org,Ward 4,Nursing\n", "The first line holds an e-mail address"),
    ],
)
def test_a_file_that_is_no_staff_list_is_refused(
    importer: Importer, content: str | bytes, says: str
) -> None:
    page = importer.check(content)
    assert says in page.replace("&#39;", "'") and "There is a problem" in page
    assert people() == {}


@on_sqlite
def test_no_file_chosen_and_an_empty_one(importer: Importer) -> None:
    assert "Choose an Excel workbook or a CSV file" in importer.client.send(START).text
    assert "The file is empty" in importer.upload("").text


@on_sqlite
def test_a_file_can_be_dropped_and_does_not_wait_for_ever(importer: Importer) -> None:
    importer.check(GOOD)
    importer.client.send(f"{START}/cancel", form_at=CHECK)
    assert uploads() == 0
    importer.check(GOOD)
    db.session.execute(update(StaffUpload).values(uploaded_at=utc_now() - timedelta(hours=2)))
    db.session.commit()
    assert importer.client.get(CHECK).location == START
    jobs.sweep()
    assert uploads() == 0


@on_sqlite
def test_a_file_is_seen_by_its_owner_only(importer: Importer, sign_in: SignIn) -> None:
    importer.check(GOOD)
    other = sign_in(RoleName.ADMINISTRATOR)
    for page in ("check", "columns", "statuses", "bad-rows.csv", "moves.csv", "leavers.csv"):
        assert other.get(f"{START}/{page}").status_code == 302, page


@on_sqlite
def test_no_address_stands_in_the_cookie_or_on_a_queue(app: Flask, importer: Importer) -> None:
    answer = importer.upload(GOOD)
    assert "example" not in str(answer.headers)
    ((queue, function, arguments),) = nudges()
    assert (queue, function) == ("reports", "organisation.jobs.read_staff_file")
    assert arguments == list(db.session.scalars(select(StaffUpload.user_id)))
    assert b"a@example.org" not in everything_in(app.extensions["redis"])
