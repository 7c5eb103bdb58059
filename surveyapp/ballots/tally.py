"""From opened ballots to the tallies that disclosure control works on. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from surveyapp.ballots.paper import Ballot
from surveyapp.disclosure.figures import person_score
from surveyapp.disclosure.relations import Relation, relations
from surveyapp.disclosure.reliability import Reliability, reliabilities
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally
from surveyapp.instruments.services import Library

#: 'I would tell a friend that this is a good place to learn.' It is in no factor's scale.
RECOMMENDS = "HW2"


class AskedItem(Protocol):
    """A question of the wave; `scale` is 'text' for an open prompt."""

    @property
    def item_id(self) -> str: ...
    @property
    def scale(self) -> str: ...
    @property
    def reverse(self) -> bool: ...


def item_tallies(items: Iterable[AskedItem], ballots: Sequence[Ballot]) -> list[ItemTally]:
    """Answers 1…5 to each scored item by unit and group, reversed where the item is (B1)."""
    tallies = []
    for item in items:
        if item.scale == "text":
            continue
        counts: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * 5)
        for ballot in ballots:
            value = _value(ballot, item)
            if value is not None:
                counts[ballot.unit_id, ballot.group][value - 1] += 1
        tallies.append(ItemTally(item.item_id, counts))
    return tallies


def scale_tallies(
    items: Iterable[AskedItem], ballots: Sequence[Ballot], library: Library
) -> list[ScaleTally]:
    """Person scores by unit and group of each reporting scale that the wave asks in full (B2)."""
    asked = {item.item_id: item for item in items}
    families = {**library.factor_scales, **library.cipd_scales, **library.hee_scales}
    tallies = []
    for code, item_ids in families.items():
        if not asked.keys() >= set(item_ids):
            continue
        sums: defaultdict[tuple[int, str], tuple[int, float, float]] = defaultdict(
            lambda: (0, 0.0, 0.0)
        )
        for ballot in ballots:
            score = person_score([_value(ballot, asked[item_id]) for item_id in item_ids])
            if score is not None:
                cell = (ballot.unit_id, ballot.group)
                n, total, squares = sums[cell]
                sums[cell] = (n + 1, total + score, squares + score**2)
        tallies.append(ScaleTally(code, sums))
    return tallies


def recommending(
    items: Iterable[AskedItem], ballots: Sequence[Ballot], library: Library
) -> tuple[Relation, ...]:
    """How each factor goes with the wish to recommend; nothing unless the wave asks all of them."""
    asked = {item.item_id: item for item in items}
    needed = {RECOMMENDS, *(id_ for ids in library.factor_scales.values() for id_ in ids)}
    if not asked.keys() >= needed:
        return ()
    people = [
        (
            person_score([_value(ballot, asked[RECOMMENDS])]),
            [
                person_score([_value(ballot, asked[item_id]) for item_id in item_ids])
                for item_ids in library.factor_scales.values()
            ],
        )
        for ballot in ballots
    ]
    return relations([*library.factor_scales], people)


def hanging_together(
    items: Iterable[AskedItem], ballots: Sequence[Ballot], library: Library
) -> tuple[Reliability, ...]:
    """Reliability of each factor's scale that the wave asks in full, as monthly pulses never do (D4)."""
    asked = {item.item_id: item for item in items}
    return reliabilities(
        {
            code: [[_value(ballot, asked[item_id]) for item_id in item_ids] for ballot in ballots]
            for code, item_ids in library.factor_scales.items()
            if asked.keys() >= set(item_ids)
        }
    )


def _value(ballot: Ballot, item: AskedItem) -> int | None:
    value = ballot.answers.get(item.item_id)
    if value is None or not item.reverse:
        return value
    return 6 - value
