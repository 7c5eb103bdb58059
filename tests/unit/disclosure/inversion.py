"""What a reader could conclude from everything shown of one question (C6).

A reader knows the rules, this code, how many were invited, and that nobody skipped the question.
They look for every pair (favourable answers, answers) that would have been shown in the same way.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from surveyapp.disclosure.figures import Figure, favourable_share, item_figure, rounded_rate

Counts = tuple[int, int, int, int, int]
Pair = tuple[int, int]
Shown = tuple[Figure, int | None]


def shown(counts: Sequence[int], *, k: int, invited: int | None) -> Shown:
    """All that a page gives of one question, with the unit's response rate."""
    rate = None if invited is None else rounded_rate(sum(counts), invited, k=k)
    return item_figure(counts, k=k, invited=invited), rate


def every_answer_set(n: int) -> Iterator[Counts]:
    """Every way in which n people can answer."""
    for bars in itertools.combinations(range(n + 4), 4):
        a, b, c, d = bars
        yield a, b - a - 1, c - b - 1, d - c - 1, n + 3 - d


def every_favourable_and_sum(n: int) -> Iterator[Counts]:
    """One answer set for each pair of favourable answers and sum of scores.

    Below 30 answers nothing else is shown, so these stand for all answer sets.
    """
    for favourable in range(n + 1):
        others = n - favourable
        for extra in range(favourable + 2 * others + 1):
            fives = max(0, extra - 2 * others)
            threes = max(0, extra - fives - others)
            twos = extra - fives - 2 * threes
            yield others - twos - threes, twos, threes, favourable - fives, fives


class Inversion:
    """The pairs behind each way of showing, over all given answer sets."""

    def __init__(self, answer_sets: Iterable[Counts], *, k: int, invited: int | None = None) -> None:
        self.pairs: defaultdict[Shown, set[Pair]] = defaultdict(set)
        self.answer_sets: Counter[Shown] = Counter()
        for counts in answer_sets:
            page = shown(counts, k=k, invited=invited)
            self.pairs[page].add((counts[3] + counts[4], sum(counts)))
            self.answer_sets[page] += 1

    def below(self, least: int) -> dict[Shown, set[Pair]]:
        """Ways of showing that fewer than `least` pairs could be behind."""
        return {page: pairs for page, pairs in self.pairs.items() if len(pairs) < least}

    def share_below(self, least: int) -> float:
        """The share of answer sets that are shown so."""
        found = sum(self.answer_sets[page] for page in self.below(least))
        return found / self.answer_sets.total()


def pairs_behind(counts: Counts, *, k: int, least: int) -> set[Pair]:
    """Pairs behind what is shown of `counts`; stops looking at `least`.

    For more answers than can all be tried: it tries every answer set that could be shown alike.
    """
    page = shown(counts, k=k, invited=None)
    n = sum(counts)
    share = favourable_share(counts[3] + counts[4], n)
    # No part of a split differs from what it shows by as much as two steps, and n by 5 at most.
    reach = max(3, 2 * max(1, n // 20))
    found: set[Pair] = set()
    for size in sorted(range(n - 5, n + 6), key=lambda other: abs(other - n)):
        for favourable in sorted(range(size + 1), key=lambda x: abs(x - counts[3] - counts[4])):
            if favourable_share(favourable, size) != share:
                continue
            if _is_shown_alike(counts, page, favourable, size, reach, k):
                found.add((favourable, size))
                if len(found) >= least:
                    return found
    return found


def _is_shown_alike(
    counts: Counts, page: Shown, favourable: int, size: int, reach: int, k: int
) -> bool:
    near = [
        sorted(range(max(0, count - reach), count + reach + 1), key=lambda x, c=count: abs(x - c))
        for count in counts
    ]
    for fives, ones, twos in itertools.product(near[4], near[0], near[1]):
        fours, threes = favourable - fives, size - favourable - ones - twos
        if fours < 0 or threes < 0:
            continue
        if shown((ones, twos, threes, fours, fives), k=k, invited=None) == page:
            return True
    return False
