"""What a model said of a number of comments, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.encoder import Floats
from nlp.evaluation.counts import Truth


@dataclass(frozen=True, slots=True)
class Predictions:
    """Of n comments: calibrated chances, 0 to 1, and decisions.

    `factors` (n, 7) and `found` (n, 7), what the comment counts as one on; `stances` (n, 7, 3)
    towards each factor; `overall` (n, 3); `certainty` (n,) as in CommentAnalysis; `levels` (n, 5),
    very positive to very negative, None from a model without a five-point head.
    """

    version: str
    factors: Floats
    found: Truth
    stances: Floats
    overall: Floats
    certainty: Floats
    levels: Floats | None = None
