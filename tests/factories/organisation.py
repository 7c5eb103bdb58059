"""An organisation with people in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person

WARDS = {"Maple": 30, "Oak": 12, "Willow": 4}


@dataclass(frozen=True, slots=True)
class Organisation:
    """`units` are ids by name (the last part of a path), `people` ids of persons by unit name."""

    root: int
    units: Mapping[str, int]
    people: Mapping[str, list[int]]

    @property
    def everyone(self) -> list[int]:
        return [person for people in self.people.values() for person in people]


def make_organisation(session: Session, sizes: Mapping[str, int] = WARDS) -> Organisation:
    """Units of these sizes below one organisation, committed.

    A name may be a path: 'Surgery > Maple' makes both. Addresses are like maple.3@staff.example.
    """
    root = organisation.ensure_root(session, "Trust").id
    units: dict[str, int] = {}
    people: dict[str, list[int]] = {}
    for path, size in sizes.items():
        names = [name.strip() for name in path.split(">")]
        unit = organisation.make_path(session, names)
        name = names[-1]
        units[name] = unit.id
        added = [
            Person(email=f"{name.lower()}.{n}@staff.example", unit_id=unit.id, staff_group="Nursing")
            for n in range(size)
        ]
        session.add_all(added)
        session.flush()
        people[name] = [person.id for person in added]
    session.commit()
    return Organisation(root, units, people)
