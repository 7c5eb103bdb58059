"""A unit over several pulses (B5)."""

from __future__ import annotations

from surveyapp.reports.history import Moment, shown_scores, trends
from tests.factories.moments import moment, pulse, result

LOW, HIGH = (20, 20, 0, 0, 0), (0, 0, 0, 20, 20)


def test_only_anchor_questions_are_followed() -> None:
    (trend,) = trends([moment(1, {"LEA1": LOW, "LEA2": LOW}), moment(2, {"LEA1": HIGH, "LEA3": HIGH})])
    assert trend.code == "LEA1" and trend.factor == "Leadership"
    assert [point.figure.score.value for point in trend.points if point.figure] == [15, 90]


def test_a_pulse_that_shows_nothing_leaves_a_gap() -> None:
    (trend,) = trends(
        [moment(1, {"LEA1": LOW}), moment(2, None, asked=["LEA1"]), moment(3, {"LEA1": HIGH})]
    )
    assert [point.figure is None for point in trend.points] == [False, True, False]


def test_a_question_never_shown_is_left_out() -> None:
    assert trends([moment(1, None, asked=["LEA1"]), moment(2, {"COM1": LOW})])[0].code == "COM1"


def test_new_words_break_the_line_and_what_is_counted_from_it() -> None:
    earlier = Moment(pulse(1, {"LEA1": "Other words."}), result({"LEA1": LOW}))
    (trend,) = trends([earlier, moment(2, {"LEA1": HIGH}), moment(3, {"LEA1": HIGH})])
    assert [point.is_reworded for point in trend.points] == [False, True, False]
    assert shown_scores(trend) == (90, 90)


def test_factors_stand_in_the_library_s_order() -> None:
    found = trends([moment(1, {"FBK1": LOW, "LEA1": LOW, "MEN1": LOW})])
    assert [trend.code for trend in found] == ["LEA1", "MEN1", "FBK1"]
