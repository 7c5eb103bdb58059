"""Several waves together: time is a breakdown too (A10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from surveyapp.disclosure.figures import CHANCE_ONLY, Figure


class Shown(Protocol):
    """What is shown of a unit in one wave."""

    @property
    def items(self) -> Mapping[str, Figure]: ...


@dataclass(frozen=True, slots=True)
class PeriodScore:
    """The score of a factor over several waves, in points from 0 to 100, and how far off it could be."""

    score: int
    points: int
    words: str


def scores_over(
    waves: Sequence[Shown | None], factors: Sequence[Mapping[str, str]]
) -> dict[str, PeriodScore]:
    """A unit's score of each factor over several waves, in which different questions were asked.

    `waves` is what is shown of the unit in each, None where nothing is, and `factors` the factor of
    each question asked in each. Unless the unit is shown in every wave there is no score at all,
    and no score of a factor unless each of its questions is shown: people answer several waves, so
    answers never add up to more people. Everything is taken from shown figures, so it gives away
    nothing that they do not.

    B3: the mean of the questions' scores. As the same people may have answered all of them alike,
    the precision is the mean of theirs and no better.
    """
    if any(shown is None for shown in waves):
        return {}
    figures: defaultdict[str, list[Figure | None]] = defaultdict(list)
    for shown, factor_of in zip(waves, factors, strict=True):
        for item_id, factor in factor_of.items():
            figures[factor].append(shown.items.get(item_id) if shown else None)
    scores = {}
    for factor, found in figures.items():
        whole = [figure for figure in found if figure is not None]
        if len(whole) == len(found):
            scores[factor] = _mean(whole)
    return scores


def _mean(figures: Sequence[Figure]) -> PeriodScore:
    score = _rounded(sum(figure.score.value for figure in figures), len(figures))
    points = _rounded(sum(figure.score_precision.points for figure in figures), len(figures))
    words = f"Could easily be {points} points higher or lower. {CHANCE_ONLY}"
    return PeriodScore(score, points, words)


def _rounded(total: int, count: int) -> int:
    """total / count to the nearest integer, halves up."""
    return (2 * total + count) // (2 * count)
