"""Reading a staff list from CSV: every row is taken, unchanged, or refused with a reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.organisation import checks
from surveyapp.organisation.checks import PATH_SEPARATOR, OrganisationError, folded
from surveyapp.organisation.models import Person, WorkingStatus
from surveyapp.organisation.services import UnitFinder, make_path
from surveyapp.organisation.staff import set_mobile, spellings

COLUMNS = ("email", "unit", "staff_group", "status", "mobile")
REQUIRED_COLUMNS = ("email", "unit", "staff_group")

#: A file that shows the columns. The units are made with 'make missing units'.
SAMPLE = (
    "email,unit,staff_group,status\r\n"
    "ada.example@example.org,Surgery > Ward 4,Nursing,working\r\n"
    "bo.example@example.org,Surgery > Theatres,Support workers,working\r\n"
    "cy.example@example.org,Home care,Nursing,away\r\n"
)

#: Longest value that a report repeats.
_SHOWN = 200


class StaffFileError(ValueError):
    """The file as a whole cannot be read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """`line` counts from 1 and includes the header, as a text editor shows it."""

    line: int
    column: str
    value: str
    remedy: str


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A row that can be imported. `new_path` names the unit to make when there is none yet.

    Without a `status` a new person is working, and a known one keeps theirs, as they keep their
    number without a `mobile`.
    """

    email: str
    unit_id: int | None
    new_path: tuple[str, ...]
    staff_group: str
    status: WorkingStatus | None
    mobile: str | None


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
    def refused(self) -> int:
        """A row with two faults is in `bad_rows` twice and counts once."""
        return len({row.line for row in self.bad_rows})

    @property
    def rows(self) -> int:
        return self.added + self.changed + self.unchanged + self.refused

    def as_dict(self) -> dict[str, Any]:
        return {
            "applied": self.applied,
            "rows": self.rows,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "not_in_file": self.not_in_file,
            "new_units": self.new_units,
            "bad_rows": [asdict(row) for row in self.bad_rows],
        }


def import_staff(
    session: Session,
    content: bytes,
    *,
    apply: bool,
    make_units: bool = False,
    keep_good_rows: bool = False,
) -> ImportReport:
    """Read a staff list and, with `apply`, write it. The organisation's root must exist.

    With bad rows nothing is written unless `keep_good_rows`. The same file twice changes nothing.
    Raises StaffFileError when the file as a whole cannot be read.
    """
    report = ImportReport()
    finder = UnitFinder(session)
    reader = _Reader(finder, spellings(session), make_units=make_units)
    rows = list(reader.rows(_decoded(content), report))
    report.applied = apply and (keep_good_rows or not report.bad_rows)
    present = {person.email: person for person in session.scalars(select(Person))}
    new_units: dict[str, str] = {}
    made: dict[tuple[str, ...], int] = {}
    for row in rows:
        unit_id = row.unit_id
        if unit_id is None:
            # The first spelling of a new unit is the one that is made.
            new_units = _missing(finder, row.new_path) | new_units
            if report.applied:
                if row.new_path not in made:
                    made[row.new_path] = make_path(session, row.new_path).id
                unit_id = made[row.new_path]
        _place(session, report, present.get(row.email), row, unit_id)
    report.new_units = sorted(new_units.values())
    report.not_in_file = len(present.keys() - reader.named)
    session.flush()
    return report


def _missing(finder: UnitFinder, names: Sequence[str]) -> dict[str, str]:
    paths = [f" {PATH_SEPARATOR} ".join(names[:end]) for end in range(1, len(names) + 1)]
    return {folded(path): path for path in paths if finder.at_path(path) is None}


def _place(
    session: Session,
    report: ImportReport,
    person: Person | None,
    row: StaffRow,
    unit_id: int | None,
) -> None:
    """Count a row and, when the report says so, write it. Only a unit yet to be made has no id."""
    if person is None:
        report.added += 1
        if report.applied and unit_id is not None:
            session.add(
                Person(
                    email=row.email,
                    unit_id=unit_id,
                    staff_group=row.staff_group,
                    status=row.status or WorkingStatus.WORKING,
                    mobile=row.mobile,
                )
            )
        return
    status = row.status or person.status
    mobile = row.mobile or person.mobile
    wanted = (unit_id, row.staff_group, status, mobile)
    if wanted == (person.unit_id, person.staff_group, person.status, person.mobile):
        report.unchanged += 1
        return
    report.changed += 1
    if report.applied and unit_id is not None:
        person.unit_id, person.staff_group, person.status = unit_id, row.staff_group, status
        set_mobile(person, mobile)


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise StaffFileError(
            f"Line {line} is not UTF-8 text. In your spreadsheet choose 'Save as' and 'CSV UTF-8'."
        ) from None
    if "\x00" in text:
        raise StaffFileError("This is not a CSV file. Save the sheet as 'CSV UTF-8' and try again.")
    return text


@dataclass(frozen=True, slots=True)
class _Heading:
    places: Mapping[str, int]
    width: int

    def pick(self, values: Sequence[str]) -> dict[str, str]:
        return {name: values[place] for name, place in self.places.items()}


class _Reader:
    """Checks the rows of one file. `named` gathers every address it has met, good row or bad."""

    def __init__(self, finder: UnitFinder, groups: Mapping[str, str], *, make_units: bool) -> None:
        self._finder = finder
        self._groups = dict(groups)
        self._make_units = make_units
        self._first_line: dict[str, int] = {}
        self.named: set[str] = set()

    def rows(self, text: str, report: ImportReport) -> Iterator[StaffRow]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        line = 1
        try:
            heading = _heading(next(reader, []))
            line = reader.line_num + 1
            for values in reader:
                if any(value.strip() for value in values):
                    checked = self._checked(line, heading, values)
                    if isinstance(checked, StaffRow):
                        yield checked
                    else:
                        report.bad_rows += checked
                # A quoted value may run over several lines: a row's line is its first.
                line = reader.line_num + 1
        except csv.Error as error:
            raise StaffFileError(
                f"The row at line {line} cannot be read: {error}. Check its quotation marks."
            ) from None

    def _checked(
        self, line: int, heading: _Heading, values: Sequence[str]
    ) -> StaffRow | list[BadRow]:
        if len(values) != heading.width:
            return [
                BadRow(
                    line,
                    "row",
                    f"{len(values)} values",
                    f"Give {heading.width} values, as in the first line. Put quotation marks "
                    "around a value that holds a comma",
                )
            ]
        row = heading.pick(values)
        bad: list[BadRow] = []

        def refuse(column: str, remedy: str) -> None:
            bad.append(BadRow(line, column, row.get(column, "").strip()[:_SHOWN], remedy))

        email, unit_id, path, group, status = "", None, tuple[str, ...](), "", None
        mobile: str | None = None
        try:
            email = checks.email_address(row["email"])
        except OrganisationError as error:
            refuse("email", str(error))
        else:
            self.named.add(email)
            if email in self._first_line:
                refuse(
                    "email",
                    f"Delete this line or line {self._first_line[email]}: both have this address",
                )
        try:
            unit_id, path = self._unit(row["unit"])
        except OrganisationError as error:
            refuse("unit", str(error))
        try:
            group = checks.staff_group(row["staff_group"], self._groups)
        except OrganisationError as error:
            refuse("staff_group", str(error))
        try:
            status = _status(row.get("status", ""))
        except OrganisationError as error:
            refuse("status", str(error))
        try:
            mobile = checks.mobile_number(row.get("mobile", ""))
        except OrganisationError as error:
            refuse("mobile", str(error))
        if email:
            self._first_line.setdefault(email, line)
        if bad:
            return bad
        # 'nursing' and 'Nursing' are one staff group: the first spelling stands.
        self._groups.setdefault(folded(group), group)
        return StaffRow(email, unit_id, path, group, status, mobile)

    def _unit(self, value: str) -> tuple[int | None, tuple[str, ...]]:
        text = checks.plain("unit", value)
        if not text:
            raise OrganisationError("unit", "Enter the name or the path of a unit")
        unit_id = self._finder.find(text)
        if unit_id is not None:
            return unit_id, ()
        if self._finder.is_ambiguous(text):
            raise OrganisationError(
                "unit",
                "Enter the whole path, like Surgery > Ward 4: several units have this name",
            )
        if not self._make_units:
            raise OrganisationError(
                "unit", "Correct the name, add this unit, or choose to make missing units"
            )
        names = tuple(self._new_name(name) for name in self._finder.below_root(text))
        # A path that leaves out its head would be made again elsewhere, with the same name.
        if self._finder.at_path(names[0]) is None and self._finder.has_name(names[0]):
            raise OrganisationError(
                "unit",
                f"Enter the whole path: a unit called '{names[0]}' is below another unit already",
            )
        return None, names

    @staticmethod
    def _new_name(name: str) -> str:
        try:
            return checks.unit_name(name)
        except OrganisationError:
            raise OrganisationError(
                "unit",
                f"Put a name of up to {checks.LONGEST_NAME} letters on each side of each "
                f"'{PATH_SEPARATOR}'",
            ) from None


def _status(value: str) -> WorkingStatus | None:
    text = checks.plain("status", value).casefold()
    if not text:
        return None
    try:
        return WorkingStatus(text)
    except ValueError:
        raise OrganisationError(
            "status", "Enter working or away, or leave the value empty"
        ) from None


def _heading(names: Sequence[str]) -> _Heading:
    known = [
        " ".join(name.replace("_", " ").replace("-", " ").split()).casefold() for name in names
    ]
    columns = ["email" if name == "e mail" else name.replace(" ", "_") for name in known]
    missing = [name for name in REQUIRED_COLUMNS if name not in columns]
    if missing:
        raise StaffFileError(
            f"The first line must name the columns {', '.join(COLUMNS)}, with commas between them. "
            f"Missing: {', '.join(missing)}."
        )
    twice = [name for name in COLUMNS if columns.count(name) > 1]
    if twice:
        raise StaffFileError(f"The first line names a column twice: {', '.join(twice)}.")
    return _Heading(
        {name: columns.index(name) for name in COLUMNS if name in columns}, len(columns)
    )
