"""What can be computed from figures that were printed: exact sums, and bounds from rounded ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from surveyapp.disclosure import figures
from tests.attacks.crawler import Harvest, Key
from tests.attacks.organisations import Cell, Played
from tests.unit.disclosure.rowspace import lightest_derivable_crowd

Crowd = frozenset[Cell]
Range = tuple[int, int]

#: Crowds that are looked at when differences and unions are piled up.
_MOST_CROWDS = 300


class Reading(NamedTuple):
    """Numbers that would be printed as something was: answers, favourable ones, sum of points 0–4."""

    n: int
    favourable: int
    points: int


def derivable_crowds(played: Played, harvest: Harvest) -> Iterator[tuple[str, tuple[object, ...]]]:
    """For each question a crowd of fewer than k whose sum follows exactly, if there is one (A7)."""
    for question in played.answers:
        shown = [frozenset[object](played.crowd(key)) for key in harvest.crowds(question)]
        crowd = lightest_derivable_crowd(dict(played.count(question)), shown, played.k)
        if crowd is not None:
            yield question, crowd


def readings(words: Mapping[str, str], *, invited: int, k: int) -> Iterator[Reading]:
    """All numbers behind printed words, for someone who knows this code and who was invited."""
    for n in range(k, invited + 1):
        if str(figures.rounded_count(n, k=k, invited=invited)) != words.get("n"):
            continue
        if "score" not in words:
            if "rate" not in words or str(figures.rounded_rate(n, invited, k=k)) == words["rate"]:
                yield from (Reading(n, 0, 0), Reading(n, n, 4 * n))
            continue
        detail = figures.shows_detail(n, invited)
        if words["score note"].startswith("Likely") and not detail:
            continue
        steps_of = n if detail else min(n, figures.DETAIL_FROM - 1)
        for favourable in range(n + 1):
            share = figures.favourable_share(favourable, n)
            if words.get("favourable", share.words) != share.words:
                continue
            for points in range(3 * favourable, 4 * favourable + 2 * (n - favourable) + 1):
                mean = 25 * points / n
                if "favourable" in words:
                    mean = figures._within_share(mean, share)
                if figures.score_share(mean, steps_of).words == words["score"]:
                    yield Reading(n, favourable, points)


class Bounds:
    """Interval arithmetic over what is printed of one question."""

    def __init__(self, played: Played, harvest: Harvest, question: str) -> None:
        self._invited = played.invited
        self._known: list[dict[Crowd, Range]] = [{}, {}, {}]
        self._low: list[Crowd] = []
        for key in harvest.crowds(question):
            crowd = played.crowd(key)
            words = harvest.figures[key, question]
            if "less" in words.get("favourable", "") + words.get("score", ""):
                self._low.append(crowd)
            found = list(readings(words, invited=self._size(crowd), k=played.k))
            assert found, f"Nothing could have been printed as {words}."
            for place, known in enumerate(self._known):
                values = [reading[place] for reading in found]
                known[crowd] = (min(values), max(values))
        for place, known in enumerate(self._known):
            self._pile_up(known, most=4 if place == 2 else 1)

    def of(self, crowd: Crowd, place: int) -> Range:
        """The least and the most that a crowd's number can be: `place` is that in a Reading."""
        most = 4 if place == 2 else 1
        low, high = 0, most * self._size(crowd)
        for other, (least, greatest) in self._known[place].items():
            if other <= crowd:
                low = max(low, least)
                high = min(high, greatest + most * self._size(crowd - other))
            if other >= crowd:
                low = max(low, least - most * self._size(other - crowd))
                high = min(high, greatest)
        return low, high

    def pinned(self, crowd: Crowd, *, least: int = 3) -> dict[str, Range]:
        """Numbers of which fewer than `least` are possible, though more were before.

        Two things are said to remain, and left out here: where nearly everyone answered, or was
        nearly of one mind (A12 prints a bound), so was nearly everyone in each part.
        """
        found = {}
        for place, name in enumerate(Reading._fields):
            low, high = self.of(crowd, place)
            most = (4 if place == 2 else 1) * self._size(crowd)
            nearly_all = high == most
            nearly_none = place and low == 0 and self._is_said_to_be_low(crowd)
            if high - low + 1 < min(least, most + 1) and not nearly_all and not nearly_none:
                found[name] = (low, high)
        return found

    def _is_said_to_be_low(self, crowd: Crowd) -> bool:
        return any(crowd <= other for other in self._low)

    def _size(self, crowd: Crowd) -> int:
        return sum(self._invited[cell] for cell in crowd)

    def _pile_up(self, known: dict[Crowd, Range], *, most: int) -> None:
        """Differences of nested crowds and unions of disjoint ones, of those again, and so on."""
        new = list(known)
        while new and len(known) < _MOST_CROWDS:
            before, new = list(known), []
            for one in before:
                for other in before:
                    for crowd, bounds in _together(one, other, known):
                        low = max(0, bounds[0])
                        high = min(most * self._size(crowd), bounds[1])
                        old = known.get(crowd, (0, most * self._size(crowd) + 1))
                        known[crowd] = max(low, old[0]), min(high, old[1])
                        if crowd not in before and crowd not in new:
                            new.append(crowd)


def _together(one: Crowd, other: Crowd, known: Mapping[Crowd, Range]) -> Iterator[tuple[Crowd, Range]]:
    (low, high), (least, greatest) = known[one], known[other]
    if other < one:
        yield one - other, (low - greatest, high - least)
    elif not one & other:
        yield one | other, (low + least, high + greatest)


def hidden(played: Played, harvest: Harvest, question: str) -> dict[Key, Crowd]:
    """Units, staff groups and cells with somebody in them of whom that question is not shown."""
    shown = harvest.crowds(question)
    groups = {group for _, group in played.invited}
    keys: list[Key] = [key for key in (*played.tree.parents, *groups) if key not in shown]
    crowds: dict[Key, Crowd] = {key: played.crowd(key) for key in keys}
    crowds |= {f"{group} of {unit}": frozenset({(unit, group)}) for unit, group in played.invited}
    visible = {played.crowd(key) for key in shown}
    return {key: crowd for key, crowd in crowds.items() if crowd and crowd not in visible}


def pinned_crowds(played: Played, harvest: Harvest) -> dict[tuple[Key, str], dict[str, Range]]:
    """Numbers of hidden crowds that the printed ones leave fewer than three possibilities for."""
    found = {}
    for question in played.answers:
        bounds = Bounds(played, harvest, question)
        for key, crowd in hidden(played, harvest, question).items():
            if pinned := bounds.pinned(crowd):
                found[key, question] = pinned
    return found
