"""Reading a staff list from CSV: every row is taken, unchanged, or refused with a reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.organisation.models import Person, WorkingStatus
from surveyapp.organisation.services import (
    LONGEST_NAME,
    PATH_SEPARATOR,
    UnitFinder,
    make_path,
)

COLUMNS = ("email", "unit", "staff_group", "status")
REQUIRED_COLUMNS = ("email", "unit", "staff_group")

LONGEST_STAFF_GROUP = 80


class StaffFileError(ValueError):
    """The file as a whole cannot be read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """`line` counts from 1 and includes the header, as a spreadsheet shows it."""

    line: int
    column: str
    value: str
    remedy: str


@dataclass(frozen=True, slots=True)
class StaffRow:
    line: int
    email: str
    unit_text: str
    unit_id: int | None
    staff_group: str
    status: WorkingStatus


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do. Every row of the file is in exactly one of the counts."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    new_units: list[str] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    #: People on the staff list whom the file does not name. They are left as they are.
    not_in_file: int = 0
    applied: bool = False

    @property
    def rows(self) -> int:
        return self.added + self.changed + self.unchanged + len({r.line for r in self.bad_rows})

    def as_dict(self) -> dict[str, Any]:
        return {
            "applied": self.applied,
            "rows": self.rows,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": len({row.line for row in self.bad_rows}),
            "not_in_file": self.not_in_file,
            "new_units": self.new_units,
            "bad_rows": [asdict(row) for row in self.bad_rows],
        }


def decode(content: bytes) -> str:
    """The text of an uploaded file. Raises StaffFileError when it is not UTF-8 text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StaffFileError(
            f"The file is not UTF-8 text (byte {error.start}). In your spreadsheet choose "
            "'Save as' and 'CSV UTF-8'."
        ) from None
    if "\x00" in text:
        raise StaffFileError("This is not a CSV file. Save the sheet as 'CSV UTF-8' and try again.")
    return text


def import_staff(
    session: Session,
    content: bytes,
    *,
    apply: bool,
    make_units: bool = False,
    keep_good_rows: bool = False,
) -> ImportReport:
    """Read a staff list and, with `apply`, write it.

    With bad rows nothing is written unless `keep_good_rows`. The same file twice changes nothing.
    Raises StaffFileError when the file as a whole cannot be read.
    """
    report = ImportReport()
    finder = UnitFinder(session)
    rows = list(_checked_rows(decode(content), finder, make_units, report))
    report.applied = apply and (keep_good_rows or not report.bad_rows)
    present = {person.email: person for person in session.scalars(select(Person))}
    new_units: dict[str, str] = {}
    for row in rows:
        unit_id = row.unit_id
        if unit_id is None:
            new_units.setdefault(row.unit_text.casefold(), row.unit_text)
            if report.applied:
                unit_id = make_path(session, row.unit_text).id
        _place(session, report, present.get(row.email), row, unit_id)
    report.new_units = sorted(new_units.values())
    report.not_in_file = len(present.keys() - {row.email for row in rows})
    session.flush()
    return report


def _place(
    session: Session, report: ImportReport, person: Person | None, row: StaffRow, unit_id: int | None
) -> None:
    if person is None:
        report.added += 1
        if report.applied and unit_id is not None:
            session.add(
                Person(
                    email=row.email,
                    unit_id=unit_id,
                    staff_group=row.staff_group,
                    status=row.status,
                )
            )
        return
    wanted = (unit_id, row.staff_group, row.status)
    if wanted == (person.unit_id, person.staff_group, person.status):
        report.unchanged += 1
        return
    report.changed += 1
    if report.applied and unit_id is not None:
        person.unit_id, person.staff_group, person.status = unit_id, row.staff_group, row.status


def _checked_rows(
    text: str, finder: UnitFinder, make_units: bool, report: ImportReport
) -> Iterator[StaffRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        places = _header(next(reader, []))
        seen: dict[str, int] = {}
        groups: dict[str, str] = {}
        for values in reader:
            line = reader.line_num
            if not any(value.strip() for value in values):
                continue
            if len(values) != places.width:
                report.bad_rows.append(
                    BadRow(
                        line,
                        "row",
                        f"{len(values)} values",
                        f"Give {places.width} values, as in the first line. Put quotes around a "
                        "value that contains a comma.",
                    )
                )
                continue
            row, bad = _row(line, places.pick(values), finder, make_units)
            if row is not None and row.email in seen:
                bad = [
                    BadRow(
                        line, "email", row.email, f"Remove this line: line {seen[row.email]} has it"
                    )
                ]
            if bad or row is None:
                report.bad_rows += bad
                continue
            seen[row.email] = line
            # 'nursing' and 'Nursing' are one staff group: the first spelling of the file stands.
            group = groups.setdefault(row.staff_group.casefold(), row.staff_group)
            yield StaffRow(line, row.email, row.unit_text, row.unit_id, group, row.status)
    except csv.Error as error:
        raise StaffFileError(
            f"Line {reader.line_num} cannot be read as CSV ({error}). Check its quotes."
        ) from None


@dataclass(frozen=True, slots=True)
class _Places:
    index: dict[str, int]
    width: int

    def pick(self, values: Sequence[str]) -> dict[str, str]:
        return {name: " ".join(values[i].split()) for name, i in self.index.items()}


def _header(names: Sequence[str]) -> _Places:
    folded = [" ".join(name.split()).casefold().replace(" ", "_").replace("-", "_") for name in names]
    folded = ["email" if name == "e_mail" else name for name in folded]
    missing = [name for name in REQUIRED_COLUMNS if name not in folded]
    if missing:
        raise StaffFileError(
            f"The first line must name the columns {', '.join(COLUMNS)}. "
            f"Missing: {', '.join(missing)}."
        )
    twice = [name for name in COLUMNS if folded.count(name) > 1]
    if twice:
        raise StaffFileError(f"The first line names a column twice: {', '.join(twice)}.")
    return _Places({name: folded.index(name) for name in COLUMNS if name in folded}, len(folded))


def _row(
    line: int, values: dict[str, str], finder: UnitFinder, make_units: bool
) -> tuple[StaffRow | None, list[BadRow]]:
    bad: list[BadRow] = []

    def refuse(column: str, remedy: str) -> None:
        bad.append(BadRow(line, column, values.get(column, "")[:200], remedy))

    for column, value in values.items():
        if any(not character.isprintable() for character in value):
            refuse(column, "Remove the hidden control character")
    email = values["email"].lower()
    try:
        email = validate_email(email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        refuse("email", f"Enter an e-mail address, like name@example.nhs.uk. {error}")
    unit_id = finder.find(values["unit"]) if values["unit"] else None
    if not values["unit"]:
        refuse("unit", "Enter the name or path of a unit")
    elif unit_id is None and finder.is_ambiguous(values["unit"]):
        refuse("unit", "Several units have this name. Enter the path, like Surgery > Ward 4")
    elif unit_id is None and not make_units:
        refuse("unit", "Add this unit first, or choose to make missing units")
    elif unit_id is None and not all(
        0 < len(part.strip()) <= LONGEST_NAME for part in values["unit"].split(PATH_SEPARATOR)
    ):
        refuse("unit", f"Enter a name of up to {LONGEST_NAME} characters between each '>'")
    if not values["staff_group"]:
        refuse("staff_group", "Enter a staff group, such as Nursing")
    elif len(values["staff_group"]) > LONGEST_STAFF_GROUP:
        refuse("staff_group", f"Use {LONGEST_STAFF_GROUP} characters or fewer")
    elif values["staff_group"][0] in "=+-@":
        refuse("staff_group", "Remove the sign at the start: spreadsheets would run it")
    status = WorkingStatus.WORKING
    try:
        status = WorkingStatus(values.get("status", "").casefold() or WorkingStatus.WORKING)
    except ValueError:
        refuse("status", "Enter working or away, or leave it empty")
    if bad:
        return None, bad
    return StaffRow(line, email, values["unit"], unit_id, values["staff_group"], status), []
