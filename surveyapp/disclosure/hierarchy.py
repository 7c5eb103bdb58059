"""Which units of a tree may be shown (A2, A4), and what may be kept of the others (A22)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Tree:
    """A unit tree: each unit's parent, and None for the one root.

    Raises ValueError unless there is exactly one root and every unit hangs from it.
    """

    parents: Mapping[int, int | None]
    children: Mapping[int, tuple[int, ...]] = field(init=False, repr=False)
    #: Parents before children, children by id.
    top_down: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        below: defaultdict[int | None, list[int]] = defaultdict(list)
        for unit, parent in sorted(self.parents.items()):
            below[parent].append(unit)
        if len(below[None]) != 1:
            raise ValueError(f"A unit tree has one root, not {len(below[None])}.")
        order: list[int] = []
        waiting = list(below[None])
        while waiting:
            unit = waiting.pop()
            order.append(unit)
            waiting += reversed(below[unit])
        if len(order) != len(self.parents):
            raise ValueError("Some units hang from a missing unit or from themselves.")
        object.__setattr__(self, "children", {unit: tuple(below[unit]) for unit in order})
        object.__setattr__(self, "top_down", tuple(order))

    @property
    def root(self) -> int:
        return self.top_down[0]

    def totals(self, own: Mapping[int, Number]) -> dict[int, Number]:
        """For each unit its own count or sum plus those of all units below it."""
        totals: dict[int, Number] = {unit: own.get(unit, 0) for unit in self.top_down}
        for unit in reversed(self.top_down):
            parent = self.parents[unit]
            if parent is not None:
                totals[parent] += totals[unit]
        return totals

    def path_up(self, unit: int) -> list[int]:
        """The unit, its parent, and so on to the root."""
        path = [unit]
        while (parent := self.parents[path[-1]]) is not None:
            path.append(parent)
        return path

    def subtree(self, unit: int) -> set[int]:
        found = {unit}
        waiting = [unit]
        while waiting:
            below = self.children[waiting.pop()]
            found.update(below)
            waiting += below
        return found


#: Nobody who was invited is left over.
_NOBODY = -1

#: A choice of units below some unit, as nested pairs, so that joining two costs nothing.
_Chosen = Any

#: By how many answers are in no chosen unit, or k for k and more: the best choice, and its worth.
_Choices = dict[int, tuple[int, _Chosen]]


def publishable_units(
    tree: Tree,
    own: Mapping[int, int],
    *,
    k: int,
    invited: Mapping[int, int] | None = None,
    within: frozenset[int] | None = None,
    never: frozenset[int] = frozenset(),
) -> frozenset[int]:
    """The most units of which a figure over `own` may be shown together.

    `own` counts the answers of each unit's own people. A shown unit has k answers or more, and so
    have those of its people who are in no shown unit below it: what is left when everything shown
    below is taken away from it. Only where nobody was invited may nothing be left: were no answers
    at all a reason to hide nothing, then what is shown would tell whether a lone person has
    answered. `invited` counts each unit's own; without it, only those who answered were asked.

    The organisation itself is always shown if anything is, unless it is in `never`: then whoever is
    in no shown unit is in nobody's figure. Of several largest choices the one with
    the most invited people in its units is taken (so it is the smallest of a parent's units that
    is hidden), then by id: neither says anything about answers. `within` narrows the choice to
    units shown already for a wider count, `never` hides some more.

    Where A4 hides one child at a time and everything below it, this looks at every choice at once
    (a knapsack up the tree, units × k² steps), so it never shows fewer.
    """
    totals = tree.totals(own)
    asked = totals if invited is None else tree.totals(invited)
    ranks = {unit: place for place, unit in enumerate(sorted(tree.parents))}

    def may_show(unit: int) -> bool:
        return totals[unit] >= k and unit not in never and (within is None or unit in within)

    if not may_show(tree.root) and tree.root not in never:
        return frozenset()
    best: dict[int, _Choices] = {}
    for unit in reversed(tree.top_down):
        mine = own if invited is None else invited
        left_over = min(own.get(unit, 0), k) if mine.get(unit, 0) else _NOBODY
        choices: _Choices = {left_over: (0, None)}
        for child in tree.children[unit]:
            choices = _together(choices, best.pop(child), k)
        if may_show(unit):
            hidden_in = [choices[rest] for rest in (_NOBODY, k) if rest in choices]
            if hidden_in:
                value, below = max(hidden_in, key=lambda choice: choice[0])
                # By units, then by their invited people, then by id: one number, so that the
                # worth of two choices together is a sum.
                value += (1 << 80) + (asked[unit] << 40) + ranks[unit]
                if unit == tree.root or value > choices.get(_NOBODY, (-1, None))[0]:
                    choices[_NOBODY] = (value, (unit, below))
        best[unit] = choices
    if tree.root in never:
        return _units_of(max(best[tree.root].values(), key=lambda choice: choice[0])[1])
    return _units_of(best[tree.root][_NOBODY][1])


def _together(one: _Choices, other: _Choices, k: int) -> _Choices:
    joined: _Choices = {}
    for rest, (value, chosen) in one.items():
        for more, (worth, also) in other.items():
            left = max(rest, more) if _NOBODY in (rest, more) else min(rest + more, k)
            if left not in joined or value + worth > joined[left][0]:
                joined[left] = (value + worth, (chosen, also) if chosen and also else chosen or also)
    return joined


def _units_of(chosen: _Chosen) -> frozenset[int]:
    found = set()
    waiting = [chosen]
    while waiting:
        part = waiting.pop()
        if isinstance(part, int):
            found.add(part)
        elif part is not None:
            waiting += part
    return frozenset(found)


def lowest_publishable(tree: Tree, published: frozenset[int], unit: int) -> int | None:
    """The lowest shown unit on the path from `unit` to the root, or None when none is (A22)."""
    return next((above for above in tree.path_up(unit) if above in published), None)
