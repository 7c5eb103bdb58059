"""What the pipeline says of a comment. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.taxonomy import Factor, Flag, Sentiment

#: A comment with one of these flags counts as one on no factor: what a model makes of it is a guess.
NOT_THEMED = frozenset({Flag.TOO_SHORT, Flag.NOT_ENGLISH})


@dataclass(frozen=True, slots=True)
class FactorFinding:
    """What the model reads of one factor in a comment, with the sentence that speaks of it most.

    Probabilities are calibrated, 0 to 1. `quote_start` and `quote_end` count characters of the
    redacted text; the quote has no white space at its ends and is empty only in a blank comment.
    `assigned` says that the comment counts as one on this factor.
    """

    factor: Factor
    probability: float
    sentiment: Sentiment
    sentiment_probability: float
    quote_start: int
    quote_end: int
    assigned: bool = True


@dataclass(frozen=True, slots=True)
class CommentAnalysis:
    """Everything the pipeline says of one comment. `text` is the redacted text.

    `factors` holds a reading of each factor, in the order of the taxonomy; none is assigned in a
    comment that is `NOT_THEMED`, though its probabilities are there. `certainty`, 0 to 1, weighs
    what is likely right in it against what is likely wrong. `language` (ISO 639) is another one than
    English, where it can be told.
    """

    text: str
    redactions: tuple[tuple[str, int], ...]
    factors: tuple[FactorFinding, ...]
    sentiment: Sentiment
    sentiment_probability: float
    flags: tuple[Flag, ...]
    model_version: str
    certainty: float = 1.0
    language: str | None = None

    @property
    def findings(self) -> tuple[FactorFinding, ...]:
        """The factors that the comment counts as one on."""
        return tuple(reading for reading in self.factors if reading.assigned)
