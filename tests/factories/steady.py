"""Random organisations in which nothing changes: what differs between their pulses is chance.

Who answers has nothing to do with what they answer. If it had, and fewer answered as time goes by,
then figures would truly change.
"""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, cycle, islice
from statistics import NormalDist

from surveyapp.ballots.paper import Ballot
from surveyapp.demonstration.year import ROOT, TEMPLATE, Organisation, Pulse, Year, wave_of
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.pulses.models import Wave

#: Shares of the answers 1 to 5.
SHAPES = {
    "very good": (0.01, 0.02, 0.05, 0.30, 0.62),
    "good": (0.02, 0.06, 0.14, 0.45, 0.33),
    "typical": (0.06, 0.12, 0.22, 0.40, 0.20),
    "nearly all the same": (0.01, 0.03, 0.12, 0.78, 0.06),
    "poor": (0.40, 0.35, 0.15, 0.08, 0.02),
    "evenly spread": (0.2, 0.2, 0.2, 0.2, 0.2),
    "of two minds": (0.35, 0.1, 0.1, 0.1, 0.35),
}

_IN_TURN = tuple(f"{rotation}-{month}" for rotation in "ABC" for month in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Which questions are asked when. `months` lie between two pulses, of which there are from
    `fewest` to `most`. `often` is its weight among the others.
    """

    template: str
    cycles: Sequence[Sequence[str]]
    months: int
    fewest: int
    most: int
    often: int


#: A report looks back on 36 pulses at most. A question that takes turns is then asked 13 times, so a
#: run is six or seven long at most; only where a question comes in every pulse can it be longer.
RHYTHMS = {
    "in turn, for a year": Rhythm(TEMPLATE, [_IN_TURN], 1, 2, 14, 55),
    "in turn, for years": Rhythm(TEMPLATE, [_IN_TURN], 1, 15, 37, 5),
    "the same every month": Rhythm(TEMPLATE, [["A-1"], ["A-2"]], 1, 2, 24, 30),
    "every quarter": Rhythm("quarterly_12", [["q1", "q2", "q3", "q4"]], 3, 2, 14, 10),
}


@dataclass(frozen=True, slots=True)
class Steady:
    """An organisation's pulses, and the name of their rhythm."""

    rhythm: str
    year: Year


@dataclass(frozen=True, slots=True)
class _Habits:
    """How the people of an organisation answer.

    `alike` and `kept` are what part of a person's place among all others they have in every
    question, and in every pulse's same question; the rest, `today`, is drawn each time. The
    squares of the three add up to 1. `shapes` are the two that its questions lie between.
    """

    rate: float
    fading: float
    not_sure: float
    alike: float
    kept: float
    today: float
    shapes: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Person:
    unit_id: int
    rate: float
    places: Mapping[str, float]


def steady(seed: str, rhythm: str = "") -> Steady:
    """The same seed gives the same organisation. Without a rhythm, one of all of them."""
    draw = random.Random(f"steady {seed}")
    often = [one.often for one in RHYTHMS.values()]
    chosen = rhythm or draw.choices([*RHYTHMS], weights=often)[0]
    place = _organisation(draw)
    waves = _waves(draw, RHYTHMS[chosen])
    codes = sorted({item.item_id for wave in waves for item in wave.items})
    habits = _habits(draw)
    bounds = _bounds(draw, place, codes, habits.shapes)
    staff = [*_staff(draw, place, codes, habits)]
    pulses = []
    for number, wave in enumerate(waves, start=1):
        fewer = 1 - habits.fading * (number - 1) / max(1, len(waves) - 1)
        turnout = fewer * draw.uniform(0.85, 1.1)
        pulses.append(Pulse(number, wave, [*_ballots(draw, staff, bounds, habits, turnout, wave)]))
    return Steady(chosen, Year(place, (), pulses))


def _organisation(draw: random.Random) -> Organisation:
    """3 to 12 units on 2 to 4 levels. People may work in any of them."""
    parents: dict[int, int | None] = {ROOT: None}
    depths, deepest = {ROOT: 1}, draw.randint(2, 4)
    for unit in range(ROOT + 1, ROOT + draw.randint(3, 12)):
        above = draw.choice([other for other, depth in depths.items() if depth < deepest])
        parents[unit], depths[unit] = above, depths[above] + 1
    # Most teams of some organisations are small, most of others large.
    usual = draw.uniform(1.0, 1.7)
    staff = {unit: math.ceil(10 ** draw.gauss(usual, 0.25)) for unit in parents if unit != ROOT}
    staff[ROOT] = draw.choice((0, 0, 1, 4, 12))
    return Organisation(Tree(parents), {unit: f"Unit {unit}" for unit in parents}, staff)


def _waves(draw: random.Random, rhythm: Rhythm) -> list[Wave]:
    keys = draw.choice(rhythm.cycles)
    length = draw.randint(rhythm.fewest, rhythm.most)
    return [
        _wave(number, key, rhythm.template, rhythm.months)
        for number, key in enumerate(islice(cycle(keys), length), start=1)
    ]


@cache
def _wave(number: int, key: str, template: str, months: int) -> Wave:
    """All organisations can share it: nothing in it is theirs."""
    return wave_of(number, key, template=template, months=months)


def _habits(draw: random.Random) -> _Habits:
    # Where nothing is kept, those who answer are as good as other people each time: E1 is for these.
    own, part = draw.choice((0, draw.uniform(0, 0.8))), draw.random()
    return _Habits(
        rate=draw.uniform(0.3, 0.95),
        fading=draw.choice((0, 0, 0, draw.uniform(0.1, 0.6))),
        not_sure=draw.uniform(0, 0.1),
        alike=math.sqrt(own * part),
        kept=math.sqrt(own * (1 - part)),
        today=math.sqrt(1 - own),
        shapes=(draw.choice([*SHAPES]), draw.choice([*SHAPES])),
    )


def _bounds(
    draw: random.Random, place: Organisation, codes: Sequence[str], shapes: tuple[str, str]
) -> dict[int, dict[str, list[float]]]:
    """By unit and question: the places among all people at which one answer ends and the next begins."""
    one, other = (SHAPES[shape] for shape in shapes)
    normal = NormalDist()
    usual = {}
    for code in codes:
        part = draw.random()
        mixed = [part * a + (1 - part) * b for a, b in zip(one, other, strict=True)]
        usual[code] = [normal.inv_cdf(share) for share in accumulate(mixed[:4])]
    return {
        unit: {
            code: [bound + shift for bound in bounds]
            for code, bounds in usual.items()
            for shift in [draw.gauss(0, 0.25)]
        }
        for unit in place.staff
    }


def _staff(
    draw: random.Random, place: Organisation, codes: Sequence[str], habits: _Habits
) -> Iterator[_Person]:
    for unit, size in place.staff.items():
        rate = habits.rate + draw.uniform(-0.15, 0.15)
        for _ in range(size):
            view = draw.gauss(0, habits.alike)
            places = {code: draw.gauss(view, habits.kept) for code in codes}
            yield _Person(unit, rate + draw.uniform(-0.3, 0.3), places)


def _ballots(
    draw: random.Random,
    staff: Sequence[_Person],
    bounds: Mapping[int, Mapping[str, Sequence[float]]],
    habits: _Habits,
    turnout: float,
    wave: Wave,
) -> Iterator[Ballot]:
    codes = [item.item_id for item in wave.items]
    for person in staff:
        if draw.random() >= turnout * person.rate:
            continue
        unit, places = bounds[person.unit_id], person.places
        answers: dict[str, int | None] = {
            code: None
            if draw.random() < habits.not_sure
            else 1 + bisect(unit[code], draw.gauss(places[code], habits.today))
            for code in codes
        }
        yield Ballot(person.unit_id, answers, {})
