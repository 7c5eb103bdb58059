"""Units side by side, and in which order (E8, E9)."""

from __future__ import annotations

import pytest

from surveyapp.disclosure.snapshot import UnitResult
from surveyapp.reports.heat_map import chosen, families, heat_map
from surveyapp.reports.view_models import HeatMapView, UnitLink
from tests.factories.moments import pulse, result

ASKED = {"LEA1": None, "COM1": None}


def side_by_side(shown: dict[int, UnitResult], *, hidden: int = 0, sort: str = "LEA1") -> HeatMapView:
    wave = pulse(1, ASKED)
    ids = [*shown, *range(900, 900 + hidden)]
    links = [UnitLink(unit_id, f"Unit {unit_id}", 0, (), unit_id in shown) for unit_id in ids]
    choices = families(wave, [])
    figures = {unit_id: one.items for unit_id, one in shown.items()}
    return heat_map(wave, links, choices, chosen(choices, "questions"), figures, sort=sort)


def unit(unit_id: int, people: int, share_of_best: float) -> UnitResult:
    best = round(people * share_of_best)
    counts = (people - best, 0, 0, 0, best)
    return result({"LEA1": counts, "COM1": counts}, unit_id=unit_id)


def test_what_is_not_shown_has_no_number_and_no_shade() -> None:
    view = side_by_side({1: unit(1, 40, 0.5)}, hidden=1, sort="")
    shown, hidden = view.rows
    assert [cell.words for cell in shown.cells] == ["50", "50"]
    assert {(cell.words, cell.shade) for cell in hidden.cells} == {("Not shown", None)}


def test_a_question_not_shown_of_a_shown_unit_is_empty_too() -> None:
    only_one = result({"LEA1": (10, 0, 0, 0, 30)}, unit_id=1)
    cells = side_by_side({1: only_one}, sort="").rows[0].cells
    assert [cell.shade is None for cell in cells] == [False, True]


@pytest.mark.parametrize("units", [1, 9])
def test_few_units_are_never_put_in_order(units: int) -> None:
    shown = {n: unit(n, 40, n / 12) for n in range(1, units + 1)}
    view = side_by_side(shown)
    assert view.sorted_by == "" and "No order" in view.why_not
    assert [row.unit.unit_id for row in view.rows] == [*shown]


def test_units_that_differ_by_chance_alone_are_never_put_in_order() -> None:
    view = side_by_side({n: unit(n, 40, 0.5 + 0.01 * (n % 2)) for n in range(1, 15)})
    assert view.sorted_by == "" and view.why_not


def test_a_small_unit_does_not_come_first_by_chance() -> None:
    """Ten people with a low score weigh less than two hundred with one that is a little higher."""
    shown = {n: unit(n, 200, 0.4 + 0.015 * n) for n in range(1, 14)} | {20: unit(20, 10, 0.4)}
    view = side_by_side(shown, hidden=2)
    assert view.sorted_by == "LEA1" and view.why_not == ""
    order = [row.unit.unit_id for row in view.rows]
    assert order[0] == 1 and order.index(20) > 0
    assert order[-2:] == [900, 901]  # what is not shown tells nothing by its place


def test_an_unknown_family_or_column_is_no_error() -> None:
    wave = pulse(1, ASKED)
    choices = families(wave, [])
    view = heat_map(wave, [], choices, chosen(choices, "no such"), {}, sort="no such")
    assert view.family == "questions" and view.sorted_by == "" and view.why_not == ""
