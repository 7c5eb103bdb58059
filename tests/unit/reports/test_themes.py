"""Counting what comments speak of."""

from __future__ import annotations

import json

import pytest

from surveyapp.comments.services import Factor, ReleasedComment, Sentiment, Theme
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.reports import themes
from surveyapp.reports.view_models import ThemeRow
from surveyapp.reports.wording import NO_THEME

#: 1 above 2 and 3, 3 above 4.
TREE = Tree({1: None, 2: 1, 3: 1, 4: 3})


def _comment(unit_id: int, *found: tuple[Factor, Sentiment]) -> ReleasedComment:
    return ReleasedComment(
        item_id="OPN1",
        unit_id=unit_id,
        text="words",
        sentiment=Sentiment.NEGATIVE,
        needs_person=False,
        themes=tuple(Theme(factor, sentiment, 0, 5) for factor, sentiment in found),
    )


def test_a_unit_counts_its_own_comments_and_those_below() -> None:
    comments = [
        _comment(2, (Factor.FEEDBACK, Sentiment.POSITIVE)),
        _comment(4, (Factor.FEEDBACK, Sentiment.NEGATIVE), (Factor.LEADERSHIP, Sentiment.POSITIVE)),
        _comment(4, (Factor.FEEDBACK, Sentiment.NEUTRAL_MIXED)),
        _comment(1),
    ]
    counted = themes.count_by_unit(comments, TREE, {1, 2, 3})
    assert counted.keys() == {1, 2, 3}
    assert counted[1] == (
        ThemeRow("feedback", "Feedback", positive=1, mixed=1, negative=1),
        ThemeRow("leadership", "Leadership", positive=1, mixed=0, negative=0),
        ThemeRow(NO_THEME, "No theme found", positive=0, mixed=0, negative=1),
    )
    assert [row.total for row in counted[2]] == [1]
    assert [row.total for row in counted[3]] == [2, 1]


def test_without_comments_there_are_no_themes() -> None:
    assert themes.count_by_unit([], TREE, {1, 2}) == {1: (), 2: ()}


def test_stored_counts_read_back_as_they_were() -> None:
    counted = themes.count_by_unit(
        [_comment(2, (Factor.MENTORSHIP, Sentiment.POSITIVE)), _comment(2)], TREE, {1, 2}
    )
    stored = json.loads(json.dumps(themes.to_json(counted)))
    assert {unit: themes.from_json(stored, unit) for unit in counted} == counted
    assert themes.from_json(stored, 99) == ()


@pytest.mark.parametrize("code", ["", "nonsense", "LEADERSHIP", "None"])
def test_an_unknown_factor_is_refused(code: str) -> None:
    with pytest.raises(ValueError):
        themes.factor_of(code)
