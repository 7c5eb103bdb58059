"""Labelled comments: one JSON object a line, for training and evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nlp.taxonomy import Factor, Sentiment


class LabelledDataError(ValueError):
    """A line that is not a labelled comment. Names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class LabelledComment:
    """A comment with the factors people saw in it and the sentiment towards each."""

    text: str
    factor_sentiment: Mapping[Factor, Sentiment]
    sentiment: Sentiment


def read_labelled(path: Path) -> list[LabelledComment]:
    """Read a file of lines `{"text", "factors", "sentiment", "factor_sentiment"}`.

    Raises LabelledDataError for the first line that does not follow the format.
    """
    comments = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                factors = [Factor(name) for name in row["factors"] if name != "none"]
                stances = row.get("factor_sentiment") or {}
                comments.append(
                    LabelledComment(
                        text=str(row["text"]),
                        factor_sentiment={
                            factor: Sentiment(stances.get(factor, Sentiment.NEUTRAL_MIXED))
                            for factor in factors
                        },
                        sentiment=Sentiment(row["sentiment"]),
                    )
                )
            except (ValueError, KeyError, TypeError) as error:
                raise LabelledDataError(f"{path.name}, line {number}: {error}") from None
    return comments
