"""Estimates that allow for chance, for any view that sorts units (E8, E9). From shown figures only."""

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


def _variance(figure: Figure) -> float:
    """Of a shown score, by its precision where that tells (from 30 answers on), else by E6."""
    if figure.n >= DETAIL_FROM and figure.score_precision.low is not None:
        return (max(1, figure.score_precision.points) / Z) ** 2
    return TYPICAL_SD**2 / figure.n
