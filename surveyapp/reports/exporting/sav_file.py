"""The numbers of a report as an SPSS file: one case for each thing that has figures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from surveyapp.disclosure.figures import Precision, Share
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.exporting.cells import one_line
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.view_models import (
    Change,
    GroupReport,
    QuestionResult,
    ScaleResult,
    TrendView,
    UnitReport,
)

UNIT, GROUP, QUESTION, ANSWER, SCALE, QUARTER, THEME, OVER_TIME, GOES_WITH = range(1, 10)

_PARTS: dict[int | float, str] = {
    UNIT: "Unit",
    GROUP: "Staff group",
    QUESTION: "Question",
    ANSWER: "Answers to a question",
    SCALE: "Area",
    QUARTER: "Area, over a quarter",
    THEME: "Theme of comments",
    OVER_TIME: "Question, over time",
    GOES_WITH: "Area, beside the wish to recommend",
}
_CHANGES: dict[int | float, str] = {1: "Clear rise", 0: "No clear change", -1: "Clear fall"}
_VERDICTS = {"rise": 1, "unclear": 0, "fall": -1}
_BOUNDS: dict[int | float, str] = {
    0: "Exactly this, as rounded",
    1: "This or more",
    -1: "This or less",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the file. None is a missing value: not shown, or no such figure."""

    unit: str
    part: int
    number: int | None = None
    name: str = ""
    answer: str = ""
    shown: int = 1
    respondents: int | None = None
    response_rate: int | None = None
    answers: int | None = None
    score: int | None = None
    score_bound: int | None = None
    score_points: int | None = None
    score_low: int | None = None
    score_high: int | None = None
    favourable: int | None = None
    favourable_bound: int | None = None
    favourable_points: int | None = None
    favourable_low: int | None = None
    favourable_high: int | None = None
    change: int | None = None
    change_words: str = ""
    chosen: int | None = None
    good: int | None = None
    mixed: int | None = None
    poor: int | None = None
    reworded: int | None = None
    strength: float | None = None
    strength_words: str = ""
    note: str = ""
    #: Of the pulse that the figures are of, where it is not the report's own.
    pulse: str | None = None
    closed_on: str | None = None


_LABELS: dict[str, str | None] = {
    "pulse": "Pulse",
    "closed_on": "Day the pulse closed",
    "unit": "Unit; after a colon the staff group",
    "part": "What the case is about",
    "number": "Number of the question",
    "name": "Question, area or theme",
    "answer": "Answer, or neighbouring answers taken together",
    "shown": "Whether results are shown",
    "respondents": "People who answered, to the nearest 5",
    "response_rate": "Response rate in per cent, in steps of 5",
    "answers": "Answers to the question, to the nearest 5",
    "score": "Score, 0 to 100, rounded",
    "score_bound": "Whether the score is only a bound",
    "score_points": "Points by which chance alone could move the score",
    "score_low": "Lower end of the score's 95% interval",
    "score_high": "Upper end of the score's 95% interval",
    "favourable": "Favourable answers in per cent, rounded",
    "favourable_bound": "Whether the favourable share is only a bound",
    "favourable_points": "Points by which chance alone could move the favourable share",
    "favourable_low": "Lower end of the favourable share's 95% interval",
    "favourable_high": "Upper end of the favourable share's 95% interval",
    "change": "Change since an earlier pulse",
    "change_words": "Change since an earlier pulse, in words",
    "chosen": "People who chose the answer, in per cent, rounded",
    "good": "Comments that say something good",
    "mixed": "Comments that are mixed",
    "poor": "Comments that say something poor",
    "reworded": "Whether the question was worded anew in this pulse",
    "strength": "How far the area goes with the wish to recommend, from -1 to 1",
    "strength_words": "How far it goes with it in words, with its 95% interval",
    "note": "Why there are no results",
}
_VALUES: dict[str, dict[int | float, str]] = {
    "part": _PARTS,
    "shown": {0: "Not shown", 1: "Shown"},
    "score_bound": _BOUNDS,
    "change": _CHANGES,
    "favourable_bound": _BOUNDS,
    "reworded": {0: "No", 1: "Yes"},
}
#: Columns that are of the wave: of the report's own, if a case names no other.
_ABOUT = {"pulse", "closed_on"}


def write(report: UnitReport) -> bytes:
    """The file, dated by the day that the pulse closed."""
    import pandas
    import pyreadstat

    texts = {field.name for field in fields(Case) if field.type == "str"}
    found = list(cases(report))
    columns: dict[str, Any] = {
        "pulse": [one_line(case.pulse or report.wave.title) for case in found],
        "closed_on": [case.closed_on or report.wave.closed_on.isoformat() for case in found],
    }
    for field in fields(Case):
        if field.name in _ABOUT:
            continue
        values = [getattr(case, field.name) for case in found]
        if field.name in texts:
            columns[field.name] = pandas.Series(map(one_line, values), dtype=object)
        else:
            columns[field.name] = pandas.Series(values, dtype="float64")
    measured = {
        name: "nominal" if name in texts | _ABOUT | set(_VALUES) else "scale" for name in columns
    }
    # It writes to a path only.
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "report.sav"
        pyreadstat.write_sav(
            pandas.DataFrame(columns),
            path,
            file_label=_cut(one_line(opening(report).title), 64),
            column_labels=_LABELS,
            variable_value_labels=_VALUES,
            variable_measure=measured,
            variable_format={
                name: "F8.1" if name == "strength" else "F8.0"
                for name in columns
                if name not in texts | _ABOUT
            },
        )
        content = path.read_bytes()
    return _dated(content, report.wave.closed_on)


def cases(report: UnitReport) -> Iterator[Case]:
    """All of a report. What may not be shown is one case with the one explanation (A3)."""
    unit = report.unit_name
    if not report.is_shown:
        yield Case(unit, UNIT, shown=0, note=SUPPRESSED)
        return
    yield from _scores(unit, UNIT, report)
    for row in report.quarter:
        if row.score is None:
            yield Case(unit, QUARTER, name=row.factor, shown=0, note=SUPPRESSED)
        else:
            yield Case(
                unit,
                QUARTER,
                name=row.factor,
                score=row.score.score,
                score_bound=0,
                score_points=row.score.points,
                **_changed(row.change),
            )
    yield from _over_time(unit, report.over_time)
    for relation in report.goes_with:
        yield Case(
            unit,
            GOES_WITH,
            name=relation.factor,
            strength=float(relation.strength),
            strength_words=f"{relation.words}. {relation.between}",
        )
    for theme in report.themes:
        yield Case(
            unit,
            THEME,
            name=theme.label,
            good=theme.positive,
            mixed=theme.mixed,
            poor=theme.negative,
        )
    for group in report.groups:
        yield from _scores(f"{unit}: {group.name}", GROUP, group)


def _scores(unit: str, whose: int, report: UnitReport | GroupReport) -> Iterator[Case]:
    yield Case(unit, whose, respondents=report.respondents, response_rate=report.response_rate)
    for question in report.questions:
        yield _figure(unit, QUESTION, question, question.number, question.text)
        for share in question.split:
            yield Case(
                unit,
                ANSWER,
                number=question.number,
                name=question.text,
                answer=share.label,
                chosen=share.percent,
            )
    for scale in report.scales:
        yield _figure(unit, SCALE, scale, None, scale.name)


def _figure(
    unit: str, part: int, result: QuestionResult | ScaleResult, number: int | None, name: str
) -> Case:
    figure = result.figure
    if figure is None:
        return Case(unit, part, number=number, name=name, shown=0, note=SUPPRESSED)
    return Case(
        unit,
        part,
        number=number,
        name=name,
        answers=figure.n,
        **_as_numbers("score", figure.score, figure.score_precision),
        **_as_numbers("favourable", figure.favourable, figure.favourable_precision),
        **_changed(result.change),
    )


def _over_time(unit: str, view: TrendView | None) -> Iterator[Case]:
    for trend in view.followed if view else ():
        for point in trend.points:
            figures: dict[str, Any] = {"shown": 0, "note": SUPPRESSED}
            if point.figure is not None:
                figures = _as_numbers("score", point.figure.score, point.figure.score_precision)
            yield Case(
                unit,
                OVER_TIME,
                name=trend.text,
                reworded=int(point.is_reworded),
                pulse=point.title,
                closed_on=point.closed_on.isoformat(),
                **figures,
            )


def _changed(change: Change | None) -> dict[str, Any]:
    if change is None:
        return {}
    return {"change": _VERDICTS.get(change.verdict), "change_words": change.words}


def _as_numbers(name: str, share: Share | None, precision: Precision | None) -> dict[str, Any]:
    if share is None:
        return {}
    found = {name: share.value, f"{name}_bound": _bound(share)}
    if precision is not None:
        found[f"{name}_points"] = precision.points
        found |= {
            f"{name}_{end}": value
            for end, value in (("low", precision.low), ("high", precision.high))
            if value is not None
        }
    return found


def _bound(share: Share) -> int:
    if share.words.endswith("or more"):
        return 1
    return -1 if share.words.endswith("or less") else 0


def _cut(text: str, most: int) -> str:
    """The text in at most so many bytes of UTF-8, without half a character at its end."""
    return text.encode()[:most].decode(errors="ignore")


def _dated(content: bytes, day: date) -> bytes:
    """With the day that the pulse closed instead of the moment of writing.

    The header names the day in nine bytes and, right after, the time in eight.
    """
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * day.month - 3 : 3 * day.month]
    written = f"{day.day:02} {month} {day.year % 100:02}00:00:00".encode()
    return content[:_DATE] + written + content[_DATE + len(written) :]


#: Where the header's date stands; its time follows.
_DATE = 92
