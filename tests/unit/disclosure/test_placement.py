"""Where comments may be read (A15): on their own path, and never among too few people."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.hierarchy import Tree, publishable_units
from surveyapp.disclosure.placement import place_comments
from tests.unit.disclosure.organisations import MANY, REPEATABLE, tree_of, trees


@dataclass(frozen=True)
class Written:
    """Respondents and comments of each unit's own people, and what is published of them."""

    tree: Tree
    respondents: dict[int, int]
    comments: dict[int, int]
    k: int

    @property
    def published(self) -> frozenset[int]:
        return publishable_units(self.tree, self.respondents, k=self.k)

    @property
    def places(self) -> dict[int, int | None]:
        return place_comments(
            self.tree, self.published, self.respondents, self.comments, k=self.k
        )

    @property
    def least_people(self) -> int:
        return max(self.k, 10)


@st.composite
def written(draw: st.DrawFn, *, everyone_writes: bool = False) -> Written:
    tree = draw(trees(most_units=15))
    sizes = st.one_of(st.integers(0, 6), st.integers(0, 40))
    respondents = {unit: draw(sizes) for unit in tree.parents}
    least = 1 if everyone_writes else 0
    comments = {
        unit: draw(st.integers(min(least, people), people)) for unit, people in respondents.items()
    }
    return Written(tree, respondents, comments, draw(st.integers(5, 20)))


@dataclass
class Pools:
    """A15 by a plain recursion: who may have written what is read at each unit."""

    case: Written
    placed: dict[int, list[int]] = field(default_factory=dict)

    def is_enough(self, origins: list[int]) -> bool:
        people = sum(self.case.respondents[unit] for unit in origins)
        return people >= self.case.least_people and self._comments(origins) >= 5

    def of(self, unit: int) -> list[int]:
        """Places what can be placed in the units below, and returns the rest with its own."""
        origins = [unit]
        for child in self.case.tree.children[unit]:
            origins += self.of(child)
        if unit in self.case.published and self.is_enough(origins):
            self.placed[unit] = origins
            return []
        return origins

    def settle(self) -> dict[int, list[int]]:
        root = self.case.tree.root
        rest = self.of(root)
        if root not in self.case.published:
            return {}
        while self._comments(rest) and self.placed and not self.is_enough(rest):
            sizes = {u: sum(self.case.respondents[o] for o in p) for u, p in self.placed.items()}
            rest += self.placed.pop(min(sizes, key=lambda unit: (sizes[unit], unit)))
        if self.is_enough(rest):
            self.placed[root] = self.placed.get(root, []) + rest
        return self.placed

    def _comments(self, origins: list[int]) -> int:
        return sum(self.case.comments[unit] for unit in origins)


# ---------------------------------------------------------------- vectors


def place(
    parents: list[int], respondents: dict[int, int], comments: dict[int, int], k: int = 10
) -> dict[int, int | None]:
    return Written(tree_of(parents), respondents, comments, k).places


def test_12_respondents_with_3_comments_are_read_at_the_parent() -> None:
    people = {1: 0, 2: 12, 3: 30}
    assert place([1, 1], people, {1: 0, 2: 3, 3: 2}) == {2: 1, 3: 1}


def test_a_small_rest_takes_in_the_smallest_neighbour() -> None:
    """Else the three comments at the top could only come from the team that has none below."""
    people = {1: 0, 2: 12, 3: 30}
    assert place([1, 1], people, {1: 0, 2: 3, 3: 9}) == {2: 1, 3: 1}


def test_ten_respondents_with_five_comments_are_read_where_they_are() -> None:
    people = {1: 0, 2: 10, 3: 30}
    assert place([1, 1], people, {1: 0, 2: 5, 3: 9}) == {2: 2, 3: 3}


def test_ten_people_are_wanted_even_where_k_is_lower() -> None:
    people = {1: 0, 2: 8, 3: 30}
    assert place([1, 1], people, {1: 0, 2: 8, 3: 9}, k=5) == {2: 1, 3: 1}


def test_people_whose_comments_are_read_below_do_not_count_above() -> None:
    """Two of the parent's own people wrote five comments. The 40 below cannot have."""
    places = place([1, 1], {1: 2, 2: 20, 3: 20}, {1: 5, 2: 9, 3: 9})
    assert places[1] == 1
    assert 1 in (places[2], places[3])


def test_comments_are_withheld_when_there_are_too_few_altogether() -> None:
    assert place([1], {1: 20, 2: 20}, {1: 2, 2: 2}) == {1: None, 2: None}
    assert place([], {1: 9}, {1: 9}) == {1: None}


# ---------------------------------------------------------------- properties


def check(case: Written) -> None:
    places = case.places
    assert set(places) == {unit for unit, count in case.comments.items() if count}
    for origin, unit in places.items():
        assert unit is None or (unit in case.published and unit in case.tree.path_up(origin))
    expected = {
        origin: unit
        for unit, origins in Pools(case).settle().items()
        for origin in origins
        if case.comments[origin]
    }
    assert {origin: unit for origin, unit in places.items() if unit is not None} == expected


@REPEATABLE
@given(written())
def test_every_comment_is_read_on_its_own_path_or_nowhere(case: Written) -> None:
    check(case)


@pytest.mark.soak
@MANY
@given(written())
def test_the_places_of_many_organisations(case: Written) -> None:
    check(case)


@REPEATABLE
@given(written())
def test_a_place_holds_five_comments_and_enough_people(case: Written) -> None:
    pools = Pools(case)
    for origins in pools.settle().values():
        assert pools.is_enough(origins)


@REPEATABLE
@given(written(everyone_writes=True))
def test_no_reader_can_tell_a_comment_to_be_of_fewer_people(case: Written) -> None:
    """Readers see the comments of whole subtrees. All that they can tell apart by comparing any of
    them are the places; where every unit has written, the units behind a place are all known.
    """
    people: Counter[int] = Counter()
    comments: Counter[int] = Counter()
    seen: defaultdict[frozenset[int], set[int]] = defaultdict(set)
    for origin, place in case.places.items():
        if place is not None:
            people[place] += case.respondents[origin]
            comments[place] += case.comments[origin]
            readers = frozenset(
                unit for unit in case.published if place in case.tree.subtree(unit)
            )
            seen[readers].add(place)
    assert all(count >= case.least_people for count in people.values())
    assert all(count >= 5 for count in comments.values())
    assert all(len(places) == 1 for places in seen.values())


@REPEATABLE
@given(written(), st.randoms(use_true_random=False))
def test_the_order_of_units_does_not_matter(case: Written, random: object) -> None:
    from random import Random

    assert isinstance(random, Random)
    units = list(case.tree.parents)
    random.shuffle(units)
    other = Written(
        Tree({unit: case.tree.parents[unit] for unit in units}),
        {unit: case.respondents[unit] for unit in units},
        {unit: case.comments[unit] for unit in reversed(units)},
        case.k,
    )
    assert other.places == case.places
