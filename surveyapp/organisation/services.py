"""The unit tree and the staff list: decisions and queries. Knows nothing of answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyapp.organisation.models import Person, Unit, WorkingStatus

#: Between the names of a unit's path: 'Hospital > Surgery > Ward 4'.
PATH_SEPARATOR = ">"

LONGEST_NAME = 120


class OrganisationError(ValueError):
    """A change that cannot be made. `field` names the form field; the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Invitee:
    """Someone who works now and belongs to the audience of a wave."""

    person_id: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit in the order of the tree. `depth` is 0 for the organisation; `staff` its own people."""

    id: int
    parent_id: int | None
    name: str
    depth: int
    path: str
    staff: int


# ---------------------------------------------------------------- units


def ensure_root(session: Session, name: str) -> Unit:
    """The organisation itself, made when it does not exist."""
    root = session.scalar(select(Unit).where(Unit.parent_id.is_(None)))
    if root is None:
        root = Unit(name=name)
        session.add(root)
        session.flush()
    return root


def unit_tree(session: Session) -> list[UnitRow]:
    """Every unit, parents before children, siblings by name."""
    staff = staff_by_unit(session)
    children: defaultdict[int | None, list[Unit]] = defaultdict(list)
    for unit in session.scalars(select(Unit).order_by(Unit.name)):
        children[unit.parent_id].append(unit)
    rows: list[UnitRow] = []
    # A stack instead of recursion: the tree may be of any depth.
    waiting = [(unit, 0, "") for unit in reversed(children[None])]
    while waiting:
        unit, depth, above = waiting.pop()
        path = f"{above} {PATH_SEPARATOR} {unit.name}" if above else unit.name
        rows.append(
            UnitRow(unit.id, unit.parent_id, unit.name, depth, path, staff.get(unit.id, 0))
        )
        waiting += [(child, depth + 1, path) for child in reversed(children[unit.id])]
    return rows


def frozen_tree(session: Session) -> list[tuple[int, int | None, str]]:
    """(unit id, parent id, name) of every unit."""
    return [
        (unit.id, unit.parent_id, unit.name)
        for unit in session.scalars(select(Unit).order_by(Unit.id))
    ]


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


def add_unit(session: Session, *, name: str, parent_id: int) -> Unit:
    """Raises OrganisationError when the name is empty, too long or taken under that parent."""
    parent = _unit(session, parent_id)
    unit = Unit(name=_clean_name(name), parent_id=parent.id)
    _refuse_twin(session, unit.name, parent.id, but_not=None)
    session.add(unit)
    session.flush()
    return unit


def change_unit(session: Session, unit_id: int, *, name: str, parent_id: int | None) -> Unit:
    """Rename or move a unit. Closed waves keep the tree that they were launched with."""
    unit = _unit(session, unit_id)
    if (parent_id is None) != (unit.parent_id is None):
        raise OrganisationError("parent", "The organisation itself cannot be moved")
    if parent_id is not None:
        _unit(session, parent_id)
        if parent_id in subtree_ids(session, [unit_id]):
            raise OrganisationError("parent", "A unit cannot be moved below itself")
    clean = _clean_name(name)
    _refuse_twin(session, clean, parent_id, but_not=unit_id)
    unit.name = clean
    unit.parent_id = parent_id
    session.flush()
    return unit


def delete_unit(session: Session, unit_id: int) -> None:
    """Raises OrganisationError unless nobody and nothing is in the unit."""
    unit = _unit(session, unit_id)
    if unit.parent_id is None:
        raise OrganisationError("unit", "The organisation itself cannot be deleted")
    if session.scalar(select(func.count()).where(Unit.parent_id == unit_id)):
        raise OrganisationError("unit", "Move or delete the units below this one first")
    if session.scalar(select(func.count()).where(Person.unit_id == unit_id)):
        raise OrganisationError("unit", "Move the people in this unit to another unit first")
    session.delete(unit)


class UnitFinder:
    """Finds units by name or path, as people write them in files. Reads the tree once."""

    def __init__(self, session: Session) -> None:
        rows = unit_tree(session)
        self._by_path = {_folded(row.path): row.id for row in rows}
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        for row in rows:
            self._by_name[_folded(row.name)].append(row.id)
        root = next((row for row in rows if row.parent_id is None), None)
        self._root = _folded(root.name) if root else ""

    def find(self, text: str) -> int | None:
        """The unit of that path, or of that name when only one unit has it; else None.

        A path may leave out the organisation's own name.
        """
        folded = _folded(text)
        for path in (folded, f"{self._root} {PATH_SEPARATOR} {folded}"):
            if path in self._by_path:
                return self._by_path[path]
        same_name = self._by_name.get(folded, [])
        return same_name[0] if len(same_name) == 1 else None

    def is_ambiguous(self, text: str) -> bool:
        return len(self._by_name.get(_folded(text), [])) > 1


def make_path(session: Session, path: str) -> Unit:
    """The unit at a path below the organisation, with any missing units on the way."""
    unit = ensure_root(session, "Organisation")
    names = [_clean_name(part) for part in path.split(PATH_SEPARATOR)]
    if names and _folded(names[0]) == _folded(unit.name):
        names = names[1:]
    for name in names:
        siblings = session.scalars(select(Unit).where(Unit.parent_id == unit.id)).all()
        found = next((child for child in siblings if _folded(child.name) == _folded(name)), None)
        unit = found or add_unit(session, name=name, parent_id=unit.id)
    return unit


def _unit(session: Session, unit_id: int) -> Unit:
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise OrganisationError("parent", "Select a unit from the list")
    return unit


def _clean_name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise OrganisationError("name", "Enter a name for the unit")
    if len(clean) > LONGEST_NAME:
        raise OrganisationError("name", f"Name must be {LONGEST_NAME} characters or fewer")
    if PATH_SEPARATOR in clean:
        raise OrganisationError("name", f"Name must not contain '{PATH_SEPARATOR}'")
    return clean


def _refuse_twin(
    session: Session, name: str, parent_id: int | None, *, but_not: int | None
) -> None:
    siblings = session.scalars(select(Unit).where(Unit.parent_id == parent_id))
    if any(u.id != but_not and _folded(u.name) == _folded(name) for u in siblings):
        raise OrganisationError("name", f"There is already a unit called '{name}' there")


def _folded(text: str) -> str:
    parts = (" ".join(part.split()).casefold() for part in text.split(PATH_SEPARATOR))
    return f" {PATH_SEPARATOR} ".join(parts)


# ---------------------------------------------------------------- staff


def staff_by_unit(session: Session) -> Mapping[int, int]:
    """People by the unit they belong to, working or away."""
    rows = session.execute(select(Person.unit_id, func.count()).group_by(Person.unit_id))
    return {unit_id: count for unit_id, count in rows}


def people_for_audience(session: Session, unit_ids: Collection[int]) -> list[Invitee]:
    """Everyone in these units, or below them, who is working now."""
    wanted = subtree_ids(session, unit_ids)
    rows = session.execute(
        select(Person.id, Person.unit_id)
        .where(Person.status == WorkingStatus.WORKING)
        .order_by(Person.id)
    )
    return [Invitee(person_id, unit_id) for person_id, unit_id in rows if unit_id in wanted]


def address_of(session: Session, person_id: int) -> str | None:
    return session.scalar(select(Person.email).where(Person.id == person_id))


def mark_invited(session: Session, person_ids: Collection[int], *, on: date) -> None:
    session.execute(update(Person).where(Person.id.in_(person_ids)).values(last_invited_on=on))


def people_page(
    session: Session, *, page: int, size: int, search: str = "", unit_id: int | None = None
) -> tuple[Sequence[Person], int]:
    """One page of the staff list by address, and how many match in all."""
    query = select(Person)
    if search:
        query = query.where(Person.email.contains(search.strip().lower(), autoescape=True))
    if unit_id is not None:
        query = query.where(Person.unit_id.in_(subtree_ids(session, [unit_id])))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(Person.email).offset((page - 1) * size).limit(size)).all()
    return rows, total
