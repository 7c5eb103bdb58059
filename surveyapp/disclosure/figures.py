"""How roughly a figure is shown: rounding (A11), unanimity (A12), splits (A13), precision (C).

Nothing finer than what these functions return may leave the count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Below this many answers only a score and a share are shown, without an interval (A12, C6).
DETAIL_FROM = 30

#: From this many answers on, whole percentages fit too many counts to give one away.
EXACT_PERCENT_FROM = 98

#: Two-sided 95% point of the normal distribution, as the rules print it.
Z = 1.96

#: Standard deviation of a 0–100 score that rule E6 assumes where none is published.
TYPICAL_SD = 25.0

CHANCE_ONLY = "This covers chance only, not who chose to reply."


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage as shown: '60%', '90% or more'. `value` is what charts draw, 0 to 100."""

    value: int
    words: str


@dataclass(frozen=True, slots=True)
class Precision:
    """How far off a figure could be. From 30 answers on `low` and `high` bound it; below, points."""

    points: int
    low: int | None
    high: int | None
    words: str


@dataclass(frozen=True, slots=True)
class SplitPart:
    """Neighbouring answers of the five, merged where one alone would point at a person."""

    first: int
    last: int
    percent: int


@dataclass(frozen=True, slots=True)
class Figure:
    """Everything that is shown of one question or scale for one unit."""

    n: int
    score: Share
    score_precision: Precision
    favourable: Share | None
    favourable_precision: Precision | None
    split: tuple[SplitPart, ...]


def rounded_count(n: int, *, k: int) -> int:
    """n to the nearest 5, never below k (A11)."""
    return max(5 * math.ceil(k / 5), 5 * ((n + 2) // 5))


def rounded_rate(part: int, whole: int) -> int:
    """A response rate in bands of 5 points, 0 to 100 (A14)."""
    return 5 * round(20 * part / whole)


def percent_step(n: int) -> int:
    """Points to which a percentage of n answers is rounded.

    Chosen so that a shown percentage with its shown n always fits at least three pairs of
    favourable count and n (C6), checked over n = 10…200 by the tests. Whole percentages below
    about 100 answers do not pass that check.
    """
    if n < 8:
        return 50
    if n < DETAIL_FROM:
        return 10
    return 5 if n < EXACT_PERCENT_FROM else 1


def _rounded(value: float, n: int) -> int:
    step = percent_step(n)
    return step * math.floor(value / step + 0.5)


def favourable_share(favourable: int, n: int) -> Share:
    """The share of favourable answers; near-unanimous ones only as a bound (A12)."""
    if favourable >= n - 1:
        bound = 5 * math.floor(100 * (n - 1) / n / 5)
        return Share(bound, f"{bound}% or more")
    if favourable <= 1:
        bound = 5 * math.ceil(100 / n / 5)
        return Share(bound, f"{bound}% or less")
    percent = _rounded(100 * favourable / n, n)
    return Share(percent, f"{percent}%")


def score_share(mean: float, n: int) -> Share:
    """A 0–100 score, clipped at both ends (A12)."""
    if mean >= 95:
        return Share(95, "95 or more")
    if mean <= 5:
        return Share(5, "5 or less")
    score = min(95, max(5, _rounded(mean, n)))
    return Share(score, str(score))


def wilson(p: float, n: float) -> tuple[float, float]:
    """95% score interval of a proportion p of n answers, as proportions.

    Source: Wilson 1927; Newcombe 1998 (rule C1).
    """
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def effective_n(n: int, invited: int) -> float:
    """n* of rule C2: n answers out of a known staff list weigh as much as n* without one.

    Raises ValueError unless n < invited: with everyone's answer there is no sampling interval.
    """
    if n >= invited:
        raise ValueError("Everyone answered, so there is no sampling interval.")
    return n * (invited - 1) / (invited - n)


def worst_margin(n: int, invited: int | None = None) -> float:
    """Worst-case 95% margin of a percentage, in points (C3)."""
    margin = Z * math.sqrt(0.25 / n)
    if invited is not None:
        margin *= math.sqrt((invited - n) / (invited - 1))
    return 100 * margin


def favourable_precision(share: Share, n_shown: int, *, detail: bool) -> Precision:
    """Precision of a shown share, from shown figures only (C6)."""
    if not detail:
        return _band(worst_margin(n_shown))
    low, high = (round(100 * bound) for bound in wilson(share.value / 100, n_shown))
    return _interval(low, high, max(share.value - low, high - share.value))


def score_precision(share: Share, sd: float, n_shown: int, *, detail: bool) -> Precision:
    """Precision of a shown score (C4, C6).

    `sd` counts only from 30 answers on and is rounded to 5 first; below 30 a typical one is used,
    for a small group's own would tell too much.
    """
    if not detail:
        return _band(Z * TYPICAL_SD / math.sqrt(n_shown))
    margin = Z * max(5, 5 * round(sd / 5)) / math.sqrt(n_shown)
    low, high = max(0, round(share.value - margin)), min(100, round(share.value + margin))
    return _interval(low, high, round(margin))


def _band(points: float) -> Precision:
    rounded = max(5, 5 * round(points / 5))
    return Precision(
        rounded, None, None, f"Could easily be {rounded} points higher or lower. {CHANCE_ONLY}"
    )


def _interval(low: int, high: int, points: int) -> Precision:
    return Precision(points, low, high, f"Likely between {low} and {high}. {CHANCE_ONLY}")


def split_of(counts: Sequence[int]) -> tuple[SplitPart, ...]:
    """Percentages of the answers 1…5, from 30 answers on, else nothing (A12, A13).

    An option with one or two answers is merged with its smaller neighbour.
    """
    n = sum(counts)
    if n < DETAIL_FROM:
        return ()
    parts = [(value, value, count) for value, count in enumerate(counts, start=1)]
    while len(parts) > 1:
        lonely = next((i for i, part in enumerate(parts) if 0 < part[2] <= 2), None)
        if lonely is None:
            break
        neighbours = [i for i in (lonely - 1, lonely + 1) if 0 <= i < len(parts)]
        # An empty neighbour would leave the option as telling as before.
        other = min(neighbours, key=lambda i: (parts[i][2] == 0, parts[i][2]))
        first, last = sorted((lonely, other))
        joined = (parts[first][0], parts[last][1], parts[first][2] + parts[last][2])
        parts[first : last + 1] = [joined]
    return tuple(SplitPart(a, b, _rounded(100 * count / n, n)) for a, b, count in parts)


def item_figure(counts: Sequence[int], *, k: int) -> Figure:
    """What is shown of one item. `counts` are answers 1…5, higher being better, at least k in all.

    B1: score = 25(r−1). B4: favourable = answers 4 and 5.
    """
    n = sum(counts)
    scores = [25 * value for value in range(5)]
    mean = sum(c * s for c, s in zip(counts, scores, strict=True)) / n
    squares = sum(c * (s - mean) ** 2 for c, s in zip(counts, scores, strict=True))
    favourable = favourable_share(counts[3] + counts[4], n)
    detail = n >= DETAIL_FROM
    n_shown = rounded_count(n, k=k)
    score = score_share(mean, n)
    return Figure(
        n=n_shown,
        score=score,
        score_precision=score_precision(score, math.sqrt(squares / n), n_shown, detail=detail),
        favourable=favourable,
        favourable_precision=favourable_precision(favourable, n_shown, detail=detail),
        split=split_of(counts),
    )


def scale_figure(n: int, total: float, squares: float, *, k: int) -> Figure:
    """What is shown of a scale of person scores (B2): their number, sum and sum of squares."""
    mean = total / n
    n_shown = rounded_count(n, k=k)
    score = score_share(mean, n)
    sd = math.sqrt(max(0.0, squares / n - mean**2))
    precision = score_precision(score, sd, n_shown, detail=n >= DETAIL_FROM)
    return Figure(n_shown, score, precision, None, None, ())


def person_score(values: Sequence[int | None]) -> float | None:
    """B2: a person's 0–100 score on a scale, or None with fewer than half its items answered."""
    answered = [value for value in values if value is not None]
    if len(answered) < math.ceil(len(values) / 2) or not answered:
        return None
    return sum(25 * (value - 1) for value in answered) / len(answered)
