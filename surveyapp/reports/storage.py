"""Rows of what may be published, in and out. Nothing else reads or writes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyapp.disclosure.figures import Figure
from surveyapp.disclosure.snapshot import Snapshot, UnitResult, figure_from_json
from surveyapp.reports import themes
from surveyapp.reports.models import UnitSnapshot, WaveChart, WaveSnapshot, WaveThemes
from surveyapp.reports.scope import NoResultsYetError
from surveyapp.reports.view_models import ThemeRow

#: Charts of trends are of this kind, with the code of their question after it.
TREND_CHART = "trend-"


def keep_snapshot(session: Session, wave_id: int, snapshot: Snapshot) -> None:
    """Write the one snapshot of a wave, in the count's transaction."""
    payload = snapshot.to_json()
    units = payload.pop("units")
    session.add(WaveSnapshot(wave_id=wave_id, payload=payload))
    # A row a unit: a page reads the few that it shows, whatever the size of the organisation.
    session.add_all(
        UnitSnapshot(wave_id=wave_id, unit_id=unit["unit_id"], payload=unit) for unit in units
    )


def snapshot(session: Session, wave_id: int, unit_ids: Collection[int] | None = None) -> Snapshot:
    """What may be shown of a wave: its groups, and of its units these, or all of them.

    Raises NoResultsYetError where there is none.
    """
    kept = session.get(WaveSnapshot, wave_id)
    if kept is None:
        raise NoResultsYetError
    rows = select(UnitSnapshot.payload).where(UnitSnapshot.wave_id == wave_id)
    if unit_ids is not None:
        rows = rows.where(UnitSnapshot.unit_id.in_(unit_ids))
    units = session.scalars(rows.order_by(UnitSnapshot.unit_id)).all()
    return Snapshot.from_json({**kept.payload, "units": units})


def unit_result(session: Session, wave_id: int, unit_id: int) -> UnitResult | None:
    """What may be shown of one unit in a wave; None where nothing may."""
    return snapshot(session, wave_id, [unit_id]).units.get(unit_id)


def unit_results(
    session: Session, wave_ids: Collection[int], unit_id: int
) -> dict[int, UnitResult]:
    """What may be shown of one unit in each of these waves; a wave without is missing."""
    rows = session.execute(
        select(UnitSnapshot.wave_id, UnitSnapshot.payload).where(
            UnitSnapshot.unit_id == unit_id, UnitSnapshot.wave_id.in_(wave_ids)
        )
    )
    return {wave_id: UnitResult.from_json(payload) for wave_id, payload in rows}


def response_rates(
    session: Session, wave_id: int, unit_ids: Collection[int]
) -> list[tuple[str, int | None]]:
    """Name and shown response rate of those of these units that are shown, without their figures."""
    rows = session.execute(
        select(
            UnitSnapshot.payload["name"].as_string(),
            UnitSnapshot.payload["response_rate"].as_integer(),
        ).where(UnitSnapshot.wave_id == wave_id, UnitSnapshot.unit_id.in_(unit_ids))
    )
    return [(name, rate) for name, rate in rows]


def figures(
    session: Session, wave_id: int, unit_ids: Collection[int], part: str, codes: Collection[str]
) -> dict[int, dict[str, Figure]]:
    """Of each of these units that is shown, the shown figures of these codes.

    `part` is 'items' or 'scales'. Only that part of a row leaves the database.
    """
    rows = session.execute(
        select(UnitSnapshot.unit_id, UnitSnapshot.payload[part]).where(
            UnitSnapshot.wave_id == wave_id, UnitSnapshot.unit_id.in_(unit_ids)
        )
    )
    return {
        unit_id: {code: figure_from_json(own[code]) for code in codes if code in own}
        for unit_id, own in rows
    }


def shown_units(session: Session, wave_id: int) -> set[int]:
    """Ids of the units that are shown. Raises NoResultsYetError where nothing is counted."""
    if session.get(WaveSnapshot, wave_id) is None:
        raise NoResultsYetError
    return set(
        session.scalars(select(UnitSnapshot.unit_id).where(UnitSnapshot.wave_id == wave_id))
    )


def wave_ids(session: Session) -> list[int]:
    """Waves with a snapshot."""
    return list(session.scalars(select(WaveSnapshot.wave_id).order_by(WaveSnapshot.wave_id)))


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a worker has made of a unit: its themes and its charts by kind."""

    themes: tuple[ThemeRow, ...]
    is_complete: bool
    charts: Mapping[str, str]


def drawing(session: Session, wave_id: int, unit_id: int) -> Drawing | None:
    """The drawing of a unit; None until a worker has made it."""
    counts = session.get(WaveThemes, wave_id)
    if counts is None:
        return None
    charts = session.scalars(
        select(WaveChart).where(
            WaveChart.wave_id == wave_id,
            WaveChart.unit_id == unit_id,
            WaveChart.kind.not_like(f"{TREND_CHART}%"),
        )
    )
    return Drawing(
        themes=themes.from_json(counts.payload, unit_id),
        is_complete=counts.is_complete,
        charts={chart.kind: chart.svg for chart in charts},
    )


def trend_charts(session: Session, wave_id: int, unit_id: int) -> dict[str, str]:
    """The charts of a unit's trends by the code of their question; none until a worker drew them."""
    rows = session.execute(
        select(WaveChart.kind, WaveChart.svg).where(
            WaveChart.wave_id == wave_id,
            WaveChart.unit_id == unit_id,
            WaveChart.kind.startswith(TREND_CHART),
        )
    )
    return {kind.removeprefix(TREND_CHART): svg for kind, svg in rows}


def kept_themes(session: Session, wave_id: int) -> WaveThemes | None:
    """The themes of a wave as they were counted last."""
    return session.get(WaveThemes, wave_id)


def keep_drawing(
    session: Session,
    wave_id: int,
    counts: themes.ThemeCounts,
    charts: Mapping[tuple[int, str], str],
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


def waves_to_group(session: Session) -> list[int]:
    """Waves whose comments were all read when they were drawn, and not grouped since."""
    return list(
        session.scalars(
            select(WaveThemes.wave_id)
            .where(WaveThemes.is_complete, WaveThemes.is_grouped.is_(False))
            .order_by(WaveThemes.wave_id)
        )
    )


def counted_themes(session: Session, wave_id: int) -> tuple[int, Mapping[str, Any]] | None:
    """What tells one count of a wave's themes from the next."""
    kept = session.get(WaveThemes, wave_id, populate_existing=True)
    return None if kept is None else (kept.corrections, kept.payload)


def mark_grouped(session: Session, wave_id: int, counted: tuple[int, Mapping[str, Any]]) -> None:
    """Note that a wave was grouped as it was `counted`. Where it was counted anew since, it was not."""
    kept = session.get(WaveThemes, wave_id, with_for_update=True, populate_existing=True)
    if kept is not None and (kept.corrections, kept.payload) == counted:
        kept.is_grouped = True


def drawn(session: Session) -> dict[int, tuple[bool, int]]:
    """Of each drawn wave, whether all comments had been read, and the corrections made, by then."""
    rows = session.execute(
        select(WaveThemes.wave_id, WaveThemes.is_complete, WaveThemes.corrections)
    )
    return {wave_id: (is_complete, corrections) for wave_id, is_complete, corrections in rows}
