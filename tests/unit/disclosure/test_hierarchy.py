"""Which units may be shown: A2 and A4 by their vectors, and against the rule's own words."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.hierarchy import Tree, lowest_publishable, publishable_units
from tests.unit.disclosure.organisations import (
    MANY,
    REPEATABLE,
    Organisation,
    organisations,
    tree_of,
    trees,
)

MINIMA = st.integers(5, 20)


def by_the_words_of_the_rule(
    tree: Tree,
    own: dict[int, int],
    invited: dict[int, int],
    k: int,
    within: set[int],
    order: list[int],
) -> set[int]:
    """A2 and A4 as they are written, without a thought for speed. Parents come in any order."""

    def below(unit: int) -> set[int]:
        return {other for other in tree.parents if unit in tree.path_up(other)}

    answers = {unit: sum(own.get(one, 0) for one in below(unit)) for unit in tree.parents}
    asked = {unit: sum(invited.get(one, 0) for one in below(unit)) for unit in tree.parents}
    published = {unit for unit in tree.parents if answers[unit] >= k and unit in within}
    while True:
        before = set(published)
        for unit in order:
            if unit not in published:
                published -= below(unit)  # hiding a group hides all its descendants
        for parent in order:
            children = [unit for unit, above in tree.parents.items() if above == parent]
            while parent in published:
                shown = [unit for unit in children if unit in published]
                hidden = answers[parent] - sum(answers[unit] for unit in shown)
                nobody = asked[parent] == sum(asked[unit] for unit in shown)
                if (hidden == 0 and nobody) or hidden >= k or not shown:
                    break
                published -= below(min(shown, key=lambda unit: (answers[unit], unit)))
        if published == before:
            return published


def shown(
    parents: list[int], own: dict[int, int], k: int = 10, invited: dict[int, int] | None = None
) -> set[int]:
    return set(publishable_units(tree_of(parents), own, k=k, invited=invited))


# ---------------------------------------------------------------- vectors


def test_teams_of_30_12_and_4_hide_the_4_then_the_12() -> None:
    assert shown([1, 1, 1], {2: 30, 3: 12, 4: 4}) == {1, 2}


def test_nine_answers_are_not_shown_and_ten_are() -> None:
    assert shown([], {1: 9}) == set()
    assert shown([], {1: 10}) == {1}


def test_people_of_the_parent_itself_count_as_a_child() -> None:
    assert shown([1, 1], {1: 3, 2: 30, 3: 12}) == {1, 2}
    assert shown([1, 1], {1: 10, 2: 30, 3: 12}) == {1, 2, 3}
    assert shown([1, 1], {1: 0, 2: 30, 3: 12}) == {1, 2, 3}


@pytest.mark.parametrize("answers", [0, 1])
def test_whether_a_lone_head_has_answered_does_not_show(answers: int) -> None:
    """With none of their answers hidden behind nothing, what is shown would tell."""
    own = {1: answers, 2: 30, 3: 20, 4: 12}
    assert shown([1, 1, 1], own, invited={1: 1, 2: 40, 3: 40, 4: 20}) == {1, 2, 3}


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_whether_anyone_of_a_tiny_team_has_answered_does_not_show(answers: int) -> None:
    own = {2: 30, 3: 12, 4: answers}
    assert shown([1, 1, 1], own, invited={2: 40, 3: 30, 4: 2}) == {1, 2}


def test_which_unit_is_hidden_says_nothing_of_who_answered_more() -> None:
    """Unit 3 has fewer invited and more answers than unit 2, and is the one to go."""
    assert shown([1, 1, 1], {2: 12, 3: 20, 4: 4}, invited={2: 50, 3: 40, 4: 8}) == {1, 2}


def test_nothing_is_hidden_for_those_who_were_not_asked() -> None:
    own = {2: 30, 3: 12}
    assert shown([1, 1, 1], own, invited={1: 0, 2: 40, 3: 40, 4: 0}) == {1, 2, 3}


def test_a_tie_is_broken_by_id() -> None:
    assert shown([1, 1, 1], {2: 15, 3: 15, 4: 4}) == {1, 3}


def test_what_costs_fewest_units_is_hidden() -> None:
    # Hiding the 20 of 2 > 5 > 6 beside the 4 of unit 4 would take three units, not one.
    assert shown([1, 1, 1, 2, 5], {6: 20, 3: 40, 4: 4}) == {1, 2, 5, 6}


def test_a_unit_below_a_hidden_one_is_shown_where_that_is_safe() -> None:
    # Of 2's 30, unit 5 has 14: with 2 hidden, the 16 others hide the 4 of unit 4.
    assert shown([1, 1, 1, 2, 2], {2: 8, 5: 14, 6: 8, 3: 40, 4: 4}) == {1, 3, 5}


def test_two_small_teams_together_are_enough_to_hide_behind() -> None:
    assert shown([1, 1, 1], {2: 30, 3: 6, 4: 4}) == {1, 2}


def test_an_only_child_of_a_parent_with_few_people_of_its_own_is_hidden() -> None:
    assert shown([1], {1: 4, 2: 30}) == {1}


def test_units_hidden_for_a_wider_count_stay_hidden() -> None:
    tree = tree_of([1, 1, 1])
    own = {2: 30, 3: 30, 4: 30}
    assert publishable_units(tree, own, k=10, within=frozenset({1, 2, 3})) == {1, 2, 3}
    assert publishable_units(tree, own, k=10, within=frozenset()) == frozenset()


def test_a_unit_hidden_for_a_wider_count_takes_a_neighbour_along_when_too_few() -> None:
    # All 30 of unit 4 answered something, only 4 this question: 2 must not be left to subtract.
    own = {2: 12, 3: 30, 4: 4}
    assert publishable_units(tree_of([1, 1, 1]), own, k=10, within=frozenset({1, 2, 3})) == {1, 3}


@pytest.mark.parametrize(
    "parents",
    [
        {},
        {1: None, 2: None},
        {1: 2, 2: 1},
        {1: None, 2: 3},
        {1: None, 2: 2},
        {1: None, 2: 3, 3: 2},
    ],
)
def test_what_is_no_tree_is_refused(parents: dict[int, int | None]) -> None:
    with pytest.raises(ValueError, match="tree|hang"):
        Tree(parents)


# ---------------------------------------------------------------- properties


@st.composite
def invitations(draw: st.DrawFn, organisation: Organisation) -> dict[int, int] | None:
    """Nobody knows, or at least as many as answered in each unit."""
    if draw(st.booleans()):
        return None
    more = st.one_of(st.just(0), st.integers(0, 9))
    return {unit: count + draw(more) for unit, count in organisation.own.items()}


def check_rules(
    organisation: Organisation,
    k: int,
    invited: dict[int, int] | None,
    within: frozenset[int] | None = None,
) -> None:
    tree, own = organisation.tree, organisation.own
    published = publishable_units(tree, own, k=k, invited=invited, within=within)
    totals = tree.totals(own)
    asked = tree.totals(own if invited is None else invited)
    for unit in published:
        assert totals[unit] >= k
        assert within is None or unit in within
        below = [
            other
            for other in tree.subtree(unit) & published
            if other != unit
            if next(up for up in tree.path_up(other)[1:] if up in published) == unit
        ]
        hidden = totals[unit] - sum(totals[child] for child in below)
        assert hidden >= k or asked[unit] == sum(asked[child] for child in below)
    order = list(tree.parents)
    random.Random(str(own)).shuffle(order)
    allowed = set(tree.parents if within is None else within)
    step_by_step = by_the_words_of_the_rule(
        tree, dict(own), dict(own if invited is None else invited), k, allowed, order
    )
    assert len(published) >= len(step_by_step)
    assert (tree.root in published) == (tree.root in step_by_step)


def check_wave(organisation: Organisation, k: int, data: st.DataObject) -> None:
    """The respondents, and one question that some of them answered."""
    tree = organisation.tree
    invited = data.draw(invitations(organisation))
    check_rules(organisation, k, invited)
    within = publishable_units(tree, organisation.own, k=k, invited=invited)
    fewer = {unit: data.draw(st.integers(0, count)) for unit, count in organisation.own.items()}
    check_rules(Organisation(tree, fewer), k, invited, within)


@REPEATABLE
@given(organisations(), MINIMA, st.data())
def test_what_is_shown_obeys_the_rules(
    organisation: Organisation, k: int, data: st.DataObject
) -> None:
    check_wave(organisation, k, data)


@pytest.mark.soak
@MANY
@given(organisations(most_units=30), MINIMA, st.data())
def test_the_rules_hold_over_many_organisations(
    organisation: Organisation, k: int, data: st.DataObject
) -> None:
    check_wave(organisation, k, data)


@REPEATABLE
@given(organisations(), MINIMA)
def test_rows_are_kept_in_classes_of_at_least_k(organisation: Organisation, k: int) -> None:
    """A22: joining people and responses on the unit that is kept leaves nobody in a small class."""
    tree, own = organisation.tree, organisation.own
    published = publishable_units(tree, own, k=k)
    classes: dict[int | None, int] = {}
    for unit, count in own.items():
        kept = lowest_publishable(tree, published, unit)
        assert kept is None or (kept in published and kept in tree.path_up(unit))
        classes[kept] = classes.get(kept, 0) + count
    if published:
        assert None not in classes
        assert all(count == 0 or count >= k for count in classes.values())
    else:
        assert set(classes) == {None} and classes[None] < k


@REPEATABLE
@given(trees())
def test_the_tree_walks(tree: Tree) -> None:
    own = dict.fromkeys(tree.parents, 1)
    for unit, total in tree.totals(own).items():
        below = tree.subtree(unit)
        assert total == len(below)
        assert below == {other for other in tree.parents if unit in tree.path_up(other)}
        assert tree.path_up(unit)[-1] == tree.root
    places = {unit: place for place, unit in enumerate(tree.top_down)}
    assert all(
        parent is None or places[parent] < places[unit] for unit, parent in tree.parents.items()
    )
