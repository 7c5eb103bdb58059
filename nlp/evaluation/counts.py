"""Shares, precision, recall and F1 of many resamples of the same comments at once.

`weights` (resamples, n) says how often each comment is in each resample: a row of ones is the
comments as they are. `truth` and `found` are (n,) or (n, columns). What would be nothing divided by
nothing is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[np.bool_]
Values = NDArray[np.float64]
Weights = NDArray[np.float32]


def total(counts: NDArray[np.generic], weights: Weights) -> Values:
    """The sum over each resample, (resamples,) or (resamples, columns)."""
    result: Values = (weights @ counts.astype(np.float32)).astype(np.float64)
    return result


def ratio(top: Values, bottom: Values) -> Values:
    """top / bottom, 0 where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def share(of: Truth, among: Truth, weights: Weights) -> Values:
    """How many of those in `among` are in `of`. Two columns or more are pooled."""
    return ratio(total(_row_sums(of & among), weights), total(_row_sums(among), weights))


def precision(truth: Truth, found: Truth, weights: Weights) -> Values:
    """Of what was found, how much is there: (resamples,) or (resamples, columns)."""
    return ratio(total(truth & found, weights), total(found, weights))


def recall(truth: Truth, found: Truth, weights: Weights) -> Values:
    """Of what is there, how much was found: (resamples,) or (resamples, columns)."""
    return ratio(total(truth & found, weights), total(truth, weights))


def f1(truth: Truth, found: Truth, weights: Weights) -> Values:
    """The harmonic mean of precision and recall: (resamples,) or (resamples, columns)."""
    return ratio(2 * total(truth & found, weights), total(truth, weights) + total(found, weights))


def macro_f1(truth: Truth, found: Truth, weights: Weights) -> Values:
    """The mean of the columns' F1, (resamples,)."""
    result: Values = f1(truth, found, weights).mean(axis=1)
    return result


def micro_f1(truth: Truth, found: Truth, weights: Weights) -> Values:
    """F1 of all decisions of all columns as one, (resamples,)."""
    hits, there, said = (_row_sums(each) for each in (truth & found, truth, found))
    return ratio(2 * total(hits, weights), total(there, weights) + total(said, weights))


def average_precision(truth: Truth, chances: NDArray[np.float32], weights: Weights) -> Values:
    """The sum of precisions at each rank times the recall gained there, (resamples,).

    Comments with the same chance share a rank. Source: the area under the precision-recall curve
    without interpolation, Manning, Raghavan and Schütze 2008, chapter 8.4.
    """
    order = np.argsort(-chances, kind="stable")
    ranked = chances[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    counted = weights[:, order]
    hits = np.cumsum(counted * truth[order], axis=1, dtype=np.float64)[:, ends]
    seen = np.cumsum(counted, axis=1, dtype=np.float64)[:, ends]
    gained = np.diff(hits, axis=1, prepend=0)
    return ratio((gained * ratio(hits, seen)).sum(axis=1), hits[:, -1])


def one_column_each(values: NDArray[np.integer], classes: int) -> Truth:
    """Class numbers (n,) as columns (n, classes)."""
    result: Truth = values[:, None] == np.arange(classes)
    return result


def _row_sums(values: Truth) -> NDArray[np.int64]:
    result: NDArray[np.int64] = values.reshape(len(values), -1).sum(axis=1)
    return result
