"""The invented organisation: its units, its staff, and who may sign in. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from surveyapp.permissions import RoleName

NAME = "Marrowdale Health and Care Trust"

#: Mail to this domain goes nowhere: it is reserved for examples.
DOMAIN = "marrowdale.example.org"

ROOT = "trust"


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit. `rate` is the share of its people who answer."""

    key: str
    name: str
    parent: str
    staff: int = 0
    groups: tuple[str, ...] = ()
    rate: float = 0.0


_WARD = (
    "Nursing",
    "Nursing",
    "Nursing",
    "Healthcare support",
    "Healthcare support",
    "Medical",
    "Administrative",
)

UNITS: tuple[UnitPlan, ...] = (
    UnitPlan("hospital", "Hospital services", ROOT),
    UnitPlan("medicine", "Medicine", "hospital"),
    UnitPlan("acute", "Acute Medical Unit", "medicine", 36, _WARD, 0.64),
    UnitPlan("elderly", "Elderly Care Ward", "medicine", 30, _WARD, 0.73),
    UnitPlan("surgery", "Surgery", "hospital"),
    UnitPlan("theatres", "Theatres", "surgery", 34, ("Nursing", "Medical", "Allied health"), 0.58),
    UnitPlan("surgical", "Surgical Ward", "surgery", 28, _WARD, 0.7),
    UnitPlan("emergency", "Emergency Department", "hospital", 44, _WARD, 0.56),
    UnitPlan("community", "Community and mental health", ROOT),
    UnitPlan(
        "district",
        "District Nursing",
        "community",
        38,
        ("Nursing", "Nursing", "Healthcare support"),
        0.8,
    ),
    UnitPlan(
        "mental",
        "Community Mental Health Team",
        "community",
        32,
        ("Nursing", "Allied health", "Medical", "Administrative"),
        0.72,
    ),
    UnitPlan("podiatry", "Podiatry", "community", 9, ("Allied health",), 0.7),
    UnitPlan(
        "support",
        "Estates and support services",
        ROOT,
        52,
        ("Estates and facilities", "Estates and facilities", "Administrative"),
        0.55,
    ),
)


@dataclass(frozen=True, slots=True)
class StaffPlan:
    email: str
    unit: str
    staff_group: str
    is_away: bool


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """Someone who signs in. `leads` are keys of units."""

    label: str
    address: str
    name: str
    role: RoleName
    leads: tuple[str, ...] = ()


ADMINISTRATOR = AccountPlan(
    "Administrator", "administrator", "Grace Adeyemi", RoleName.ADMINISTRATOR
)
LEARNING = AccountPlan(
    "Learning and development", "learning", "Tom Fairley", RoleName.LEARNING_AND_DEVELOPMENT
)
REVIEWER = AccountPlan(
    "Comment reviewer", "reviewer", "Moira Campbell", RoleName.COMMENT_REVIEWER
)
GUARDIAN = AccountPlan(
    "Speak-up guardian", "guardian", "Yusuf Rahman", RoleName.SPEAK_UP_GUARDIAN
)
ACCOUNTS: tuple[AccountPlan, ...] = (
    ADMINISTRATOR,
    LEARNING,
    AccountPlan(
        "Leader of Hospital services", "hospital.lead", "Ravi Menon", RoleName.LEADER, ("hospital",)
    ),
    AccountPlan(
        "Leader of District Nursing", "district.lead", "Ellen Price", RoleName.LEADER, ("district",)
    ),
    REVIEWER,
    GUARDIAN,
)


def address(local: str) -> str:
    return f"{local}@{DOMAIN}"


def staff() -> Iterator[StaffPlan]:
    """Everyone on the staff list, the same people each time."""
    draw = random.Random(NAME)
    full_names = [(first, last) for first in _FIRST.split() for last in _LAST.split()]
    draw.shuffle(full_names)
    names = iter(full_names)
    for unit in UNITS:
        for number in range(unit.staff):
            first, last = next(names)
            yield StaffPlan(
                email=address(f"{first}.{last}".lower()),
                unit=unit.key,
                staff_group=unit.groups[number % len(unit.groups)],
                is_away=draw.random() < 0.03,
            )


def places_within(key: str) -> frozenset[str]:
    """Keys of the units with staff that are this unit or below it; of all units for ''."""
    children = [unit.key for unit in UNITS if unit.parent == (key or ROOT)]
    own = {unit.key for unit in UNITS if unit.key == key and unit.staff}
    return frozenset(own).union(*(places_within(child) for child in children))


_FIRST = """
    Aisha Alan Amara Anita Anna Ben Blessing Carys Chloe Daniel David Dina Emeka Erin Fatima
    Fiona Gareth George Hannah Hassan Helen Ian Imran Jade James Jo Joy Karen Kofi Laura Lewis Lin
    Lucy Maria Mark Megan Mina Nadia Nia Oluwaseun Omar Owen Paul Peter Priya Rachel Rosa Ruth
    Sanjay Sarah Sean Shirin Simon Sofia Stella Susan Tariq Tom Wendy Zoe
"""

_LAST = """
    Abbott Achebe Ahmed Allen Bailey Banerjee Barker Begum Bello Bennett Brown Carter Chan Clarke
    Cooper Das Davies Dixon Doyle Edwards Evans Fletcher Fraser Garcia Green Griffiths Hall Harris
    Hughes Hussain Ibrahim Jackson Jones Kaur Kelly Khan Kowalski Lewis Mensah Mills Moore Murphy
    Nwosu Okafor Osei Palmer Patel Popescu Reid Roberts Santos Shah Silva Singh Taylor Thomas Turner
    Walsh Watson Wood
"""
