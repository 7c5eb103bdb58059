"""Every number of a report, one a row, for whoever goes on counting with them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from surveyapp.disclosure.figures import CHANCE_ONLY, Figure
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.exporting.cell_words import NOT_SHOWN, NOTHING
from surveyapp.reports.exporting.over_time import REWORDED
from surveyapp.reports.view_models import Change, GroupReport, TrendView, UnitReport

_SCORE = "Score, 0 to 100"
SCORE_OVER_TIME = "Score over time, 0 to 100"
GOES_WITH = "How far it goes with the wish to recommend"

_VERDICTS = {
    "rise": "Clear rise",
    "fall": "Clear fall",
    "unclear": "No clear change",
    "": "Not compared",
}

_OPEN_LINK = (
    "Anyone who had the address could answer, some perhaps more than once. "
    "Each score was moved a little at random."
)


HEAD = ("Pulse", "Closed on", "Unit", "Part", "Name", "Measure", "Value", "Note")

_NO_CAUSE = "It does not show what causes what."


@dataclass(frozen=True, slots=True)
class TidyRow:
    """One number, whose it is, and what must be known of it."""

    unit: str
    part: str
    name: str
    measure: str
    value: str
    note: str = ""
    #: Title and day of the pulse that the number is of, where it is not the report's own.
    pulse: tuple[str, str] | None = None


def tidy_cells(report: UnitReport) -> Iterator[tuple[str, ...]]:
    """The rows as they stand in a file, under `HEAD`."""
    own = (report.wave.title, report.wave.closed_on.isoformat())
    for row in tidy_rows(report):
        yield (
            *(row.pulse or own),
            *(row.unit, row.part, row.name, row.measure, row.value, row.note),
        )


def tidy_rows(report: UnitReport) -> Iterator[TidyRow]:
    """All of a report. What may not be shown is one row with the one explanation (A3)."""
    unit = report.unit_name
    if not report.is_shown:
        yield TidyRow(unit, "Unit", "", "", NOT_SHOWN, SUPPRESSED)
        return
    yield from _scores(unit, "Unit", report)
    for row in report.quarter:
        if row.score is None:
            yield TidyRow(unit, "Quarter", row.factor, _SCORE, NOT_SHOWN, SUPPRESSED)
        else:
            score, words = row.score.score, row.score.words
            yield TidyRow(unit, "Quarter", row.factor, _SCORE, str(score), words)
        yield from _change(unit, "Quarter", row.factor, row.change)
    yield from _over_time(unit, report.over_time)
    for one in report.hangs_together:
        yield TidyRow(unit, "Hangs together", one.factor, "Alpha", one.alpha, one.words)
        if one.omega != NOTHING:
            yield TidyRow(unit, "Hangs together", one.factor, "Omega", one.omega, one.words)
    for relation in report.goes_with:
        note = f"{relation.words}. {relation.between} {CHANCE_ONLY} {_NO_CAUSE}"
        yield TidyRow(unit, "Goes with", relation.factor, GOES_WITH, relation.strength, note)
    for theme in report.themes:
        yield TidyRow(unit, "Theme", theme.label, "Good comments", str(theme.positive))
        yield TidyRow(unit, "Theme", theme.label, "Mixed comments", str(theme.mixed))
        yield TidyRow(unit, "Theme", theme.label, "Poor comments", str(theme.negative))
    if report.wave.is_open_link:
        yield TidyRow(unit, "Unit", "", "Open link", "Yes", _OPEN_LINK)
    for group in report.groups:
        yield from _scores(f"{unit}: {group.name}", "Staff group", group)


def _scores(unit: str, whose: str, report: UnitReport | GroupReport) -> Iterator[TidyRow]:
    if report.respondents is not None:
        people = str(report.respondents)
        yield TidyRow(unit, whose, "", "People who answered", people, "To the nearest 5")
    if report.response_rate is not None:
        rate = f"{report.response_rate}%"
        yield TidyRow(unit, whose, "", "Response rate", rate, "In steps of 5")
    for question in report.questions:
        yield from _figure(unit, "Question", question.text, question.figure)
        yield from _change(unit, "Question", question.text, question.change)
        for share in question.split:
            measure = f"Answered: {share.label}"
            yield TidyRow(unit, "Question", question.text, measure, f"{share.percent}%")
    for scale in report.scales:
        yield from _figure(unit, "Scale", scale.name, scale.figure)
        yield from _change(unit, "Scale", scale.name, scale.change)


def _figure(unit: str, part: str, name: str, figure: Figure | None) -> Iterator[TidyRow]:
    if figure is None:
        yield TidyRow(unit, part, name, _SCORE, NOT_SHOWN, SUPPRESSED)
        return
    yield TidyRow(unit, part, name, "Answers", str(figure.n), "To the nearest 5")
    yield TidyRow(unit, part, name, _SCORE, figure.score.words, figure.score_precision.words)
    if figure.favourable is not None and figure.favourable_precision is not None:
        note = figure.favourable_precision.words
        yield TidyRow(unit, part, name, "Favourable", figure.favourable.words, note)


def _over_time(unit: str, view: TrendView | None) -> Iterator[TidyRow]:
    for trend in view.followed if view else ():
        for point in trend.points:
            value, note = NOT_SHOWN, SUPPRESSED
            if point.figure is not None:
                value, note = point.figure.score.words, point.figure.score_precision.words
            if point.is_reworded:
                note = f"{note} {REWORDED}."
            pulse = (point.title, point.closed_on.isoformat())
            yield TidyRow(unit, "Over time", trend.text, SCORE_OVER_TIME, value, note, pulse)


def _change(unit: str, part: str, name: str, change: Change | None) -> Iterator[TidyRow]:
    if change is not None:
        yield TidyRow(unit, part, name, "Change", _VERDICTS[change.verdict], change.words)
