"""Whether a figure has changed between two waves (E1, E4 to E6), from what is shown of both.

Nothing else is looked at, so that a word about change gives away nothing that the two figures do
not (C6). The test is of the difference of two shown scores; what rounding adds to chance is counted
as chance. Below 30 answers no spread is shown, so the typical one of E6 stands for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from surveyapp.disclosure.figures import DETAIL_FROM, TYPICAL_SD, Figure, Z, score_step, sd_of_split
from surveyapp.disclosure.periods import PeriodScore
from surveyapp.disclosure.significance import rejected

#: Points by which a score must differ before it is called a change (E4).
SMALLEST_CHANGE = 5

#: For a two-sided test at 5% that finds 4 in 5 (E6).
_DETECT = 2.80


class Verdict(StrEnum):
    RISE = "rise"
    FALL = "fall"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Tested:
    """A comparison. `p` is two-sided and never shown; `difference` and `detectable` are in points."""

    difference: int
    p: float
    detectable: int


def compare(before: Figure, after: Figure) -> Tested:
    """The change of one question or scale between two waves."""
    difference = after.score.value - before.score.value
    variance = _variance(before) + _variance(after)
    detectable = _DETECT * TYPICAL_SD * math.sqrt(1 / before.n + 1 / after.n)
    p = _two_sided(difference / math.sqrt(variance), before.n + after.n - 2)
    return Tested(difference, p, round(detectable))


def compare_periods(before: PeriodScore, after: PeriodScore) -> Tested:
    """The change of a factor between two quarters that asked the same questions (B3)."""
    difference = after.score - before.score
    error = math.hypot(before.points + 0.5, after.points + 0.5) / Z
    p = _two_sided(difference / error, math.inf)
    return Tested(difference, p, round(_DETECT * error))


def verdicts(tests: Sequence[Tested]) -> list[Verdict]:
    """What may be said of each comparison of one report, all of them taken together (E4, E5)."""
    clear = rejected([test.p for test in tests])
    return [
        Verdict.UNCLEAR
        if not is_clear or abs(test.difference) < SMALLEST_CHANGE
        else Verdict.RISE
        if test.difference > 0
        else Verdict.FALL
        for test, is_clear in zip(tests, clear, strict=True)
    ]


def _variance(figure: Figure) -> float:
    """Of a shown score: what chance does to it, and what rounding does.

    With the latter the tail of a rounded difference is about its mid-p: the chance of a larger one
    and half of that of the same.
    """
    if figure.score_precision.low is None and figure.n < DETAIL_FROM + 3 and not figure.split:
        spread = TYPICAL_SD if figure.spread is None else figure.spread
        return spread**2 / figure.n + score_step(DETAIL_FROM - 1) ** 2 / 12
    # Numbers of answers are shown to the nearest 5: there may be two fewer.
    n = max(DETAIL_FROM, figure.n - 2)
    rounding = score_step(n) ** 2 / 12
    if figure.split and figure.favourable is not None:
        return sd_of_split(figure.favourable, figure.split) ** 2 / n + rounding
    return ((figure.score_precision.points + 0.5) / Z) ** 2 + rounding


def _two_sided(t: float, degrees: float) -> float:
    """p of Student's t. Source: Abramowitz and Stegun 1964, 26.7.8."""
    z = abs(t) * (1 - 1 / (4 * degrees)) / math.sqrt(1 + t**2 / (2 * degrees))
    return math.erfc(z / math.sqrt(2))
