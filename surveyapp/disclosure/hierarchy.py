"""Which units of a tree may be shown (A2, A4) and what may be kept of the others (A22)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

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


def publishable_units(
    tree: Tree,
    own: Mapping[int, int],
    *,
    k: int,
    invited: Mapping[int, int] | None = None,
    within: frozenset[int] | None = None,
) -> frozenset[int]:
    """Units of which a figure over `own` may be shown.

    `own` counts the answers of each unit's own people. A unit is shown only with k answers or
    more, below shown units only, and only while the answers of its parent's hidden children,
    with those of the parent's own people, are at least k: else they could be found by
    subtraction, and the smallest shown child is hidden too (A4; ties by id). Nothing is hidden
    for the sake of people who were never asked: `invited` counts each unit's own, and without it
    whoever did not answer was not asked. `within` narrows the choice to units that are shown
    already for a wider count.
    """
    totals = tree.totals(own)
    asked = totals if invited is None else tree.totals(invited)
    shown: set[int] = set()
    for unit in tree.top_down:
        parent = tree.parents[unit]
        large_enough = totals[unit] >= k and (within is None or unit in within)
        if large_enough and (parent is None or parent in shown):
            shown.add(unit)
    # Hiding a child takes all below it along and changes nothing above, so one walk down is enough.
    for unit in tree.top_down:
        if unit not in shown:
            continue
        candidates = sorted(
            (child for child in tree.children[unit] if child in shown),
            key=lambda child: (totals[child], child),
        )
        rest = totals[unit] - sum(totals[child] for child in candidates)
        # Were no answers at all a reason to hide nothing, then what is shown would tell whether
        # a lone person has answered.
        anyone = rest or asked[unit] - sum(asked[child] for child in candidates)
        while anyone and rest < k and candidates:
            hidden = candidates.pop(0)
            rest += totals[hidden]
            shown -= tree.subtree(hidden)
    return frozenset(shown)


def lowest_publishable(tree: Tree, published: frozenset[int], unit: int) -> int | None:
    """The lowest shown unit on the path from `unit` to the root, or None when none is (A22)."""
    return next((above for above in tree.path_up(unit) if above in published), None)
