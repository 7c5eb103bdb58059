"""Before launch: which units will have enough answers, and which to show together instead (A21)."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from surveyapp.disclosure.hierarchy import Tree

#: A unit with less chance than this of k answers is better shown together with others.
ENOUGH_CHANCE = 0.8

#: A group is made so large that it has this chance: one that fails takes a neighbour along.
GROUP_CHANCE = 0.95

#: The response that is counted on where nothing is known.
USUAL_RATE = 0.35


@dataclass(frozen=True, slots=True)
class ReportingGroup:
    """Units of one parent that are shown together, in the order of their ids."""

    parent: int
    members: tuple[int, ...]


def chance_of(k: int, invited: int, rate: float) -> float:
    """The chance that at least k of the invited answer, each with the chance `rate` (binomial)."""
    if rate >= 1 or invited < k:
        return float(invited >= k)
    fewer = sum(math.comb(invited, n) * rate**n * (1 - rate) ** (invited - n) for n in range(k))
    return max(0.0, min(1.0, 1 - fewer))


@cache
def people_needed(k: int, rate: float, chance: float) -> int:
    """The smallest number of invited people of whom k answer with this chance.

    Raises ValueError for a rate that is not above 0.
    """
    if rate <= 0:
        raise ValueError("A response rate must be above 0.")
    low, high = k - 1, 2 * k
    while chance_of(k, high, rate) < chance:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance_of(k, middle, rate) >= chance else (middle, high)
    return high


def propose_groups(
    tree: Tree,
    invited: Mapping[int, int],
    *,
    k: int,
    rate: float,
    keep: Iterable[ReportingGroup] = (),
) -> tuple[ReportingGroup, ...]:
    """Groups of sibling units for those that have less than 80% chance of k answers.

    `invited` counts each unit's own people. The small units of a parent are shared out into as
    many groups as can each be large enough, the largest units first, so that the groups are of one
    size. Too few for one group, they are joined by the smallest of their neighbours. There is no
    group of all that a parent has: its own figure says the same. Groups of an earlier wave in
    `keep` stay as they are while that is still right, so that their trend goes on.
    """
    totals = tree.totals(invited)
    alone = people_needed(k, rate, ENOUGH_CHANCE)
    together = people_needed(k, rate, GROUP_CHANCE)
    kept = _still_right(tree, totals, keep, alone=alone, together=together)
    groups = list(kept)
    grouped = {unit for group in kept for unit in group.members}
    for parent in tree.top_down:
        asked = [unit for unit in tree.children[parent] if totals[unit] and unit not in grouped]
        small = [unit for unit in asked if totals[unit] < alone]
        large = sorted(set(asked) - set(small), key=lambda unit: (totals[unit], unit))
        if small and large and sum(totals[unit] for unit in small) < together:
            small.append(large[0])
        everything = sum(totals[unit] for unit in small) == totals[parent]
        shares = _shared_out(small, totals, together)
        if len(shares) > 1 or not everything:
            groups += [ReportingGroup(parent, share) for share in shares if len(share) > 1]
    return tuple(sorted(groups, key=lambda group: group.members))


def with_groups(tree: Tree, groups: Sequence[ReportingGroup], ids: Sequence[int]) -> Tree:
    """The tree with each group, under its id, between its units and their parent."""
    parents = dict(tree.parents)
    for group, group_id in zip(groups, ids, strict=True):
        parents[group_id] = group.parent
        for unit in group.members:
            parents[unit] = group_id
    return Tree(parents)


def _still_right(
    tree: Tree,
    totals: Mapping[int, int],
    groups: Iterable[ReportingGroup],
    *,
    alone: int,
    together: int,
) -> list[ReportingGroup]:
    """Groups whose units are still beside each other, are enough, and still need each other."""
    kept = []
    for group in groups:
        members = [unit for unit in group.members if tree.parents.get(unit) == group.parent and totals[unit]]
        if (
            len(members) == len(group.members)
            and sum(totals[unit] for unit in members) >= together
            and any(totals[unit] < alone for unit in members)
        ):
            kept.append(group)
    return kept


def _shared_out(units: Collection[int], totals: Mapping[int, int], together: int) -> list[tuple[int, ...]]:
    """As many shares of at least `together` people as can be, of about one size; perhaps none."""
    for number in range(sum(totals[unit] for unit in units) // together, 0, -1):
        shares: list[list[int]] = [[] for _ in range(number)]
        sizes = [0] * number
        for unit in sorted(units, key=lambda unit: (-totals[unit], unit)):
            smallest = sizes.index(min(sizes))
            shares[smallest].append(unit)
            sizes[smallest] += totals[unit]
        if min(sizes) >= together:
            return [tuple(sorted(share)) for share in shares]
    return []
