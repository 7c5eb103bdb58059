"""Snapshots in, view models out. The only way from results to a reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.comments import services as comments
from surveyapp.comments.services import FACTOR_LABELS, Factor, Sentiment
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally, Snapshot, UnitResult, freeze
from surveyapp.instruments import services as instruments
from surveyapp.pulses import services as pulses
from surveyapp.reports.models import WaveChart, WaveSnapshot
from surveyapp.reports.view_models import (
    CommentView,
    QuestionResult,
    ScaleResult,
    ThemeRow,
    ThemeView,
    UnitLink,
    UnitReport,
    WaveRow,
    WaveView,
)
from surveyapp.timekeeping import LOCAL_ZONE

SCORE_CHART = "scores"
THEME_CHART = "themes"


class NotYoursError(LookupError):
    """Not a wave or unit that this reader may open, whether it exists or not."""


class NoResultsYetError(LookupError):
    """The wave is not counted: nobody sees results before (A8)."""


# ---------------------------------------------------------------- writing


def freeze_wave(
    session: Session,
    wave_id: int,
    *,
    tree: Tree,
    names: Mapping[int, str],
    invited: Mapping[int, int],
    respondents: Mapping[int, int],
    items: Sequence[ItemTally],
    scales: Sequence[ScaleTally],
    k: int,
) -> Snapshot:
    """Write the one snapshot of a wave, in the count's transaction."""
    snapshot = freeze(
        tree=tree,
        names=names,
        invited=invited,
        respondents=respondents,
        items=items,
        scales=scales,
        k=k,
    )
    session.add(WaveSnapshot(wave_id=wave_id, payload=snapshot.to_json()))
    return snapshot


def keep_charts(session: Session, wave_id: int, charts: Mapping[tuple[int, str], str]) -> None:
    """Replace the wave's charts. Keys are (unit id, kind), values SVG."""
    session.execute(delete(WaveChart).where(WaveChart.wave_id == wave_id))
    session.add_all(
        WaveChart(wave_id=wave_id, unit_id=unit_id, kind=kind, svg=svg)
        for (unit_id, kind), svg in sorted(charts.items())
    )


def waves_without_charts(session: Session) -> list[int]:
    """Counted waves whose comments are all analysed and whose charts have never been drawn."""
    waiting = set(comments.waiting_wave_ids(session))
    drawn = set(session.scalars(select(WaveChart.wave_id).distinct()))
    return [
        wave_id
        for wave_id in session.scalars(select(WaveSnapshot.wave_id))
        if wave_id not in drawn | waiting and _snapshot(session, wave_id).units
    ]


# ---------------------------------------------------------------- reading


def waves_for(session: Session, reader: Reader) -> tuple[WaveRow, ...]:
    """Counted waves in which the reader has a unit, the newest first."""
    return tuple(
        _row(wave)
        for wave in pulses.counted_waves(session)
        if reader.reads_all_units
        or any(unit.unit_id in reader.unit_ids for unit in pulses.wave_units(session, wave.id))
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
    depths: dict[int, int] = {}
    links = []
    for unit_id in tree.top_down:
        if unit_id in scope:
            parent = tree.parents[unit_id]
            depths[unit_id] = depths[parent] + 1 if parent in depths else 0
            links.append(UnitLink(unit_id, names[unit_id], depths[unit_id]))
    return WaveView(_row(wave), tuple(links))


def report_for(session: Session, reader: Reader, wave_id: int, unit_id: int) -> UnitReport:
    """The report of one unit. Raises NotYoursError or NoResultsYetError."""
    wave = _counted(session, wave_id)
    tree, _ = _tree(session, wave_id)
    _check_scope(tree, reader, unit_id)
    report = _report(session, wave, tree, unit_id)
    if not report.is_shown:
        return report
    charts = {
        chart.kind: chart.svg
        for chart in session.scalars(
            select(WaveChart).where(WaveChart.wave_id == wave_id, WaveChart.unit_id == unit_id)
        )
    }
    return replace(
        report, score_chart=charts.get(SCORE_CHART), theme_chart=charts.get(THEME_CHART)
    )


def reports_to_draw(session: Session, wave_id: int) -> list[UnitReport]:
    """The report of every shown unit, for the worker that draws charts."""
    wave = _counted(session, wave_id)
    tree, _ = _tree(session, wave_id)
    return [
        _report(session, wave, tree, unit_id) for unit_id in _snapshot(session, wave_id).units
    ]


def theme_for(
    session: Session,
    reader: Reader,
    wave_id: int,
    unit_id: int,
    factor: Factor,
    stance: Sentiment | None,
) -> ThemeView:
    """The released comments behind a theme. Raises NotYoursError or NoResultsYetError."""
    wave = _counted(session, wave_id)
    tree, _ = _tree(session, wave_id)
    _check_scope(tree, reader, unit_id)
    result = _snapshot(session, wave_id).units.get(unit_id)
    view = ThemeView(
        wave=_row(wave),
        unit_id=unit_id,
        unit_name=result.name if result else "",
        factor=str(factor),
        label=FACTOR_LABELS[factor],
        stance=str(stance) if stance else None,
        is_shown=result is not None,
    )
    if result is None:
        return view
    return replace(
        view,
        comments=tuple(
            CommentView(
                before=comment.text[: theme.quote_start],
                quote=comment.text[theme.quote_start : theme.quote_end],
                after=comment.text[theme.quote_end :],
                stance=theme.sentiment,
                needs_person=comment.needs_person,
            )
            for comment in comments.released(session, wave_id, tree.subtree(unit_id))
            for theme in comment.themes
            if theme.factor == factor and (stance is None or theme.sentiment == stance)
        ),
    )


# ---------------------------------------------------------------- inside


def _report(session: Session, wave: pulses.Wave, tree: Tree, unit_id: int) -> UnitReport:
    result = _snapshot(session, wave.id).units.get(unit_id)
    row = _row(wave)
    if result is None:
        return UnitReport(wave=row, unit_id=unit_id, is_shown=False)
    library = instruments.load_library(wave.library_version)
    released = comments.released(session, wave.id, tree.subtree(unit_id))
    return UnitReport(
        wave=row,
        unit_id=unit_id,
        is_shown=True,
        unit_name=result.name,
        k=wave.minimum_group,
        respondents=None if row.is_import else result.respondents,
        response_rate=None if row.is_import else result.response_rate,
        caution="" if row.is_import else _caution(result.response_rate),
        questions=tuple(
            QuestionResult(
                item_id=item.item_id,
                text=item.text,
                factor=library.factors[item.factor].name,
                figure=result.items.get(item.item_id),
            )
            for item in wave.items
            if item.scale != pulses.TEXT_SCALE
        ),
        scales=_scales(wave, result, library),
        themes=_themes(released),
        comments=len(released),
        set_aside=wave.set_aside if unit_id == tree.root else 0,
    )


def _scales(
    wave: pulses.Wave, result: UnitResult, library: instruments.Library
) -> tuple[ScaleResult, ...]:
    asked = {item.item_id for item in wave.items}
    frames = {**library.factors, **library.cipd, **library.hee}
    families = {**library.factor_scales, **library.cipd_scales, **library.hee_scales}
    return tuple(
        ScaleResult(code, frames[code].name, result.scales.get(code))
        for code, item_ids in families.items()
        if asked.issuperset(item_ids)
    )


def _themes(released: Sequence[comments.ReleasedComment]) -> tuple[ThemeRow, ...]:
    counts = Counter(
        (theme.factor, theme.sentiment) for comment in released for theme in comment.themes
    )
    rows = [
        ThemeRow(
            factor=str(factor),
            label=label,
            positive=counts[factor, Sentiment.POSITIVE],
            negative=counts[factor, Sentiment.NEGATIVE],
            mixed=counts[factor, Sentiment.NEUTRAL_MIXED],
        )
        for factor, label in FACTOR_LABELS.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.label)))


def _caution(rate: int | None) -> str:
    """What must be said beside results at this response rate (F2, F3)."""
    if rate is None or rate >= 50:
        return ""
    if rate >= 30:
        return (
            "Fewer than half of the people asked have answered. Those who did not may think "
            "differently, so read these results with care."
        )
    return (
        "These results are only indicative: fewer than 3 in 10 people answered. A low response "
        "is worth talking about too."
    )


def _counted(session: Session, wave_id: int) -> pulses.Wave:
    wave = pulses.wave(session, wave_id)
    if wave is None:
        raise NotYoursError
    if wave.state != pulses.WaveState.COUNTED:
        raise NoResultsYetError
    return wave


def _tree(session: Session, wave_id: int) -> tuple[Tree, dict[int, str]]:
    units = pulses.wave_units(session, wave_id)
    return (
        Tree({unit.unit_id: unit.parent_id for unit in units}),
        {unit.unit_id: unit.name for unit in units},
    )


def _scope(tree: Tree, reader: Reader) -> set[int]:
    """Units of the frozen tree that the reader may open."""
    if reader.reads_all_units:
        return set(tree.parents)
    scope: set[int] = set()
    for unit_id in reader.unit_ids.intersection(tree.parents):
        scope |= tree.subtree(unit_id)
    return scope


def _check_scope(tree: Tree, reader: Reader, unit_id: int) -> None:
    # Whoever reads all units learns nothing from a unit that does not exist: it looks suppressed.
    if not reader.reads_all_units and unit_id not in _scope(tree, reader):
        raise NotYoursError


def _snapshot(session: Session, wave_id: int) -> Snapshot:
    payload: Mapping[str, Any] | None = session.scalar(
        select(WaveSnapshot.payload).where(WaveSnapshot.wave_id == wave_id)
    )
    if payload is None:
        raise NoResultsYetError
    return Snapshot.from_json(payload)


def _row(wave: pulses.Wave) -> WaveRow:
    return WaveRow(
        wave_id=wave.id,
        title=wave.title,
        closed_on=wave.closes_at.astimezone(LOCAL_ZONE).date(),
        is_import=wave.kind == pulses.WaveKind.IMPORTED,
    )
