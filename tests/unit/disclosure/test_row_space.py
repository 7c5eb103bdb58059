"""A7: nothing about fewer than k people follows from all that is published together.

Proven here for exact sums, which is more than anybody gets: what is shown is rounded as well. Not
proven, because no such rule could be: near-guesses, and what people tell each other.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.hierarchy import publishable_units
from tests.unit.disclosure.organisations import (
    MANY,
    REPEATABLE,
    Organisation,
    every_organisation,
    every_tree,
    organisations,
)
from tests.unit.disclosure.rowspace import derivable_small_crowd, derivable_small_group


def leak(
    organisation: Organisation, k: int, published: frozenset[int]
) -> tuple[object, ...] | None:
    groups = [frozenset[object](organisation.tree.subtree(unit)) for unit in published]
    return derivable_small_group(dict(organisation.own), groups, k)


def leak_through_the_gate(
    organisation: Organisation, k: int, within: frozenset[int] | None = None
) -> tuple[object, ...] | None:
    published = publishable_units(organisation.tree, organisation.own, k=k, within=within)
    return leak(organisation, k, published)


@pytest.mark.parametrize("units", [1, 2, 3, 4])
def test_every_small_organisation(units: int) -> None:
    k = 3
    for organisation in every_organisation(units, most_people=k + 1):
        assert leak_through_the_gate(organisation, k) is None, organisation


@pytest.mark.soak
@pytest.mark.parametrize("k", [3, 4])
def test_every_organisation_of_five_units(k: int) -> None:
    for organisation in every_organisation(5, most_people=4 if k == 3 else 5):
        assert leak_through_the_gate(organisation, k) is None, organisation


def test_every_question_in_every_small_organisation() -> None:
    """A question is answered by some of the respondents, and shown only where they are."""
    k = 3
    for tree in every_tree(3):
        for respondents in itertools.product(range(k + 2), repeat=3):
            within = publishable_units(tree, dict(enumerate(respondents, start=1)), k=k)
            for answers in itertools.product(*(range(count + 1) for count in respondents)):
                asked = Organisation(tree, dict(enumerate(answers, start=1)))
                assert leak_through_the_gate(asked, k, within) is None, (asked, respondents)


def test_person_by_person_the_answer_is_the_same() -> None:
    """The shortcut of blocks hides no leak: every crowd of a few people is tried."""
    k = 3
    for organisation in every_organisation(3, most_people=3):
        people = [(unit, i) for unit, count in organisation.own.items() for i in range(count)]
        published = publishable_units(organisation.tree, organisation.own, k=k)
        groups = [
            frozenset[object](p for p in people if p[0] in organisation.tree.subtree(unit))
            for unit in published
        ]
        assert derivable_small_crowd(people, groups, k) is None, organisation


@REPEATABLE
@given(organisations(most_units=12, most_people=30), st.integers(5, 12))
def test_larger_organisations(organisation: Organisation, k: int) -> None:
    assert leak_through_the_gate(organisation, k) is None


@pytest.mark.soak
@MANY
@given(organisations(most_units=14, most_people=30), st.integers(5, 20), st.data())
def test_many_larger_organisations_and_questions(
    organisation: Organisation, k: int, data: st.DataObject
) -> None:
    assert leak_through_the_gate(organisation, k) is None
    within = publishable_units(organisation.tree, organisation.own, k=k)
    answers = {unit: data.draw(st.integers(0, count)) for unit, count in organisation.own.items()}
    assert leak_through_the_gate(Organisation(organisation.tree, answers), k, within) is None


# ---------------------------------------------------------------- the audit itself is awake


def test_the_audit_finds_what_the_minimum_alone_lets_through() -> None:
    k = 3
    found = fixtures = 0
    for organisation in every_organisation(4, most_people=k + 1):
        totals = organisation.tree.totals(organisation.own)
        fixtures += 1
        found += leak(organisation, k, frozenset(u for u, n in totals.items() if n >= k)) is not None
    assert found > fixtures / 3


def test_the_audit_finds_a_forgotten_parent_s_own_people() -> None:
    organisation = Organisation(next(every_tree(2)), {1: 2, 2: 5})
    assert leak(organisation, 3, frozenset({1, 2})) == (1,)


def test_exact_numbers_of_respondents_and_of_answers_would_tell_who_skipped() -> None:
    """Why n is shown rounded (A11): 12 people of a unit took part and 11 answered this question.

    With both numbers exact, 'one person was not sure' would follow, though no answer would.
    """
    blocks: dict[object, int] = {"answered": 11, "skipped": 1}
    exact = [frozenset[object](blocks), frozenset[object]({"answered"})]
    assert derivable_small_group(blocks, exact, 10) == ("skipped",)
    assert derivable_small_group(blocks, exact[:1], 10) is None
