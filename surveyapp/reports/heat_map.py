"""Units by what they scored, side by side. Pure; made of shown figures only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from surveyapp.disclosure.figures import Figure
from surveyapp.disclosure.periods import PeriodScore
from surveyapp.disclosure.shrinkage import intraclass, shrunken
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


class Part(StrEnum):
    """Where the figures of a family are found."""

    SCALES = "scales"
    ITEMS = "items"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Family:
    """Columns that belong together."""

    code: str
    part: Part
    columns: tuple[HeatColumn, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown of a unit's questions in one wave of a quarter."""

    items: Mapping[str, Figure]


#: By unit and column.
Figures = Mapping[int, Mapping[str, Figure | PeriodScore]]


def families(
    wave: pulses.Wave, quarter: Sequence[pulses.Wave], items_only: Collection[str] = ()
) -> tuple[Family, ...]:
    """What the wave's units can be laid side by side on, the broadest first.

    `quarter` are the waves that this one ends a quarter with, or nothing; `items_only` are scales
    that are no score in this wave (D3).
    """
    library = instruments.load_library(wave.library_version)
    asked = contents.scored_items(wave, library, is_whole=False)
    ids = {item.item_id for item in asked}
    found = []
    for code, frames, scales in (
        (FACTORS, library.factors, library.factor_scales),
        (CIPD, library.cipd, library.cipd_scales),
        (HEE, library.hee, library.hee_scales),
    ):
        whole = [
            scale
            for scale, items in scales.items()
            if ids.issuperset(items) and scale not in items_only
        ]
        columns = tuple(HeatColumn(scale, scale, frames[scale].name) for scale in whole)
        if columns:
            found.append(Family(code, Part.SCALES, columns))
    if quarter and not found:
        factors = {item.factor for each in quarter for item in each.items}
        names = [(code, frame.name) for code, frame in library.factors.items() if code in factors]
        columns = tuple(HeatColumn(code, code, name) for code, name in names)
        found.append(Family(FACTORS, Part.QUARTER, columns))
    questions = tuple(
        HeatColumn(item.item_id, f"Q{number}", item.text) for number, item in enumerate(asked, 1)
    )
    return (*found, Family(QUESTIONS, Part.ITEMS, questions))


def chosen(choices: Sequence[Family], code: str) -> Family:
    """The family of that code, or the first."""
    return next((one for one in choices if one.code == code), choices[0])


def over_quarter(
    quarter: Sequence[pulses.Wave], shown: Sequence[Mapping[int, Mapping[str, Figure]]]
) -> dict[int, dict[str, PeriodScore]]:
    """The factors of each unit over the waves of a quarter (B3, A10).

    `shown` is, for each wave in turn, what is shown of each unit's questions.
    """
    found = {}
    for unit in set(shown[-1]):
        of_unit = [_Shown(own[unit]) if unit in own else None for own in shown]
        rows = contents.quarter(quarter, of_unit)
        found[unit] = {row.code: row.score for row in rows if row.score}
    return found


def heat_map(
    wave: pulses.Wave,
    units: Sequence[UnitLink],
    choices: Sequence[Family],
    family: Family,
    figures: Figures,
    *,
    sort: str = "",
) -> HeatMapView:
    """The units of a wave in one family. An order by an unknown column is the units' own."""
    rows = [
        HeatRow(
            unit,
            tuple(_cell(figures.get(unit.unit_id, {}).get(c.code)) for c in family.columns),
        )
        for unit in units
    ]
    why_not = ""
    sorted_by = sort if any(column.code == sort for column in family.columns) else ""
    considered = [sorted_by] if sorted_by else [column.code for column in family.columns]
    no_sign = _no_sign(units, figures, considered)
    if sorted_by:
        order = None if no_sign else _lowest_first(_of_teams(units, figures, sorted_by))
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
        family=family.code,
        families=tuple((one.code, _LABELS[one.code]) for one in choices),
        columns=family.columns,
        rows=tuple(rows),
        sorted_by=sorted_by,
        why_not=why_not,
        no_sign=no_sign,
    )


def _no_sign(units: Sequence[UnitLink], figures: Figures, codes: Sequence[str]) -> bool:
    """Whether there are teams to compare, and none of these columns tells them apart (D5)."""
    found = [intraclass([*_of_teams(units, figures, code).values()]) for code in codes]
    told = [icc for icc in found if icc is not None]
    return bool(told) and max(told) <= 0


def _of_teams(units: Sequence[UnitLink], figures: Figures, code: str) -> dict[int, Figure]:
    """Figures of the shown units that have no shown one below them.

    Those above hold the same people again, which would make teams look more alike than they are.
    """
    shown = {unit: own[code] for unit, own in figures.items() if code in own}
    found = {}
    for place, unit in enumerate(units):
        figure = shown.get(unit.unit_id)
        if isinstance(figure, Figure) and not _is_above(units, place, shown):
            found[unit.unit_id] = figure
    return found


def _is_above(units: Sequence[UnitLink], place: int, shown: Collection[int]) -> bool:
    """Whether one of `shown` is below the unit at that place. Units stand right above their own."""
    for at in range(place + 1, len(units)):
        if units[at].depth <= units[place].depth:
            return False
        if units[at].unit_id in shown:
            return True
    return False


def _lowest_first(teams: Mapping[int, Figure]) -> dict[int, int] | None:
    """The place of each team, lowest estimate first (E8). None where E9 allows no order."""
    estimates = shrunken([*teams.values()])
    if estimates is None:
        return None
    ranked = sorted(zip(estimates, teams, strict=True))
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
