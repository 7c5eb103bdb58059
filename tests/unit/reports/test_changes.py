"""What a report says of change (E1, E4, E5, E7), and what it does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.periods import PeriodScore
from surveyapp.reports import contents
from surveyapp.reports.changes import LastQuarter, with_changes
from surveyapp.reports.history import Moment
from surveyapp.reports.view_models import QuarterRow, UnitReport
from tests.factories.moments import Counts, moment, pulse, result

LOW, MIDDLE, HIGH = (40, 40, 20, 0, 0), (10, 20, 40, 20, 10), (0, 0, 20, 40, 40)


def report_of(moments: Sequence[Moment], last: LastQuarter | None = None) -> UnitReport:
    now = moments[-1]
    assert now.result is not None
    report = contents.scores(now.wave, Tree({7: None}), now.result, ())
    return with_changes(report, moments, last)


def words_of(report: UnitReport) -> dict[str, str]:
    return {q.code: q.change.words for q in report.questions if q.change}


def said(report: UnitReport) -> tuple[str, ...]:
    assert report.overview is not None
    return report.overview.stands_out


def months(*counts: Mapping[str, Counts]) -> list[Moment]:
    return [moment(number, own) for number, own in enumerate(counts, start=1)]


def test_a_clear_change_is_said_with_both_scores_and_stands_out() -> None:
    report = report_of(months({"LEA1": LOW}, {"LEA1": HIGH}))
    assert words_of(report) == {"LEA1": "Clear rise since January 2026, from 20 to 80."}
    assert said(report) == ("Leadership (question 1): clear rise since January 2026, from 20 to 80.",)


def test_no_clear_change_says_what_would_have_been_one() -> None:
    report = report_of(months({"LEA1": MIDDLE}, {"LEA1": MIDDLE}))
    words = "No clear change since January 2026. A change of less than about 10 points can easily be missed."
    assert words_of(report) == {"LEA1": words}
    assert said(report) == () and report.overview and report.overview.comparisons == 1


def test_a_large_difference_between_few_people_is_no_change() -> None:
    """Ten people: 25 points are within chance, though they look like much."""
    few, fewer = (1, 2, 3, 3, 1), (3, 3, 3, 1, 0)
    report = report_of(months({"LEA1": few}, {"LEA1": fewer}))
    assert "No clear change" in words_of(report)["LEA1"] and said(report) == ()


def test_questions_that_take_turns_are_not_compared() -> None:
    report = report_of(months({"LEA1": LOW, "LEA2": LOW}, {"LEA1": LOW, "LEA2": HIGH}))
    assert words_of(report)["LEA2"] == "Asked in turn with other questions, so not compared."
    assert report.overview and report.overview.comparisons == 1


def test_the_newest_pulse_that_shows_the_question_is_the_one_compared_with() -> None:
    moments = [
        *months({"LEA1": LOW}, {"LEA1": HIGH}),
        moment(3, None, asked=["LEA1"]),
        moment(4, {"LEA1": HIGH}),
    ]
    assert "since February 2026" in words_of(report_of(moments))["LEA1"]


def test_other_words_are_another_question() -> None:
    reworded = Moment(pulse(1, {"LEA1": "Other words."}), result({"LEA1": LOW}))
    report = report_of([reworded, moment(2, {"LEA1": HIGH})])
    assert words_of(report) == {"LEA1": "Nothing to compare with yet."}


def test_a_question_that_is_not_shown_says_nothing() -> None:
    now = Moment(pulse(2, {"LEA1": None, "COM1": None}), result({"COM1": HIGH}))
    report = report_of([moment(1, {"LEA1": LOW, "COM1": HIGH}), now])
    assert report.questions[0].change is None


def test_at_most_three_things_stand_out() -> None:
    codes = ("LEA1", "COM1", "LRN1", "REC1", "MEN1")
    report = report_of(months(dict.fromkeys(codes, LOW), dict.fromkeys(codes, HIGH)))
    assert len(said(report)) == 3 and report.overview and report.overview.comparisons == 5


def test_many_comparisons_ask_for_more_of_each() -> None:
    """A change that stands out alone does not beside four others that are nothing (E5)."""
    before, after = (10, 20, 40, 20, 10), (4, 15, 41, 25, 15)
    alone = report_of(months({"LEA1": before}, {"LEA1": after}))
    assert len(said(alone)) == 1
    others = dict.fromkeys(("COM1", "LRN1", "REC1", "MEN1"), before)
    among = report_of(months({"LEA1": before, **others}, {"LEA1": after, **others}))
    assert said(among) == ()


def test_a_long_run_on_one_side_stands_out_though_no_step_does() -> None:
    usual, above = (3, 3, 4, 3, 2), (1, 2, 3, 5, 4)
    report = report_of(months(*[{"LEA1": usual}] * 6, *[{"LEA1": above}] * 12))
    (words,) = said(report)
    assert words == (
        "Leadership: above its usual level in each of the last 12 pulses that asked about it."
    )


def test_a_short_run_is_chance() -> None:
    usual, above = (3, 3, 4, 3, 2), (2, 3, 3, 4, 3)
    assert said(report_of(months(*[{"LEA1": usual}] * 6, *[{"LEA1": above}] * 6))) == ()


@pytest.mark.parametrize(("now", "verdict"), [(52, "No clear change"), (75, "Clear rise")])
def test_a_quarter_is_compared_with_one_that_asked_the_same(now: int, verdict: str) -> None:
    last = LastQuarter(
        datetime(2026, 3, 20, tzinfo=UTC), [QuarterRow("Leadership", PeriodScore(50, 6, ""), "F1")]
    )
    moments = months({"LEA1": MIDDLE})
    report = report_of(moments)
    row = QuarterRow("Leadership", PeriodScore(now, 6, ""), "F1")
    report = with_changes(replace(report, quarter=(row,)), moments, last)
    (found,) = report.quarter
    assert found.change and found.change.words.startswith(
        f"{verdict} since the quarter that ended in March 2026"
    )
