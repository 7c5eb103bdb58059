"""Made-up organisations for the tests of the disclosure gate."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

from surveyapp.disclosure.hierarchy import Tree

#: The same examples in every run, so that a failure on one machine is one on all.
REPEATABLE = settings(derandomize=True, deadline=None, max_examples=400)
MANY = settings(derandomize=True, deadline=None, max_examples=20_000)


@dataclass(frozen=True)
class Organisation:
    """A tree with a count of each unit's own people."""

    tree: Tree
    own: Mapping[int, int]


def tree_of(parents: Sequence[int]) -> Tree:
    """A tree of units 1, 2, …: `parents` are those of unit 2 and up, 1 being the root."""
    return Tree({1: None, **dict(enumerate(parents, start=2))})


@st.composite
def trees(draw: st.DrawFn, *, most_units: int = 25) -> Tree:
    """Any shape, with ids in any order."""
    size = draw(st.integers(1, most_units))
    ids = draw(st.permutations(range(1, size + 1)))
    parents: dict[int, int | None] = {ids[0]: None}
    for place in range(1, size):
        parents[ids[place]] = ids[draw(st.integers(0, place - 1))]
    return Tree(parents)


@st.composite
def organisations(
    draw: st.DrawFn, *, most_units: int = 25, most_people: int = 40
) -> Organisation:
    """Units of which many are empty or small, as in real ones."""
    tree = draw(trees(most_units=most_units))
    sizes = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, most_people))
    return Organisation(tree, {unit: draw(sizes) for unit in tree.parents})


def every_tree(units: int) -> Iterator[Tree]:
    """Every shape of a tree of so many units, parents having smaller ids."""
    for parents in itertools.product(*(range(1, unit) for unit in range(2, units + 1))):
        yield tree_of(parents)


def every_organisation(units: int, most_people: int) -> Iterator[Organisation]:
    """Every shape with every count of 0…most_people in each unit."""
    for tree in every_tree(units):
        for counts in itertools.product(range(most_people + 1), repeat=units):
            yield Organisation(tree, dict(enumerate(counts, start=1)))
