"""A year of monthly pulses in an invented organisation, with changes planted in a few places. Pure.

Nothing else changes in that year: what differs between two of its pulses, and was not planted, is
chance. Each seed makes another year.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from surveyapp.ballots.paper import Ballot
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.instruments import services as instruments
from surveyapp.pulses.models import Breakdown, Channel, Wave, WaveItem, WaveKind
from surveyapp.timekeeping import LOCAL_ZONE

TEMPLATE = "monthly_pulse_5"
CHOICES = tuple(f"{rotation}-{month}" for rotation in "ABCA" for month in (1, 2, 3))
MINIMUM_GROUP = 10

ROOT = 1

#: Directorates and how many people work in each of their teams: 800 people in 40 units.
_DIRECTORATES = {
    "Medicine": (60, 44, 36, 26, 20, 14, 10),
    "Surgery": (52, 38, 28, 20, 14, 10, 8),
    "Community": (48, 34, 26, 20, 14, 10, 8),
    "Mental health": (40, 30, 24, 18, 12, 8, 8),
    "Support": (42, 28, 20, 14, 8, 8),
}

#: How far people's answers to one question lie apart, in steps of the scale from 1 to 5: how
#: someone sees everything, how they see this question, and how they feel on the day. Together they
#: make scores lie 25 to 26 points apart, near what E6 reckons with.
_ALWAYS, _ABOUT_IT, _TODAY = 0.5, 0.45, 0.85
APART = math.hypot(_ALWAYS, _ABOUT_IT, _TODAY)

_NOT_SURE = 0.04


@dataclass(frozen=True, slots=True)
class Planted:
    """From pulse `first` on the people of a unit, and of all below it, score `points` more on the
    questions of a factor.
    """

    unit_id: int
    factor: str
    first: int
    points: int


@dataclass(frozen=True, slots=True)
class Organisation:
    """`staff` counts each unit's own people."""

    tree: Tree
    names: Mapping[int, str]
    staff: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Pulse:
    """`number` counts from 1."""

    number: int
    wave: Wave
    ballots: Sequence[Ballot]


@dataclass(frozen=True, slots=True)
class Year:
    organisation: Organisation
    planted: Sequence[Planted]
    pulses: Sequence[Pulse]


@dataclass(frozen=True, slots=True)
class _Person:
    """`view` is how they see everything, `views` how they see each question besides."""

    unit_id: int
    rate: float
    view: float
    views: Mapping[str, float]


def organisation() -> Organisation:
    """The same one in every year."""
    parents: dict[int, int | None] = {ROOT: None}
    names, staff = {ROOT: "Whole organisation"}, {}
    for directorate, sizes in _DIRECTORATES.items():
        above = len(parents) + 1
        parents[above], names[above] = ROOT, directorate
        for number, size in enumerate(sizes, start=1):
            team = len(parents) + 1
            parents[team], names[team] = above, f"{directorate}, team {number}"
            staff[team] = size
    return Organisation(Tree(parents), names, staff)


def _unit(name: str) -> int:
    return next(unit for unit, own in organisation().names.items() if own == name)


#: Some that are found in most years, and none that is found in all.
PLANTED = (
    Planted(_unit("Medicine, team 1"), "F1", first=6, points=-18),
    Planted(_unit("Surgery"), "F4", first=4, points=10),
    Planted(ROOT, "F7", first=6, points=7),
)


def year(seed: int, planted: Sequence[Planted] = PLANTED) -> Year:
    """What everyone answered. The same seed gives the same year."""
    draw = random.Random(f"year {seed}")
    place = organisation()
    waves = [wave_of(number, choice) for number, choice in enumerate(CHOICES, start=1)]
    items = {item.item_id: item for wave in waves for item in wave.items}
    levels = _levels(draw, place, items)
    staff = [*_staff(draw, place, items)]
    return Year(
        place,
        planted,
        [
            Pulse(number, wave, [*_ballots(draw, place, staff, levels, planted, number, wave)])
            for number, wave in enumerate(waves, start=1)
        ],
    )


def wave_of(number: int, choice: str, *, template: str = TEMPLATE, months: int = 1) -> Wave:
    """A counted pulse that was never stored. `months` lie between one pulse and the next."""
    library = instruments.load_library()
    years, month = divmod((number - 1) * months, 12)
    closes_at = datetime(2026 + years, month + 1, 20, 12, tzinfo=LOCAL_ZONE)
    wave = Wave(
        id=number,
        kind=WaveKind.PULSE,
        channel=Channel.PERSONAL,
        breakdown=Breakdown.NONE,
        audience_unit_ids=[ROOT],
        set_aside=0,
        title=f"Learning pulse {number}, {closes_at:%B %Y}",
        library_version=library.version,
        template_id=template,
        choice_key=choice,
        minimum_group=MINIMUM_GROUP,
        reference=str(number),
        closes_at=closes_at,
    )
    asked = instruments.questions_for(library, template, choice).items
    wave.items = [
        WaveItem(
            item_id=item.id,
            position=position,
            text=item.text,
            scale=item.scale,
            factor=item.factor,
            reverse=item.reverse,
            anchor=item.anchor,
        )
        for position, item in enumerate(asked)
    ]
    return wave


def _levels(
    draw: random.Random, place: Organisation, items: Mapping[str, WaveItem]
) -> dict[tuple[int, str], float]:
    """The score that each team would have on each question if everyone answered it often."""
    of_item = {item_id: draw.uniform(45, 70) for item_id in sorted(items)}
    factors = sorted({item.factor for item in items.values()})
    levels = {}
    for unit in place.staff:
        of_unit = draw.gauss(0, 4)
        of_factor = {factor: draw.gauss(0, 3) for factor in factors}
        for item_id, level in of_item.items():
            levels[unit, item_id] = level + of_unit + of_factor[items[item_id].factor]
    return levels


def _staff(
    draw: random.Random, place: Organisation, items: Mapping[str, WaveItem]
) -> Iterator[_Person]:
    for unit, size in place.staff.items():
        rate = draw.uniform(0.48, 0.67)
        for _ in range(size):
            yield _Person(
                unit,
                rate + draw.uniform(-0.3, 0.3),
                draw.gauss(0, _ALWAYS),
                {item_id: draw.gauss(0, _ABOUT_IT) for item_id in sorted(items)},
            )


def _ballots(
    draw: random.Random,
    place: Organisation,
    staff: Sequence[_Person],
    levels: Mapping[tuple[int, str], float],
    planted: Sequence[Planted],
    number: int,
    wave: Wave,
) -> Iterator[Ballot]:
    middles = {
        (unit, item.item_id): middle_of(
            levels[unit, item.item_id]
            + sum(
                one.points
                for one in planted
                if one.factor == item.factor
                and one.first <= number
                and one.unit_id in place.tree.path_up(unit)
            )
        )
        for unit in place.staff
        for item in wave.items
    }
    for person in staff:
        if draw.random() >= person.rate:
            continue
        answers: dict[str, int | None] = {}
        for item in wave.items:
            middle = middles[person.unit_id, item.item_id]
            felt = draw.gauss(middle + person.view + person.views[item.item_id], _TODAY)
            value = min(5, max(1, math.floor(felt + 0.5)))
            if draw.random() < _NOT_SURE:
                answers[item.item_id] = None
            else:
                answers[item.item_id] = 6 - value if item.reverse else value
        yield Ballot(person.unit_id, answers, {})


@cache
def middle_of(score: float) -> float:
    """Around which answers must lie for a mean score of that many points.

    Answers beyond 1 and 5 count as these, so points are no fixed share of a step.
    """
    low, high = -4.0, 10.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _mean_score(middle) < score else (low, middle)
    return low


def _mean_score(middle: float) -> float:
    return sum(
        25 * 0.5 * math.erfc((step + 0.5 - middle) / (APART * math.sqrt(2))) for step in range(1, 5)
    )
