"""Labelled comments, for training and evaluation: with factors, or rated on five points."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nlp.tables import BadRow, BlankRow, read_rows
from nlp.taxonomy import Factor, Sentiment

#: The development set that ships with the project.
OWN_DEVELOPMENT_SET = Path(__file__).parent / "evaluation_data" / "comments_authored_dev.jsonl"

#: What five points, 0 (very positive) to 4 (very negative), say in three.
SENTIMENT_OF_LEVEL = (
    Sentiment.POSITIVE,
    Sentiment.POSITIVE,
    Sentiment.NEUTRAL_MIXED,
    Sentiment.NEGATIVE,
    Sentiment.NEGATIVE,
)


class LabelledDataError(ValueError):
    """A line that is not a labelled comment. Names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class LabelledComment:
    """A comment with the factors people saw in it and the sentiment towards each.

    `id` is the file's own, or the number of the line.
    """

    text: str
    factor_sentiment: Mapping[Factor, Sentiment]
    sentiment: Sentiment
    id: str = ""


@dataclass(frozen=True, slots=True)
class RatedComment:
    """A comment rated on five points: `level` is 0 (very positive) to 4 (very negative)."""

    text: str
    level: int
    id: str

    @property
    def sentiment(self) -> Sentiment:
        """The same on three points."""
        return SENTIMENT_OF_LEVEL[self.level]


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
                        id=str(row.get("id", number)),
                    )
                )
            except (ValueError, KeyError, TypeError) as error:
                raise LabelledDataError(f"{path.name}, line {number}: {error}") from None
    return comments


def read_rated(path: Path, *, split: str | None = None) -> list[RatedComment]:
    """Read a CSV file with the columns id, text, sentiment5 (1, very positive, to 5) and split.

    Rows without text or a rating are left out, and with `split` those of another part. Raises
    TableError when there is no such file or text, LabelledDataError for the first row that does not
    follow the format, and when none is left.
    """
    comments = []
    for row in read_rows(path):
        if isinstance(row, BadRow):
            raise LabelledDataError(f"{path.name}, line {row.line}: {row.reason}. {row.remedy}.")
        if isinstance(row, BlankRow):
            continue
        if missing := {"sentiment5", *(["split"] if split else [])} - row.values.keys():
            raise LabelledDataError(f"{path.name} has no column {', '.join(sorted(missing))}")
        rating = row.values["sentiment5"].strip()
        if not rating or (split and row.values["split"] != split):
            continue
        if rating not in {"1", "2", "3", "4", "5"}:
            raise LabelledDataError(
                f"{path.name}, line {row.line}: sentiment5 is '{rating}', not 1 to 5 or blank"
            )
        comments.append(RatedComment(row.text, int(rating) - 1, str(row.id or row.line)))
    if not comments:
        raise LabelledDataError(f"{path.name}: no rated comment" + (f" of split '{split}'" if split else ""))
    return comments
