"""Figures in words."""

from __future__ import annotations

import pytest

from surveyapp.disclosure.figures import SplitPart, split_of
from surveyapp.reports.view_models import AnswerShare
from surveyapp.reports.wording import answer_shares, answered_less, cautions, smallest_change

POINTS = ((1, "Never"), (2, "Once"), (3, "A few times"), (4, "Often"), (5, "Every week"))


@pytest.mark.parametrize(("n", "points"), [(10, 31), (30, 18), (100, 10), (200, 7)])
def test_the_smallest_change_that_can_be_seen_is_that_of_the_methods(n: int, points: int) -> None:
    assert smallest_change(n) == points


def test_the_best_answer_comes_first() -> None:
    split = (SplitPart(1, 1, 5), SplitPart(2, 2, 10), SplitPart(3, 3, 20), SplitPart(4, 4, 30))
    shares = answer_shares((*split, SplitPart(5, 5, 35)), POINTS, reverse=False)
    assert shares[0] == AnswerShare("Every week", 35)
    assert shares[-1] == AnswerShare("Never", 5)


def test_merged_answers_are_named_together() -> None:
    split = split_of([1, 1, 1, 15, 15])
    labels = [share.label for share in answer_shares(split, POINTS, reverse=False)]
    assert labels == ["Every week", "Often", "Never, once or a few times"]


def test_a_reversed_question_is_worded_as_it_was_answered() -> None:
    # 'Never' to a reversed question was tallied as the best answer.
    split = (SplitPart(1, 4, 20), SplitPart(5, 5, 80))
    assert answer_shares(split, POINTS, reverse=True)[0] == AnswerShare("Never", 80)


@pytest.mark.parametrize(
    ("respondents", "rate", "said"),
    [
        (None, None, []),
        (100, 80, []),
        (100, 50, []),
        (100, 45, ["half"]),
        (100, 30, ["half"]),
        (100, 25, ["indicative"]),
        (10, 80, ["31 points"]),
        (25, 20, ["20 points", "indicative"]),
    ],
)
def test_cautions(respondents: int | None, rate: int | None, said: list[str]) -> None:
    found = cautions(respondents, rate)
    assert len(found) == len(said)
    assert all(word in caution for word, caution in zip(said, found, strict=True))


def test_parts_are_named_that_answered_less_by_more_than_rounding() -> None:
    rates = [("Nursing", 40), ("Oak", 45), ("Maple", 60), ("Willow", None), ("Elm", 30)]
    assert answered_less(50, rates) == ("Elm (about 30%)", "Nursing (about 40%)")
    assert answered_less(None, rates) == ()
