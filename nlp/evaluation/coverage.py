"""How much better a model is on the comments that it is surer of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.encoder import Floats
from nlp.evaluation.counts import Truth, micro_f1, share

#: Shares of the comments that are kept.
SHARES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)


@dataclass(frozen=True, slots=True)
class Kept:
    """Figures of the surest comments, when the others are set aside for a person."""

    share: float
    comments: int
    micro_f1: float
    sentiment_accuracy: float


def risk_coverage(
    certainty: Floats, truth: Truth, found: Truth, right: Truth, shares: Sequence[float] = SHARES
) -> Iterator[Kept]:
    """Figures for each share kept: `certainty` (n,), `truth` and `found` (n, 7), `right` (n,).

    Of equally sure comments the earlier stay. Source: El-Yaniv and Wiener 2010.
    """
    surest_first = np.argsort(-certainty, kind="stable")
    for each in shares:
        weights = np.zeros((1, len(certainty)), dtype=np.float32)
        weights[0, surest_first[: int(np.ceil(each * len(certainty)))]] = 1
        yield Kept(
            share=each,
            comments=int(weights.sum()),
            micro_f1=float(micro_f1(truth, found, weights)[0]),
            sentiment_accuracy=float(share(right, np.ones_like(right), weights)[0]),
        )
