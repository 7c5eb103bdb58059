"""The staff file: every row is accounted for, nothing crashes, twice is once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from surveyapp.accounts import models as _accounts  # noqa: F401 - a foreign key names its table
from surveyapp.extensions import Model
from surveyapp.organisation import checks, services
from surveyapp.organisation.models import Person, Unit
from surveyapp.organisation.staff_import import import_staff
from surveyapp.organisation.staff_report import ImportReport
from surveyapp.organisation.staff_table import StaffFileError

HEAD = "email,unit,staff_group,status\n"
ENGINE = create_engine("sqlite://")
Model.metadata.create_all(ENGINE)
WITHOUT_DEADLINE = settings(deadline=None, max_examples=150)


def _open() -> Session:
    """A session whose work is never committed: each example starts from nothing."""
    session = Session(ENGINE)
    root = services.ensure_root(session, "Trust")
    for name in ("Surgery", "Medicine"):
        unit = services.add_unit(session, name=name, parent_id=root.id)
        services.add_unit(session, name="Ward 4", parent_id=unit.id)
    services.add_unit(session, name="Home care", parent_id=root.id)
    session.flush()
    return session


def test_a_number_is_taken_as_people_write_it_and_kept_where_a_file_has_none(session: Session) -> None:
    head, line = "email,unit,staff_group,mobile\n", "a@example.org,Home care,Nursing,"
    for written, stands in (("07700 900123", "+447700900123"), ("", "+447700900123"), ("0353", None)):
        report = import_staff(session, f"{head}{line}{written}\n".encode(), apply=True)
        if stands is None:
            (bad,) = report.bad_rows
            assert bad.column == "mobile" and "07700 900123" in bad.remedy
        assert [person.mobile for person in session.scalars(select(Person))] == ["+447700900123"]


@pytest.fixture
def session() -> Iterator[Session]:
    with _open() as opened:
        yield opened


def _import(session: Session, text: str, **options: bool) -> ImportReport:
    return import_staff(session, text.encode(), **{"apply": True, **options})


def _people(session: Session) -> dict[str, tuple[str, str, str]]:
    return {
        p.email: (p.unit.name, p.staff_group, p.status) for p in session.scalars(select(Person))
    }


def _state(session: Session) -> object:
    units = {(u.id, u.parent_id, u.name) for u in session.scalars(select(Unit))}
    return units, _people(session)


# ---------------------------------------------------------------- anything at all

CELLS = st.one_of(
    st.sampled_from(
        [
            *("a@example.org", "A@Example.org", "b@example.org", "c@bücher.example", "bad", ""),
            *("Home care", "home  CARE", "Ward 4", "Surgery > Ward 4", "Trust>Surgery", "Ward 9"),
            *("Surgery > New", "New > Ward 4", "Ward 4 > X", ">", "a >", "Trust", "Trust > Trust"),
            *("Nursing", "nursing", "=1+1", "-x", "working", "AWAY", "sick", " ", "\x1f", "\u202e"),
        ]
    ),
    st.text(max_size=12),
)


def _file(rows: list[list[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["email", "unit", "staff_group", "status"], *rows])
    return buffer.getvalue().encode("utf-8", "surrogatepass")


@given(st.binary(max_size=300), st.booleans())
@example(b"\xef\xbb\xbf", False)
@example(HEAD.encode() + b'"', True)
@example(HEAD.encode() + b"\xff", True)
@WITHOUT_DEADLINE
def test_no_bytes_crash_it(content: bytes, with_heading: bool) -> None:
    with _open() as session:
        try:
            import_staff(session, HEAD.encode() * with_heading + content, apply=True)
        except StaffFileError as refusal:
            assert str(refusal).endswith(".")


@given(st.lists(st.lists(CELLS, min_size=3, max_size=5), max_size=8), st.booleans())
@WITHOUT_DEADLINE
def test_every_row_is_accounted_for_and_twice_is_once(
    rows: list[list[str]], make_units: bool
) -> None:
    content = _file(rows)
    options = {"make_units": make_units, "keep_good_rows": True}
    with _open() as session:
        before = _state(session)
        try:
            dry = import_staff(session, content, apply=False, **options)
        except StaffFileError:
            return
        assert _state(session) == before
        kept = [row for row in rows if any(cell.strip() for cell in row)]
        assert dry.rows == len(kept)
        report = import_staff(session, content, apply=True, **options)
        # A dry run says exactly what then happens.
        assert {**report.as_dict(), "applied": False} == dry.as_dict()
        assert len(_people(session)) == report.added
        after = _state(session)
        again = import_staff(session, content, apply=True, **options)
        assert (again.added, again.changed, again.new_units) == (0, 0, [])
        assert _state(session) == after


@given(st.text(max_size=30))
@WITHOUT_DEADLINE
def test_an_address_has_one_spelling(text: str) -> None:
    try:
        once = checks.email_address(text)
    except checks.OrganisationError:
        return
    assert checks.email_address(once) == once


# ---------------------------------------------------------------- single rules


def test_columns_in_any_order_case_and_with_a_byte_order_mark(session: Session) -> None:
    text = "\ufeffStaff Group,Extra,EMAIL,Unit\nNursing,1,A@Example.org,Home care\n"
    assert _import(session, text).added == 1
    assert _people(session) == {"a@example.org": ("Home care", "Nursing", "working")}


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("bad,Home care,Care,", "email", "like name@example.nhs.uk"),
        (",Home care,Care,", "email", "Enter an e-mail address"),
        ("=a@example.org,Home care,Care,", "email", "as a formula"),
        ("a@example.org,,Care,", "unit", "Enter the name or the path"),
        ("a@example.org,Ward 4,Care,", "unit", "several units have this name"),
        ("a@example.org,Ward 9,Care,", "unit", "make missing units"),
        ("a@example.org,Home care,,", "staff_group", "Enter a staff group"),
        ("a@example.org,Home care,@x,", "staff_group", "as a formula"),
        ("a@example.org,Home care,Ca\x07re,", "staff_group", "hidden character"),
        ('a@example.org,Home care,"Ca\nre",', "staff_group", "hidden character"),
        ("a@example.org,Home care,Care,sick", "status", "working or away"),
        ("a@example.org,Home care", "row", "Give 4 values"),
    ],
)
def test_a_bad_row_says_where_and_what_to_do(
    session: Session, row: str, column: str, says: str
) -> None:
    report = _import(session, f"{HEAD}ok@example.org,Home care,Care,\n\n{row}\n")
    (bad,) = report.bad_rows
    assert (bad.line, bad.column) == (4, column)
    assert says in bad.remedy
    assert not report.applied and _people(session) == {}


def test_good_rows_are_imported_when_asked(session: Session) -> None:
    text = f"{HEAD}a@example.org,Home care,Care,\nb@example.org,Nowhere,Care,\n"
    report = _import(session, text, keep_good_rows=True)
    assert (report.added, report.refused, report.applied) == (1, 1, True)
    assert set(_people(session)) == {"a@example.org"}


def test_an_address_twice_is_a_bad_row(session: Session) -> None:
    text = f"{HEAD}a@example.org,Home care,Care,\nA@example.org,Surgery,Care,\n"
    (bad,) = _import(session, text).bad_rows
    assert bad.line == 3 and "line 2" in bad.remedy


def test_people_who_are_not_in_the_file_are_left_alone(session: Session) -> None:
    _import(session, f"{HEAD}a@example.org,Home care,Care,\nb@example.org,Home care,Care,\n")
    # A row that is refused names its person all the same.
    report = _import(session, f"{HEAD}c@example.org,Surgery,Care,\nb@example.org,Nowhere,Care,\n")
    assert report.not_in_file == 1
    assert set(_people(session)) == {"a@example.org", "b@example.org"}


def test_without_a_status_people_keep_theirs(session: Session) -> None:
    _import(session, f"{HEAD}a@example.org,Home care,Care,away\n")
    report = _import(session, "email,unit,staff_group\na@example.org,Home care,Nursing\n")
    assert report.changed == 1
    assert _people(session) == {"a@example.org": ("Home care", "Nursing", "away")}


def test_a_staff_group_keeps_its_first_spelling(session: Session) -> None:
    _import(session, f"{HEAD}a@example.org,Home care,Nursing,\n")
    _import(session, f"{HEAD}b@example.org,Home care,  NURSING ,\nc@example.org,Surgery,aHP,\n")
    report = _import(
        session, f"{HEAD}d@example.org,Surgery,AHP,\na@example.org,Home care,nursing,\n"
    )
    assert report.unchanged == 1
    assert {row[1] for row in _people(session).values()} == {"Nursing", "aHP"}


def test_missing_units_are_made_once_with_all_above_them(session: Session) -> None:
    text = f"{HEAD}a@example.org,Site > Ward 1,Care,\nb@example.org,site>ward 1,Care,\n"
    report = _import(session, text, make_units=True)
    assert report.new_units == ["Site", "Site > Ward 1"]
    assert [u.name for u in session.scalars(select(Unit))].count("Ward 1") == 1


def test_a_path_without_its_head_does_not_make_a_second_unit(session: Session) -> None:
    surgery = session.scalars(select(Unit.id).where(Unit.name == "Surgery")).one()
    services.add_unit(session, name="Theatres", parent_id=surgery)
    report = _import(session, f"{HEAD}a@example.org,Theatres > Room 1,Care,\n", make_units=True)
    assert "whole path" in report.bad_rows[0].remedy
