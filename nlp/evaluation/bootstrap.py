"""How far a figure could lie from its value by the chance of which comments were labelled.

The percentile bootstrap over comments. Source: Efron and Tibshirani 1993, chapter 13; paired by
using the same resamples for two models, chapter 16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nlp.evaluation.counts import Values, Weights

RESAMPLES = 1000

SEED = 20261101

#: A figure of every resample: (resamples, n) in, (resamples,) out.
Metric = Callable[[Weights], Values]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the range that holds 95% of its resamples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The first model's figure less the second's, on the same comments.

    `wins` is the share of resamples in which the first is better; a draw counts as half of one.
    """

    value: float
    low: float
    high: float
    wins: float


def resamples(comments: int, *, count: int = RESAMPLES, seed: int = SEED) -> Weights:
    """(count, comments): how often each comment was drawn, with replacement."""
    random = np.random.default_rng(seed)
    weights = np.zeros((count, comments), dtype=np.float32)
    for row in weights:
        row += np.bincount(random.integers(comments, size=comments), minlength=comments)
    return weights


def estimate(metric: Metric, weights: Weights) -> Estimate:
    """A figure of the comments as they are, with its range over `weights`."""
    low, high = np.percentile(metric(weights), (2.5, 97.5))
    return Estimate(_as_is(metric, weights), float(low), float(high))


def difference(first: Metric, second: Metric, weights: Weights) -> Difference:
    """The paired difference of two models' figures over the same resamples."""
    gaps = first(weights) - second(weights)
    low, high = np.percentile(gaps, (2.5, 97.5))
    return Difference(
        value=_as_is(first, weights) - _as_is(second, weights),
        low=float(low),
        high=float(high),
        wins=float((gaps > 0).mean() + (gaps == 0).mean() / 2),
    )


def _as_is(metric: Metric, weights: Weights) -> float:
    return float(metric(np.ones((1, weights.shape[1]), dtype=np.float32))[0])
