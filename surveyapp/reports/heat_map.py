"""Units by what they scored, side by side. Pure; made of shown figures only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveyapp.disclosure.figures import Figure
from surveyapp.disclosure.periods import PeriodScore
from surveyapp.disclosure.shrinkage import shrunken
from surveyapp.disclosure.snapshot import UnitResult
from surveyapp.instruments import services as instruments
from surveyapp.pulses import services as pulses
from surveyapp.reports import contents
from surveyapp.reports.view_models import HeatCell, HeatColumn, HeatMapView, HeatRow, UnitLink

QUESTIONS = "questions"
FACTORS = "factors"
CIPD = "cipd"
HEE = "hee"

_LABELS = {
    QUESTIONS: "Questions",
    FACTORS: "Learning factors",
    CIPD: "CIPD criteria",
    HEE: "HEE domains",
}

#: Where a darker shade begins. Five shades of one colour: none of them says good or bad.
_STEPS = (40, 50, 60, 70)

_NOT_SHOWN = HeatCell("Not shown", None)


@dataclass(frozen=True, slots=True)
class Family:
    """Columns that belong together, and the figures of each unit in them."""

    code: str
    columns: tuple[HeatColumn, ...]
    figures: Mapping[int, Mapping[str, Figure | PeriodScore]]


def families(
    wave: pulses.Wave,
    shown: Mapping[int, UnitResult],
    quarter: Sequence[tuple[pulses.Wave, Mapping[int, UnitResult]]],
) -> tuple[Family, ...]:
    """What the wave's units can be laid side by side on, the broadest first.

    `quarter` are the waves that this one ends a quarter with, oldest first, or nothing.
    """
    library = instruments.load_library(wave.library_version)
    asked = [item for item in wave.items if item.scale != pulses.TEXT_SCALE]
    ids = {item.item_id for item in asked}
    found = []
    for code, frames, scales in (
        (FACTORS, library.factors, library.factor_scales),
        (CIPD, library.cipd, library.cipd_scales),
        (HEE, library.hee, library.hee_scales),
    ):
        whole = [scale for scale, items in scales.items() if ids.issuperset(items)]
        columns = tuple(HeatColumn(scale, scale, frames[scale].name) for scale in whole)
        if columns:
            found.append(Family(code, columns, {unit: one.scales for unit, one in shown.items()}))
    if quarter and not found:
        found.append(_quarter(quarter, shown))
    questions = tuple(
        HeatColumn(item.item_id, f"Q{number}", item.text) for number, item in enumerate(asked, 1)
    )
    found.append(Family(QUESTIONS, questions, {unit: one.items for unit, one in shown.items()}))
    return tuple(found)


def _quarter(
    quarter: Sequence[tuple[pulses.Wave, Mapping[int, UnitResult]]], shown: Mapping[int, UnitResult]
) -> Family:
    """The factors over the waves of a quarter (B3, A10)."""
    waves = [wave for wave, _ in quarter]
    rows = {unit: contents.quarter(waves, [of.get(unit) for _, of in quarter]) for unit in shown}
    columns = {row.code: row.factor for row in next(iter(rows.values()), ())}
    return Family(
        FACTORS,
        tuple(HeatColumn(code, code, name) for code, name in columns.items()),
        {unit: {row.code: row.score for row in own if row.score} for unit, own in rows.items()},
    )


def heat_map(
    wave: pulses.Wave,
    units: Sequence[UnitLink],
    choices: Sequence[Family],
    *,
    family: str,
    sort: str,
) -> HeatMapView:
    """The units of a wave in one family. An unknown family or column is the first, or none."""
    chosen = next((one for one in choices if one.code == family), choices[0])
    rows = [
        HeatRow(
            unit, tuple(_cell(chosen.figures.get(unit.unit_id, {}).get(c.code)) for c in chosen.columns)
        )
        for unit in units
    ]
    why_not = ""
    sorted_by = sort if any(column.code == sort for column in chosen.columns) else ""
    if sorted_by:
        order = _lowest_first(chosen, sorted_by)
        if order is None:
            sorted_by = ""
            why_not = (
                "No order is given: with so few units, or so little between them, it would only "
                "show chance."
            )
        else:
            last = len(order)
            rows.sort(key=lambda row: order.get(row.unit.unit_id, last))
    return HeatMapView(
        wave=contents.row(wave),
        family=chosen.code,
        families=tuple((one.code, _LABELS[one.code]) for one in choices),
        columns=chosen.columns,
        rows=tuple(rows),
        sorted_by=sorted_by,
        why_not=why_not,
    )


def _lowest_first(family: Family, code: str) -> dict[int, int] | None:
    """The place of each shown unit, lowest estimate first (E8). None where E9 allows no order."""
    figures = {
        unit: figure
        for unit, own in family.figures.items()
        if isinstance(figure := own.get(code), Figure)
    }
    estimates = shrunken(list(figures.values()))
    if estimates is None:
        return None
    ranked = sorted(zip(estimates, figures, strict=True))
    return {unit: place for place, (_, unit) in enumerate(ranked)}


def _cell(figure: Figure | PeriodScore | None) -> HeatCell:
    if figure is None:
        return _NOT_SHOWN
    score, words = (
        (figure.score, str(figure.score))
        if isinstance(figure, PeriodScore)
        else (figure.score.value, figure.score.words)
    )
    return HeatCell(words, sum(score >= step for step in _STEPS))
