"""Units side by side, and in which order (E8, E9)."""

from __future__ import annotations

import pytest

from surveyapp.disclosure.snapshot import UnitResult
from surveyapp.instruments import services as instruments
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


def under_one(shown: dict[int, UnitResult]) -> HeatMapView:
    """The same, with the first unit above all others."""
    wave = pulse(1, ASKED)
    links = [UnitLink(one, f"Unit {one}", min(place, 1), (), True) for place, one in enumerate(shown)]
    choices = families(wave, [])
    figures = {unit_id: one.items for unit_id, one in shown.items()}
    return heat_map(wave, links, choices, chosen(choices, "questions"), figures, sort="LEA1")


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


def test_what_is_above_teams_comes_after_them_and_counts_towards_none() -> None:
    """Nine teams are too few for an order, whatever stands above them."""
    shown = {0: unit(0, 1800, 0.5), **{n: unit(n, 200, 0.2 + 0.05 * n) for n in range(1, 10)}}
    assert under_one(shown).sorted_by == ""
    shown[10] = unit(10, 200, 0.15)
    order = [row.unit.unit_id for row in under_one(shown).rows]
    assert order == [10, *range(1, 10), 0]


def test_an_unknown_family_or_column_is_no_error() -> None:
    wave = pulse(1, ASKED)
    choices = families(wave, [])
    view = heat_map(wave, [], choices, chosen(choices, "no such"), {}, sort="no such")
    assert view.family == "questions" and view.sorted_by == "" and view.why_not == ""


# ---------------------------------------------------------------- whether teams differ (D5)


def test_d5_teams_alike_show_no_sign_and_are_put_in_no_order() -> None:
    alike = {n: unit(n, 40, 0.5 + 0.01 * (n % 2)) for n in range(1, 15)}
    assert side_by_side(alike).no_sign and side_by_side(alike, sort="").no_sign
    assert side_by_side(alike).sorted_by == ""


def test_d5_teams_apart_are_not_said_to_be_alike() -> None:
    apart = {n: unit(n, 200, 0.2 + 0.05 * n) for n in range(1, 12)}
    assert not side_by_side(apart).no_sign and not side_by_side(apart, sort="").no_sign


def test_d5_an_order_is_judged_by_its_own_column_and_the_whole_by_all() -> None:
    shown = {
        n: result(
            {"LEA1": (100 - 8 * n, 0, 0, 0, 100 + 8 * n), "COM1": (100, 0, 0, 0, 100)}, unit_id=n
        )
        for n in range(1, 12)
    }
    assert [side_by_side(shown, sort=code).no_sign for code in ("", "LEA1", "COM1")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("units", [0, 1])
def test_d5_with_nothing_to_compare_nothing_is_said_of_it(units: int) -> None:
    shown = {n: unit(n, 40, 0.5) for n in range(1, units + 1)}
    assert not side_by_side(shown, hidden=3, sort="").no_sign


def test_d5_people_are_compared_once_though_they_are_shown_again_in_what_is_above_their_team() -> None:
    """Two teams a little apart: with the whole counted as a third one they would look alike."""
    shown = {1: unit(1, 400, 0.5), 2: unit(2, 200, 0.48), 3: unit(3, 200, 0.52)}
    wave = pulse(1, ASKED)
    choices = families(wave, [])
    figures = {unit_id: one.items for unit_id, one in shown.items()}
    links = [UnitLink(n, f"Unit {n}", min(n - 1, 1), (), is_shown=True) for n in (1, 2, 3)]
    flat = [UnitLink(n, f"Unit {n}", 0, (), is_shown=True) for n in (1, 2, 3)]
    nested, beside = (
        heat_map(wave, units, choices, choices[-1], figures).no_sign for units in (links, flat)
    )
    assert not nested and beside


def test_d3_a_scale_that_is_no_score_has_no_column() -> None:
    wave = pulse(1, dict.fromkeys(instruments.load_library().factor_scales["F1"]))
    assert [family.code for family in families(wave, [])] == ["factors", "questions"]
    assert [family.code for family in families(wave, [], {"F1"})] == ["questions"]
