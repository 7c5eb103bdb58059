"""Where comments may be read (A15): on their own path, and never among too few people."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveyapp.disclosure.hierarchy import Tree, publishable_units
from surveyapp.disclosure.placement import place_comments
from tests.unit.disclosure.organisations import MANY, REPEATABLE, tree_of, trees


@dataclass(frozen=True)
class Written:
    """Invited people, respondents and comments of each unit's own people, and which are published."""

    tree: Tree
    respondents: dict[int, int]
    comments: dict[int, int]
    k: int
    invited: dict[int, int] | None = None
    #: Any set, with holes: a hidden unit may stand between two published ones.
    published_below: frozenset[int] | None = None

    @property
    def published(self) -> frozenset[int]:
        gate = publishable_units(self.tree, self.respondents, k=self.k, invited=self.invited)
        if self.published_below is None or not gate:
            return gate
        return self.published_below | {self.tree.root}

    @property
    def places(self) -> dict[int, int | None]:
        return place_comments(
            self.tree,
            self.published,
            self.respondents,
            self.comments,
            k=self.k,
            invited=self.invited,
        )

    @property
    def least_people(self) -> int:
        return max(self.k, 10)

    def was_asked(self, unit: int) -> bool:
        return any(
            counts.get(unit, 0) for counts in (self.respondents, self.comments, self.invited or {})
        )

    def is_silent_and_large(self, units: list[int]) -> bool:
        """A reader sees that none of these wrote. They are many then, or nobody was asked."""
        people = sum(self.respondents[unit] for unit in units)
        asked = any(self.was_asked(unit) for unit in units)
        written = sum(self.comments[unit] for unit in units)
        return not written and (people >= self.least_people or not asked)

    def crowds(self, places: set[int]) -> dict[int | None, list[int]]:
        """Whom a reader takes for the authors at each place: those for whom it is the nearest above.

        Under None stand the units with no place above them.
        """
        crowds: dict[int | None, list[int]] = {place: [] for place in (*places, None)}
        for unit in self.tree.parents:
            path = self.tree.path_up(unit)
            crowds[next((above for above in path if above in places), None)].append(unit)
        return crowds


@st.composite
def written(draw: st.DrawFn, *, everyone_writes: bool = False) -> Written:
    tree = draw(trees(most_units=15))
    sizes = st.one_of(st.integers(0, 6), st.integers(0, 40))
    respondents = {unit: draw(sizes) for unit in tree.parents}
    least = 1 if everyone_writes else 0
    comments = {
        unit: draw(st.integers(min(least, people), people)) for unit, people in respondents.items()
    }
    silent = st.one_of(st.just(0), st.integers(0, 8))
    asked = {unit: people + draw(silent) for unit, people in respondents.items()}
    holes = st.frozensets(st.sampled_from(sorted(tree.parents)))
    return Written(
        tree,
        respondents,
        comments,
        draw(st.integers(5, 20)),
        draw(st.one_of(st.none(), st.just(asked))),
        draw(st.one_of(st.none(), holes)),
    )


@dataclass
class Lowest:
    """A15 by a plain recursion: whose comments find a place on their way up, and whose do not."""

    case: Written
    placed: dict[int, list[int]] = field(default_factory=dict)
    rest: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rest = self._rising_from(self.case.tree.root)

    def _rising_from(self, unit: int) -> list[int]:
        origins = [unit]
        for child in self.case.tree.children[unit]:
            origins += self._rising_from(child)
        people = sum(self.case.respondents[one] for one in origins)
        comments = sum(self.case.comments[one] for one in origins)
        if unit in self.case.published and people >= self.case.least_people and comments >= 5:
            self.placed[unit] = origins
            return []
        return origins


# ---------------------------------------------------------------- vectors


def place(
    parents: list[int],
    respondents: dict[int, int],
    comments: dict[int, int],
    k: int = 10,
    invited: dict[int, int] | None = None,
) -> dict[int, int | None]:
    tree = tree_of(parents)
    everything = frozenset(tree.parents)
    return place_comments(tree, everything, respondents, comments, k=k, invited=invited)


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


def test_a_few_who_may_not_have_written_are_hidden_whether_they_did_or_not() -> None:
    """Three were invited at the top. What is read below must not tell if one of them wrote."""
    people, asked = {1: 1, 2: 12, 3: 30}, {1: 3, 2: 12, 3: 30}
    silent = place([1, 1], people, {1: 0, 2: 6, 3: 9}, invited=asked)
    one = place([1, 1], people, {1: 1, 2: 6, 3: 9}, invited=asked)
    assert silent == {2: 1, 3: 3} and one == {1: 1, 2: 1, 3: 3}
    nobody_answered = place([1, 1], {**people, 1: 0}, {2: 6, 3: 9}, invited=asked)
    assert nobody_answered == silent
    nobody_asked = place([1, 1], {2: 12, 3: 30}, {2: 6, 3: 9}, invited={2: 12, 3: 30})
    assert nobody_asked == {2: 2, 3: 3}


def test_what_is_left_takes_in_no_place_below_another_one() -> None:
    """Units 1 > 2 > 3. Were 3 read at the top past 2, its people would be taken for authors at 2."""
    people = {1: 2, 2: 30, 3: 12}
    assert place([1, 2], people, {1: 1, 2: 9, 3: 6}) == {1: 1, 2: 1, 3: 3}


def test_a_hidden_unit_may_stand_between_two_published_ones() -> None:
    tree = tree_of([1, 2, 3])
    people = {1: 20, 2: 11, 3: 4, 4: 12}
    comments = {1: 7, 2: 6, 3: 2, 4: 5}
    places = place_comments(tree, frozenset({1, 2, 4}), people, comments, k=10)
    assert places == {1: 1, 2: 2, 3: 2, 4: 4}


def test_comments_are_withheld_when_there_are_too_few_altogether() -> None:
    assert place([1], {1: 20, 2: 20}, {1: 2, 2: 2}) == {1: None, 2: None}
    assert place([], {1: 9}, {1: 9}) == {1: None}


# ---------------------------------------------------------------- properties


def check(case: Written) -> None:
    """Every place holds enough people and comments, and all who have none above are no secret."""
    places = case.places
    assert places.keys() == {unit for unit, count in case.comments.items() if count}
    shown = {place for place in places.values() if place is not None}
    assert shown <= case.published
    crowds = case.crowds(shown)
    for place, origins in crowds.items():
        written_there = {unit for unit in origins if case.comments[unit]}
        assert written_there == {unit for unit, where in places.items() if where == place}
        if place is not None:
            assert sum(case.respondents[unit] for unit in origins) >= case.least_people
            assert sum(case.comments[unit] for unit in origins) >= 5
    if shown:
        assert case.is_silent_and_large(crowds[None])


@REPEATABLE
@given(written())
def test_every_comment_is_read_on_its_own_path_among_enough(case: Written) -> None:
    check(case)


@pytest.mark.soak
@MANY
@given(written())
def test_the_places_of_many_organisations(case: Written) -> None:
    check(case)


@REPEATABLE
@given(written())
def test_comments_are_read_as_low_as_they_may(case: Written) -> None:
    lowest = Lowest(case)
    rest = lowest.rest
    shown = {place for place in case.places.values() if place is not None}
    expected = set(lowest.placed)
    root = case.tree.root
    if root not in expected and expected and not case.is_silent_and_large(rest):
        (helped,) = expected - shown
        assert not expected & set(case.tree.path_up(helped)[1:])
        expected = expected - {helped} | {root}
    assert shown == expected


@REPEATABLE
@given(written(), st.data())
def test_places_do_not_tell_whether_one_of_a_few_wrote(case: Written, data: st.DataObject) -> None:
    """However much or little the few who are left over write, all others are read where they were."""
    rest = Lowest(case).rest
    assume(0 < sum(case.respondents[unit] for unit in rest) < case.least_people)
    written = {unit: data.draw(st.integers(0, case.respondents[unit])) for unit in rest}
    other = replace(case, comments={**case.comments, **written})
    before, after = case.places, other.places
    others = [unit for unit in before if unit not in rest]
    assert [before[unit] for unit in others] == [after[unit] for unit in others]
    # Theirs are read among those of a larger crowd, or nowhere.
    assert {after.get(unit) for unit in rest if written[unit]} <= {case.tree.root, None}


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
    other = replace(
        case,
        tree=Tree({unit: case.tree.parents[unit] for unit in units}),
        respondents={unit: case.respondents[unit] for unit in units},
        comments={unit: case.comments[unit] for unit in reversed(units)},
    )
    assert other.places == case.places
