"""Labels of a comment: stored and read back, whose count, and how certain a reading is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.taxonomy import FACTORS, SENTIMENTS, Factor, Flag, Sentiment
from surveyapp.comments.labels import (
    ASKS_FOR_PERSON,
    Labels,
    Theme,
    of_reading,
    stored_certainty,
    themes_said,
)

labels = st.builds(
    Labels,
    st.dictionaries(st.sampled_from(FACTORS), st.sampled_from(SENTIMENTS)),
    st.sampled_from(SENTIMENTS),
)
distances = st.floats(0, 1)


@given(labels)
def test_labels_come_back_from_the_database_as_they_were(given_labels: Labels) -> None:
    stored = json.loads(json.dumps(given_labels.to_json()))
    assert Labels.from_json(stored) == given_labels
    assert list(given_labels.to_json()["factors"]) == [one for one in FACTORS if one in given_labels.factors]


def test_the_labels_of_a_reading() -> None:
    found = [{"factor": "feedback", "sentiment": "negative", "quote_start": 0, "quote_end": 4}]
    assert of_reading("positive", found) == Labels({Factor.FEEDBACK: Sentiment.NEGATIVE}, Sentiment.POSITIVE)


@given(labels)
def test_what_a_person_says_counts_and_keeps_sentences_that_the_model_found(said: Labels) -> None:
    read = [Theme(Factor.FEEDBACK, "neutral_mixed", 3, 9), Theme(Factor.LEADERSHIP, "positive", 0, 2)]
    themes = themes_said(said, read)
    assert {theme.factor: theme.sentiment for theme in themes} == said.factors
    places = {theme.factor: (theme.quote_start, theme.quote_end) for theme in themes}
    for factor, place in places.items():
        assert place == {Factor.FEEDBACK: (3, 9), Factor.LEADERSHIP: (0, 2)}.get(factor, (0, 0))


@given(distances, distances)
def test_all_that_asks_for_a_person_comes_before_all_that_does_not(unsure: float, sure: float) -> None:
    assert (
        0
        <= stored_certainty(unsure, [Flag.CONCERN, Flag.NEEDS_PERSON])
        < ASKS_FOR_PERSON
        <= stored_certainty(sure, [Flag.CONCERN])
        <= 1
    )


@pytest.mark.parametrize("flags", [[], [Flag.NEEDS_PERSON]])
@given(distances, distances)
def test_a_nearer_decision_is_never_more_certain(flags: list[Flag], one: float, other: float) -> None:
    nearer, further = sorted((one, other))
    assert stored_certainty(nearer, flags) <= stored_certainty(further, flags)
