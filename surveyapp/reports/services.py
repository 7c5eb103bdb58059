"""Snapshots in, view models out. The only way from results to a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.comments import corrections
from surveyapp.comments import services as comments
from surveyapp.comments.services import Factor, Sentiment
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.snapshot import Snapshot
from surveyapp.pulses import services as pulses
from surveyapp.reports import contents, themes
from surveyapp.reports.models import WaveChart, WaveSnapshot, WaveThemes
from surveyapp.reports.view_models import (
    QuarterRow,
    ThemeRow,
    ThemeView,
    UnitLink,
    UnitReport,
    WaveRow,
    WaveView,
)
from surveyapp.reports.wording import NO_THEME, theme_label

__all__ = [
    "CannotBeCountedError",
    "NoResultsYetError",
    "NotYoursError",
    "ThemeCounts",
    "count_themes",
    "keep_drawing",
    "keep_snapshot",
    "knows_of",
    "report_for",
    "reports_to_draw",
    "theme_for",
    "wave_for",
    "waves_for",
    "waves_to_draw",
]

SCORE_CHART = "scores"
THEME_CHART = "themes"

#: Comments on one page.
PAGE = 50


class NotYoursError(LookupError):
    """Not a wave or unit that this reader may open, whether it exists or not."""


class NoResultsYetError(LookupError):
    """The wave is not counted: nobody sees results before (A8)."""


class CannotBeCountedError(NoResultsYetError):
    """The wave's keys are lost, so it never will be counted."""


# ---------------------------------------------------------------- writing


def keep_snapshot(session: Session, wave_id: int, snapshot: Snapshot) -> None:
    """Write the one snapshot of a wave, in the count's transaction."""
    session.add(WaveSnapshot(wave_id=wave_id, payload=snapshot.to_json()))


@dataclass(frozen=True, slots=True)
class ThemeCounts:
    """The themes of each shown unit, and whether every comment had been read by then.

    `corrections` tells these counts from those after another correction.
    """

    units: Mapping[int, tuple[ThemeRow, ...]]
    is_complete: bool
    corrections: int = 0


def count_themes(session: Session, wave_id: int) -> ThemeCounts:
    """Count what the released comments of a wave speak of, for the worker that draws charts.

    Pages never do: their cost must not grow with the number of comments.
    """
    shown = _snapshot(session, wave_id).units
    tree, _ = _tree(session, wave_id)
    kept = session.get(WaveThemes, wave_id)
    if kept is not None and _counted(session, wave_id).erased_at is not None:
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
    wave = _counted(session, wave_id)
    tree, _ = _tree(session, wave_id)
    snapshot = _snapshot(session, wave_id)
    groups = snapshot.groups.values()
    return [
        replace(contents.scores(wave, tree, result, groups), themes=counts.units[unit_id])
        for unit_id, result in snapshot.units.items()
    ]


def keep_drawing(
    session: Session, wave_id: int, counts: ThemeCounts, charts: Mapping[tuple[int, str], str]
) -> None:
    """Replace the wave's charts and theme counts together, so that a page shows no two versions.

    Keys of `charts` are (unit id, kind), values SVG.
    """
    # Of two workers at the same wave one waits here.
    session.execute(
        select(WaveSnapshot.wave_id).where(WaveSnapshot.wave_id == wave_id).with_for_update()
    )
    session.execute(delete(WaveChart).where(WaveChart.wave_id == wave_id))
    session.execute(delete(WaveThemes).where(WaveThemes.wave_id == wave_id))
    session.add(
        WaveThemes(
            wave_id=wave_id,
            is_complete=counts.is_complete,
            corrections=counts.corrections,
            payload=themes.to_json(counts.units),
        )
    )
    session.add_all(
        WaveChart(wave_id=wave_id, unit_id=unit_id, kind=kind, svg=svg)
        for (unit_id, kind), svg in sorted(charts.items())
    )


def waves_to_draw(session: Session) -> list[int]:
    """Waves never drawn, and waves whose comments have all been read, or corrected, since they were."""
    waiting = set(comments.waiting_wave_ids(session))
    corrected = corrections.corrections_made(session)
    done = {
        wave_id
        for wave_id, is_complete, counted in session.execute(
            select(WaveThemes.wave_id, WaveThemes.is_complete, WaveThemes.corrections)
        )
        if (is_complete or wave_id in waiting) and counted == corrected.get(wave_id, 0)
    }
    every = session.scalars(select(WaveSnapshot.wave_id).order_by(WaveSnapshot.wave_id))
    return [wave_id for wave_id in every if wave_id not in done]


# ---------------------------------------------------------------- reading


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
    wave = _counted(session, wave_id)
    tree, names = _tree(session, wave_id)
    scope = _scope(tree, reader)
    if not scope:
        raise NotYoursError
    shown = {unit["unit_id"] for unit in _payload(session, wave_id)["units"]}
    above: dict[int, tuple[str, ...]] = {}
    links = []
    for unit_id in tree.top_down:
        if unit_id not in scope:
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
    wave = _counted(session, wave_id)
    tree, _ = _tree(session, wave_id)
    _check_scope(tree, reader, unit_id)
    snapshot = _part(session, wave_id, unit_id)
    result = snapshot.units.get(unit_id)
    if result is None:
        return UnitReport(
            wave=contents.row(wave),
            unit_id=unit_id,
            is_shown=False,
            k=wave.minimum_group,
            highest_readable=_highest_readable(session, wave_id, reader),
        )
    report = replace(
        contents.scores(wave, tree, result, snapshot.groups.values()),
        quarter=_quarter(session, wave, unit_id),
    )
    counts = session.get(WaveThemes, wave_id)
    if counts is None:
        return report
    charts = {
        chart.kind: chart.svg
        for chart in session.scalars(
            select(WaveChart).where(WaveChart.wave_id == wave_id, WaveChart.unit_id == unit_id)
        )
    }
    return replace(
        report,
        themes=themes.from_json(counts.payload, unit_id),
        is_drawn=True,
        is_complete=counts.is_complete,
        score_chart=charts.get(SCORE_CHART),
        theme_chart=charts.get(THEME_CHART),
    )


def theme_for(
    session: Session,
    reader: Reader,
    wave_id: int,
    unit_id: int,
    factor: Factor | None,
    *,
    stance: Sentiment | None = None,
    page: int = 1,
    corrects: bool = False,
) -> ThemeView:
    """The released comments that speak of a factor, or of none. `page` is brought into range.

    A reader who `corrects` themes is led to the comments outside their own line.
    Raises NotYoursError or NoResultsYetError.
    """
    wave = _counted(session, wave_id)
    tree, _ = _tree(session, wave_id)
    _check_scope(tree, reader, unit_id)
    result = _part(session, wave_id, unit_id).units.get(unit_id)
    view = ThemeView(
        wave=contents.row(wave),
        unit_id=unit_id,
        unit_name=result.name if result else "",
        factor=NO_THEME if factor is None else str(factor),
        label=theme_label(factor),
        stance=str(stance) if stance else None,
        is_shown=result is not None,
    )
    if result is None:
        return view
    closed = corrections.closed_units(session, reader, wave_id) if corrects else None
    found = [
        contents.comment(
            comment, theme, may_correct=closed is not None and comment.unit_id not in closed
        )
        for comment in comments.released(session, wave_id, tree.subtree(unit_id))
        for theme in themes.mentions(comment)
        if (theme.factor if theme else None) == factor
    ]
    wanted = [comment for comment in found if stance is None or comment.stance == stance]
    pages = max(1, -(-len(wanted) // PAGE))
    page = min(max(1, page), pages)
    return replace(
        view,
        stances=contents.stances(found),
        comments=tuple(wanted[(page - 1) * PAGE : page * PAGE]),
        page=page,
        pages=pages,
    )


# ---------------------------------------------------------------- inside


def _counted(session: Session, wave_id: int) -> pulses.Wave:
    wave = pulses.wave(session, wave_id)
    if wave is None:
        raise NotYoursError
    if wave.state == pulses.WaveState.CANNOT_BE_COUNTED:
        raise CannotBeCountedError
    if wave.state != pulses.WaveState.COUNTED:
        raise NoResultsYetError
    return wave


def _tree(session: Session, wave_id: int) -> tuple[Tree, dict[int, str]]:
    units = pulses.wave_units(session, wave_id)
    return (
        pulses.tree_of(units),
        {unit.unit_id: unit.name for unit in units},
    )


def _scope(tree: Tree, reader: Reader) -> set[int]:
    """Units of the frozen tree that the reader may open.

    Who leads a unit may open the group that it is shown in too, but no other unit of the group.
    """
    if reader.reads_all_units:
        return set(tree.parents)
    scope: set[int] = set()
    for unit_id in reader.unit_ids.intersection(tree.parents):
        scope |= tree.subtree(unit_id)
        parent = tree.parents[unit_id]
        if parent is not None and pulses.is_reporting_group(parent):
            scope.add(parent)
    return scope


def _check_scope(tree: Tree, reader: Reader, unit_id: int) -> None:
    # Whoever reads all units learns nothing from a unit that does not exist: it looks suppressed.
    if not reader.reads_all_units and unit_id not in _scope(tree, reader):
        raise NotYoursError


def _payload(session: Session, wave_id: int) -> Mapping[str, Any]:
    payload: Mapping[str, Any] | None = session.scalar(
        select(WaveSnapshot.payload).where(WaveSnapshot.wave_id == wave_id)
    )
    if payload is None:
        raise NoResultsYetError
    return payload


def _snapshot(session: Session, wave_id: int) -> Snapshot:
    return Snapshot.from_json(_payload(session, wave_id))


def _part(session: Session, wave_id: int, unit_id: int) -> Snapshot:
    """What may be shown of one unit and of the groups, without the figures of all others."""
    payload = _payload(session, wave_id)
    found = [unit for unit in payload["units"] if unit["unit_id"] == unit_id]
    return Snapshot.from_json({**payload, "units": found})


def _quarter(session: Session, wave: pulses.Wave, unit_id: int) -> tuple[QuarterRow, ...]:
    waves = pulses.quarter_ending_with(session, wave)
    # A reporting group is another one in every wave, whatever its id.
    if not waves or pulses.is_reporting_group(unit_id):
        return ()
    shown = [_part(session, each.id, unit_id).units.get(unit_id) for each in waves]
    return contents.quarter(waves, shown)


def _highest_readable(session: Session, wave_id: int, reader: Reader) -> UnitLink | None:
    """The highest shown unit that the reader may open.

    Not the nearest one above the unit in question: pages that show nothing must not differ (A3).
    """
    tree, names = _tree(session, wave_id)
    readable = _scope(tree, reader).intersection(
        unit["unit_id"] for unit in _payload(session, wave_id)["units"]
    )
    for unit_id in tree.top_down:
        if unit_id in readable:
            return UnitLink(unit_id, names[unit_id], depth=0, above=(), is_shown=True)
    return None
