"""Small random changes to what is counted of an open link, before anything is shown (A23).

Whoever sends many forms knows all ballots but one, and no rounding hides that one: forms can be
chosen so that it decides which way a figure is rounded. So each count is moved at random. The
figures that are shown come from the moved counts, and the true ones are kept nowhere. How many
answered is not moved, only rounded: whoever knows all other forms can choose their number so that it
tells whether one more came, and whether it rated a question.

A count moves by z with a chance in proportion to exp(−|z|): by nothing in 46 of 100 cases, by one
up or down in 34, by more in 20. Whatever is shown of a question then makes one answer of one person
at most exp(2), about 7, times as likely as another, whoever's other answers are known.
Source: Ghosh, Roughgarden and Sundararajan 2009, the geometric mechanism.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from surveyapp.disclosure.figures import TYPICAL_SD, Figure, Precision, Z, band, interval
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally, Snapshot

#: By how many points times answers moving the counts changes a question's score and its share of
#: favourable answers: the standard deviation, at most.
SCORE_SD = 135.0
SHARE_SD = 200.0

#: The same of a scale, whose sum is moved: √2 times the range of a person's score.
SCALE_SD = 142.0

#: Points between the lowest and the highest score of a person: as much as one can move a sum.
_SCORE_RANGE = 100


def moved(
    items: Sequence[ItemTally], scales: Sequence[ScaleTally], chance: random.Random
) -> tuple[list[ItemTally], list[ScaleTally]]:
    """The tallies with every count and every sum moved. How many answered stays as it is."""
    return (
        [
            ItemTally(
                item.item_id,
                {cell: moved_counts(counts, chance) for cell, counts in item.counts.items()},
            )
            for item in items
        ],
        [
            ScaleTally(
                scale.code,
                {cell: moved_sums(n, total, chance) for cell, (n, total, _) in scale.sums.items()},
            )
            for scale in scales
        ],
    )


def moved_counts(counts: Sequence[int], chance: random.Random) -> list[int]:
    """Counts of the five answers, each moved, and then shared out to as many answers as before."""
    moved = [max(0, count + _step(1.0, chance)) for count in counts]
    answers, weight = sum(counts), sum(moved)
    if not weight:
        return list(counts) if not answers else _shared_out([1] * len(counts), answers)
    return _shared_out(moved, answers)


def moved_sums(n: int, total: float, chance: random.Random) -> tuple[int, float, float]:
    """Sums of n person scores, moved. A typical spread takes the place of the true one."""
    moved = min(_SCORE_RANGE * n, max(0, round(total) + _step(1 / _SCORE_RANGE, chance)))
    return n, float(moved), n * ((moved / n) ** 2 + TYPICAL_SD**2)


def widened(snapshot: Snapshot) -> Snapshot:
    """The snapshot with the precision of every figure as it is after the counts were moved."""
    return replace(
        snapshot,
        units={
            unit_id: replace(
                unit,
                items={key: _widened(figure, SCORE_SD) for key, figure in unit.items.items()},
                scales={key: _widened(figure, SCALE_SD) for key, figure in unit.scales.items()},
            )
            for unit_id, unit in snapshot.units.items()
        },
    )


def _widened(figure: Figure, score_sd: float) -> Figure:
    favourable = figure.favourable_precision
    return replace(
        figure,
        score_precision=_wider(figure.score_precision, Z * score_sd / figure.n),
        favourable_precision=favourable and _wider(favourable, Z * SHARE_SD / figure.n),
    )


def _wider(precision: Precision, by: float) -> Precision:
    """Two independent reasons to be off add up by their squares."""
    points = math.hypot(precision.points, by)
    if precision.low is None or precision.high is None:
        is_band = "higher or lower" in precision.words
        return band(points) if is_band else replace(precision, points=round(points))
    more = round(points) - precision.points
    return interval(max(0, precision.low - more), min(100, precision.high + more), round(points))


def _step(rate: float, chance: random.Random) -> int:
    """A whole number z with a chance in proportion to exp(−rate·|z|)."""
    return _waiting(rate, chance) - _waiting(rate, chance)


def _waiting(rate: float, chance: random.Random) -> int:
    """Failures before a success whose chance is 1 − exp(−rate)."""
    return math.floor(-math.log(1.0 - chance.random()) / rate)


def _shared_out(weights: Sequence[int], whole: int) -> list[int]:
    """`whole` in proportion to the weights, in whole numbers: the largest remainders round up."""
    total = sum(weights)
    shares = [weight * whole // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(weights[i] * whole % total), i))
    for place in by_remainder[: whole - sum(shares)]:
        shares[place] += 1
    return shares
