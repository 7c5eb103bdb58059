"""A21: the forecast, the groups proposed from it, and what they are worth in six organisations."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.breakdown import find_leak
from surveyapp.disclosure.forecast import (
    GROUP_CHANCE,
    ReportingGroup,
    chance_of,
    people_needed,
    propose_groups,
    with_groups,
)
from surveyapp.disclosure.gate import choose
from surveyapp.disclosure.hierarchy import Tree
from tests.unit.disclosure.organisations import REPEATABLE, Organisation, organisations, tree_of

ORGANISATIONS: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "realistic.yaml").read_text())

# ---------------------------------------------------------------- the forecast


def test_20_staff_at_40_in_100_have_a_chance_of_24() -> None:
    """The printed vector of A21."""
    assert round(100 * chance_of(10, 20, 0.4)) == 24


@pytest.mark.parametrize(("k", "invited", "rate"), [(5, 12, 0.3), (10, 9, 0.9), (10, 30, 1.0)])
def test_the_chance_is_that_of_tossing_coins(k: int, invited: int, rate: float) -> None:
    coins = random.Random(3)
    tries = 4000
    enough = sum(sum(coins.random() < rate for _ in range(invited)) >= k for _ in range(tries))
    assert chance_of(k, invited, rate) == pytest.approx(enough / tries, abs=0.03)


@pytest.mark.parametrize("invited", [0, 1, 5000, 200_000])
def test_no_size_breaks_the_forecast(invited: int) -> None:
    assert chance_of(10, invited, 0.35) == (1 if invited > 100 else 0)


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.35, 0.8, 1.0])
def test_people_needed_is_the_smallest_number(rate: float) -> None:
    needed = people_needed(10, rate, 0.8)
    assert chance_of(10, needed, rate) >= 0.8 > chance_of(10, needed - 1, rate)


def test_without_a_response_nobody_is_enough() -> None:
    with pytest.raises(ValueError, match="above 0"):
        people_needed(10, 0, 0.8)


# ---------------------------------------------------------------- the groups


def proposed(parents: list[int], invited: dict[int, int], **more: Any) -> list[tuple[int, ...]]:
    groups = propose_groups(tree_of(parents), invited, k=10, rate=0.4, **more)
    return [group.members for group in groups]


def test_teams_of_20_are_shown_two_by_two() -> None:
    # 20 at 40 in 100 have a chance of 24, 40 one of 98.
    assert proposed([1] * 5, {2: 20, 3: 20, 4: 20, 5: 20, 6: 60}) == [(2, 4), (3, 5)]


def test_one_small_team_is_joined_by_the_smallest_beside_it() -> None:
    assert proposed([1] * 3, {2: 12, 3: 80, 4: 60}) == [(2, 4)]


def test_a_group_of_everyone_would_say_nothing_new() -> None:
    assert proposed([1] * 3, {2: 14, 3: 13, 4: 13}) == []
    assert proposed([1] * 3, {1: 5, 2: 14, 3: 13, 4: 13}) == [(2, 3, 4)]


def test_large_teams_and_teams_nobody_was_asked_in_stay_alone() -> None:
    assert proposed([1] * 4, {2: 60, 3: 60, 4: 0}) == []


def test_teams_of_different_parents_are_not_mixed() -> None:
    found = propose_groups(
        tree_of([1, 1, 2, 2, 3, 3]),
        {4: 20, 5: 20, 6: 20, 7: 20, 2: 8, 3: 8},
        k=10,
        rate=0.4,
    )
    assert found == (ReportingGroup(2, (4, 5)), ReportingGroup(3, (6, 7)))


def test_groups_of_the_last_wave_stay_while_they_are_right() -> None:
    sizes = {2: 20, 3: 20, 4: 20, 5: 20, 6: 60}
    last = [ReportingGroup(1, (2, 5)), ReportingGroup(1, (3, 4))]
    assert proposed([1] * 5, sizes, keep=last) == [(2, 5), (3, 4)]
    # Teams 2 and 5 have grown, and team 3 has left: neither of the groups is right any more.
    assert proposed([1] * 5, {**sizes, 2: 60, 5: 60, 3: 0}, keep=last) == [(2, 4)]


def test_a_group_stands_between_its_teams_and_their_parent() -> None:
    tree = with_groups(tree_of([1, 1, 1]), [ReportingGroup(1, (2, 3))], [90])
    assert tree.parents == {1: None, 2: 90, 3: 90, 4: 1, 90: 1}


@REPEATABLE
@given(organisations(most_people=60), st.integers(5, 20), st.sampled_from([0.2, 0.35, 0.6, 0.9]))
def test_every_group_is_of_neighbours_and_large_enough(
    organisation: Organisation, k: int, rate: float
) -> None:
    tree, own = organisation.tree, organisation.own
    groups = propose_groups(tree, own, k=k, rate=rate)
    totals = tree.totals(own)
    grouped = [member for group in groups for member in group.members]
    assert len(grouped) == len(set(grouped))
    for group in groups:
        people = sum(totals[member] for member in group.members)
        assert len(group.members) > 1
        assert all(tree.parents[member] == group.parent for member in group.members)
        assert all(totals[member] for member in group.members)
        assert chance_of(k, people, rate) >= GROUP_CHANCE
        assert people < totals[group.parent]
    assert propose_groups(tree, own, k=k, rate=rate, keep=groups) == groups
    ids = range(1000, 1000 + len(groups))
    assert with_groups(tree, groups, ids).totals(own)[tree.root] == totals[tree.root]


# ---------------------------------------------------------------- six organisations


def built(units: Mapping[str, Any]) -> tuple[Tree, dict[int, int]]:
    parents: dict[int, int | None] = {1: None}
    own: dict[int, int] = {}

    def walk(below: Mapping[str, Any], parent: int) -> None:
        for inside in below.values():
            unit = len(parents) + 1
            parents[unit] = parent
            if isinstance(inside, Mapping):
                walk(inside, unit)
            else:
                own[unit] = inside

    walk(units, 1)
    return Tree(parents), own


def share_with_results(name: str, *, rate: float, replies: int, grouped: bool) -> float:
    """The share of staff who belong to a shown unit or group below the organisation itself."""
    described = ORGANISATIONS[name]
    k = described["k"]
    tree, own = built(described["units"])
    groups = propose_groups(tree, own, k=k, rate=rate) if grouped else ()
    tree = with_groups(tree, groups, range(1000, 1000 + len(groups)))
    chance = random.Random(f"{name} {replies}")
    kinds, weights = zip(*described["staff_groups"].items(), strict=True)
    invited: Counter[tuple[int, str]] = Counter()
    answered: Counter[tuple[int, str]] = Counter()
    for unit, people in own.items():
        for _ in range(people):
            cell = (unit, chance.choices(kinds, weights)[0])
            invited[cell] += 1
            answered[cell] += chance.random() < rate
    shown = choose(tree, answered, k=k, invited=invited)
    assert find_leak(tree, answered, shown, k=k, invited=invited) is None
    below = shown.units - {tree.root}
    covered = sum(people for unit, people in own.items() if below.intersection(tree.path_up(unit)))
    return covered / sum(own.values())


@pytest.mark.parametrize("name", sorted(ORGANISATIONS))
def test_with_35_in_100_answering_most_staff_see_results_of_their_own(name: str) -> None:
    """With a breakdown by staff group as well, over thirty draws of who answers."""
    draws = 30
    shares = [share_with_results(name, rate=0.35, replies=n, grouped=True) for n in range(draws)]
    assert sum(shares) / draws >= 0.8


@pytest.mark.parametrize("name", ["single_care_home", "gp_federation"])
def test_without_groups_small_organisations_would_see_little(name: str) -> None:
    draws = 30
    shares = [share_with_results(name, rate=0.35, replies=n, grouped=False) for n in range(draws)]
    assert sum(shares) / draws < 0.7
