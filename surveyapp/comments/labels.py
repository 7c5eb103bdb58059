"""Labels of a comment: what a model read in it, and what a person says instead. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nlp.taxonomy import FACTORS, Factor, Flag, Sentiment

#: Below it a reading asks for a person.
ASKS_FOR_PERSON = 0.5


@dataclass(frozen=True, slots=True)
class Theme:
    """A factor found in a comment. The quote's offsets count characters of the comment's text.

    They are both 0 where no sentence is named: a person found the factor.
    """

    factor: Factor
    sentiment: str
    quote_start: int
    quote_end: int


@dataclass(frozen=True, slots=True)
class Labels:
    """The factors of a comment, with the sentiment towards each, and that of the whole comment."""

    factors: Mapping[Factor, Sentiment]
    sentiment: Sentiment

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe copy, for the database. Factors stand in their own order."""
        return {
            "factors": {str(one): str(self.factors[one]) for one in FACTORS if one in self.factors},
            "sentiment": str(self.sentiment),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Labels:
        """What `to_json` made. Raises KeyError or ValueError for anything else."""
        return cls(
            {Factor(one): Sentiment(stance) for one, stance in stored["factors"].items()},
            Sentiment(stored["sentiment"]),
        )


def of_reading(sentiment: str, findings: Iterable[Mapping[str, Any]]) -> Labels:
    """The labels of a stored reading."""
    return Labels(
        {Factor(found["factor"]): Sentiment(found["sentiment"]) for found in findings},
        Sentiment(sentiment),
    )


def themes_of(findings: Iterable[Mapping[str, Any]]) -> tuple[Theme, ...]:
    """Stored findings as themes."""
    return tuple(
        Theme(
            Factor(finding["factor"]),
            finding["sentiment"],
            finding["quote_start"],
            finding["quote_end"],
        )
        for finding in findings
    )


def themes_said(said: Labels, read: Iterable[Theme]) -> tuple[Theme, ...]:
    """The themes that a person says. Those that the model read, too, keep their sentence."""
    places = {theme.factor: (theme.quote_start, theme.quote_end) for theme in read}
    return tuple(
        Theme(factor, said.factors[factor], *places.get(factor, (0, 0)))
        for factor in FACTORS
        if factor in said.factors
    )


def stored_certainty(certainty: float, flags: Collection[str]) -> float:
    """How certain a reading is, 0 to 1. All that asks for a person lies below a half.

    `certainty`, 0 to 1, is the reading's own (`CommentAnalysis.certainty`). It orders the readings
    in each half.
    """
    half = min(1.0, max(0.0, certainty)) / 2
    if Flag.NEEDS_PERSON in flags:
        return min(half, ASKS_FOR_PERSON - 0.0001)
    return ASKS_FOR_PERSON + half


def version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Orders model versions as people read them: 1.9 before 1.10."""
    return tuple(
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", version) if part
    )
