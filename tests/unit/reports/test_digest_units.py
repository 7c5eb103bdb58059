"""Which of a reader's units a summary speaks of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.hierarchy import Tree
from surveyapp.reports.digest import highest
from surveyapp.reports.view_models import UnitLink


@st.composite
def lines(draw: st.DrawFn) -> tuple[Tree, list[UnitLink]]:
    """A tree of units, and a reader's line in it: all that lies at or below some of them."""
    size = draw(st.integers(1, 12))
    parents: dict[int, int | None] = {0: None}
    for unit in range(1, size):
        parents[unit] = draw(st.integers(0, unit - 1))
    tree = Tree(parents)
    led = draw(st.sets(st.integers(0, size - 1), min_size=1))
    readable = set().union(*(tree.subtree(unit) for unit in led))
    shown = draw(st.sets(st.sampled_from(sorted(readable))))
    return tree, [
        UnitLink(unit, f"Unit {unit}", depth=0, above=(), is_shown=unit in shown)
        for unit in tree.top_down
        if unit in readable
    ]


@given(lines())
def test_all_that_is_shown_is_summed_up_in_a_unit_of_the_summary(
    line: tuple[Tree, list[UnitLink]],
) -> None:
    tree, units = line
    found = highest(tree, units)
    shown = {unit.unit_id for unit in found if unit.is_shown}
    for unit in units:
        if unit.is_shown:
            assert not shown.isdisjoint(tree.path_up(unit.unit_id))


@given(lines())
def test_nothing_is_said_twice(line: tuple[Tree, list[UnitLink]]) -> None:
    tree, units = line
    found = highest(tree, units)
    assert len({unit.unit_id for unit in found}) == len(found)
    shown = {unit.unit_id for unit in found if unit.is_shown}
    for unit in found:
        assert shown.isdisjoint(tree.path_up(unit.unit_id)[1:])


@given(lines())
def test_what_is_hidden_is_named_only_at_the_top_and_comes_last(
    line: tuple[Tree, list[UnitLink]],
) -> None:
    tree, units = line
    readable = {unit.unit_id for unit in units}
    found = highest(tree, units)
    flags = [unit.is_shown for unit in found]
    assert flags == sorted(flags, reverse=True)
    for unit in found:
        if not unit.is_shown:
            assert readable.isdisjoint(tree.path_up(unit.unit_id)[1:])
