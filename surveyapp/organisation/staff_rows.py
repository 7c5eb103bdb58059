"""Checking the rows of a staff file: each is good, or refused with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from surveyapp.organisation import checks
from surveyapp.organisation.checks import PATH_SEPARATOR, OrganisationError, folded
from surveyapp.organisation.models import WorkingStatus
from surveyapp.organisation.services import UnitFinder
from surveyapp.organisation.staff_columns import (
    STATUS_WORDS,
    StaffColumns,
    named,
    picker,
    plain_heading,
)
from surveyapp.organisation.staff_table import DateCell, StaffTable

#: Longest value that a report repeats.
_SHOWN = 200

#: Rows between two signs of life.
_AT_ONCE = 1_000

#: What a spreadsheet shows in the place of a result that it could not work out.
_FAILED_FORMULAS = frozenset(
    ("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#spill!", "#calc!")
)


@dataclass(frozen=True, slots=True)
class BadRow:
    """`line` counts from 1 and includes the header, as a text editor shows it.

    `column` is the file's own heading, or 'row' when it is about the row as a whole.
    """

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
    mobile: str | None = None


@dataclass(slots=True)
class CheckedRows:
    """All rows of a file, in its order."""

    good: list[StaffRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    #: Every address that was met, in a good row or a bad one.
    named: set[str] = field(default_factory=set)
    #: Rows whose address cannot be read: nobody knows whom they are about.
    nameless: int = 0
    #: Words for a status that nobody has explained yet, and in how many rows each stands.
    unknown_statuses: Counter[str] = field(default_factory=Counter)


def check_rows(
    table: StaffTable,
    columns: StaffColumns,
    finder: UnitFinder,
    groups: Mapping[str, str],
    *,
    make_units: bool = False,
    statuses: Mapping[str, WorkingStatus] | None = None,
    advance: Callable[[int], object] = lambda done: None,
) -> CheckedRows:
    """Walk through the file. `advance` is told now and then how many rows are done.

    `groups` are the known spellings by their folded form, `statuses` meanings by `plain_heading`.
    Raises StaffFileError at a row that cannot be read at all.
    """
    checker = _Checker(columns, finder, groups, make_units=make_units, statuses=statuses or {})
    headings = named(table.headings)
    pick = picker(headings, columns)
    done = 0
    for line, values in table.rows:
        if len(values) == len(headings):
            checker.check(line, pick(values))
        else:
            checker.refuse_width(line, len(values), table.width_remedy)
        done += 1
        if done % _AT_ONCE == 0:
            advance(done)
    advance(done)
    return checker.checked


class _Checker:
    def __init__(
        self,
        columns: StaffColumns,
        finder: UnitFinder,
        groups: Mapping[str, str],
        *,
        make_units: bool,
        statuses: Mapping[str, WorkingStatus],
    ) -> None:
        self._headings = {
            "email": columns.email,
            "unit": " + ".join(columns.unit),
            "staff_group": columns.staff_group,
            "status": columns.status,
            "mobile": columns.mobile,
        }
        self._finder = finder
        self._groups = dict(groups)
        self._make_units = make_units
        self._statuses = {**STATUS_WORDS, **statuses}
        self._first_line: dict[str, int] = {}
        # Thousands of people share a unit.
        self._units: dict[str, tuple[int | None, tuple[str, ...]]] = {}
        self.checked = CheckedRows()

    def refuse_width(self, line: int, width: int, remedy: str) -> None:
        self.checked.nameless += 1
        self.checked.bad.append(BadRow(line, "row", f"{width} values", remedy))

    def check(self, line: int, row: Mapping[str, str]) -> None:
        bad: list[BadRow] = []

        def refuse(name: str, error: OrganisationError) -> None:
            value = row.get(name, "").strip()[:_SHOWN]
            bad.append(BadRow(line, self._headings[name], value, str(error)))

        email, unit_id, path, group, status = "", None, tuple[str, ...](), "", None
        mobile: str | None = None
        try:
            email = self._email(row["email"])
            self._refuse_twin(email, line)
        except OrganisationError as error:
            refuse("email", error)
            self.checked.nameless += not email
        try:
            unit_id, path = self._unit(row["unit"])
        except OrganisationError as error:
            refuse("unit", error)
        try:
            group = checks.staff_group(_cell("staff_group", row["staff_group"]), self._groups)
        except OrganisationError as error:
            refuse("staff_group", error)
        try:
            status = self._status(row.get("status", ""))
        except OrganisationError as error:
            refuse("status", error)
        try:
            mobile = checks.mobile_number(_cell("mobile", row.get("mobile", "")))
        except OrganisationError as error:
            refuse("mobile", error)
        if bad:
            self.checked.bad += bad
            return
        # 'nursing' and 'Nursing' are one staff group: the first spelling stands.
        self._groups.setdefault(folded(group), group)
        self.checked.good.append(StaffRow(email, unit_id, path, group, status, mobile))

    def _email(self, value: str) -> str:
        email = checks.email_address(_cell("email", value))
        self.checked.named.add(email)
        return email

    def _refuse_twin(self, email: str, line: int) -> None:
        first = self._first_line.setdefault(email, line)
        if first != line:
            raise OrganisationError(
                "email", f"Delete this line or line {first}: both have this address"
            )

    def _status(self, value: str) -> WorkingStatus | None:
        text = checks.plain("status", _cell("status", value))
        if not text:
            return None
        found = self._statuses.get(plain_heading(text))
        if found is None:
            self.checked.unknown_statuses[text[:_SHOWN]] += 1
            raise OrganisationError(
                "status",
                "Enter working or away, leave the value empty, or say what this word means",
            )
        return found

    def _unit(self, value: str) -> tuple[int | None, tuple[str, ...]]:
        text = _cell("unit", value)
        if text not in self._units:
            self._units[text] = self._looked_up(text)
        return self._units[text]

    def _looked_up(self, value: str) -> tuple[int | None, tuple[str, ...]]:
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


def _cell(name: str, value: str) -> str:
    """The value of a cell that a spreadsheet has not made into something else."""
    if isinstance(value, DateCell):
        raise OrganisationError(
            name, "Make the cell's format Text and type the value again: it was taken for a date"
        )
    if value.strip().casefold() in _FAILED_FORMULAS:
        raise OrganisationError(
            name, "Type the value itself: the formula in this cell has no result"
        )
    return value
