"""Drawing charts, once, in a worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from surveyapp.extensions import db
from surveyapp.queueing import REPORTS, enqueue_after_commit, job
from surveyapp.reports import drawing, storage
from surveyapp.reports.scope import NoResultsYetError, NotYoursError
from surveyapp.reports.view_models import Trend, TrendPoint, UnitReport
from surveyapp.reports.wording import NO_THEME

if TYPE_CHECKING:
    from surveyapp.design.charts import TrendDot


@job
def draw_charts(wave_id: int) -> None:
    """Count the themes of a wave, draw the charts of its shown units, and keep both."""
    try:
        counts = drawing.count_themes(db.session(), wave_id)
        reports = drawing.reports_to_draw(db.session(), wave_id, counts)
        trends = drawing.trends_to_draw(db.session(), wave_id)
    except (NotYoursError, NoResultsYetError):
        db.session.rollback()
        return
    db.session.commit()  # lets go of the database while drawing
    charts = _drawn(reports) | _drawn_trends(trends)
    storage.keep_drawing(db.session(), wave_id, counts, charts)
    db.session.commit()


@job
def sweep() -> None:
    """Nudge waves whose charts were never drawn, or before all comments had been read."""
    missing = drawing.waves_to_draw(db.session())
    db.session.commit()
    for wave_id in missing:
        enqueue_after_commit(REPORTS, draw_charts, wave_id)


def _drawn(reports: Iterable[UnitReport]) -> dict[tuple[int, str], str]:
    # Imported here: drawing needs libraries that the web process never loads.
    from surveyapp.design import charts

    drawn: dict[tuple[int, str], str] = {}
    for report in reports:
        scores = [
            charts.ScoreBar(
                label=f"{question.number}. {question.factor}",
                score=question.figure.score.value,
                words=question.figure.score.words,
                low=question.figure.score_precision.low,
                high=question.figure.score_precision.high,
            )
            for question in report.questions
            if question.figure is not None
        ]
        themes = [
            charts.ThemeBar(theme.label, theme.positive, theme.mixed, theme.negative)
            for theme in report.themes
            # Where most comments have no theme, that bar would dwarf all others. The table has it.
            if theme.factor != NO_THEME
        ]
        if scores:
            drawn[report.unit_id, drawing.SCORE_CHART] = charts.score_chart(scores)
        if themes:
            drawn[report.unit_id, drawing.THEME_CHART] = charts.theme_chart(themes)
    return drawn


def _drawn_trends(trends: Mapping[int, Iterable[Trend]]) -> dict[tuple[int, str], str]:
    from surveyapp.design import charts

    return {
        (unit_id, storage.TREND_CHART + trend.code): charts.trend_chart(
            trend.text, [_dot(point) for point in trend.points]
        )
        for unit_id, own in trends.items()
        for trend in own
    }


def _dot(point: TrendPoint) -> TrendDot:
    from surveyapp.design.charts import TrendDot

    month = f"{point.closed_on:%b %Y}"
    if point.figure is None:
        return TrendDot(month, None, "Not shown", None, None, point.is_reworded)
    score, precision = point.figure.score, point.figure.score_precision
    return TrendDot(month, score.value, score.words, precision.low, precision.high, point.is_reworded)
