"""An independent audit of what can be computed from published totals (A7).

It shares no code with the gate: exact rational linear algebra over people, and every combination
of fewer than k of them. It never asks how the published groups were chosen.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

Person = object
Group = frozenset[Person]


class RowSpace:
    """All sums that follow from the sums of some groups, by any rational combination of them."""

    def __init__(self, people: Sequence[Person], groups: Iterable[Group]) -> None:
        self._people = people
        self._basis: dict[int, list[Fraction]] = {}
        for group in groups:
            row = self._reduced([Fraction(person in group) for person in people])
            pivot = next((place for place, value in enumerate(row) if value), None)
            if pivot is None:
                continue
            row = [value / row[pivot] for value in row]
            for other, kept in self._basis.items():
                self._basis[other] = [a - kept[pivot] * b for a, b in zip(kept, row, strict=True)]
            self._basis[pivot] = row

    def holds(self, group: Group) -> bool:
        """Whether the sum over `group` follows."""
        return not any(self._reduced([Fraction(person in group) for person in self._people]))

    def _reduced(self, row: list[Fraction]) -> list[Fraction]:
        for pivot, kept in self._basis.items():
            if factor := row[pivot]:
                row = [a - factor * b for a, b in zip(row, kept, strict=True)]
        return row


def derivable_small_group(
    blocks: dict[object, int], groups: Iterable[frozenset[object]], k: int
) -> tuple[object, ...] | None:
    """Blocks of together 1…k−1 people whose sum follows from the published groups, if any.

    A block is people who are in exactly the same groups, so a derivable 0/1 vector takes all of
    them or none, and looking at whole blocks misses nobody.
    """
    inhabited = [block for block, size in blocks.items() if size]
    space = RowSpace(inhabited, groups)
    small = [block for block in inhabited if blocks[block] < k]
    for number in range(1, len(small) + 1):
        for chosen in itertools.combinations(small, number):
            if sum(blocks[block] for block in chosen) < k and space.holds(frozenset(chosen)):
                return chosen
    return None


def derivable_small_crowd(people: Sequence[Person], groups: Iterable[Group], k: int) -> Group | None:
    """The same person by person, without the shortcut of blocks. Only for a handful of people."""
    space = RowSpace(people, groups)
    for number in range(1, k):
        for chosen in itertools.combinations(people, number):
            if space.holds(frozenset(chosen)):
                return frozenset(chosen)
    return None


def lightest_derivable_crowd(
    blocks: Mapping[object, int], groups: Iterable[frozenset[object]], k: int
) -> tuple[object, ...] | None:
    """The same for organisations of any size, by the row space alone.

    Elimination takes the largest blocks as pivots first. A 0/1 vector of the row space is the sum
    of the rows whose pivots it holds, and it can hold no pivot of k people or more: what is left to
    try are the sets of small pivots of together fewer than k people.
    """
    inhabited = sorted((block for block, size in blocks.items() if size), key=lambda b: -blocks[b])
    places = {block: place for place, block in enumerate(inhabited)}
    rows: list[tuple[int, dict[int, Fraction]]] = []
    for group in groups:
        row = {places[block]: Fraction(1) for block in group if block in places}
        for pivot, kept in rows:
            if pivot in row:
                _subtract(row, kept, row[pivot])
        if not row:
            continue
        pivot = min(row)
        scale = row[pivot]
        row = {place: value / scale for place, value in row.items()}
        for _, kept in rows:
            if pivot in kept:
                _subtract(kept, row, kept[pivot])
        rows.append((pivot, row))
    light = [(blocks[inhabited[pivot]], row) for pivot, row in rows if blocks[inhabited[pivot]] < k]

    def search(start: int, weight: int, vector: dict[int, Fraction]) -> dict[int, Fraction] | None:
        people = sum(blocks[inhabited[place]] for place in vector)
        if 0 < people < k and all(value == 1 for value in vector.values()):
            return vector
        for place in range(start, len(light)):
            size, row = light[place]
            if weight + size < k:
                longer = dict(vector)
                _subtract(longer, row, Fraction(-1))
                found = search(place + 1, weight + size, longer)
                if found is not None:
                    return found
        return None

    found = search(0, 0, {})
    return None if found is None else tuple(inhabited[place] for place in sorted(found))


def _subtract(row: dict[int, Fraction], other: Mapping[int, Fraction], times: Fraction) -> None:
    for place, value in other.items():
        left = row.get(place, Fraction(0)) - times * value
        if left:
            row[place] = left
        else:
            row.pop(place, None)
