"""Who of an audience a wave asks, so that nobody is asked twice in 28 days and each wave stays
representative (F7). Pure.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from surveyapp.organisation.services import Invitee

#: F7.
REST = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Demand:
    """A wave that wants to ask `sample` in 100 of its audience on a day."""

    opens_on: date
    sample: int


def fair_share(mine: Demand, others: Iterable[Demand]) -> Fraction:
    """The part of its audience that a wave may take, so that waves near it get theirs.

    In no 28 days may the parts of all waves add up to more than everyone. Where they would, each is
    cut by the same factor: what was asked for over the heaviest 28 days that this wave is in.
    """
    near = [mine, *(one for one in others if abs(one.opens_on - mine.opens_on) < REST)]
    heaviest = max(
        sum(one.sample for one in near if start.opens_on <= one.opens_on < start.opens_on + REST)
        for start in near
        if start.opens_on <= mine.opens_on
    )
    return Fraction(mine.sample, max(100, heaviest))


def quotas(sizes: Mapping[Hashable, int], share: Fraction) -> dict[Hashable, int]:
    """How many of each stratum to ask: its part, rounded so that the whole is right.

    Of the parts cut off by rounding down, the largest are rounded up (Hamilton's method), as many as
    the whole needs; ties go by the order of the strata.
    """
    exact = {stratum: size * share for stratum, size in sizes.items()}
    given = {stratum: int(part) for stratum, part in exact.items()}
    missing = round(sum(sizes.values()) * share) - sum(given.values())
    by_rest = sorted(exact, key=lambda stratum: given[stratum] - exact[stratum])
    for stratum in by_rest[: max(0, missing)]:
        given[stratum] += 1
    return given


def is_rested(person: Invitee, opens_on: date) -> bool:
    """Whether someone may be asked then. `asked_on` may lie ahead, where a launched wave waits."""
    return person.asked_on is None or person.asked_on <= opens_on - REST


def choose(
    candidates: Iterable[Invitee], *, opens_on: date, share: Fraction, chance: random.Random
) -> list[Invitee]:
    """Whom a wave asks: of each stratum its quota, those who were left alone longest first.

    Who has been asked within 28 days of `opens_on`, or will be after it, is not asked: a stratum
    without enough others gives fewer and no other stratum more, which would tip the balance.
    """
    strata: defaultdict[tuple[int, str], list[Invitee]] = defaultdict(list)
    for candidate in candidates:
        strata[(candidate.unit_id, candidate.staff_group)].append(candidate)
    order = list(strata)
    chance.shuffle(order)  # ties of quotas fall elsewhere each time
    wanted = quotas({stratum: len(strata[stratum]) for stratum in order}, share)
    chosen: list[Invitee] = []
    for stratum in order:
        rested = [one for one in strata[stratum] if is_rested(one, opens_on)]
        chance.shuffle(rested)
        rested.sort(key=lambda one: one.asked_on or date.min)
        chosen += rested[: wanted[stratum]]
    return chosen


def margin_of_error(answers: float, people: int) -> float | None:
    """The worst margin of a percentage, in points: C3. None for fewer than two people or no answer.

    1.96 · √(0.25 / n) · √((N − n) / (N − 1)) · 100, for n answers of N people.
    """
    if people < 2 or answers <= 0:
        return None
    answers = min(answers, people)
    return float(196 * (0.25 / answers * (people - answers) / (people - 1)) ** 0.5)


def left_alone_too_short(candidates: Sequence[Invitee], opens_on: date) -> int:
    """How many of them cannot be asked then, because they were asked too short before."""
    return sum(not is_rested(one, opens_on) for one in candidates)
