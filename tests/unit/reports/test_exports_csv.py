"""The spreadsheet file: complete, one explanation for what is hidden, no formula."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.figures import item_figure
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.exporting import csv_file
from surveyapp.reports.exporting.cells import as_text
from surveyapp.reports.view_models import (
    AnswerShare,
    QuestionResult,
    ScaleResult,
    ThemeRow,
    UnitReport,
    WaveRow,
)

WAVE = WaveRow(wave_id=1, title="Spring", closed_on=date(2026, 3, 1), is_import=False)
FIGURE = item_figure([2, 3, 5, 20, 10], k=10)
REPORT = UnitReport(
    wave=WAVE,
    unit_id=7,
    is_shown=True,
    unit_name="Ward",
    k=10,
    respondents=40,
    response_rate=60,
    questions=(
        QuestionResult(1, "I can learn.", "Feedback", FIGURE, (AnswerShare("Agree", 75),)),
        QuestionResult(2, "I can ask.", "Feedback", None, ()),
    ),
    scales=(ScaleResult("F1", "Leadership", None),),
    themes=(ThemeRow("feedback", "Feedback", positive=4, mixed=5, negative=6),),
)


def _rows(report: UnitReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_file.write(report).decode("utf-8-sig"), newline="")))


def test_every_number_of_the_report_is_there() -> None:
    found = {(row["Name"], row["Measure"]): row["Value"] for row in _rows(REPORT)}
    assert found["", "People who answered"] == "40"
    assert found["", "Response rate"] == "60%"
    assert found["I can learn.", "Score, 0 to 100"] == FIGURE.score.words
    assert FIGURE.favourable is not None
    assert found["I can learn.", "Favourable"] == FIGURE.favourable.words
    assert found["I can learn.", "Answered: Agree"] == "75%"
    assert found["Feedback", "Mixed comments"] == "5"
    assert {(row["Pulse"], row["Closed on"], row["Unit"]) for row in _rows(REPORT)} == {
        ("Spring", "2026-03-01", "Ward")
    }


def test_what_is_hidden_has_one_explanation_and_no_number() -> None:
    hidden = [row for row in _rows(REPORT) if row["Value"] == "Not shown"]
    assert [row["Name"] for row in hidden] == ["I can ask.", "Leadership"]
    assert {row["Note"] for row in hidden} == {SUPPRESSED}
    (row,) = _rows(UnitReport(wave=WAVE, unit_id=7, is_shown=False))
    assert row["Value"] == "Not shown" and row["Note"] == SUPPRESSED and row["Unit"] == ""


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("\t=1", "' =1"),
        ("-2", "'-2"),
        ("Ward;=1+1", "Ward;'=1+1"),
        ("＝1", "'＝1"),
        ("Ward 3 – day-time", "Ward 3 – day-time"),
        ("62", "62"),
    ],
)
def test_no_cell_starts_a_formula(cell: str, shown: str) -> None:
    assert as_text(cell) == shown


@given(st.text(alphabet="=+-@ \t\r\n,;|\"'aＡ＝", max_size=12))
def test_no_cell_starts_a_formula_whatever_it_holds(cell: str) -> None:
    text = as_text(cell)
    assert "\n" not in text and "\r" not in text and "\t" not in text
    for separator in (",", ";", "|", '"'):
        for piece in text.split(separator):
            assert not piece.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
