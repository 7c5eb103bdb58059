"""A5–A7: units and one breakdown shown together, against brute force that knows no theory."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.breakdown import (
    MOST_GROUPS,
    Publication,
    by_group,
    by_unit,
    find_leak,
    ungrouped,
)
from surveyapp.disclosure.gate import choose
from surveyapp.disclosure.hierarchy import Tree, publishable_units
from tests.unit.disclosure.organisations import MANY, REPEATABLE, tree_of
from tests.unit.disclosure.rowspace import derivable_small_group, lightest_derivable_crowd

Cells = dict[tuple[int, str], int]


@dataclass(frozen=True)
class Staffed:
    """An organisation with how many of each group answered in each unit, and were asked."""

    tree: Tree
    cells: Cells
    invited: Cells
    k: int

    def sums(self, shown: Publication) -> list[frozenset[object]]:
        """The cells whose people are in each shown figure."""
        below = {unit: self.tree.subtree(unit) for unit in shown.units}
        return [
            *(frozenset(cell for cell in self.invited if cell[0] in below[u]) for u in shown.units),
            *(frozenset(cell for cell in self.invited if cell[1] == g) for g in shown.groups),
        ]

    def leak(self, shown: Publication) -> object:
        return lightest_derivable_crowd(self.cells, self.sums(shown), self.k)


@st.composite
def staffed(draw: st.DrawFn, *, units: int = 10, groups: int = 5, people: int = 40) -> Staffed:
    """Any shape; units that are mostly of one group, empty, tiny or large."""
    return invented(
        draw(st.integers(0, 2**32)),
        draw(st.integers(1, units)),
        draw(st.integers(1, groups)),
        people,
        draw(st.integers(5, 20)),
    )


def invented(seed: int, units: int, groups: int, people: int, k: int) -> Staffed:
    chance = random.Random(seed)
    shape = chance.choice(["any", "flat", "chain", "wide"])
    parents = [
        {"any": chance.randint(1, above), "flat": 1, "chain": above, "wide": max(1, above // 3)}[shape]
        for above in range(1, units)
    ]
    names = "abcdefghijklmnopqrst"[:groups]
    cells: Counter[tuple[int, str]] = Counter()
    invited: Counter[tuple[int, str]] = Counter()
    for unit in range(1, units + 1):
        mostly = chance.choice(names)
        size = chance.choice([0, chance.randint(1, 4), chance.randint(0, 2 * k), chance.randint(0, people)])
        for _ in range(size):
            group = mostly if chance.random() < 0.6 else chance.choice(names)
            cells[unit, group] += 1
            invited[unit, group] += 1
        for _ in range(chance.choice([0, 0, 1, 5])):
            invited[unit, chance.choice(names)] += 1
    return Staffed(tree_of(parents), dict(cells), dict(invited), k)


def shown_of(case: Staffed) -> Publication:
    return choose(case.tree, case.cells, k=case.k)


# ---------------------------------------------------------------- vectors

WARD_OF_NURSES = Staffed(
    tree_of([1, 1]),
    {(2, "nurse"): 11, (3, "nurse"): 2, (3, "other"): 47},
    {(2, "nurse"): 11, (3, "nurse"): 2, (3, "other"): 47},
    10,
)


def test_a_team_of_nurses_and_the_nurses_are_not_both_shown() -> None:
    """A6: Team A (11, all nurses) and nurses (13): two nurses elsewhere would follow."""
    everything = Publication(frozenset({1, 2, 3}), frozenset({"nurse", "other"}))
    leak = find_leak(WARD_OF_NURSES.tree, WARD_OF_NURSES.cells, everything, k=10)
    assert leak is not None and leak.people == 2
    assert shown_of(WARD_OF_NURSES) == Publication(frozenset({1, 2, 3}), frozenset())


def test_teams_and_groups_that_cut_across_each_other_are_all_shown() -> None:
    cells = {(unit, group): 20 for unit in (2, 3, 4) for group in ("nurse", "porter")}
    assert choose(tree_of([1, 1, 1]), cells, k=10) == Publication(
        frozenset({1, 2, 3, 4}), frozenset({"nurse", "porter"})
    )


def test_the_rest_of_the_groups_is_a_group_too() -> None:
    """26 nurses of 30 people: the four others follow."""
    assert choose(tree_of([]), {(1, "nurse"): 26, (1, "other"): 4}, k=10).groups == frozenset()
    assert choose(tree_of([]), {(1, "nurse"): 16, (1, "other"): 14}, k=10).groups == {"nurse", "other"}


def test_people_without_a_group_are_never_shown_as_one() -> None:
    assert choose(tree_of([]), {(1, ""): 30, (1, "nurse"): 30}, k=10).groups == {"nurse"}


@pytest.mark.parametrize("answers", [0, 1])
def test_whether_the_only_nurse_elsewhere_has_answered_does_not_show(answers: int) -> None:
    cells = {(2, "nurse"): 20, (3, "nurse"): answers, (3, "other"): 40}
    invited = {(2, "nurse"): 30, (3, "nurse"): 1, (3, "other"): 60}
    shown = choose(tree_of([1, 1]), cells, k=10, invited=invited)
    assert shown == Publication(frozenset({1, 2, 3}), frozenset())


@pytest.mark.parametrize("answers", [0, 1])
def test_whether_the_only_nurse_of_a_unit_has_answered_does_not_show(answers: int) -> None:
    """Not even where both ways are safe: the clerks of unit 1 would be as good as all of it."""
    cells = {(2, "nurse"): answers, (2, "clerk"): 10, (3, "clerk"): 3, (3, "nurse"): 20}
    invited = {(2, "nurse"): 1, (2, "clerk"): 12, (3, "clerk"): 4, (3, "nurse"): 25}
    shown = choose(tree_of([1, 1]), cells, k=10, invited=invited)
    assert shown == Publication(frozenset({1, 2, 3}), frozenset())


@REPEATABLE
@given(staffed(units=6, groups=3))
def test_what_is_shown_never_turns_on_a_person_asked_alone(case: Staffed) -> None:
    """With the counts of everyone else as they are, for anyone who is the only one of a cell."""
    alone = [cell for cell, asked in case.invited.items() if asked == 1]
    for cell in alone:
        found = {
            choose(case.tree, {**case.cells, cell: answered}, k=case.k, invited=case.invited)
            for answered in (0, 1)
            if not _crosses_a_threshold(case, cell)
        }
        assert len(found) <= 1, (case, cell)


def _crosses_a_threshold(case: Staffed, cell: tuple[int, str]) -> bool:
    """Whether this one answer makes k of some sum, where no rule could hide it."""
    own = dict.fromkeys(case.tree.parents, 0) | by_unit({**case.cells, cell: 1})
    return any(
        case.tree.totals(own)[unit] >= case.k > case.tree.totals(own)[unit] - 1
        for unit in case.tree.path_up(cell[0])
    )


def test_a_question_is_shown_only_where_the_respondents_are() -> None:
    cells = {(unit, group): 20 for unit in (2, 3) for group in ("nurse", "porter")}
    within = Publication(frozenset({1, 2}), frozenset({"porter"}))
    assert choose(tree_of([1, 1]), cells, k=10, within=within) == within


def test_too_many_groups_are_refused_rather_than_half_looked_at() -> None:
    groups = [f"g{number}" for number in range(MOST_GROUPS + 1)]
    cells = {(1, group): 20 + number for number, group in enumerate(groups)}
    shown = choose(tree_of([]), cells, k=10)
    assert shown.groups == frozenset(groups[1:])
    with pytest.raises(ValueError, match="at most"):
        find_leak(tree_of([]), cells, Publication(frozenset({1}), frozenset(groups)), k=10)


# ---------------------------------------------------------------- nothing below k follows


def check_safe(case: Staffed) -> None:
    for invited in (None, case.invited):
        shown = choose(case.tree, case.cells, k=case.k, invited=invited)
        assert case.leak(shown) is None, (case, shown)
        own = case.tree.totals(by_unit(case.cells))
        groups = by_group(case.cells)
        assert all(own[unit] >= case.k for unit in shown.units)
        assert all(groups[group] >= case.k for group in shown.groups)
        assert (case.tree.root in shown.units) == (own[case.tree.root] >= case.k)


@REPEATABLE
@given(staffed())
def test_nothing_below_k_follows(case: Staffed) -> None:
    check_safe(case)


@pytest.mark.soak
@MANY
@given(staffed(units=40, groups=8, people=60))
def test_nothing_below_k_follows_from_many_organisations(case: Staffed) -> None:
    check_safe(case)


@REPEATABLE
@given(staffed(units=8, groups=4), st.randoms(use_true_random=False))
def test_nothing_below_k_follows_from_one_question(case: Staffed, chance: random.Random) -> None:
    within = choose(case.tree, case.cells, k=case.k, invited=case.invited)
    answered = {cell: chance.randint(count * 2 // 3, count) for cell, count in case.cells.items()}
    shown = choose(case.tree, answered, k=case.k, invited=case.invited, within=within)
    assert shown.units <= within.units and shown.groups <= within.groups
    assert Staffed(case.tree, answered, case.invited, case.k).leak(shown) is None


def small(case: Staffed) -> Staffed:
    """A few blocks, so that plain combinations of them can be tried."""
    return Staffed(case.tree, dict(sorted(case.cells.items())[:12]), case.invited, case.k)


@REPEATABLE
@given(staffed(units=5, groups=3, people=15), st.randoms(use_true_random=False))
def test_both_brute_forces_and_the_audit_agree(case: Staffed, chance: random.Random) -> None:
    """On anything that might be published, safe or not; so each of the three is seen to find leaks."""
    case = small(case)
    shown = Publication(
        frozenset(unit for unit in case.tree.parents if chance.random() < 0.7),
        frozenset(group for group in by_group(case.cells) if chance.random() < 0.7),
    )
    exhaustive = derivable_small_group(dict(case.cells), case.sums(shown), case.k)
    assert (case.leak(shown) is None) == (exhaustive is None)
    leak = find_leak(case.tree, case.cells, shown, k=case.k)
    # A shown figure of nobody gives nothing away.
    assert (leak is None) == (exhaustive is None)
    if leak is not None:
        assert 0 < leak.people < case.k
        named = Publication(leak.units, leak.groups)
        assert named.units <= shown.units and named.groups <= shown.groups
        assert case.leak(named) is not None


# ---------------------------------------------------------------- nobody wins by hiding everything


def most_that_is_safe(case: Staffed, *, with_organisation: bool) -> int:
    """By trying every choice of units and groups, the largest first."""
    own = case.tree.totals(by_unit(case.cells))
    eligible: list[tuple[str, int | str]] = [("unit", u) for u in own if own[u] >= case.k]
    eligible += [("group", g) for g, n in by_group(case.cells).items() if n >= case.k]
    for size in range(len(eligible), 0, -1):
        for chosen in itertools.combinations(eligible, size):
            shown = Publication(
                frozenset(int(key) for kind, key in chosen if kind == "unit"),
                frozenset(str(key) for kind, key in chosen if kind == "group"),
            )
            if with_organisation and case.tree.root not in shown.units:
                continue
            if case.leak(shown) is None:
                return size
    return 0


def published_share(cases: Iterable[Staffed]) -> float:
    """What the gate shows, of what could be; it must never be less where the organisation is shown."""
    shown = possible = 0
    for case in cases:
        number = len(shown_of(case))
        assert number == most_that_is_safe(case, with_organisation=True), case
        shown += number
        possible += most_that_is_safe(case, with_organisation=False)
    return shown / possible


def small_cases(seeds: Iterable[int]) -> Iterable[Staffed]:
    for seed in seeds:
        chance = random.Random(seed)
        yield invented(seed, chance.randint(1, 6), chance.randint(1, 3), 30, chance.randint(5, 20))


def test_no_safe_choice_shows_more() -> None:
    assert published_share(small_cases(range(120))) >= 0.9


@pytest.mark.soak
def test_no_safe_choice_shows_more_in_many_organisations() -> None:
    assert published_share(small_cases(range(1000, 3500))) >= 0.9


@REPEATABLE
@given(staffed(units=25, groups=1))
def test_without_a_breakdown_it_is_the_hierarchy_alone(case: Staffed) -> None:
    own = by_unit(case.cells)
    shown = choose(case.tree, ungrouped(own), k=case.k)
    assert shown == Publication(publishable_units(case.tree, own, k=case.k))
