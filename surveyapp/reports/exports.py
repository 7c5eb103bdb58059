"""The numbers of a report as a file for a spreadsheet. Pure; made of the view model only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from surveyapp.disclosure.figures import Figure
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.view_models import GroupReport, UnitReport

_HEADING = ("Pulse", "Closed on", "Unit", "Part", "Name", "Measure", "Value", "Note")

#: Where a spreadsheet could start to read a formula: at the start of a cell, or after something
#: that its owner's settings take for the end of one.
_FORMULA = re.compile(r"(?:^|(?<=[,;|\"']))(?=\s*[=+\-@＝＋－＠])")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def scores_csv(report: UnitReport) -> str:
    """One number a row. What may not be shown is one row with the one explanation (A3)."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(_HEADING)
    closed_on = report.wave.closed_on.isoformat()
    for unit, part, name, measure, value, note in _all_rows(report):
        cells = (report.wave.title, closed_on, unit, part, name, measure, value, note)
        writer.writerow([as_text(cell) for cell in cells])
    return out.getvalue()


def as_text(cell: str) -> str:
    """The cell as a spreadsheet will show it and never run it."""
    return _FORMULA.sub("'", _CONTROL.sub(" ", cell))


_OPEN_LINK = (
    "Anyone who had the address could answer, some perhaps more than once. "
    "Each score was moved a little at random."
)

#: Part, name, measure, value, note.
_Row = tuple[str, str, str, str, str]


def _all_rows(report: UnitReport) -> Iterator[tuple[str, str, str, str, str, str]]:
    for row in _rows(report):
        yield report.unit_name, *row
    if report.is_shown and report.wave.is_open_link:
        yield report.unit_name, "Unit", "", "Open link", "Yes", _OPEN_LINK
    for group in report.groups:
        for row in _scores("Staff group", group):
            yield f"{report.unit_name}: {group.name}", *row


def _rows(report: UnitReport) -> Iterator[_Row]:
    if not report.is_shown:
        yield "Unit", "", "", "Not shown", SUPPRESSED
        return
    yield from _scores("Unit", report)
    for row in report.quarter:
        if row.score is None:
            yield "Quarter", row.factor, "Score, 0 to 100", "Not shown", SUPPRESSED
        else:
            yield "Quarter", row.factor, "Score, 0 to 100", str(row.score.score), row.score.words
    for theme in report.themes:
        yield "Theme", theme.label, "Good comments", str(theme.positive), ""
        yield "Theme", theme.label, "Mixed comments", str(theme.mixed), ""
        yield "Theme", theme.label, "Poor comments", str(theme.negative), ""


def _scores(whose: str, report: UnitReport | GroupReport) -> Iterator[_Row]:
    if report.respondents is not None:
        yield whose, "", "People who answered", str(report.respondents), "To the nearest 5"
    if report.response_rate is not None:
        yield whose, "", "Response rate", f"{report.response_rate}%", "In steps of 5"
    for question in report.questions:
        yield from _figure("Question", question.text, question.figure)
        for share in question.split:
            yield "Question", question.text, f"Answered: {share.label}", f"{share.percent}%", ""
    for scale in report.scales:
        yield from _figure("Scale", scale.name, scale.figure)


def _figure(part: str, name: str, figure: Figure | None) -> Iterator[_Row]:
    if figure is None:
        yield part, name, "Score, 0 to 100", "Not shown", SUPPRESSED
        return
    yield part, name, "Answers", str(figure.n), "To the nearest 5"
    yield part, name, "Score, 0 to 100", figure.score.words, figure.score_precision.words
    if figure.favourable is not None and figure.favourable_precision is not None:
        note = figure.favourable_precision.words
        yield part, name, "Favourable", figure.favourable.words, note
