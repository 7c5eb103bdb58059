"""What the pipeline says of a comment. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.taxonomy import Factor, Flag, Sentiment


@dataclass(frozen=True, slots=True)
class FactorFinding:
    """A factor found in a comment, with the sentence that carries it.

    Probabilities are calibrated, 0 to 1. `quote_start` and `quote_end` count characters of the
    redacted text; the quote is never empty.
    """

    factor: Factor
    probability: float
    sentiment: Sentiment
    sentiment_probability: float
    quote_start: int
    quote_end: int


@dataclass(frozen=True, slots=True)
class CommentAnalysis:
    """Everything the pipeline says of one comment. `text` is the redacted text.

    `certainty`, 0 to 1, is how far the nearest decision on a factor lay from its threshold.
    """

    text: str
    redactions: tuple[tuple[str, int], ...]
    findings: tuple[FactorFinding, ...]
    sentiment: Sentiment
    sentiment_probability: float
    flags: tuple[Flag, ...]
    model_version: str
    certainty: float = 1.0
