"""What a worker makes of a counted wave, so that pages need not: themes counted, reports to draw."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from surveyapp.comments import corrections
from surveyapp.comments import services as comments
from surveyapp.disclosure.snapshot import UnitResult
from surveyapp.pulses import services as pulses
from surveyapp.reports import contents, history, scope, storage, themes
from surveyapp.reports.history import Moment
from surveyapp.reports.themes import ThemeCounts
from surveyapp.reports.view_models import Trend, UnitReport

SCORE_CHART = "scores"
THEME_CHART = "themes"


def moments(
    session: Session, wave: pulses.Wave, unit_id: int, result: UnitResult | None
) -> list[Moment]:
    """A unit in the pulses before a wave, and in it, oldest first.

    A reporting group is another one in every wave, whatever its id, so it has no past.
    """
    earlier = (
        [] if pulses.is_reporting_group(unit_id) else pulses.comparable_waves(session, wave)
    )
    shown = storage.unit_results(session, [each.id for each in earlier], unit_id)
    return [*(Moment(each, shown.get(each.id)) for each in earlier), Moment(wave, result)]


def count_themes(session: Session, wave_id: int) -> ThemeCounts:
    """Count what the released comments of a wave speak of, for the worker that draws charts.

    Pages never do: their cost must not grow with the number of comments.
    """
    shown = storage.shown_units(session, wave_id)
    tree, _ = scope.frozen(session, wave_id)
    kept = storage.kept_themes(session, wave_id)
    if kept is not None and scope.counted(session, wave_id).erased_at is not None:
        # The comments are deleted (A19), and their numbers stay as they were counted last.
        frozen = {unit_id: themes.from_json(kept.payload, unit_id) for unit_id in shown}
        return ThemeCounts(frozen, is_complete=True)
    # Asked first: what is read or corrected meanwhile may be counted, but nothing can be missed.
    corrected = corrections.corrections_made(session).get(wave_id, 0)
    is_complete = wave_id not in comments.waiting_wave_ids(session)
    released = comments.released(session, wave_id, tree.parents)
    return ThemeCounts(themes.count_by_unit(released, tree, shown), is_complete, corrected)


def reports_to_draw(session: Session, wave_id: int, counts: ThemeCounts) -> list[UnitReport]:
    """The report of every shown unit, for the worker that draws charts."""
    wave = scope.counted(session, wave_id)
    tree, _ = scope.frozen(session, wave_id)
    snapshot = storage.snapshot(session, wave_id)
    groups = snapshot.groups.values()
    return [
        replace(
            contents.scores(wave, tree, result, groups, snapshot.items_only),
            themes=counts.units[unit_id],
        )
        for unit_id, result in snapshot.units.items()
    ]


def trends_to_draw(session: Session, wave_id: int) -> dict[int, tuple[Trend, ...]]:
    """By shown unit, the trends that have a past to show."""
    wave = scope.counted(session, wave_id)
    found = {}
    for unit_id, result in storage.snapshot(session, wave_id).units.items():
        trends = history.trends(moments(session, wave, unit_id, result))
        found[unit_id] = tuple(trend for trend in trends if trend.is_followed)
    return found


def waves_to_draw(session: Session) -> list[int]:
    """Waves never drawn, and waves whose comments have all been read, or corrected, since they were."""
    waiting = set(comments.waiting_wave_ids(session))
    corrected = corrections.corrections_made(session)
    done = {
        wave_id
        for wave_id, (is_complete, counted) in storage.drawn(session).items()
        if (is_complete or wave_id in waiting) and counted == corrected.get(wave_id, 0)
    }
    return [wave_id for wave_id in storage.wave_ids(session) if wave_id not in done]
