"""Whether the overviews of simulated years name what was planted, and nothing else. Pure.

A planted change counts as found when the first overview of its unit that could compare it says so.
Anything that no planted change accounts for counts against the overviews: another factor or unit,
the wrong direction, or two pulses between which nothing changed. A unit above or below the place
of a planted change shows it too, so there it is no error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

from surveyapp.demonstration.year import PLANTED, Planted, Year, year
from surveyapp.demonstration.year_overviews import History, Said, Seen, overviews
from surveyapp.disclosure.figures import TYPICAL_SD, Z
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.reports.history import Moment

#: The share of overviews that may name what is not there (E5).
MOST_FALSE = 0.05


@dataclass(frozen=True, slots=True)
class Chance:
    """The first comparison of a planted change: its pulse, the two numbers of answers shown, the
    power that E6 says, and whether the overview named it.
    """

    pulse: int
    before: int
    after: int
    power: float
    is_found: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One year. `chances` are in the order of what was planted, None where nothing was compared."""

    seed: int
    chances: Sequence[Chance | None]
    seen: Sequence[Seen]
    false: Sequence[tuple[Seen, Said]]

    @property
    def compared(self) -> int:
        """Overviews in which anything was compared."""
        return sum(one.comparisons > 0 for one in self.seen)

    @property
    def wrong(self) -> int:
        """Overviews that name anything that was not planted."""
        return len({(one.unit_id, one.pulse) for one, _ in self.false})


@dataclass(frozen=True, slots=True)
class Found:
    """One planted change over all years."""

    planted: Planted
    compared: int
    found: int
    power: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Many years together. `compared` and `wrong` count overviews, as in each of them."""

    years: int
    planted: Sequence[Found]
    overviews: int
    compared: int
    wrong: int

    @property
    def share(self) -> float:
        """Of the overviews that compared anything, those that name what was not planted: the ones
        of the first months, which have nothing to compare with, would flatter it.
        """
        return self.wrong / self.compared if self.compared else 0.0


def outcome(seed: int, planted: Sequence[Planted] = PLANTED) -> Outcome:
    simulated = year(seed, planted)
    history = History.of(simulated)
    seen = [*overviews(simulated, history)]
    tree = simulated.organisation.tree
    return Outcome(
        seed,
        [_chance(one, simulated, history, seen) for one in planted],
        seen,
        [
            (one, said)
            for one in seen
            for said in one.said
            if not any(accounts_for(change, one, said, tree) for change in planted)
        ],
    )


def accounts_for(change: Planted, seen: Seen, said: Said, tree: Tree) -> bool:
    """Whether what is said of a unit is that planted change."""
    is_near = change.unit_id in tree.path_up(seen.unit_id) or seen.unit_id in tree.path_up(
        change.unit_id
    )
    return (
        is_near
        and said.factor == change.factor
        and said.is_rise == (change.points > 0)
        and said.since < change.first <= seen.pulse
    )


def power(points: float, before: int, after: int) -> float:
    """How often a true change of so many points is called at all, as E6 reckons."""
    normal = NormalDist()
    distance = abs(points) / (TYPICAL_SD * math.sqrt(1 / before + 1 / after))
    return normal.cdf(distance - Z) + normal.cdf(-distance - Z)


def summary(outcomes: Iterable[Outcome], planted: Sequence[Planted] = PLANTED) -> Summary:
    every = [*outcomes]
    return Summary(
        years=len(every),
        planted=[
            _found(change, [one.chances[place] for one in every])
            for place, change in enumerate(planted)
        ],
        overviews=sum(len(one.seen) for one in every),
        compared=sum(one.compared for one in every),
        wrong=sum(one.wrong for one in every),
    )


def _found(change: Planted, chances: Iterable[Chance | None]) -> Found:
    there = [chance for chance in chances if chance is not None]
    if not there:
        return Found(change, 0, 0, 0.0, 0.0, 0.0)
    return Found(
        change,
        compared=len(there),
        found=sum(chance.is_found for chance in there),
        power=fmean(chance.power for chance in there),
        before=fmean(chance.before for chance in there),
        after=fmean(chance.after for chance in there),
    )


def _chance(
    change: Planted, simulated: Year, history: History, seen: Sequence[Seen]
) -> Chance | None:
    moments = history.moments.get(change.unit_id, ())
    for pulse in simulated.pulses[change.first - 1 :]:
        numbers = _numbers(change, moments[: pulse.number])
        if numbers is None:
            continue
        before, after = numbers
        is_found = any(
            accounts_for(change, one, said, simulated.organisation.tree)
            for one in seen
            if (one.unit_id, one.pulse) == (change.unit_id, pulse.number)
            for said in one.said
        )
        return Chance(pulse.number, before, after, power(change.points, before, after), is_found)
    return None


def _numbers(change: Planted, moments: Sequence[Moment]) -> tuple[int, int] | None:
    """Shown numbers of answers to the factor's first question that is compared, then and now."""
    shown = moments[-1].result if moments else None
    if shown is None:
        return None
    for item in moments[-1].wave.items:
        now = shown.items.get(item.item_id)
        if not item.anchor or item.factor != change.factor or now is None:
            continue
        for earlier in reversed(moments[:-1]):
            before = earlier.result.items.get(item.item_id) if earlier.result else None
            if before is not None:
                return before.n, now.n
    return None
