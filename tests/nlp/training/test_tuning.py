"""Thresholds and temperatures, chosen on development sets. The network is a stand-in with set answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.components import sigmoid
from nlp.encoder import Encoded
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, Sentiment
from nlp.training.tuning import MOST_FLAGGED, NEEDS_PERSON, concern_threshold, tune

_LOGITS = st.lists(st.floats(-8, 8, width=32), min_size=40, max_size=120)


def _flagged(logits: Sequence[float], threshold: float) -> int:
    return int((sigmoid(np.array(logits), 1.0) >= threshold).sum())


@given(_LOGITS)
def test_the_head_flags_no_more_than_its_share(logits: list[float]) -> None:
    threshold = concern_threshold((f"An ordinary day, number {i}", x) for i, x in enumerate(logits))
    assert _flagged(logits, threshold) <= MOST_FLAGGED * len(logits)


@given(_LOGITS)
def test_what_wordings_flag_is_taken_from_the_share(logits: list[float]) -> None:
    bullied = [("My manager bullies me every day", -8.0)] * 2
    ordinary = [(f"An ordinary day, number {i}", x) for i, x in enumerate(logits)]
    threshold = concern_threshold([*bullied, *ordinary])
    left = max(0, int(MOST_FLAGGED * (len(logits) + 2)) - 2)
    assert _flagged(logits, threshold) <= left


class _SetAnswers:
    """Factor 0 has the given logit for each comment, everything else is absent."""

    def __init__(self, logits: Sequence[float]) -> None:
        self._logits = logits

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        return [
            Encoded(
                factor_logits=np.array([logit, *[-6.0] * 6], dtype=np.float32),
                stance_logits=np.zeros((7, 3), dtype=np.float32),
                overall_logits=np.array([2, 0, 0], dtype=np.float32),
                attention=(),
                token_places=(),
                concern_logit=-5.0,
            )
            for logit, _ in zip(self._logits, texts, strict=True)
        ]


@pytest.fixture
def tuned() -> dict[str, Any]:
    logits = [3.0] * 20 + [0.5] * 10 + [-0.5] * 10 + [-3.0] * 60
    rows = [
        LabelledComment(
            text=f"An ordinary day, number {i}",
            factor_sentiment={FACTORS[0]: Sentiment.POSITIVE} if i < 25 else {},
            sentiment=Sentiment.POSITIVE,
        )
        for i in range(len(logits))
    ]
    encoder: Any = _SetAnswers(logits)
    return tune({"all": rows}, encoder, staffs_own="none")[0]


def test_a_threshold_lies_where_most_are_right(tuned: dict[str, Any]) -> None:
    # Of the ten comments at 0.5 half have the factor, of those at -0.5 none.
    low, high = sigmoid(np.array([-0.5, 3.0]), tuned["temperatures"]["factors"])
    assert low < tuned["thresholds"][FACTORS[0]] <= high


def test_a_fifth_asks_for_a_person(tuned: dict[str, Any]) -> None:
    assert NEEDS_PERSON == 0.2
    assert 0 < tuned["person_below"] < 1


def test_reviews_and_staffs_own_voice_have_thresholds_of_their_own() -> None:
    def comments(has: Sequence[bool]) -> list[LabelledComment]:
        return [
            LabelledComment(
                text=f"An ordinary day, number {i}",
                factor_sentiment={FACTORS[0]: Sentiment.POSITIVE} if each else {},
                sentiment=Sentiment.POSITIVE,
            )
            for i, each in enumerate(has)
        ]

    logits = [2.0] * 20 + [0.0] * 20 + [-2.0] * 40
    sets = {"reviews": comments([True] * 40 + [False] * 40), "staff": comments([True] * 20 + [False] * 60)}
    encoder: Any = _SetAnswers(logits)
    found = tune(sets, encoder, staffs_own="staff")[0]
    middle = sigmoid(np.array(0.0), found["temperatures"]["factors"])
    assert found["thresholds"][FACTORS[0]] <= middle < found["staff_thresholds"][FACTORS[0]]


def test_sentiments_that_are_found_too_often_are_held_back(tuned: dict[str, Any]) -> None:
    # All are positive, and the network finds each sentiment alike.
    positive, *others = tuned["stance_shift"]
    assert positive > 0 > max(others)
