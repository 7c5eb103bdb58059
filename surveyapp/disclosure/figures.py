"""How roughly a figure is shown: rounding (A11), unanimity (A12), splits (A13), precision (C).

Nothing finer than what these functions return may leave the count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from surveyapp.disclosure.spread import spread_of

#: Below this many answers only a score and a share are shown, without an interval (A12, C6).
DETAIL_FROM = 30

#: An inversion of what is shown must leave at least this many numbers of answers (C6).
CANDIDATES = 3

#: An option of the five with fewer answers than this is never shown alone (A13).
SMALLEST_PART = 3

#: Two-sided 95% point of the normal distribution, as the rules print it.
Z = 1.96

#: Standard deviation of a 0–100 score that rule E6 assumes where none can be told.
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
    #: Of the score below 30 answers, for tests of change: see `spread`. Never shown (A11).
    spread: int | None = field(default=None, compare=False)


def rounded_count(n: int, *, k: int, invited: int | None = None) -> int:
    """n to the nearest 5, never below k (A11).

    Readers know how many were invited. Where the nearest 5 would be more than that, all of them
    must have answered, so it is rounded down.
    """
    nearest = 5 * ((n + 2) // 5)
    if invited is not None:
        nearest = min(nearest, 5 * (invited // 5))
    return max(5 * math.ceil(k / 5), nearest)


def rounded_rate(part: int, whole: int, *, k: int = 5) -> int:
    """A response rate in bands of 5 points, 0 to 100 (A14).

    In a small unit such a band would tell the exact number of answers. So the rate is that of the
    middle of all numbers that are shown like `part`, and tells no more than they do.
    """
    shown = rounded_count(part, k=k, invited=whole)
    low = k if shown == rounded_count(k, k=k) else shown - 2
    high = whole if shown >= 5 * (whole // 5) else shown + 2
    return 5 * round(20 * (min(low, part) + high) / (2 * whole))


def percent_step(n: int) -> int:
    """Points to which shares of n answers are rounded, so that each fits about three counts (C6).

    It changes only where the shown n changes, so that it tells nothing about n.
    """
    if n < 8:
        return 50
    if n < 58:
        return 10
    return 5 if n < 298 else 1


def score_step(n: int) -> int:
    """Points to which the score of n answers is rounded: one person moves it by about one step."""
    if n < DETAIL_FROM:
        return 10
    return 5 if n < 48 else 2 if n < 98 else 1


def favourable_share(favourable: int, n: int) -> Share:
    """The share of favourable answers; near-unanimous ones only as a bound (A12)."""
    side = _one_sided(favourable, n)
    if side > 0:
        bound = 5 * math.floor(100 * (n - 1) / n / 5)
        return Share(bound, f"{bound}% or more")
    if side < 0:
        bound = 5 * math.ceil(100 / n / 5)
        return Share(bound, f"{bound}% or less")
    percent = percent_step(n) * _favourable_steps(favourable, n)
    return Share(percent, f"{percent}%")


def _one_sided(favourable: int, n: int) -> int:
    """1 where so nearly all are favourable that only a bound is shown, −1 for so nearly none.

    Those that A12 names, and those that would be rounded to all or to none. Else 0.
    """
    steps = _favourable_steps(favourable, n)
    if favourable >= n - 1 or steps == 100 // percent_step(n):
        return 1
    return -1 if favourable <= 1 or steps == 0 else 0


def _favourable_steps(favourable: int, n: int) -> int:
    """The favourable share in steps of `percent_step`."""
    return _nearest(100 // percent_step(n) * favourable, n)


def _nearest(part: int, whole: int) -> int:
    """part / whole to the nearest integer, halves up, without the errors of floats."""
    return (2 * part + whole) // (2 * whole)


def score_share(mean: float, n: int) -> Share:
    """A 0–100 score, clipped at both ends (A12)."""
    mean = round(mean, 9)  # sums of floats in another order differ in their last bits
    if mean >= 95:
        return Share(95, "95 or more")
    if mean <= 5:
        return Share(5, "5 or less")
    step = score_step(n)
    score = min(95, max(5, step * math.floor(mean / step + 0.5)))
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
        return band(worst_margin(n_shown))
    low, high = (round(100 * bound) for bound in wilson(share.value / 100, n_shown))
    return interval(low, high, max(share.value - low, high - share.value))


def score_precision(share: Share, sd: float, n_shown: int, *, detail: bool) -> Precision:
    """Precision of a shown score (C4, C6). `sd` counts only from 30 answers on."""
    if not detail:
        return band(Z * TYPICAL_SD / math.sqrt(n_shown))
    margin = _t(n_shown - 1) * sd / math.sqrt(n_shown)
    if not share.words.isdecimal():
        # The score is clipped: bounds around the clip would say where it really lies.
        return Precision(round(margin), None, None, f"Too near the end to give a range. {CHANCE_ONLY}")
    low, high = max(0, round(share.value - margin)), min(100, round(share.value + margin))
    return interval(low, high, round(margin))


def _t(degrees: int) -> float:
    """Two-sided 95% point of Student's t from 9 degrees of freedom on, to three digits.

    Source: Abramowitz and Stegun 1964, 26.7.5.
    """
    return Z + (Z**3 + Z) / (4 * degrees) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * degrees**2)


def band(points: float) -> Precision:
    """How far off a figure could be, in steps of 5 points, without bounds."""
    rounded = max(5, 5 * round(points / 5))
    return Precision(
        rounded, None, None, f"Could easily be {rounded} points higher or lower. {CHANCE_ONLY}"
    )


def interval(low: int, high: int, points: int) -> Precision:
    """How far off a figure could be, with bounds."""
    return Precision(points, low, high, f"Likely between {low} and {high}. {CHANCE_ONLY}")


def shows_detail(n: int, invited: int | None) -> bool:
    """Whether a split and intervals are shown: from 30 answers on (A12, A13), unless so few were
    invited that 'detail is shown' would leave fewer than three possible numbers of answers.
    """
    return n >= DETAIL_FROM and (invited is None or invited - DETAIL_FROM + 1 >= CANDIDATES)


def item_figure(counts: Sequence[int], *, k: int, invited: int | None = None) -> Figure:
    """What is shown of one item. `counts` are answers 1…5, higher being better, at least k in all.

    B1: score = 25(r−1). B4: favourable = answers 4 and 5. `invited` is how many could have
    answered, which readers know. With k or k+1 it as good as gives n away, and a share of
    favourable answers would give away their number: then there is a score only.
    """
    n = sum(counts)
    n_shown = rounded_count(n, k=k, invited=invited)
    detail = shows_detail(n, invited)
    mean = sum(25 * value * count for value, count in enumerate(counts)) / n
    # What is shown without detail must not differ between those just below and above 30.
    n_for_steps = n if detail else min(n, DETAIL_FROM - 1)
    squares = sum((25 * value) ** 2 * count for value, count in enumerate(counts))
    spread = None if detail else spread_of(n, n * mean, squares)
    if invited is not None and invited - k + 1 < CANDIDATES:
        score = score_share(mean, n_for_steps)
        precision = score_precision(score, TYPICAL_SD, n_shown, detail=False)
        return Figure(n_shown, score, precision, None, None, (), spread)
    favourable = favourable_share(counts[3] + counts[4], n)
    split = split_of(counts) if detail else ()
    score = score_share(_within_share(mean, favourable), n_for_steps)
    return Figure(
        n=n_shown,
        score=score,
        score_precision=score_precision(
            score, sd_of_split(favourable, split), n_shown, detail=detail
        ),
        favourable=favourable,
        favourable_precision=favourable_precision(favourable, n_shown, detail=detail),
        split=split,
        spread=spread,
    )


def _within_share(mean: float, favourable: Share) -> float:
    """The mean, moved as little as needed to one that the shown share allows with a point to spare.

    Only answers that are all at the ends of their sides reach beyond that, and they would give
    away the very count that the share is rounded to hide. It moves a score by 5 points at most.
    """
    if favourable.words.endswith("more"):
        return max(75.0, mean)
    if favourable.words.endswith("less"):
        return min(50.0, mean)
    low, high = 0.75 * favourable.value, 50 + 0.5 * favourable.value
    return min(high - 1, max(low + 1, mean))


def sd_of_split(favourable: Share, split: Sequence[SplitPart]) -> float:
    """Standard deviation of the score as the shown split tells it (C6: from rounded figures).

    A part of several options counts as spread evenly over them; near-unanimous answers are not
    told apart enough to say, so a typical one stands for them.
    """
    if not split or not favourable.words.endswith("%"):
        return TYPICAL_SD
    weights = [
        (25 * (option - 1), part.percent / (part.last - part.first + 1))
        for part in split
        for option in range(part.first, part.last + 1)
    ]
    mean = sum(score * weight for score, weight in weights) / 100
    return math.sqrt(sum(weight * (score - mean) ** 2 for score, weight in weights) / 100)


def scale_figure(
    n: int, total: float, squares: float, *, k: int, invited: int | None = None
) -> Figure:
    """What is shown of a scale of person scores (B2): their number, sum and sum of squares."""
    mean = total / n
    n_shown = rounded_count(n, k=k, invited=invited)
    detail = shows_detail(n, invited)
    score = score_share(mean, n if detail else min(n, DETAIL_FROM - 1))
    # Rounded: person scores are shown nowhere else, so there is no split to take it from.
    variance = round(max(0.0, squares / n - mean**2), 9)
    sd = max(5, 5 * round(math.sqrt(variance) / 5))
    precision = score_precision(score, sd, n_shown, detail=detail)
    return Figure(
        n_shown, score, precision, None, None, (), None if detail else spread_of(n, total, squares)
    )


def person_score(values: Sequence[int | None]) -> float | None:
    """B2: a person's 0–100 score on a scale, or None with fewer than half its items answered."""
    answered = [value for value in values if value is not None]
    if len(answered) < math.ceil(len(values) / 2) or not answered:
        return None
    return sum(25 * (value - 1) for value in answered) / len(answered)


@dataclass(frozen=True, slots=True)
class _Options:
    """Neighbouring options and how many chose one of them."""

    first: int
    last: int
    count: int

    def joined(self, other: _Options) -> _Options:
        return _Options(
            min(self.first, other.first), max(self.last, other.last), self.count + other.count
        )


def split_of(counts: Sequence[int]) -> tuple[SplitPart, ...]:
    """Percentages of the answers 1…5, from 30 answers on, else nothing (A12, A13).

    The shown favourable share is shared out among the favourable options and the rest among the
    others, so the parts add up, and the split narrows that share down no further. An option with
    fewer than three answers, or too few for a percentage, is merged with its smaller neighbour. Where
    the favourable share is only a bound, options on both sides of it are merged first.
    """
    n = sum(counts)
    if n < DETAIL_FROM:
        return ()
    step = percent_step(n)
    options = [_Options(value, value, count) for value, count in enumerate(counts, start=1)]
    favourable = counts[3] + counts[4]
    side = _one_sided(favourable, n)
    if side > 0:
        return _shared_out([_all_of(options[:4]), options[4]], 100 // step, step)
    if side < 0:
        return _shared_out([*options[:2], _all_of(options[2:])], 100 // step, step)
    steps = _favourable_steps(favourable, n)
    return (
        *_shared_out(options[:3], 100 // step - steps, step),
        *_shared_out(options[3:], steps, step),
    )


def _all_of(options: Sequence[_Options]) -> _Options:
    return _Options(options[0].first, options[-1].last, sum(option.count for option in options))


def _shared_out(options: Sequence[_Options], steps: int, step: int) -> tuple[SplitPart, ...]:
    """Options merged until each may be shown, with `steps` shared out by largest remainders."""
    parts = list(options)
    while True:
        shares = _largest_remainders([part.count for part in parts], steps)
        lonely = next(
            (i for i, part in enumerate(parts) if part.count < SMALLEST_PART or not shares[i]), None
        )
        if lonely is None or len(parts) == 1:
            break
        neighbours = [i for i in (lonely - 1, lonely + 1) if 0 <= i < len(parts)]
        first, last = sorted((lonely, min(neighbours, key=lambda i: parts[i].count)))
        parts[first : last + 1] = [parts[first].joined(parts[last])]
    return tuple(
        SplitPart(part.first, part.last, step * share)
        for part, share in zip(parts, shares, strict=True)
    )


def _largest_remainders(counts: Sequence[int], steps: int) -> list[int]:
    """`steps` in whole shares as near as can be to the proportions of `counts`, which are not all 0."""
    total = sum(counts)
    shares = [count * steps // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda i: -(counts[i] * steps % total))
    for i in by_remainder[: steps - sum(shares)]:
        shares[i] += 1
    return shares
