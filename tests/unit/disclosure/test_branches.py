"""A5, A6: what may be shown of questions that only learners or supervisors were asked."""

from __future__ import annotations

import pytest

from surveyapp.disclosure.branches import may_show, with_branches
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally, Snapshot, freeze


@pytest.mark.parametrize(
    ("answered", "respondents", "shown"),
    [(10, 20, True), (9, 60, False), (10, 19, False), (51, 60, False), (20, 20, False), (0, 0, False)],
)
def test_both_those_who_answered_and_the_others_must_be_enough(
    answered: int, respondents: int, shown: bool
) -> None:
    assert may_show(answered, respondents, k=10) is shown


def frozen(people: int) -> Snapshot:
    return freeze(
        tree=Tree({1: None, 2: 1}),
        names={1: "Trust", 2: "Maple"},
        invited={(2, ""): people},
        respondents={(2, ""): people},
        items=[],
        scales=[],
        k=10,
    )


def test_they_are_shown_of_the_whole_organisation_only() -> None:
    items = [ItemTally("HL2", {(2, ""): [0, 0, 4, 8, 0], (1, ""): [0, 3, 0, 0, 0]})]
    scales = [ScaleTally("H4", {(2, ""): (9, 450.0, 25000.0)})]
    shown = with_branches(frozen(40), 1, respondents=40, items=items, scales=scales)
    assert shown.units[1].items["HL2"].n == 15 and shown.units[1].items["HL2"].split == ()
    assert not shown.units[1].scales and not shown.units[2].items


def test_nothing_is_added_where_the_organisation_is_not_shown() -> None:
    items = [ItemTally("HL2", {(2, ""): [10, 0, 0, 0, 0]})]
    nothing = frozen(9)
    assert with_branches(nothing, 1, respondents=9, items=items, scales=[]) == nothing
    unanswered = with_branches(frozen(40), 1, respondents=40, items=[ItemTally("HL2", {})], scales=[])
    assert not unanswered.units[1].items
