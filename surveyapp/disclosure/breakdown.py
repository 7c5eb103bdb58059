"""What follows from units and the groups of one breakdown, shown together (A6, A7).

Units form a tree and groups share out the whole organisation, so the sums of what is shown are
those of two families of blocks: for each shown unit its people in no shown unit below, and each
shown group. A sum over a crowd of people follows from them just if the crowd is made of
differences of a union of the one and a union of the other that lies inside it. (A combination of
blocks gives each person the sum of two whole numbers, one for each of their blocks, and that is 0
or 1; cut at each height, it falls apart into such differences.) So looking at all unions of groups
finds every crowd.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from surveyapp.disclosure.hierarchy import Tree

Group = str

#: How many people of each group are in each unit itself.
Cells = Mapping[tuple[int, Group], int]

#: All unions of groups are looked at, so there may not be more of them.
MOST_GROUPS = 14

_Key = TypeVar("_Key", int, Group)


@dataclass(frozen=True, slots=True)
class Publication:
    """Units and groups of which a figure is shown."""

    units: frozenset[int] = frozenset()
    groups: frozenset[Group] = frozenset()

    @property
    def keys(self) -> tuple[int | Group, ...]:
        """The ids of the units, then the names of the groups."""
        return (*self.units, *self.groups)

    def __len__(self) -> int:
        return len(self.units) + len(self.groups)


@dataclass(frozen=True, slots=True)
class Leak:
    """A crowd of fewer than k whose figures follow, and the shown figures that give them away."""

    people: int
    units: frozenset[int]
    groups: frozenset[Group]


def ungrouped(own: Mapping[int, int]) -> Cells:
    """Counts of each unit's own people where there is no breakdown."""
    return {(unit, ""): count for unit, count in own.items()}


def by_unit(cells: Cells) -> dict[int, int]:
    return _added((unit, count) for (unit, _), count in cells.items())


def by_group(cells: Cells) -> dict[Group, int]:
    return _added((group, count) for (_, group), count in cells.items())


def find_leak(
    tree: Tree, cells: Cells, shown: Publication, *, k: int, invited: Cells | None = None
) -> Leak | None:
    """A crowd of fewer than k invited people whose figures follow from what is shown, if any.

    `cells` counts answers, `invited` those who could have answered; without it, only those who
    answered were asked. A crowd that was invited and did not answer counts as found as well: showing
    nothing less because of it would tell. The crowd with the simplest derivation is returned.
    Raises ValueError for more than MOST_GROUPS shown groups.
    """
    if len(shown.groups) > MOST_GROUPS:
        raise ValueError(f"{len(shown.groups)} groups are shown; at most {MOST_GROUPS} can be.")
    blocks = _Blocks(tree, shown.units)
    leak = blocks.small(by_unit(cells), by_unit(invited or cells), k)
    if leak is not None:
        return leak
    found = []
    # What follows depends on who answered; what a reader can tell, on who was invited.
    for touching in (cells,) if invited is None else (cells, invited):
        found += _nested(blocks, touching, cells, invited or cells, sorted(shown.groups), k)
    return min(found, key=lambda leak: len(leak.units) + len(leak.groups), default=None)


class _Blocks:
    """For each shown unit, the units whose people are in it and in no shown unit below it."""

    def __init__(self, tree: Tree, shown: frozenset[int]) -> None:
        self.of: dict[int, int | None] = {}
        self._below: defaultdict[int, list[int]] = defaultdict(list)
        for unit in tree.top_down:
            parent = tree.parents[unit]
            above = None if parent is None else self.of[parent]
            self.of[unit] = unit if unit in shown else above
            if unit in shown and above is not None:
                self._below[above].append(unit)
        self._shown = shown

    def small(self, own: Mapping[int, int], invited: Mapping[int, int], k: int) -> Leak | None:
        """The first block with too few answers, if people were invited to give some."""
        answers = self._added(own)
        asked = self._added(invited)
        for block in sorted(self._shown):
            if asked.get(block, 0) and answers.get(block, 0) < k:
                return Leak(answers.get(block, 0), self.derivation([block]), frozenset())
        return None

    def _added(self, own: Mapping[int, int]) -> dict[int, int]:
        return _added((block, count) for unit, count in own.items() if (block := self.of[unit]) is not None)

    def derivation(self, blocks: Iterable[int]) -> frozenset[int]:
        """The shown units that are added and taken away to get the sum of these blocks."""
        weights: defaultdict[int, int] = defaultdict(int)
        for block in blocks:
            weights[block] += 1
            for below in self._below[block]:
                weights[below] -= 1
        return frozenset(unit for unit, weight in weights.items() if weight)


def _nested(
    blocks: _Blocks,
    touching: Cells,
    answers: Cells,
    invited: Cells,
    groups: Sequence[Group],
    k: int,
) -> list[Leak]:
    """Unions of groups that differ by too few answers from the blocks inside or around them.

    `touching` says which groups a block touches, `invited` whether anyone was asked who makes the
    difference. Returns the simplest of each kind, or nothing.
    """
    bits = {group: 1 << place for place, group in enumerate(groups)}
    unions = 1 << len(groups)
    others = unions  # one bit more, for people whose group is not shown
    touched: defaultdict[int, int] = defaultdict(int)
    outside = 0
    for (unit, group), count in touching.items():
        if count:
            bit = bits.get(group, others)
            block = blocks.of[unit]
            if block is None:
                outside |= bit
            else:
                touched[block] |= bit
    # Answers and invited: in blocks that touch just these shown groups, in those of them that touch
    # no others, and in the groups themselves.
    answered, asked = [0] * unions, [0] * unions
    answered_inside, asked_inside = [0] * unions, [0] * unions
    size, asked_size = [0] * unions, [0] * unions
    for counts, by_touch, by_touch_inside, sizes in (
        (answers, answered, answered_inside, size),
        (invited, asked, asked_inside, asked_size),
    ):
        for (unit, group), count in counts.items():
            block = blocks.of[unit]
            if block is not None:
                touches = touched[block] | bits.get(group, others)
                by_touch[touches & ~others] += count
                if not touches & others:
                    by_touch_inside[touches] += count
            if group in bits:
                sizes[bits[group]] += count
    for sums in (answered, asked, answered_inside, asked_inside, size, asked_size):
        _add_subsets(sums)
    found: dict[str, tuple[int, int]] = {}
    everyone = unions - 1
    for union in sorted(range(1, unions), key=int.bit_count):
        left = size[union] - answered_inside[union]
        if "inner" not in found and left < k and asked_size[union] > asked_inside[union]:
            found["inner"] = (union, left)
        rest = everyone & ~union
        around = answered[everyone] - answered[rest] - size[union]
        asked_around = asked[everyone] - asked[rest] - asked_size[union]
        if "outer" not in found and not outside & union and around < k and asked_around > 0:
            found["outer"] = (union, around)
    leaks = []
    for kind, (union, number) in found.items():
        taking_part = [
            block
            for block, mask in touched.items()
            if (mask & union if kind == "outer" else not mask & ~union)
        ]
        leaks.append(
            Leak(
                number,
                blocks.derivation(taking_part),
                frozenset(group for group, bit in bits.items() if bit & union),
            )
        )
    return leaks


def _add_subsets(sums: list[int]) -> None:
    """Replace each entry by the sum of the entries of all its subsets, itself included."""
    bit = 1
    while bit < len(sums):
        for place in range(len(sums)):
            if place & bit:
                sums[place] += sums[place ^ bit]
        bit <<= 1


def _added(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    sums: dict[_Key, int] = {}
    for key, count in pairs:
        sums[key] = sums.get(key, 0) + count
    return sums
