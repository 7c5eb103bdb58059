"""What stands beside a report's own figures, in files: other pulses, and what goes with what."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from surveyapp.disclosure.figures import CHANCE_ONLY
from surveyapp.disclosure.relations import Relation
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports import contents
from surveyapp.reports.exporting import sav_file
from surveyapp.reports.exporting.blocks import Section
from surveyapp.reports.exporting.cells import as_number
from surveyapp.reports.exporting.deck import PULSES, Slide, slides
from surveyapp.reports.exporting.formats import Format, exported
from surveyapp.reports.exporting.sections import sections
from surveyapp.reports.exporting.tidy import GOES_WITH, SCORE_OVER_TIME, tidy_rows
from surveyapp.reports.view_models import Trend, TrendView, UnitReport
from tests.factories.moments import pulse
from tests.factories.unit_reports import FOLLOWED, NOTHING, PULSE, TRENDS
from tests.support import office_files

WORDED_ANEW, STEADY, ONCE = TRENDS


def _with(*trends: Trend) -> UnitReport:
    assert FOLLOWED.over_time is not None
    return replace(FOLLOWED, over_time=replace(FOLLOWED.over_time, trends=trends))


def _section(report: UnitReport, heading: str) -> Section:
    (section,) = [section for section in sections(report) if section.heading == heading]
    return section


def _slide(report: UnitReport, title: str) -> Slide:
    (slide,) = [slide for slide in slides(report) if slide.title == title]
    return slide


def _score(trend: Trend, place: int) -> str:
    figure = trend.points[place].figure
    assert figure is not None
    return figure.score.words


# ---------------------------------------------------------------- documents


def test_each_followed_question_has_a_table_of_its_pulses() -> None:
    anew, steady, once = _section(FOLLOWED, "Over time").tables
    assert anew.title == "Feedback: I can ask for help."
    assert anew.head == ("Pulse that closed on", "Wording", "Score", "How sure we are")
    assert [row[:3] for row in anew.rows] == [
        ("1 January 2026", "–", _score(WORDED_ANEW, 0)),
        ("1 February 2026", "–", "Not shown"),
        ("1 March 2026", "The question was worded anew here", _score(WORDED_ANEW, 2)),
        ("1 April 2026", "–", _score(WORDED_ANEW, 3)),
    ]
    assert anew.rows[1][3] == "Not shown" and anew.note == SUPPRESSED
    assert steady.head == ("Pulse that closed on", "Score", "How sure we are")
    assert len(steady.rows) == 2 and steady.note == ""
    assert once.title == "Asked once so far" and once.rows == (("Recognition", "My work is seen."),)


def test_without_a_second_pulse_there_is_nothing_to_follow() -> None:
    for report in (PULSE, _with(ONCE), _with()):
        assert "Over time" not in [section.heading for section in sections(report)]
        assert SCORE_OVER_TIME not in {row.measure for row in tidy_rows(report)}
        assert sav_file.OVER_TIME not in {case.part for case in sav_file.cases(report)}


def test_the_pdf_has_the_page_s_own_line_with_words_instead() -> None:
    with pikepdf.open(io.BytesIO(exported(FOLLOWED, Format.PDF).content)) as pdf:
        alternatives = [
            str(found.Alt)
            for found in pdf.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/S") == "/Figure"
        ]
    (line,) = [words for words in alternatives if words.startswith("Score in each pulse")]
    assert line == (
        f"Score in each pulse. Jan 2026: {_score(WORDED_ANEW, 0)}; Feb 2026: Not shown; "
        f"Mar 2026, worded anew: {_score(WORDED_ANEW, 2)}; Apr 2026: {_score(WORDED_ANEW, 3)}."
    )


def test_a_line_on_a_slide_is_broken_where_the_words_changed_and_where_nothing_is_shown() -> None:
    lines = [
        chart
        for chart in office_files.slide_charts(exported(FOLLOWED, Format.PPTX).content)
        if "LINE" in str(chart.chart_type)
    ]
    anew, steady = lines
    assert [(series.name, list(series.values)) for series in anew.plots[0].series] == [
        ("Score in wording 1", [int(_score(WORDED_ANEW, 0)), None, None, None]),
        (
            "Score in wording 2",
            [None, None, int(_score(WORDED_ANEW, 2)), int(_score(WORDED_ANEW, 3))],
        ),
    ]
    assert list(anew.plots[0].categories) == [
        "Jan 2026",
        "Feb 2026: not shown",
        "Mar 2026, worded anew",
        "Apr 2026",
    ]
    assert anew._chartSpace.find(".//{*}dispBlanksAs").get("val") == "gap"
    (series,) = steady.plots[0].series
    assert (series.name, list(series.values)) == ("Score", [95, int(_score(STEADY, 1))])


def test_notes_say_how_sure_we_are_of_each_pulse_and_make_no_finding_of_a_line() -> None:
    said = _slide(FOLLOWED, "Feedback: I can ask for help.").notes
    assert "1 February 2026: Not shown" in said
    assert any(re.match(r"1 March 2026: Likely between \d+ and \d+\.", words) for words in said)
    assert not any("Highest" in words or "alike" in words for words in said)


def test_a_long_past_goes_on_on_the_next_slide_and_loses_no_pulse() -> None:
    points = (*WORDED_ANEW.points, *STEADY.points) * 6
    long = replace(WORDED_ANEW, points=points)
    parts = [slide.table for slide in slides(_with(long)) if slide.title.startswith("Feedback: I can")]
    assert [len(table.rows) for table in parts if table] == [PULSES, PULSES, PULSES]
    charts = [table.chart for table in parts if table and table.chart]
    assert [is_break for chart in charts for is_break in chart.breaks] == [
        point.is_reworded for point in points
    ]
    drawn = office_files.slide_charts(exported(_with(long), Format.PPTX).content)
    lines = [chart for chart in drawn if "LINE" in str(chart.chart_type)]
    values = [_joined(chart) for chart in lines]
    assert [value for line in values for value in line] == [
        point.figure.score.value if point.figure else None for point in points
    ]


def _joined(chart: Any) -> list[float | None]:
    """A line in one, of its pieces."""
    pieces = [series.values for series in chart.plots[0].series]
    return [next((v for v in at if v is not None), None) for at in zip(*pieces, strict=True)]


def test_what_goes_with_what_stands_in_a_table_and_on_one_slide() -> None:
    section = _section(FOLLOWED, "What goes with what")
    assert "does not show what causes what" in section.lead[0]
    (table,) = section.tables
    assert table.rows == tuple(
        (row.factor, row.words, row.strength, row.between) for row in FOLLOWED.goes_with
    )
    slide = _slide(FOLLOWED, "What goes with what")
    assert slide.table is not None and slide.table.head == ("Area", "In words", "In numbers")
    assert slide.words == section.lead
    assert "Mentorship: Likely between -0.5 and -0.1." in slide.notes
    assert not any("score" in words for words in slide.notes)


def test_whether_questions_hang_together_stands_in_documents_and_in_tables_of_figures() -> None:
    (table,) = _section(FOLLOWED, "Do the questions of each area hang together?").tables
    assert table.rows == tuple(
        (row.factor, row.words, row.alpha, row.omega) for row in FOLLOWED.hangs_together
    )
    rows = _csv(FOLLOWED, "Hangs together")
    assert [(row["Name"], row["Measure"], row["Value"]) for row in rows] == [
        ("Leadership", "Alpha", "0.8"),
        ("Leadership", "Omega", "0.7"),
        ("Feedback", "Alpha", "Under 0.6"),
    ]
    assert rows[2]["Note"] == "Look at each question."


# ---------------------------------------------------------------- figures


def _csv(report: UnitReport, part: str) -> list[dict[str, str]]:
    text = exported(report, Format.CSV).content.decode("utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text, newline="")) if row["Part"] == part]


def test_rows_over_time_name_the_pulse_that_their_number_is_of() -> None:
    rows = _csv(FOLLOWED, "Over time")
    assert {(row["Measure"], row["Unit"]) for row in rows} == {(SCORE_OVER_TIME, "Trust")}
    points = [(trend, point) for trend in (WORDED_ANEW, STEADY) for point in trend.points]
    for row, (trend, point) in zip(rows, points, strict=True):
        figure = point.figure
        note = figure.score_precision.words if figure else SUPPRESSED
        if point.is_reworded:
            note += " The question was worded anew here."
        assert list(row.values()) == [
            *(point.title, point.closed_on.isoformat(), "Trust", "Over time", trend.text),
            *(SCORE_OVER_TIME, figure.score.words if figure else "Not shown", note),
        ]


def test_a_hidden_pulse_says_the_same_whoever_it_hides() -> None:
    first, hidden, *later = WORDED_ANEW.points
    others = [
        row
        for points in ((first, hidden), (first, hidden, *later))
        for row in _csv(_with(replace(WORDED_ANEW, points=points)), "Over time")
        if row["Closed on"] == "2026-02-01"
    ]
    assert len(others) == 2 and others[0] == others[1]
    assert (others[0]["Value"], others[0]["Note"]) == ("Not shown", SUPPRESSED)


def test_a_strength_below_nought_is_a_number_in_every_table_of_figures(tmp_path: Path) -> None:
    strengths = [row.strength for row in FOLLOWED.goes_with]
    rows = _csv(FOLLOWED, "Goes with")
    assert [row["Value"] for row in rows] == strengths == ["0.6", "0.0", "-0.3"]
    for row, relation in zip(rows, FOLLOWED.goes_with, strict=True):
        assert (row["Name"], row["Measure"]) == (relation.factor, GOES_WITH)
        assert row["Note"].startswith(f"{relation.words}. {relation.between} {CHANCE_ONLY}")
        assert row["Note"].endswith("It does not show what causes what.")
    book = office_files.workbook_rows(exported(FOLLOWED, Format.XLSX).content, "Figures")
    assert [row[6] for row in book if row[3] == "Goes with"] == strengths
    cases, _ = office_files.sav(exported(FOLLOWED, Format.SAV).content, tmp_path)
    related = [case for case in cases if case["part"] == sav_file.GOES_WITH]
    assert [f"{case['strength']:.1f}" for case in related] == strengths
    assert [case["strength_words"] for case in related] == [
        f"{row.words}. {row.between}" for row in FOLLOWED.goes_with
    ]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("62", 62), ("60%", 0.6), ("0.3", 0.3), ("-0.3", -0.3)),
        *(("90% or more", None), ("-", None), ("1.", None), ("=1", None), ("--1", None), ("-1+1", None)),
    ],
)
def test_a_cell_is_a_number_only_in_full(cell: str, number: float | None) -> None:
    assert as_number(cell) == number


def test_spss_has_one_case_for_each_pulse_of_a_question(tmp_path: Path) -> None:
    cases, _ = office_files.sav(exported(FOLLOWED, Format.SAV).content, tmp_path)
    points = [(trend, point) for trend in (WORDED_ANEW, STEADY) for point in trend.points]
    followed = [case for case in cases if case["part"] == sav_file.OVER_TIME]
    for case, (trend, point) in zip(followed, points, strict=True):
        figure = point.figure
        assert (case["pulse"], case["closed_on"]) == (point.title, point.closed_on.isoformat())
        assert (case["name"], case["reworded"]) == (trend.text, point.is_reworded)
        assert case["score"] == (figure.score.value if figure else None)
        assert case["score_low"] == (figure.score_precision.low if figure else None)
        assert (case["shown"], case["note"]) == ((1, "") if figure else (0, SUPPRESSED))
    others = {case["pulse"] for case in cases if case["part"] != sav_file.OVER_TIME}
    assert others == {"Spring pulse"}


def test_the_first_sheet_explains_the_measures_that_the_second_has() -> None:
    def said(report: UnitReport) -> str:
        rows = office_files.workbook_rows(exported(report, Format.XLSX).content, "Read me")
        return "\n".join(row[0] for row in rows)

    for measure in (SCORE_OVER_TIME, GOES_WITH):
        assert f"{measure}: " in said(FOLLOWED)
        assert measure not in said(PULSE) and measure not in said(NOTHING)
    assert "It does not show what causes what." in said(FOLLOWED)


# ---------------------------------------------------------------- hidden


@pytest.mark.parametrize("kind", list(Format))
def test_what_is_hidden_gives_the_same_file_whatever_stands_beside_it(kind: Format) -> None:
    beside = TrendView(NOTHING.wave, 18, "", is_shown=False, k=10)
    more = replace(NOTHING, over_time=beside, goes_with=FOLLOWED.goes_with)
    assert exported(more, kind).content == exported(NOTHING, kind).content


def test_a_strength_a_little_below_nought_is_nought() -> None:
    (row,) = contents.goes_with(pulse(1, {}), [Relation("F1", -0.0, -0.2, -0.0)])
    assert (row.strength, row.between) == ("0.0", "Likely between -0.2 and 0.0.")
