"""What is taken for what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlp.evaluation.counts import Truth

Counts = NDArray[np.int64]


def confusion(truth: NDArray[np.integer], guess: NDArray[np.integer], classes: int) -> Counts:
    """(classes, classes): comments by their label (rows) and by what the model said (columns)."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (truth, guess), 1)
    return counts


def found_instead(truth: Truth, found: Truth) -> Counts:
    """(7, 8): comments in which a factor was missed (rows), by what was wrongly found there.

    `truth` and `found` are (n, 7). The last column counts those in which nothing was. A comment in
    which two were wrongly found counts in two columns.
    """
    missed, wrong = truth & ~found, found & ~truth
    nothing = ~wrong.any(axis=1, keepdims=True)
    counts: Counts = missed.T.astype(np.int64) @ np.hstack([wrong, nothing]).astype(np.int64)
    return counts
