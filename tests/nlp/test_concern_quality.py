"""How many concerns the whole pipeline flags, and how much else, in words that nothing learnt from.

`blind` and `long` were written by hands that knew neither wordings nor training; in `long` and `long_b` a
concern is one clause of a comment on other matters.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp.pipeline import Pipeline, load
from nlp.taxonomy import Flag

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "concerns.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load()


def share_flagged(pipeline: Pipeline, part: str, *, concern: bool) -> float:
    texts = [row["text"] for row in ROWS if row["part"] == part and row["concern"] == concern]
    return sum(Flag.CONCERN in said.flags for said in pipeline.analyse(texts)) / len(texts)


@pytest.mark.parametrize(
    ("part", "least"),
    [
        ("open", 0.95),
        ("kept", 0.85),
        ("unseen", 0.82),
        ("blind", 0.82),
        ("long", 0.82),
        ("long_b", 0.92),
    ],
)
def test_most_concerns_are_flagged(pipeline: Pipeline, part: str, least: float) -> None:
    assert share_flagged(pipeline, part, concern=True) >= least


@pytest.mark.parametrize(
    ("part", "most"),
    [("open", 0.15), ("kept", 0.12), ("unseen", 0.15), ("blind", 0.2), ("long_b", 0.15)],
)
def test_few_comments_made_to_tempt_are_flagged(pipeline: Pipeline, part: str, most: float) -> None:
    assert share_flagged(pipeline, part, concern=False) <= most
