"""Which scores go with which over a whole organisation. They never say what causes what.

Only from 100 people on, and rounded to tenths: one person's answers move such a figure by less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from surveyapp.disclosure.figures import Z

#: People who answered everything that is compared; with fewer nothing is shown.
FEWEST = 100


@dataclass(frozen=True, slots=True)
class Relation:
    """Spearman's rank correlation of a scale with one question, and its 95% range, in tenths."""

    code: str
    strength: float
    low: float
    high: float


def relations(
    codes: Sequence[str], people: Sequence[tuple[float | None, Sequence[float | None]]]
) -> tuple[Relation, ...]:
    """How each scale goes with the question, the strongest first.

    `people` are, for each person, the answer to the question and the score on each scale of `codes`,
    None where there is none. Whoever lacks one of them is left out of all. Where everyone gave the
    same answer there is nothing to go with.
    """
    whole = [
        (answer, scores) for answer, scores in people if answer is not None and None not in scores
    ]
    if len(whole) < FEWEST:
        return ()
    answers = _ranks([answer for answer, _ in whole])
    found = []
    for place, code in enumerate(codes):
        strength = _correlation(answers, _ranks([scores[place] or 0.0 for _, scores in whole]))
        if strength is not None:
            low, high = _range(strength, len(whole))
            found.append(Relation(code, round(strength, 1), round(low, 1), round(high, 1)))
    return tuple(sorted(found, key=lambda one: -one.strength))


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1 on; equal values share the middle of theirs."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's correlation, which of ranks is Spearman's. None where one of them never differs."""
    middle = (len(first) + 1) / 2
    together = sum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True))
    alone = math.sqrt(
        sum((a - middle) ** 2 for a in first) * sum((b - middle) ** 2 for b in second)
    )
    return together / alone if alone else None


def _range(strength: float, n: int) -> tuple[float, float]:
    """95% range of a rank correlation. Source: Bonett and Wright 2000."""
    if abs(strength) >= 1:
        return strength, strength
    half = Z * math.sqrt((1 + strength**2 / 2) / (n - 3))
    middle = math.atanh(strength)
    return math.tanh(middle - half), math.tanh(middle + half)
