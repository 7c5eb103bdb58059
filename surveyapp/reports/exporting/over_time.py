"""The part of a document on how scores have come along: the page on time, as tables and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.exporting.blocks import (
    FACTOR,
    HOW_SURE,
    WORDING,
    Chart,
    Section,
    Series,
    Table,
)
from surveyapp.reports.exporting.cell_words import NOTHING, SCORES, day, share_words, sure_words
from surveyapp.reports.view_models import Trend, TrendPoint, UnitReport

#: What the page says of a pulse that asked a question in other words than the one before.
REWORDED = "The question was worded anew here"

#: Head of the column of pulses.
CLOSED_ON = "Pulse that closed on"
_ABOUT_QUESTIONS = (
    "These are the questions that are asked again and again in the same words. Other questions take "
    "turns, so they cannot be followed over time."
)
_ABOUT_CHANCE = (
    "Scores go up and down a little by chance. The report of each pulse says in words when a change "
    "is more than that."
)


def over_time(report: UnitReport) -> Iterator[Section]:
    """Each question that was asked more than once; nothing where there is none yet."""
    view = report.over_time
    if view is None or not view.followed:
        return
    tables = [_trend_table(trend, view.charts.get(trend.code)) for trend in view.followed]
    once = [trend for trend in view.trends if not trend.is_followed]
    if once:
        tables.append(_asked_once(once))
    yield Section("Over time", (_ABOUT_QUESTIONS, _ABOUT_CHANCE), tuple(tables))


def _trend_table(trend: Trend, drawing: str | None) -> Table:
    is_reworded = any(point.is_reworded for point in trend.points)
    return Table(
        title=f"{trend.factor}: {trend.text}",
        caption=f"Scores {SCORES}",
        head=(CLOSED_ON, *((WORDING,) if is_reworded else ()), "Score", HOW_SURE),
        rows=tuple(
            (
                day(point.closed_on),
                *((REWORDED if point.is_reworded else NOTHING,) if is_reworded else ()),
                share_words(point.figure.score if point.figure else None),
                sure_words(point.figure.score_precision.words if point.figure else ""),
            )
            for point in trend.points
        ),
        chart=_line(trend.points, drawing),
        note="" if all(point.figure for point in trend.points) else SUPPRESSED,
    )


def _line(points: Sequence[TrendPoint], drawing: str | None) -> Chart:
    shown = [point.figure.score if point.figure else None for point in points]
    values = tuple(share.value if share else None for share in shown)
    return Chart(
        "Score in each pulse",
        tuple(_month(point) for point in points),
        (Series("Score", values, tuple(map(share_words, shown))),),
        top=100,
        drawing=drawing,
        breaks=tuple(point.is_reworded for point in points),
    )


def _month(point: TrendPoint) -> str:
    """As the page's own drawing names a pulse: a day has no room below a line."""
    month = f"{point.closed_on:%b %Y}"
    return f"{month}, worded anew" if point.is_reworded else month


def _asked_once(trends: Sequence[Trend]) -> Table:
    return Table(
        title="Asked once so far",
        caption="Questions that can be followed from the next pulse on that asks them.",
        head=(FACTOR, "Question"),
        rows=tuple((trend.factor, trend.text) for trend in trends),
        is_detail=True,
    )
