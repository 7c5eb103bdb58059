"""Organisations made to be hard on disclosure control, played through the real services."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlalchemy.orm import Session

from surveyapp.disclosure.hierarchy import Tree
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses.services import Breakdown, Wave
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import cast_for, close_and_count, open_wave, scored_items

#: A cell: a unit's own people of one staff group.
Cell = tuple[int, str]


@dataclass(frozen=True)
class Plan:
    """`answering` and `silent` count people by path of the unit and staff group."""

    answering: Mapping[str, Mapping[str, int]]
    silent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    minimum: int = 10

    def people(self, path: str) -> list[tuple[str, bool]]:
        """(staff group, answers) of each person of a unit."""
        return [
            (group, answers)
            for counts, answers in ((self.answering, True), (self.silent, False))
            for group, number in counts.get(path, {}).items()
            for _ in range(number)
        ]

    @property
    def paths(self) -> list[str]:
        return list(dict.fromkeys([*self.answering, *self.silent]))


#: Each hides a crowd that the minimum alone gives away.
NASTY = {
    "30, 12 and 4": Plan(
        {"Maple": {"Nursing": 30}, "Oak": {"Nursing": 12}, "Willow": {"Nursing": 4}},
        {"Maple": {"Nursing": 6}},
    ),
    "nested": Plan(
        {
            "Surgery > Maple": {"Nursing": 14},
            "Surgery > Oak": {"Nursing": 12, "Doctors": 3},
            "Surgery > Oak > Night": {"Nursing": 11},
            "Medicine > Elm": {"Doctors": 16},
            "Medicine > Ash": {"Nursing": 3},
        },
        {"Surgery > Maple": {"Nursing": 5}, "Medicine > Elm": {"Doctors": 4}},
    ),
    "a head alone": Plan(
        {"Surgery": {"Nursing": 1}, "Surgery > Maple": {"Nursing": 15}, "Surgery > Oak": {"Nursing": 13}},
        {"Surgery > Oak": {"Nursing": 3}},
    ),
    "a team that is nearly a staff group": Plan(
        {"A": {"Nursing": 11}, "B": {"Nursing": 2, "Doctors": 18}, "C": {"Doctors": 14}},
        {"C": {"Doctors": 2}},
    ),
    "nobody of a team answers": Plan(
        {"Maple": {"Nursing": 20}, "Oak": {"Nursing": 14}, "Willow": {"Nursing": 1}},
        {"Willow": {"Nursing": 2}, "Oak": {"Nursing": 6}},
        minimum=12,
    ),
}


def drawn_plan(seed: int) -> Plan:
    """Up to nine units, nested at random, in which many teams and staff groups are small."""
    chance = random.Random(seed)
    paths: list[str] = []
    for number in range(chance.randint(3, 9)):
        above = chance.choice(["", *paths])
        paths.append(f"{above} > U{number}" if above else f"U{number}")
    groups = ["Nursing", "Doctors", "Porters"][: chance.randint(1, 3)]
    sizes = (0, 0, 1, 2, 4, 9, 10, 11, 13, 17)

    def drawn(weights: tuple[int, ...]) -> dict[str, dict[str, int]]:
        return {path: {group: chance.choice(weights) for group in groups} for path in paths}

    return Plan(drawn(sizes), drawn((0, 1, 3, 6, 9)), minimum=chance.choice([5, 10, 12]))


@dataclass(frozen=True)
class Played:
    """A counted wave and the truth behind it, which the attacker does not have.

    `answers` are those given, by question and cell; under '' one for each person who answered at
    all.
    """

    wave_id: int
    k: int
    organisation: Organisation
    tree: Tree
    names: Mapping[int, str]
    invited: Mapping[Cell, int]
    answers: Mapping[str, Mapping[Cell, list[int]]]

    def count(self, question: str) -> dict[Cell, int]:
        return {cell: len(given) for cell, given in self.answers[question].items()}

    def crowd(self, key: int | str) -> frozenset[Cell]:
        """The cells of a unit with all below it, or of a staff group."""
        if isinstance(key, str):
            return frozenset(cell for cell in self.invited if cell[1] == key)
        below = self.tree.subtree(key)
        return frozenset(cell for cell in self.invited if cell[0] in below)


def populate(session: Session, plan: Plan) -> Organisation:
    """The units and people of a plan. Committed."""
    made = make_organisation(session, {path: len(plan.people(path)) for path in plan.paths})
    for path in plan.paths:
        ids = made.people[path.split(" > ")[-1]]
        for person, (group, _) in zip(ids, plan.people(path), strict=True):
            session.execute(update(Person).where(Person.id == person).values(staff_group=group))
    session.commit()
    return made


def answering(plan: Plan, made: Organisation) -> list[int]:
    return [
        person
        for path in plan.paths
        for person, (_, answers) in zip(
            made.people[path.split(" > ")[-1]], plan.people(path), strict=True
        )
        if answers
    ]


def play(session: Session, plan: Plan, *, seed: int = 1) -> Played:
    """Ask everyone of a plan, have those who answer answer, count, and draw."""
    made = populate(session, plan)
    wave = open_wave([made.root], minimum_group=plan.minimum, breakdown=Breakdown.STAFF_GROUP)
    given = cast_for(wave, answering(plan, made), seed=seed)
    close_and_count(wave)
    read_and_draw(wave.id)
    return truth(session, wave, plan, made, given)


def truth(
    session: Session,
    wave: Wave,
    plan: Plan,
    made: Organisation,
    given: Mapping[int, Mapping[str, int | None]],
) -> Played:
    frozen = organisation.frozen_tree(session)
    invited: Counter[Cell] = Counter()
    answers: defaultdict[str, defaultdict[Cell, list[int]]] = defaultdict(lambda: defaultdict(list))
    for path in plan.paths:
        name = path.split(" > ")[-1]
        for person, (group, _) in zip(made.people[name], plan.people(path), strict=True):
            cell = made.units[name], group
            invited[cell] += 1
            if person in given:
                answers[""][cell].append(1)
                for item, value in given[person].items():
                    if value is not None:
                        answers[item][cell].append(value)
    texts = {item.item_id: item.text for item in wave.items}
    return Played(
        wave_id=wave.id,
        k=plan.minimum,
        organisation=made,
        tree=Tree({unit: parent for unit, parent, _ in frozen}),
        names={unit: name for unit, _, name in frozen},
        invited=invited,
        answers={"": answers[""], **{texts[i]: answers[i] for i in scored_items(wave)}},
    )
