"""Whether units differ by more than chance (D5), and estimates that allow for chance, for any view
that sorts units (E8, E9). From shown figures only.
"""

from __future__ import annotations

from collections.abc import Sequence

from surveyapp.disclosure.figures import DETAIL_FROM, TYPICAL_SD, Figure, Z

#: With fewer groups nothing is sorted (E9).
FEWEST_GROUPS = 10


def shrunken(figures: Sequence[Figure]) -> list[float] | None:
    """The estimate of each group, 0 to 100; None where E9 allows no order.

    Formula: E8, with the spread between groups by DerSimonian and Laird 1986.
    """
    if len(figures) < FEWEST_GROUPS:
        return None
    means = [float(figure.score.value) for figure in figures]
    errors = [_variance(figure) for figure in figures]
    spread = between(means, errors)
    if spread <= 0:
        return None
    weights = [1 / (spread + error) for error in errors]
    centre = sum(w * mean for w, mean in zip(weights, means, strict=True)) / sum(weights)
    return [
        (spread * mean + error * centre) / (spread + error)
        for mean, error in zip(means, errors, strict=True)
    ]


def between(means: Sequence[float], errors: Sequence[float]) -> float:
    """tau squared of E8 from each group's mean and the sampling variance of it."""
    weights = [1 / error for error in errors]
    total = sum(weights)
    centre = sum(w * mean for w, mean in zip(weights, means, strict=True)) / total
    excess = sum(w * (mean - centre) ** 2 for w, mean in zip(weights, means, strict=True))
    return max(
        0.0, (excess - (len(means) - 1)) / (total - sum(weight**2 for weight in weights) / total)
    )


def intraclass(figures: Sequence[Figure]) -> float | None:
    """ICC(1) of groups that share nobody, −1 to 1; None with fewer than two of them.

    The spread within a group is the one that the shrinkage reckons with.
    """
    if len(figures) < 2:
        return None
    return icc1(
        [figure.n for figure in figures],
        [float(figure.score.value) for figure in figures],
        [figure.n * _variance(figure) for figure in figures],
    )


def icc1(sizes: Sequence[int], means: Sequence[float], variances: Sequence[float]) -> float:
    """From each group's size, mean and variance within it, of the sample. Formula: D5."""
    people, groups = sum(sizes), len(sizes)
    centre = sum(n * mean for n, mean in zip(sizes, means, strict=True)) / people
    among = sum(n * (mean - centre) ** 2 for n, mean in zip(sizes, means, strict=True)) / (
        groups - 1
    )
    within = sum((n - 1) * own for n, own in zip(sizes, variances, strict=True)) / (
        people - groups
    )
    return (among - within) / (among + (people / groups - 1) * within)


def _variance(figure: Figure) -> float:
    """Of a shown score, by its precision where that tells (from 30 answers on), else by E6."""
    if figure.n >= DETAIL_FROM and figure.score_precision.low is not None:
        return (max(1, figure.score_precision.points) / Z) ** 2
    return TYPICAL_SD**2 / figure.n
