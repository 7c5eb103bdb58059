"""The choice of what is shown of a wave: the most units and groups that are safe together."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from surveyapp.disclosure.breakdown import (
    MOST_GROUPS,
    Cells,
    Group,
    Leak,
    Publication,
    by_group,
    by_unit,
    find_leak,
)
from surveyapp.disclosure.hierarchy import Tree, publishable_units

#: How much work the search for the best choice is worth. Looking at one choice costs about as much
#: as its units times ten and the unions of its groups.
_PATIENCE = 200_000

#: Of how many units it is tried which of them costs least to hide, where hiding one must do.
_MOST_TRIED = 8


def choose(
    tree: Tree,
    cells: Cells,
    *,
    k: int,
    invited: Cells | None = None,
    within: Publication | None = None,
    shows_root: bool = True,
) -> Publication:
    """The units and groups of which a figure over `cells` may be shown.

    `cells` counts answers by unit and group, `invited` those who could have given one; people of
    the group '' are in no group that could be shown. `within` narrows the choice to what is shown
    already for a wider count. Nothing shown gives away a crowd of fewer than k (A2, A4, A6), and
    the organisation's own figure is shown before any other, unless there is none (`shows_root`).

    As much is shown as can be: of the figures that give a crowd away together at least one must
    go, so the search tries each of them, the fullest choice first, and the first safe one is the
    largest. In a very large organisation that could take long; then what costs least goes, one
    figure at a time, or the smallest groups one by one, as A6 has it, whichever leaves more.

    Where there are groups, answers of people who were the only ones of a group to be invited in
    their unit count for the organisation's figure alone, or what is shown would turn on them.
    """
    if invited is None or not any(group for _, group in invited):
        return _search(_Search(tree, cells, k, invited, within, shows_root))
    rest = {cell: number for cell, number in cells.items() if invited.get(cell, 0) != 1}
    shown = _search(_Search(tree, rest, k, invited, within, shows_root))
    root_may = shows_root and (within is None or tree.root in within.units)
    if not shown.units and root_may and sum(cells.values()) >= k:
        return Publication(frozenset({tree.root}))
    return shown


def _search(search: _Search) -> Publication:
    everything = search.everything()
    fallback = min(
        search.by_hiding_groups(everything), search.by_hiding_the_cheapest(everything), key=search.worth
    )
    waiting = [(search.worth(everything), 0, everything)]
    seen = {(everything.never, everything.groups)}
    order = count(1)
    for _ in range(_PATIENCE // search.effort):
        if not waiting or waiting[0][0] >= search.worth(fallback):
            return fallback.publication
        _, _, option = heapq.heappop(waiting)
        leak = search.leak(option)
        if leak is None:
            return option.publication
        for narrower in search.narrower(option, leak):
            if (narrower.never, narrower.groups) not in seen:
                seen.add((narrower.never, narrower.groups))
                heapq.heappush(waiting, (search.worth(narrower), next(order), narrower))
    return fallback.publication


@dataclass(frozen=True, slots=True)
class _Option:
    """A choice to look at: these groups, and the most units that go without those in `never`."""

    never: frozenset[int]
    units: frozenset[int]
    groups: frozenset[Group]

    @property
    def publication(self) -> Publication:
        return Publication(self.units, self.groups)


class _Search:
    def __init__(
        self,
        tree: Tree,
        cells: Cells,
        k: int,
        invited: Cells | None,
        within: Publication | None,
        shows_root: bool,
    ) -> None:
        self._shows_root = shows_root
        self._tree, self._cells, self._k = tree, cells, k
        self._invited, self._within = invited, within
        self._own = by_unit(cells)
        self._own_invited = None if invited is None else by_unit(invited)
        self._group_sizes = by_group(invited or cells)
        answers = by_group(cells)
        large_enough = [
            group
            for group, number in answers.items()
            if group and number >= k and (within is None or group in within.groups)
        ]
        by_size = sorted(large_enough, key=lambda group: (-self._group_sizes[group], group))
        self._groups = frozenset(by_size[:MOST_GROUPS])
        self._unit_sizes = tree.totals(self._own_invited or self._own)

    @property
    def effort(self) -> int:
        """What looking at one choice costs."""
        return 10 * len(self._tree.parents) + (1 << len(self._groups))

    def everything(self) -> _Option:
        never = frozenset[int]() if self._shows_root else frozenset({self._tree.root})
        return self._option(never, self._groups)

    def leak(self, option: _Option) -> Leak | None:
        return find_leak(self._tree, self._cells, option.publication, k=self._k, invited=self._invited)

    def worth(self, option: _Option) -> tuple[int, int, int]:
        """For sorting: more figures first, more of units, which have leaders, more invited people."""
        people = sum(self._unit_sizes[unit] for unit in option.units)
        people += sum(self._group_sizes[group] for group in option.groups)
        return -len(option.publication), -len(option.units), -people

    def narrower(self, option: _Option, leak: Leak, *, most: int | None = None) -> Iterable[_Option]:
        """Ways to take one of the figures away that give a crowd away together: all of them, or the
        groups and so many of the smallest units.
        """
        for group in sorted(leak.groups):
            yield self._option(option.never, option.groups - {group})
        units = sorted(leak.units - {self._tree.root}, key=lambda unit: (self._unit_sizes[unit], unit))
        for unit in units[:most]:
            yield self._option(option.never | {unit}, option.groups)

    def by_hiding_groups(self, option: _Option) -> _Option:
        """The option without its smallest groups, as few as makes it safe (A6)."""
        while option.groups and self.leak(option) is not None:
            smallest = min(option.groups, key=lambda group: (self._group_sizes[group], group))
            option = self._option(option.never, option.groups - {smallest})
        return option

    def by_hiding_the_cheapest(self, option: _Option) -> _Option:
        """Made safe by taking away, for each crowd, the figure that costs the fewest others."""
        while (leak := self.leak(option)) is not None:
            option = min(self.narrower(option, leak, most=_MOST_TRIED), key=self.worth)
        return option

    def _option(self, never: frozenset[int], groups: frozenset[Group]) -> _Option:
        units = publishable_units(
            self._tree,
            self._own,
            k=self._k,
            invited=self._own_invited,
            within=None if self._within is None else self._within.units,
            never=never,
        )
        # Where even the organisation is too small, so is every group.
        return _Option(never, units, groups if units or not self._shows_root else frozenset())
