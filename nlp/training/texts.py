"""What the model learns from: comments with what is known of each, from several sources."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp.flags import flags_of
from nlp.labelled import OWN_DEVELOPMENT_SET, SENTIMENT_OF_LEVEL, LabelledComment, read_labelled
from nlp.taxonomy import Factor, Flag, Sentiment

#: Labelled comments that stay with whoever trains, and those that ship with the project.
LEARNT_FROM = ("comments_train.jsonl", "comments_authored.jsonl")
AUTHORED = Path(__file__).parent / "authored"
PATIENTS = "patient_feedback.csv"
TUNED_ON = ("comments_dev.jsonl", "comments_authored_dev.jsonl")

#: Of these, the one in the voice of care staff, which ships with the project as well.
STAFFS_OWN = OWN_DEVELOPMENT_SET.name

#: The source of what was written for this project, in the voice of care staff, and of an
#: organisation's own corrections.
OWN = "authored"

#: Sources that are neither comments of staff nor reviews of work.
PIECES = "pieces"
MIXED = "mixed"
NEITHER = ("patients", PIECES, MIXED)

#: Comments of these sources are under no clear licence; training can do without them.
REVIEW_SITES = ("indeed", "glassdoor")

@dataclass(frozen=True, slots=True)
class Example:
    """A text and what is known of it; None where nobody has said.

    `level` is 0 (very positive) to 4 (very negative).
    """

    text: str
    stances: Mapping[Factor, Sentiment] | None = None
    sentiment: Sentiment | None = None
    level: int | None = None
    concern: bool | None = None
    source: str = OWN


def read_examples(
    data: Path | None, *, extra: Sequence[Path] = (), review_sites: bool = True
) -> list[Example]:
    """Every text to learn from, each once: the comments of `data` and the training part of its patients'
    feedback, those that ship with the project, and an organisation's own corrections (`extra`).

    Raises OSError when a file of `data` is missing and LabelledDataError for a line that does not
    follow the format.
    """
    given = [data / name for name in LEARNT_FROM] if data else []
    paths = [*given, *sorted(AUTHORED.glob("*.jsonl")), *extra]
    examples: dict[str, Example] = {}
    for path in paths:
        for example in _read(path):
            if review_sites or example.source not in REVIEW_SITES:
                examples.setdefault(example.text, example)
    for example in read_patients(data / PATIENTS, split="train") if data else ():
        examples.setdefault(example.text, example)
    return list(examples.values())


def development_sets(data: Path | None) -> list[Path]:
    """The comments on which thresholds are set: those of `data`, or the set that ships."""
    return [data / name for name in TUNED_ON] if data else [OWN_DEVELOPMENT_SET]


def _read(path: Path) -> list[Example]:
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return [
        Example(
            text=comment.text,
            stances=comment.factor_sentiment,
            sentiment=comment.sentiment,
            concern=_concern(row, comment),
            source=str(row.get("source", OWN)),
        )
        for row, comment in zip(rows, read_labelled(path), strict=True)
    ]


def _concern(row: Mapping[str, object], comment: LabelledComment) -> bool | None:
    """As labelled; where nobody looked for concerns, a comment without any telling word has none."""
    if "concern" in row:
        return bool(row["concern"])
    return None if Flag.CONCERN in flags_of(comment.text) else False


def read_patients(path: Path, *, split: str) -> list[Example]:
    """Patients' feedback of one part of the file: 'train' or 'test'. Level where one was given."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    examples = []
    for row in rows:
        level = int(row["sentiment5"]) - 1 if row["sentiment5"] else None
        examples.append(
            Example(
                text=row["text"],
                sentiment=None if level is None else SENTIMENT_OF_LEVEL[level],
                level=level,
                source="patients",
            )
        )
    return examples
