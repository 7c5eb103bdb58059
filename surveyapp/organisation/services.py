"""The unit tree, and who is asked. Knows nothing of answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from surveyapp.organisation.checks import PATH_SEPARATOR, OrganisationError, folded, unit_name
from surveyapp.organisation.models import OrganisationChoice, Person, Unit, WorkingStatus
from surveyapp.organisation.reaching import (
    addresses_of,
    banded,
    mark_came_back,
    mark_deliverable,
    mark_mobile_failing,
    mark_undeliverable,
    stop_token,
    to_remind,
    undeliverable,
    without_reminders,
)
from surveyapp.organisation.recognising import of_staff

__all__ = [
    "PATH_SEPARATOR",
    "Choice",
    "Invitee",
    "OrganisationError",
    "UnitFinder",
    "UnitRow",
    "add_unit",
    "address_domains",
    "addresses_of",
    "banded",
    "change_unit",
    "choose",
    "delete_unit",
    "ensure_root",
    "frozen_tree",
    "has_chosen",
    "load",
    "lock_organisation",
    "make_path",
    "mark_asked",
    "mark_came_back",
    "mark_deliverable",
    "mark_mobile_failing",
    "mark_undeliverable",
    "of_staff",
    "people_for_audience",
    "stop_token",
    "subtree_ids",
    "to_remind",
    "undeliverable",
    "unit_tree",
    "units_above",
    "without_reminders",
]

#: Ids in one statement: below SQLite's limit of variables.
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Invitee:
    """Someone who works now and belongs to the audience of a wave.

    `asked_on` is when a wave last asked them, or will: the opening day of one that is launched.
    """

    person_id: int
    unit_id: int
    staff_group: str
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit in the order of the tree. `depth` is 0 for the organisation.

    `staff` counts the unit's own people, `staff_below` those of all units below it.
    """

    id: int
    parent_id: int | None
    name: str
    depth: int
    path: str
    staff: int
    staff_below: int

    @property
    def label(self) -> str:
        """Its path without the organisation's own name, which all share, and how many people it has."""
        people = self.staff + self.staff_below
        path = self.path.split(PATH_SEPARATOR, 1)[-1].strip()
        return f"{path} ({people} {'person' if people == 1 else 'people'})"


# ---------------------------------------------------------------- units


def ensure_root(session: Session, name: str) -> Unit:
    """The organisation itself, made when it does not exist."""
    root = session.scalar(select(Unit).where(Unit.parent_id.is_(None)))
    if root is None:
        root = Unit(name=unit_name(name))
        session.add(root)
        session.flush()
    return root


def unit_tree(session: Session) -> list[UnitRow]:
    """Every unit, parents before children, siblings by name."""
    own = _staff_by_unit(session)
    children: defaultdict[int | None, list[Unit]] = defaultdict(list)
    for unit in session.scalars(select(Unit)):
        children[unit.parent_id].append(unit)
    for siblings in children.values():
        # Databases differ in how they sort capitals and accents.
        siblings.sort(key=lambda unit: (unit.name.casefold(), unit.id), reverse=True)
    walked: list[tuple[Unit, int, str]] = []
    # A stack instead of recursion: the tree may be of any depth.
    waiting = [(unit, 0, unit.name) for unit in children[None]]
    while waiting:
        unit, depth, path = waiting.pop()
        walked.append((unit, depth, path))
        waiting += [
            (child, depth + 1, f"{path} {PATH_SEPARATOR} {child.name}")
            for child in children[unit.id]
        ]
    below: defaultdict[int | None, int] = defaultdict(int)
    for unit, _, _ in reversed(walked):
        below[unit.parent_id] += own.get(unit.id, 0) + below[unit.id]
    return [
        UnitRow(
            id=unit.id,
            parent_id=unit.parent_id,
            name=unit.name,
            depth=depth,
            path=path,
            staff=own.get(unit.id, 0),
            staff_below=below[unit.id],
        )
        for unit, depth, path in walked
    ]


def frozen_tree(session: Session) -> list[tuple[int, int | None, str]]:
    """(unit id, parent id, name) of every unit."""
    rows = session.execute(select(Unit.id, Unit.parent_id, Unit.name).order_by(Unit.id))
    return [(unit_id, parent_id, name) for unit_id, parent_id, name in rows]


def subtree_ids(session: Session, unit_ids: Collection[int]) -> set[int]:
    """The given units and all units below them."""
    children: defaultdict[int | None, list[int]] = defaultdict(list)
    for unit_id, parent_id, _ in frozen_tree(session):
        children[parent_id].append(unit_id)
    found: set[int] = set()
    waiting = list(unit_ids)
    while waiting:
        unit_id = waiting.pop()
        if unit_id not in found:
            found.add(unit_id)
            waiting += children[unit_id]
    return found


def units_above(session: Session, unit_ids: Collection[int]) -> set[int]:
    """All units above the given ones."""
    parents = {unit_id: parent_id for unit_id, parent_id, _ in frozen_tree(session)}
    found: set[int] = set()
    for unit_id in unit_ids:
        above = parents.get(unit_id)
        while above is not None and above not in found:
            found.add(above)
            above = parents[above]
    return found


def add_unit(session: Session, *, name: str, parent_id: int) -> Unit:
    """Raises OrganisationError when the name cannot be used or is taken under that parent."""
    lock_organisation(session)
    parent = _unit(session, parent_id)
    unit = Unit(name=unit_name(name), parent_id=parent.id)
    _refuse_twin(session, unit.name, parent.id, but_not=None)
    session.add(unit)
    session.flush()
    return unit


def change_unit(session: Session, unit_id: int, *, name: str, parent_id: int | None) -> Unit:
    """Rename or move a unit. Closed waves keep the tree that they were launched with."""
    lock_organisation(session)
    unit = _unit(session, unit_id)
    if (parent_id is None) != (unit.parent_id is None):
        raise OrganisationError("parent", "The organisation itself cannot be moved")
    if parent_id is not None:
        _unit(session, parent_id)
        if parent_id in subtree_ids(session, [unit_id]):
            raise OrganisationError(
                "parent", "Select a unit that is not this one and not below this one"
            )
    clean = unit_name(name)
    _refuse_twin(session, clean, parent_id, but_not=unit_id)
    unit.name = clean
    unit.parent_id = parent_id
    session.flush()
    return unit


def delete_unit(session: Session, unit_id: int) -> None:
    """Raises OrganisationError unless nobody and nothing is in the unit."""
    lock_organisation(session)
    unit = _unit(session, unit_id)
    if unit.parent_id is None:
        raise OrganisationError("unit", "The organisation itself cannot be deleted")
    if session.scalar(select(func.count()).where(Unit.parent_id == unit_id)):
        raise OrganisationError("unit", "Move or delete the units below this one first")
    if session.scalar(select(func.count()).where(Person.unit_id == unit_id)):
        raise OrganisationError("unit", "Move the people in this unit to another unit first")
    session.delete(unit)
    session.flush()


class UnitFinder:
    """Finds units by name or path, as people write them in files. Reads the tree once."""

    def __init__(self, session: Session) -> None:
        rows = unit_tree(session)
        self._by_path = {folded(row.path): row.id for row in rows}
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        for row in rows:
            self._by_name[folded(row.name)].append(row.id)
        self._root = folded(rows[0].name) if rows else ""

    def find(self, text: str) -> int | None:
        """The unit of that path, or of that name when only one unit has it; else None.

        A path may leave out the organisation's own name.
        """
        at_path = self.at_path(text)
        if at_path is not None:
            return at_path
        same_name = self._by_name.get(folded(text), [])
        return same_name[0] if len(same_name) == 1 else None

    def at_path(self, text: str) -> int | None:
        """The unit of that path from the organisation down."""
        for path in (folded(text), f"{self._root} {PATH_SEPARATOR} {folded(text)}"):
            if path in self._by_path:
                return self._by_path[path]
        return None

    def is_ambiguous(self, text: str) -> bool:
        return len(self._by_name.get(folded(text), [])) > 1

    def has_name(self, text: str) -> bool:
        return folded(text) in self._by_name

    def below_root(self, path: str) -> list[str]:
        """The names of a path without the organisation's own name at its head."""
        names = [" ".join(name.split()) for name in path.split(PATH_SEPARATOR)]
        return names[1:] if len(names) > 1 and folded(names[0]) == self._root else names


def make_path(session: Session, names: Collection[str]) -> Unit:
    """The unit at a path below the organisation, with any missing units on the way."""
    unit = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
    for name in names:
        siblings = session.scalars(select(Unit).where(Unit.parent_id == unit.id)).all()
        found = next((child for child in siblings if folded(child.name) == folded(name)), None)
        unit = found or add_unit(session, name=name, parent_id=unit.id)
    return unit


def lock_organisation(session: Session) -> None:
    """Keep others waiting who change units or choose whom to ask.

    Two people who move units at once could otherwise close a ring or make twins, and two waves ask
    the same people.
    """
    session.scalars(select(Unit.id).where(Unit.parent_id.is_(None)).with_for_update()).all()


def _unit(session: Session, unit_id: int) -> Unit:
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise OrganisationError("parent", "Select a unit from the list")
    return unit


def _refuse_twin(
    session: Session, name: str, parent_id: int | None, *, but_not: int | None
) -> None:
    siblings = session.scalars(select(Unit).where(Unit.parent_id == parent_id))
    if any(unit.id != but_not and folded(unit.name) == folded(name) for unit in siblings):
        raise OrganisationError(
            "name", f"Enter another name: there is already a unit called '{name}' there"
        )


def _staff_by_unit(session: Session) -> Mapping[int, int]:
    """People by the unit they belong to, working or away."""
    rows = session.execute(select(Person.unit_id, func.count()).group_by(Person.unit_id))
    return {unit_id: count for unit_id, count in rows}


# ---------------------------------------------------------------- what it has chosen


class Choice(StrEnum):
    """What an organisation may switch on. Everything is off until someone does."""

    LEARN_FROM_CORRECTIONS = "learn_from_corrections"


def has_chosen(session: Session, choice: Choice) -> bool:
    """Whether the organisation has switched it on."""
    found = session.get(OrganisationChoice, choice)
    return found is not None and found.is_on


def choose(session: Session, choice: Choice, *, is_on: bool) -> None:
    """Switch it on or off."""
    session.merge(OrganisationChoice(name=choice, is_on=is_on))


# ---------------------------------------------------------------- who is asked


def people_for_audience(session: Session, unit_ids: Collection[int]) -> list[Invitee]:
    """Everyone in these units, or below them, who is working now."""
    wanted = subtree_ids(session, unit_ids)
    rows = session.execute(
        select(Person.id, Person.unit_id, Person.staff_group, Person.last_invited_on)
        .where(Person.status == WorkingStatus.WORKING)
        .order_by(Person.id)
    )
    return [
        Invitee(person, unit, group, asked_on)
        for person, unit, group, asked_on in rows
        if unit in wanted
    ]


def address_domains(session: Session, person_ids: Collection[int]) -> Counter[str]:
    """How many of these people have an address at each domain.

    Whoever keeps the staff list could surround one real person with invented ones, whose mail has
    to arrive somewhere.
    """
    found: Counter[str] = Counter()
    ids = list(person_ids)
    for start in range(0, len(ids), _CHUNK):
        emails = session.scalars(
            select(Person.email).where(Person.id.in_(ids[start : start + _CHUNK]))
        )
        found.update(email.rpartition("@")[2] for email in emails)
    return found


def mark_asked(session: Session, person_ids: Collection[int], *, on: date) -> None:
    """Note that a wave which opens on that day asks these people (F7). Counts it for the year."""
    ids = list(person_ids)
    so_far = case((Person.times_asked_in == on.year, Person.times_asked), else_=0)
    for start in range(0, len(ids), _CHUNK):
        session.execute(
            update(Person)
            .where(Person.id.in_(ids[start : start + _CHUNK]))
            .values(last_invited_on=on, times_asked=so_far + 1, times_asked_in=on.year),
            execution_options={"synchronize_session": False},
        )


def load(session: Session, year: int) -> dict[int, int]:
    """How many people who work now were asked how often in that calendar year."""
    times = case((Person.times_asked_in == year, Person.times_asked), else_=0)
    rows = session.execute(
        select(times, func.count()).where(Person.status == WorkingStatus.WORKING).group_by(times)
    )
    return {asked: people for asked, people in rows}
