"""Drawing charts, once, in a worker."""

from __future__ import annotations

from surveyapp.extensions import db
from surveyapp.queueing import REPORTS, enqueue_after_commit, job
from surveyapp.reports import services


@job
def draw_charts(wave_id: int) -> None:
    """Draw the charts of every shown unit of a wave and keep them."""
    # Imported here: drawing needs libraries that the web process never loads.
    from surveyapp.design import charts

    try:
        reports = services.reports_to_draw(db.session(), wave_id)
    except (services.NotYoursError, services.NoResultsYetError):
        db.session.rollback()
        return
    db.session.commit()
    drawn: dict[tuple[int, str], str] = {}
    for report in reports:
        scores = [
            charts.ScoreBar(
                label=question.factor,
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
            if theme.total
        ]
        if scores:
            drawn[report.unit_id, services.SCORE_CHART] = charts.score_chart(scores)
        if themes:
            drawn[report.unit_id, services.THEME_CHART] = charts.theme_chart(themes)
    services.keep_charts(db.session(), wave_id, drawn)
    db.session.commit()


@job
def sweep() -> None:
    """Nudge waves whose charts were never drawn."""
    missing = services.waves_without_charts(db.session())
    db.session.commit()
    for wave_id in missing:
        enqueue_after_commit(REPORTS, draw_charts, wave_id)
