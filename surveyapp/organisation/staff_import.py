"""Importing a staff file: every row is taken, unchanged, proposed, or refused with a reason.

What takes something away from a person or changes whose results they count in is proposed only: a
move to another unit, and leaving the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.organisation import staff_memory
from surveyapp.organisation.checks import PATH_SEPARATOR, folded
from surveyapp.organisation.models import Person, WorkingStatus
from surveyapp.organisation.services import UnitFinder, frozen_tree, make_path, unit_tree
from surveyapp.organisation.staff import spellings
from surveyapp.organisation.staff_columns import StaffColumns, guess, named
from surveyapp.organisation.staff_file import read_table
from surveyapp.organisation.staff_report import ImportReport, Leaver, Move
from surveyapp.organisation.staff_rows import CheckedRows, StaffRow, check_rows
from surveyapp.organisation.staff_table import StaffFileError

#: A file that shows the columns. The units are made with 'make missing units'.
SAMPLE = (
    "email,unit,staff_group,status\r\n"
    "ada.example@example.org,Surgery > Ward 4,Nursing,working\r\n"
    "bo.example@example.org,Surgery > Theatres,Support workers,working\r\n"
    "cy.example@example.org,Home care,Nursing,away\r\n"
)

#: People in one statement.
_CHUNK = 5_000

#: Rows that show what a column holds.
_EXAMPLES = 3
_SHOWN = 60

Advance = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What someone needs to see of a file to say which column is which."""

    headings: tuple[str, ...]
    #: The first rows, in the order of the headings.
    examples: list[list[str]]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"guess": guess(self.headings).as_dict()}


class UnknownColumnsError(StaffFileError):
    """Nobody has said yet which column is which."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        super().__init__(
            "It is not clear which column holds the e-mail address, the unit and the staff group. "
            f"The first line names: {', '.join(sheet.headings)}."
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that is read and checked against the units of a moment."""

    sheet: Sheet
    columns: StaffColumns
    statuses: Mapping[str, WorkingStatus]
    rows: CheckedRows
    tree: Sequence[tuple[int, int | None, str]]


def prepare(
    session: Session,
    content: bytes,
    *,
    make_units: bool = False,
    columns: Callable[[Sequence[str]], StaffColumns] | None = None,
    statuses: Mapping[str, WorkingStatus] | None = None,
    advance: Advance = lambda done, in_all: None,
) -> Prepared:
    """Read and check a file. Writes nothing, so `advance`, told (rows done, rows in all), may commit.

    `columns` says which of the headings is which; else what is remembered of them. The
    organisation's root must exist. Raises UnknownColumnsError when a person has to say which column
    is which, and StaffFileError when the file as a whole cannot be read.
    """
    table = read_table(content)
    headings = named(table.headings)
    first = list(islice(table.rows, _EXAMPLES))
    sheet = Sheet(headings, [[value[:_SHOWN] for value in values] for _, values in first])
    remembered = staff_memory.known(session, headings)
    if columns is not None:
        chosen = columns(headings)
    elif remembered is not None:
        chosen = remembered.columns
    else:
        raise UnknownColumnsError(sheet)
    meanings = {**(remembered.statuses if remembered else {}), **(statuses or {})}
    tree = frozen_tree(session)
    rows = check_rows(
        replace(table, rows=chain(first, table.rows)),
        chosen,
        UnitFinder(session),
        spellings(session),
        make_units=make_units,
        statuses=meanings,
        advance=lambda done: advance(done, max(table.size, done)),
    )
    return Prepared(sheet, chosen, meanings, rows, tree)


def carry_out(
    session: Session,
    prepared: Prepared,
    *,
    apply: bool,
    keep_good_rows: bool = False,
    apply_moves: bool = False,
    remove_leavers: bool = False,
) -> ImportReport:
    """Say what a file changes and, with `apply`, change it, and remember its columns.

    With bad rows nothing is written unless `keep_good_rows`. The same file twice changes nothing.
    Who is taken off the list keeps the link of an open pulse, and what they answer counts; reminders
    stop.
    """
    rows = prepared.rows
    report = ImportReport(
        bad_rows=rows.bad,
        nameless=rows.nameless,
        unknown_statuses=dict(rows.unknown_statuses.most_common()),
        columns=prepared.columns.as_dict(),
    )
    report.applied = apply and (keep_good_rows or not rows.bad)
    report.moves_applied = report.applied and apply_moves
    plan = _Plan(session, rows.good, report)
    plan.sort(rows.named)
    report.leavers_removed = report.applied and remove_leavers and report.may_remove_leavers
    if report.applied:
        plan.write()
        staff_memory.remember(session, prepared.sheet.headings, prepared.columns, prepared.statuses)
        session.flush()
    return report


def import_staff(
    session: Session,
    content: bytes,
    *,
    apply: bool,
    make_units: bool = False,
    keep_good_rows: bool = False,
    apply_moves: bool = False,
    remove_leavers: bool = False,
    columns: Callable[[Sequence[str]], StaffColumns] | None = None,
    statuses: Mapping[str, WorkingStatus] | None = None,
    advance: Advance = lambda done, in_all: None,
) -> ImportReport:
    """`prepare` and `carry_out` in one go."""
    prepared = prepare(
        session, content, make_units=make_units, columns=columns, statuses=statuses, advance=advance
    )
    return carry_out(
        session,
        prepared,
        apply=apply,
        keep_good_rows=keep_good_rows,
        apply_moves=apply_moves,
        remove_leavers=remove_leavers,
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    id: int
    email: str
    unit_id: int
    staff_group: str
    status: str
    mobile: str | None

    def wanted(self, row: StaffRow) -> dict[str, Any]:
        """What a row makes of this person, but for the unit. What it leaves out stays."""
        mobile = row.mobile or self.mobile
        wanted = {"staff_group": row.staff_group, "status": row.status or self.status, "mobile": mobile}
        # Nobody knows yet whether a new number works.
        return wanted | ({"mobile_fails_since": None} if mobile != self.mobile else {})

    def is_as(self, row: StaffRow) -> bool:
        now = {"staff_group": self.staff_group, "status": self.status, "mobile": self.mobile}
        return self.wanted(row) == now


class _Plan:
    """What is to be done with each good row of a file, and doing it."""

    def __init__(self, session: Session, rows: Sequence[StaffRow], report: ImportReport) -> None:
        self._session = session
        self._rows = rows
        self._report = report
        self._paths = {unit.id: unit.path for unit in unit_tree(session)}
        self._to_add: list[StaffRow] = []
        self._to_move: list[tuple[_Listed, StaffRow]] = []
        self._to_change: list[tuple[_Listed, StaffRow]] = []
        self._to_remove: list[int] = []

    def sort(self, named: set[str]) -> None:
        """Put each row where it belongs, and fill the report."""
        report = self._report
        columns = (Person.id, Person.email, Person.unit_id, Person.staff_group, Person.status, Person.mobile)
        listed = {row.email: _Listed(*row) for row in self._session.execute(select(*columns))}
        report.listed = len(listed)
        for row in self._rows:
            person = listed.get(row.email)
            if person is None:
                self._to_add.append(row)
                continue
            differs = not person.is_as(row)
            if row.unit_id != person.unit_id:
                self._to_move.append((person, row))
                report.moves.append(Move(row.email, self._path(person.unit_id), self._target(row)))
            elif not differs:
                report.unchanged += 1
            if differs:
                self._to_change.append((person, row))
                report.changed += row.unit_id == person.unit_id
        report.added = len(self._to_add)
        gone = sorted(listed.keys() - named)
        self._to_remove = [listed[email].id for email in gone]
        report.leavers = [Leaver(email, self._path(listed[email].unit_id)) for email in gone]
        self._name_new_units()

    def write(self) -> None:
        """Everything in the caller's transaction."""
        moves = self._to_move if self._report.moves_applied else []
        placed = [*self._to_add, *(row for _, row in moves)]
        paths = dict.fromkeys(row.new_path for row in placed if row.unit_id is None)
        made = {path: make_path(self._session, path).id for path in paths}
        self._add(made)
        self._update([{"id": person.id} | person.wanted(row) for person, row in self._to_change])
        self._update(
            [{"id": person.id, "unit_id": row.unit_id or made[row.new_path]} for person, row in moves]
        )
        if self._report.leavers_removed:
            for start in range(0, len(self._to_remove), _CHUNK):
                ids = self._to_remove[start : start + _CHUNK]
                self._session.execute(
                    delete(Person).where(Person.id.in_(ids)),
                    execution_options={"synchronize_session": False},
                )
        self._session.expire_all()

    def _add(self, made: Mapping[tuple[str, ...], int]) -> None:
        # Without an object for each: they would take five times as long.
        for start in range(0, len(self._to_add), _CHUNK):
            self._session.execute(
                insert(Person),
                [
                    {
                        "email": row.email,
                        "unit_id": row.unit_id or made[row.new_path],
                        "staff_group": row.staff_group,
                        "status": row.status or WorkingStatus.WORKING,
                        "mobile": row.mobile,
                    }
                    for row in self._to_add[start : start + _CHUNK]
                ],
            )

    def _update(self, rows: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(rows), _CHUNK):
            self._session.execute(update(Person), rows[start : start + _CHUNK])

    def _path(self, unit_id: int) -> str:
        # A dry run holds no lock: someone may make or delete a unit beside it.
        return self._paths.get(unit_id, "")

    def _target(self, row: StaffRow) -> str:
        if row.unit_id is not None:
            return self._path(row.unit_id)
        return f" {PATH_SEPARATOR} ".join(row.new_path)

    def _name_new_units(self) -> None:
        finder = UnitFinder(self._session)
        needed = _missing(finder, self._to_add)
        for_moves = _missing(finder, [row for _, row in self._to_move])
        self._report.new_units = sorted(needed.values())
        self._report.units_for_moves = sorted(
            path for key, path in for_moves.items() if key not in needed
        )


def _missing(finder: UnitFinder, rows: Sequence[StaffRow]) -> dict[str, str]:
    """The paths to make, by their folded form. The first spelling of a unit is the one that is made."""
    found: dict[str, str] = {}
    for names in {row.new_path: None for row in rows if row.unit_id is None}:
        for end in range(1, len(names) + 1):
            path = f" {PATH_SEPARATOR} ".join(names[:end])
            if finder.at_path(path) is None:
                found.setdefault(folded(path), path)
    return found
