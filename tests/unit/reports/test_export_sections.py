"""What documents say of a report: the page's figures and words, and one explanation for the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.exporting.blocks import Chart, Section, Series, Table
from surveyapp.reports.exporting.deck import ROWS, slides
from surveyapp.reports.exporting.findings import finding
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.exporting.sections import sections
from surveyapp.reports.view_models import Overview, UnitReport
from tests.factories.unit_reports import NOTHING, PULSE, SURVEY


def _of(report: UnitReport, heading: str) -> Section:
    (section,) = [section for section in sections(report) if section.heading == heading]
    return section


def _table(report: UnitReport, heading: str) -> Table:
    (table,) = _of(report, heading).tables
    return table


def _short(words: str) -> str:
    return words.removesuffix(" This covers chance only, not who chose to reply.")


def test_every_question_stands_in_its_table_as_shown() -> None:
    table = _table(PULSE, "Scores of each question")
    for row, question in zip(table.rows, PULSE.questions, strict=True):
        figure = question.figure
        expected = (
            f"{question.number}. {question.text}",
            question.factor,
            figure.score.words if figure else "Not shown",
            _short(figure.score_precision.words) if figure else "Not shown",
            figure.favourable.words if figure and figure.favourable else "Not shown",
            question.change.words if question.change else "–",
        )
        assert row == expected
    assert table.note == SUPPRESSED
    assert table.caption.endswith("covers chance only, not who chose to reply.")
    whole = replace(PULSE, questions=tuple(q for q in PULSE.questions if q.figure))
    assert _table(whole, "Scores of each question").note == ""


def test_every_other_part_stands_in_its_table_as_shown() -> None:
    assert _table(SURVEY, "Scores of each area").rows[0][:2] == ("Leadership", "60")
    assert _table(PULSE, "This quarter").rows == (
        ("Feedback", "61", "Could easily be 8 points higher or lower.", "–"),
        ("Leadership", "Not shown", "Not shown", "–"),
    )
    assert _table(PULSE, "What people say in their own words").rows == (
        ("Communication and collaboration", "4", "5", "6"),
        ("Feedback", "1", "0", "0"),
        ("No theme found", "7", "8", "9"),
    )
    (split,) = _of(PULSE, "How people answered").tables
    assert split.rows == (("Strongly agree", "25%"), ("Agree", "50%"), ("Other", "25%"))
    assert _of(SURVEY, "Nurses").lead == (
        "About 25 people answered. That is about 60% of this group.",
    )
    assert [table.head[0] for table in _of(SURVEY, "Nurses").tables] == ["Area", "Question"]


def test_a_part_that_the_page_does_not_have_is_not_there() -> None:
    bare = replace(PULSE, overview=None, quarter=(), asks_for_comments=False, themes=())
    assert [section.heading for section in sections(bare)] == [
        "Scores of each question",
        "How people answered",
    ]


@pytest.mark.parametrize(
    ("overview", "said"),
    [
        (PULSE.overview, "This stands out from chance:"),
        (Overview((), comparisons=1), "Nothing stands out from chance."),
        (Overview((), comparisons=0), "There is no earlier pulse"),
    ],
)
def test_what_stands_out_comes_first(overview: Overview, said: str) -> None:
    first = sections(replace(PULSE, overview=overview))[0]
    assert first.heading == "In short" and first.lead[0].startswith(said)
    assert all(words in first.lead for words in overview.stands_out)
    compared = " ".join(first.lead)
    assert ("1 comparison with earlier pulses was made." in compared) == (overview.comparisons == 1)
    assert ("3 comparisons with earlier pulses were" in compared) == (overview.comparisons == 3)
    assert ("Night staff (about 20%)" in compared) == bool(overview.answered_less)


def test_comments_that_cannot_be_shown_say_so_in_the_words_of_the_page() -> None:
    heading = "What people say in their own words"
    none = replace(PULSE, themes=())
    assert _of(none, heading) == Section(heading, (SUPPRESSED,))
    unread = replace(none, is_complete=False)
    assert _of(unread, heading).lead == ("No comments can be shown yet.",)


def test_a_report_that_is_not_shown_has_one_explanation_and_names_no_unit() -> None:
    (section,) = sections(NOTHING)
    assert section.lead == (SUPPRESSED,) and not section.tables
    first = opening(NOTHING)
    assert (first.title, first.unit, first.how) == ("Spring pulse", "", ())
    assert first.words == ("This pulse closed on 1 March 2026.",)


def test_a_chart_in_words_says_every_bar() -> None:
    scores, themes = (
        _table(PULSE, heading).chart
        for heading in ("Scores of each question", "What people say in their own words")
    )
    assert scores is not None and themes is not None
    assert scores.in_words == (
        "Score of each question. 1. Feedback: 70; 2. Leadership: Not shown; "
        "3. Mentorship: 95 or more; 4. Recognition: 30."
    )
    assert themes.in_words == (
        "What comments say of each theme. Communication and collaboration: 4 good, 5 mixed, 6 poor; "
        "Feedback: 1 good, 0 mixed, 0 poor."
    )


def _scores(*values: int | None) -> Chart:
    words = tuple("Not shown" if value is None else str(value) for value in values)
    return Chart("Scores", tuple("ABCD"[: len(values)]), (Series("Score", values, words),), 100)


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (_scores(None, None), ""),
        (_scores(60, None, 60), "All scores that are shown are alike: 60."),
        (_scores(40, 70, None, 40), "Highest, at 70: B. Lowest, at 40: A; D."),
    ],
)
def test_a_finding_says_no_more_than_the_chart(chart: Chart, said: str) -> None:
    assert finding(chart).startswith(said) and bool(finding(chart)) == bool(said)


def test_slides_are_a_handful_and_say_what_to_be_careful_of() -> None:
    drawn = slides(SURVEY)
    assert len(drawn) <= 10
    assert all(slide.title for slide in drawn)
    (areas,) = [slide for slide in drawn if slide.title == "Scores of each area"]
    assert areas.table is not None and areas.table.head == ("Area", "Score")
    said = " ".join(areas.notes)
    assert "Highest, at 75: Feedback" in said
    assert "Leadership: Likely between 54 and 66." in said
    assert "Fewer than half of the people asked" in said and SUPPRESSED in said


def test_a_long_table_goes_on_on_the_next_slide_and_loses_no_row() -> None:
    many = replace(SURVEY, scales=())
    parts = [slide for slide in slides(many) if slide.title.startswith("Scores of each question")]
    assert [slide.title[-8:] for slide in parts] == ["(1 of 3)", "(2 of 3)", "(3 of 3)"]
    tables = [slide.table for slide in parts if slide.table]
    rows = [row[0] for table in tables for row in table.rows]
    assert rows == [f"{q.number}. {q.text}" for q in many.questions]
    charts = [table.chart for table in tables if table.chart]
    bars = [name for chart in charts for name in chart.names]
    assert len(bars) == len(rows) and all(len(chart.names) <= ROWS for chart in charts)
