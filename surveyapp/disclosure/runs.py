"""The run rule for scores that are followed over time (E7)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from surveyapp.disclosure.change import SMALLEST_CHANGE, Tested

#: Scores in a row on one side that are a signal (E7).
SHORTEST = 6

#: The first scores of a series tell its usual level. Even, so that its two middle ones bound it.
BASELINE = 6


@dataclass(frozen=True, slots=True)
class Run:
    """The last `length` scores lie on one side of the usual level."""

    length: int
    is_above: bool
    tested: Tested


def run_at_the_end(scores: Sequence[int]) -> Run | None:
    """The run that ends a series of shown scores, oldest first, or None.

    The usual level is known from the first scores only, so it may be off by chance itself. A run
    therefore lies beyond both of their middle ones, and its p is the share of all orders of the
    scores in which that many at the end would do so, on either side. With six first scores a run of
    6 has p = 0.061: only a longer one can stand out.
    """
    first, later = sorted(scores[:BASELINE]), scores[BASELINE:]
    if len(first) < BASELINE:
        return None
    lower, upper = first[BASELINE // 2 - 1], first[BASELINE // 2]
    above = len([*takewhile(lambda score: score > upper, reversed(later))])
    below = len([*takewhile(lambda score: score < lower, reversed(later))])
    length = max(above, below)
    if length < SHORTEST:
        return None
    run = sorted(later[-length:])
    # The least that the run as a whole lies off by.
    distance = run[(length - 1) // 2] - upper if above else run[length // 2] - lower
    return Run(length, above > 0, Tested(distance, _chance(length), SMALLEST_CHANGE))


def _chance(length: int) -> float:
    """Of all orders of the scores, the share that ends in such a run, on either side."""
    beyond = BASELINE // 2 - 1
    return min(
        1.0, 2 * math.comb(beyond + length, length) / math.comb(BASELINE + length, length)
    )
