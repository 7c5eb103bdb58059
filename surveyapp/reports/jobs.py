"""What workers do for reports: draw charts, group comments, and tell readers by e-mail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from flask import current_app
from flask_mailman import EmailMessage
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from surveyapp.comments import jobs as comments
from surveyapp.config import Settings
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.extensions import db
from surveyapp.pulses.delivery import RefusedError, ServerDownError, postbox_for
from surveyapp.queueing import ANALYSIS, MAIL, REPORTS, enqueue_after_commit, job
from surveyapp.reports import digest, digest_ledger, digest_stop, drawing, scope, storage
from surveyapp.reports.digest_ledger import Recipient
from surveyapp.reports.scope import NoResultsYetError, NotYoursError
from surveyapp.reports.view_models import Trend, TrendPoint, UnitReport
from surveyapp.reports.wording import NO_THEME

if TYPE_CHECKING:
    from surveyapp.design.charts import TrendDot

_log = logging.getLogger(__name__)

#: Seconds after which a killed worker's mails are free again. Renewed with every mail.
_MAILING_SECONDS = 120

#: The same for the comments of a wave. Renewed with every batch.
_GROUPING_SECONDS = 300


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
    if counts.is_complete:
        enqueue_after_commit(ANALYSIS, group_comments, wave_id)


@job
def group_comments(wave_id: int) -> None:
    """Find the sub-themes of a wave's comments. Resumable; a second run finds nothing to do."""
    redis = current_app.extensions["redis"]
    lock: Lock = redis.lock(f"reports:grouping:{wave_id}", timeout=_GROUPING_SECONDS, blocking=False)
    try:
        if not lock.acquire():
            return  # another worker is at it
        try:
            group_wave(wave_id, lambda _done: lock.reacquire())
        finally:
            lock.release()
    except (LockError, RedisError):
        _log.warning("The grouping of wave %s lost its lock; the sweep comes back to it.", wave_id)


def group_wave(
    wave_id: int,
    advance: Callable[[int], object] = lambda done: None,
    *,
    embedder: comments.Embeds | None = None,
) -> None:
    """The same for whoever waits for it: `surveyapp.comments.jobs.group_wave` for all shown units."""
    counted = storage.counted_themes(db.session(), wave_id)
    if counted is None:
        return
    tree, _ = scope.frozen(db.session(), wave_id)
    shown = storage.shown_units(db.session(), wave_id)
    if comments.group_wave(wave_id, tree, shown, advance, embedder=embedder):
        storage.mark_grouped(db.session(), wave_id, counted)
    db.session.commit()


@job
def sweep() -> None:
    """Nudge waves whose charts were never drawn, or before all comments had been read, those whose
    comments are not grouped, and those of which readers have had no summary.
    """
    missing = drawing.waves_to_draw(db.session())
    ungrouped = storage.waves_to_group(db.session())
    untold = digest_ledger.waves_to_send(db.session())
    db.session.commit()
    for wave_id in missing:
        enqueue_after_commit(REPORTS, draw_charts, wave_id)
    for wave_id in ungrouped:
        enqueue_after_commit(ANALYSIS, group_comments, wave_id)
    for wave_id in untold:
        enqueue_after_commit(MAIL, send_digests, wave_id)


@job
def send_digests(wave_id: int) -> None:
    """Send each reader the summary of a wave, once. A crash can double only the mail in hand."""
    redis = current_app.extensions["redis"]
    lock: Lock = redis.lock(f"reports:digests:{wave_id}", timeout=_MAILING_SECONDS, blocking=False)
    try:
        if not lock.acquire():
            return  # another worker is at it
        if wave_id in digest_ledger.waves_to_send(db.session()):
            _send_digests(wave_id, lock)
        lock.release()
    except (LockError, RedisError):
        _log.warning("Summaries of wave %s lost their lock; the sweep comes back to them.", wave_id)


def _send_digests(wave_id: int, lock: Lock) -> None:
    waiting = digest_ledger.waiting(db.session(), wave_id)
    with postbox_for(current_app.config["SETTINGS"]) as postbox:
        for user_id in waiting:
            lock.reacquire()
            # Asked again: someone may have stopped them, or lost access, while others were mailed.
            recipient = digest_ledger.recipient(db.session(), wave_id, user_id)
            if recipient is None:
                continue
            message = _digest(wave_id, recipient)
            db.session.commit()  # lets go of the database while the mail server is slow
            try:
                postbox.send(message)
            except ServerDownError as error:
                _log.warning("The mail server cannot be reached: %s", error)
                return
            except RefusedError as error:
                _log.warning("A summary of wave %s was refused: %s", wave_id, error)
                if error.final:
                    digest_ledger.mark(db.session(), wave_id, user_id, sent=False)
            else:
                digest_ledger.mark(db.session(), wave_id, user_id, sent=True)
            db.session.commit()


def _digest(wave_id: int, recipient: Recipient) -> EmailMessage:
    settings: Settings = current_app.config["SETTINGS"]
    found = digest.digest_for(db.session(), recipient.reader, wave_id)
    token = digest_stop.token_for(settings.secret_key, recipient.user_id)
    stop_link = f"{settings.base_url}/reports/emails/{token}/stop"
    domain = settings.mail.sender.rpartition("@")[2] or "localhost"
    return EmailMessage(
        subject=f"{settings.organisation_name}: results of {found.wave.title}",
        body=current_app.jinja_env.get_template("emails/digest.txt").render(
            organisation=settings.organisation_name,
            base_url=settings.base_url,
            wave=found.wave,
            units=found.units,
            has_more=found.has_more,
            sentence=SUPPRESSED,
            stop_link=stop_link,
        ),
        from_email=settings.mail.sender,
        to=[recipient.email],
        headers={
            # The same at each attempt, so that mail servers can drop a second copy.
            "Message-ID": f"<summary-{wave_id}-{recipient.user_id}@{domain}>",
            "Auto-Submitted": "auto-generated",
            # Mail programs show a button for these (RFC 8058).
            "List-Unsubscribe": f"<{stop_link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


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
