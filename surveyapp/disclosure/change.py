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

from surveyapp.disclosure.figures import DETAIL_FROM, TYPICAL_SD, Figure, Z, score_step
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
    return Tested(difference, _two_sided(difference / math.sqrt(variance)), round(detectable))


def compare_periods(before: PeriodScore, after: PeriodScore) -> Tested:
    """The change of a factor between two quarters that asked the same questions (B3)."""
    difference = after.score - before.score
    error = math.hypot(before.points, after.points) / Z
    return Tested(difference, _two_sided(difference / error), round(_DETECT * error))


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
    """Of a shown score: what chance does to it, and what rounding does."""
    step = score_step(figure.n - 2 if figure.n >= DETAIL_FROM else figure.n)
    precision = figure.score_precision
    if precision.low is None:
        # Numbers of answers are shown to the nearest 5.
        return TYPICAL_SD**2 / (figure.n - 2) + step**2 / 12
    return ((precision.points + 0.5) / Z) ** 2 + step**2 / 12


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
