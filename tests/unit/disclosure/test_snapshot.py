"""The snapshot as a whole: one gate for every number, the same bytes for the same answers."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.breakdown import ungrouped
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.reliability import Reliability
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally, Snapshot, freeze
from tests.unit.disclosure.organisations import REPEATABLE, tree_of, trees


@dataclass(frozen=True)
class Wave:
    """All that the gate is given of a wave without a breakdown, by unit alone."""

    tree: Tree
    invited: dict[int, int]
    respondents: dict[int, int]
    items: list[ItemTally]
    scales: list[ScaleTally]
    k: int

    def frozen(self) -> Snapshot:
        return freeze(
            tree=self.tree,
            names={unit: f"Unit {unit}" for unit in self.tree.parents},
            invited=ungrouped(self.invited),
            respondents=ungrouped(self.respondents),
            items=[
                ItemTally(item.item_id, {(unit, ""): counts for unit, counts in item.counts.items()})
                for item in self.items
            ],
            scales=[
                ScaleTally(scale.code, {(unit, ""): sums for unit, sums in scale.sums.items()})
                for scale in self.scales
            ],
            k=self.k,
        )


def wave_of(seed: int, tree: Tree, sizes: dict[int, int], *, k: int = 10) -> Wave:
    """Made-up answers: most people answer most questions."""
    rng = random.Random(seed)
    invited, respondents = dict(sizes), {}
    item_counts: list[dict[int, list[int]]] = [{}, {}, {}]
    sums: dict[int, tuple[int, float, float]] = {}
    for unit, size in sizes.items():
        respondents[unit] = sum(rng.random() < 0.8 for _ in range(size))
        for counts in item_counts:
            answers = [rng.choice([1, 2, 3, 4, 4, 5]) for _ in range(respondents[unit])]
            answers = [answer for answer in answers if rng.random() < 0.9]
            counts[unit] = [answers.count(option) for option in range(1, 6)]
        scores = [rng.randrange(0, 1200) / 12 for _ in range(respondents[unit])]
        sums[unit] = (len(scores), sum(scores), sum(score**2 for score in scores))
    items = [ItemTally(f"Q{i}", counts) for i, counts in enumerate(item_counts)]
    return Wave(tree, invited, respondents, items, [ScaleTally("S", sums)], k)


@st.composite
def waves(draw: st.DrawFn) -> Wave:
    tree = draw(trees(most_units=12))
    sizes = {
        unit: draw(st.one_of(st.integers(0, 15), st.integers(0, 90))) for unit in tree.parents
    }
    return wave_of(draw(st.integers(0, 2**20)), tree, sizes, k=draw(st.integers(5, 20)))


def as_bytes(data: Any) -> bytes:
    return json.dumps(data).encode()


@REPEATABLE
@given(waves())
def test_a_snapshot_comes_back_from_the_database_as_it_went_in(wave: Wave) -> None:
    snapshot = wave.frozen()
    again = Snapshot.from_json(json.loads(as_bytes(snapshot.to_json())))
    assert again == snapshot
    assert as_bytes(again.to_json()) == as_bytes(snapshot.to_json())


def test_reliability_comes_back_and_an_older_snapshot_has_none() -> None:
    kept = replace(
        wave_of(1, tree_of([]), {1: 40}).frozen(),
        reliability=(Reliability("F1", 0.5), Reliability("F2", 0.7, 0.6)),
    )
    data = json.loads(as_bytes(kept.to_json()))
    assert Snapshot.from_json(data) == kept and kept.items_only == {"F1"}
    del data["reliability"]
    old = Snapshot.from_json(data | {"schema": 3})
    assert old.reliability == () and old.items_only == frozenset()


def test_a_snapshot_of_another_schema_is_refused() -> None:
    data = wave_of(1, tree_of([]), {1: 40}).frozen().to_json() | {"schema": 99}
    with pytest.raises(ValueError, match="schema 99"):
        Snapshot.from_json(data)


@REPEATABLE
@given(waves(), st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_does_not_matter(wave: Wave, rng: random.Random) -> None:
    def shuffled(mapping: dict[int, Any]) -> dict[int, Any]:
        keys = list(mapping)
        rng.shuffle(keys)
        return {key: mapping[key] for key in keys}

    other = Wave(
        Tree(shuffled(dict(wave.tree.parents))),
        shuffled(wave.invited),
        shuffled(wave.respondents),
        [ItemTally(item.item_id, shuffled(dict(item.counts))) for item in wave.items],
        [ScaleTally(scale.code, shuffled(dict(scale.sums))) for scale in wave.scales],
        wave.k,
    )
    assert as_bytes(other.frozen().to_json()) == as_bytes(wave.frozen().to_json())


@REPEATABLE
@given(waves())
def test_freezing_is_a_pure_function(wave: Wave) -> None:
    """A9: the same tallies give the same snapshot at any time, and are left as they were."""
    before = copy.deepcopy(wave)
    first = as_bytes(wave.frozen().to_json())
    assert wave == before
    assert as_bytes(wave.frozen().to_json()) == first


def test_an_old_snapshot_does_not_know_of_later_names_or_moves() -> None:
    """A9: what is read is what was written, whatever has become of the organisation."""
    wave = wave_of(3, tree_of([1, 1]), {1: 0, 2: 40, 3: 40})
    kept = as_bytes(wave.frozen().to_json())
    reorganised = Wave(
        tree_of([1, 2]), wave.invited, wave.respondents, wave.items, wave.scales, wave.k
    )
    assert as_bytes(reorganised.frozen().to_json()) != kept
    assert as_bytes(Snapshot.from_json(json.loads(kept)).to_json()) == kept


@REPEATABLE
@given(waves())
def test_no_number_stands_for_fewer_than_k(wave: Wave) -> None:
    """A2, A14: for the unit, and for each question and scale of it."""
    snapshot = wave.frozen()
    respondents = wave.tree.totals(wave.respondents)
    invited = wave.tree.totals(wave.invited)
    scored = {scale.code: {u: sums[0] for u, sums in scale.sums.items()} for scale in wave.scales}
    answered = {
        item.item_id: {u: sum(counts) for u, counts in item.counts.items()} for item in wave.items
    }
    for unit, result in snapshot.units.items():
        assert respondents[unit] >= wave.k
        assert result.respondents % 5 == 0 and result.respondents >= wave.k
        assert (result.response_rate is None) == (invited[unit] < wave.k)
        for item_id in result.items:
            assert wave.tree.totals(answered[item_id])[unit] >= wave.k
        for code in result.scales:
            assert wave.tree.totals(scored[code])[unit] >= wave.k


@pytest.mark.parametrize("parents", [[1, 1, 1], [1, 1, 2]])
def test_0_3_and_9_answers_give_the_same_bytes(parents: list[int]) -> None:
    """A3. What a small unit lacks is with its parent's own people, so that all else is equal."""
    payloads = set()
    for answers in (0, 3, 9):
        own = {1: 30, 2: 30, 3: 30, 4: answers}
        own[parents[2]] -= answers
        counts = {unit: [0, 0, 0, n, 0] for unit, n in own.items()}
        sums = {unit: (n, 75.0 * n, 5625.0 * n) for unit, n in own.items()}
        wave = Wave(
            tree_of(parents),
            {1: 60, 2: 60, 3: 60, 4: 60},
            own,
            [ItemTally("Q", counts)],
            [ScaleTally("S", sums)],
            10,
        )
        snapshot = wave.frozen()
        assert 4 not in snapshot.units and {1, 2, 3} <= set(snapshot.units)
        payloads.add(as_bytes(snapshot.to_json()))
    assert len(payloads) == 1


def test_nine_answers_to_one_question_hide_that_question_only() -> None:
    """A2: and beside it another team, lest it follow by subtraction (A4)."""
    own = {2: 30, 3: 30, 4: 30}
    full = {unit: [0, 0, 0, 30, 0] for unit in own}
    few = {2: [0, 0, 0, 30, 0], 3: [0, 0, 0, 20, 0], 4: [0, 0, 0, 9, 0]}
    invited = {2: 40, 3: 30, 4: 35}
    wave = Wave(
        tree_of([1, 1, 1]), invited, own, [ItemTally("A", full), ItemTally("B", few)], [], 10
    )
    items = {unit: set(result.items) for unit, result in wave.frozen().units.items()}
    assert items == {1: {"A", "B"}, 2: {"A", "B"}, 3: {"A"}, 4: {"A"}}
