"""Snapshots in, view models out. The only way from results to a reader."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.pulses import services as pulses
from surveyapp.reports import contents, drawing, heat_map, history, scope, storage
from surveyapp.reports.asked import latest_share
from surveyapp.reports.drawing import SCORE_CHART, THEME_CHART
from surveyapp.reports.looking_back import look_back
from surveyapp.reports.scope import CannotBeCountedError, NoResultsYetError, NotYoursError
from surveyapp.reports.storage import keep_snapshot
from surveyapp.reports.view_models import (
    HeatMapView,
    QuestionShare,
    TrendView,
    UnitLink,
    UnitReport,
    WaveRow,
    WaveView,
)

__all__ = [
    "CannotBeCountedError",
    "NoResultsYetError",
    "NotYoursError",
    "QuestionShare",
    "heat_map_for",
    "keep_snapshot",
    "knows_of",
    "latest_share",
    "report_for",
    "trends_for",
    "wave_for",
    "waves_for",
]


def waves_for(session: Session, reader: Reader) -> tuple[WaveRow, ...]:
    """Counted waves in which the reader has a unit, the newest first."""
    counted = pulses.counted_waves(session)
    if not reader.reads_all_units:
        within = pulses.wave_ids_with_units(session, reader.unit_ids)
        counted = [wave for wave in counted if wave.id in within]
    return tuple(contents.row(wave) for wave in counted)


def knows_of(session: Session, reader: Reader, wave_id: int) -> bool:
    """Whether the reader may learn that there is such a wave, counted or not."""
    return reader.reads_all_units or wave_id in pulses.wave_ids_with_units(
        session, reader.unit_ids
    )


def wave_for(session: Session, reader: Reader, wave_id: int) -> WaveView:
    """The units of a wave that the reader may open, shown or not.

    Raises NotYoursError or NoResultsYetError.
    """
    wave = scope.counted(session, wave_id)
    tree, names = scope.frozen(session, wave_id)
    readable = scope.readable(tree, reader)
    if not readable:
        raise NotYoursError
    shown = storage.shown_units(session, wave_id)
    above: dict[int, tuple[str, ...]] = {}
    links = []
    for unit_id in tree.top_down:
        if unit_id not in readable:
            continue
        parent = tree.parents[unit_id]
        above[unit_id] = (*above[parent], names[parent]) if parent in above else ()
        links.append(
            UnitLink(
                unit_id=unit_id,
                name=names[unit_id],
                depth=len(above[unit_id]),
                above=above[unit_id],
                is_shown=unit_id in shown,
            )
        )
    return WaveView(contents.row(wave), tuple(links))


def report_for(session: Session, reader: Reader, wave_id: int, unit_id: int) -> UnitReport:
    """The report of one unit. Raises NotYoursError or NoResultsYetError."""
    wave = scope.counted(session, wave_id)
    tree, _ = scope.frozen(session, wave_id)
    scope.check(tree, reader, unit_id)
    snapshot = storage.snapshot(session, wave_id, [unit_id])
    result = snapshot.units.get(unit_id)
    if result is None:
        return UnitReport(
            wave=contents.row(wave),
            unit_id=unit_id,
            is_shown=False,
            k=wave.minimum_group,
            highest_readable=_highest_readable(session, wave_id, reader),
        )
    report = contents.scores(
        wave, tree, result, snapshot.groups.values(), snapshot.items_only
    )
    if not report.wave.is_import:
        rates = storage.response_rates(session, wave_id, tree.children[unit_id])
        if unit_id == tree.root:
            rates += [(group.name, group.response_rate) for group in snapshot.groups.values()]
            report = replace(
                report,
                goes_with=contents.goes_with(wave, snapshot.relations),
                hangs_together=contents.hangs_together(wave, snapshot.reliability),
            )
        report = look_back(session, wave, report, result, rates)
    drawn = storage.drawing(session, wave_id, unit_id)
    if drawn is None:
        return report
    return replace(
        report,
        themes=drawn.themes,
        is_drawn=True,
        is_complete=drawn.is_complete,
        score_chart=drawn.charts.get(SCORE_CHART),
        theme_chart=drawn.charts.get(THEME_CHART),
    )


def trends_for(session: Session, reader: Reader, wave_id: int, unit_id: int) -> TrendView:
    """How a unit has come along, up to one wave. Raises NotYoursError or NoResultsYetError."""
    wave = scope.counted(session, wave_id)
    tree, _ = scope.frozen(session, wave_id)
    scope.check(tree, reader, unit_id)
    result = storage.unit_result(session, wave_id, unit_id)
    view = TrendView(contents.row(wave), unit_id, "", is_shown=False, k=wave.minimum_group)
    if result is None:
        return replace(view, highest_readable=_highest_readable(session, wave_id, reader))
    return replace(
        view,
        unit_name=result.name,
        is_shown=True,
        trends=history.trends(drawing.moments(session, wave, unit_id, result)),
        charts=storage.trend_charts(session, wave_id, unit_id),
    )


def heat_map_for(
    session: Session, reader: Reader, wave_id: int, *, family: str, sort: str
) -> HeatMapView:
    """The units that the reader may open, side by side. Raises NotYoursError or NoResultsYetError."""
    view = wave_for(session, reader, wave_id)
    wave = scope.counted(session, wave_id)
    unit_ids = {unit.unit_id for unit in view.units if unit.is_shown}
    quarter = pulses.quarter_ending_with(session, wave)
    items_only = storage.snapshot(session, wave_id, ()).items_only
    choices = heat_map.families(wave, quarter, items_only)
    chosen = heat_map.chosen(choices, family)
    figures: heat_map.Figures
    if chosen.part is heat_map.Part.QUARTER:
        shown = [
            storage.figures(
                session, each.id, unit_ids, "items", {item.item_id for item in each.items}
            )
            for each in quarter
        ]
        figures = heat_map.over_quarter(quarter, shown)
    else:
        codes = [column.code for column in chosen.columns]
        figures = storage.figures(session, wave_id, unit_ids, chosen.part, codes)
    return heat_map.heat_map(wave, view.units, choices, chosen, figures, sort=sort)


# ---------------------------------------------------------------- inside


def _highest_readable(session: Session, wave_id: int, reader: Reader) -> UnitLink | None:
    """The highest shown unit that the reader may open.

    Not the nearest one above the unit in question: pages that show nothing must not differ (A3).
    """
    tree, names = scope.frozen(session, wave_id)
    readable = scope.readable(tree, reader) & storage.shown_units(session, wave_id)
    for unit_id in tree.top_down:
        if unit_id in readable:
            return UnitLink(unit_id, names[unit_id], depth=0, above=(), is_shown=True)
    return None
