"""A CommentAnalysis as a line of JSON and as cells of a table."""

from __future__ import annotations

from typing import Any

from nlp.tables import Id
from nlp.taxonomy import FACTORS
from nlp.types import CommentAnalysis

#: Digits of a probability that are written: more would pretend to be known.
_DIGITS = 4

#: The columns of a table, in order.
COLUMNS = (
    *("id", "redacted", "sentiment", "factors", "flags", "language", "model"),
    *(f"{f}_{what}" for f in FACTORS for what in ("probability", "assigned", "sentiment", "evidence")),
)


def record_of(row_id: Id, analysis: CommentAnalysis) -> dict[str, Any]:
    """What a JSON line holds. `evidence` counts characters of `redacted`, start and end; `language`
    is there where the comment is in another one than English that can be told."""
    record: dict[str, Any] = {
        "id": row_id,
        "factors": {
            str(reading.factor): {
                "probability": round(reading.probability, _DIGITS),
                "assigned": reading.assigned,
                "sentiment": str(reading.sentiment),
                "evidence": [reading.quote_start, reading.quote_end],
            }
            for reading in analysis.factors
        },
        "sentiment": str(analysis.sentiment),
        "redacted": analysis.text,
        "flags": [str(flag) for flag in analysis.flags],
        "model": analysis.model_version,
    }
    return record | ({"language": analysis.language} if analysis.language else {})


def cells_of(row_id: Id, analysis: CommentAnalysis) -> dict[str, Any]:
    """The same by `COLUMNS`. Sentiment and words of evidence stand with assigned factors only."""
    cells: dict[str, Any] = {
        "id": row_id,
        "redacted": analysis.text,
        "sentiment": str(analysis.sentiment),
        "factors": [str(reading.factor) for reading in analysis.findings],
        "flags": [str(flag) for flag in analysis.flags],
        "language": analysis.language,
        "model": analysis.model_version,
    }
    for reading in analysis.factors:
        quote = analysis.text[reading.quote_start : reading.quote_end]
        cells |= {
            f"{reading.factor}_probability": round(reading.probability, _DIGITS),
            f"{reading.factor}_assigned": reading.assigned,
            f"{reading.factor}_sentiment": str(reading.sentiment) if reading.assigned else None,
            f"{reading.factor}_evidence": quote if reading.assigned else None,
        }
    return cells
