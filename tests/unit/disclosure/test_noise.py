"""Counts of an open link, moved at random: what that costs, and what it hides."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import product

import pytest

from surveyapp.disclosure.figures import item_figure
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.noise import (
    SCALE_SD,
    SCORE_SD,
    SHARE_SD,
    _step,
    moved,
    moved_counts,
    moved_sums,
    widened,
)
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally, Snapshot, freeze

CELL = (1, "")


def test_a_step_is_as_likely_as_it_is_said_to_be() -> None:
    chance = random.Random(1)
    drawn = Counter(_step(1.0, chance) for _ in range(40_000))
    base = math.tanh(0.5)  # the chance of no step at all
    for z in range(-4, 5):
        expected = base * math.exp(-abs(z))
        assert abs(drawn[z] / 40_000 - expected) < 5 * math.sqrt(expected / 40_000)


def test_as_many_answered_as_before_and_no_count_is_below_nought() -> None:
    chance = random.Random(2)
    for counts in ([20, 0, 0, 0, 0], [1, 3, 4, 8, 4], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]):
        for _ in range(300):
            found = moved_counts(counts, chance)
            assert sum(found) == sum(counts) and min(found) >= 0
    for _ in range(300):
        n, total, squares = moved_sums(20, 1990.0, chance)
        assert n == 20 and 0 <= total <= 2000 and squares * n >= total**2


@pytest.mark.parametrize(("n", "most"), [(20, 6.0), (50, 2.7), (100, 1.5), (300, 0.6)])
def test_scores_stay_about_right(n: int, most: float) -> None:
    """The error that it adds, as a standard deviation in points: at 20 answers no more than chance."""
    counts = [round(n * share) for share in (0.06, 0.14, 0.2, 0.4, 0.2)]
    chance, true = random.Random(3), _mean(counts)
    errors = [_mean(moved_counts(counts, chance)) - true for _ in range(2000)]
    assert math.sqrt(sum(error**2 for error in errors) / len(errors)) < most
    assert abs(sum(errors) / len(errors)) < 1


def _mean(counts: list[int]) -> float:
    return sum(25 * value * count for value, count in enumerate(counts)) / sum(counts)


@pytest.mark.parametrize("n", [20, 40, 200])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (0, 0, 0, 1, 1), (1, 0, 0, 0, 1), (0, 1, 2, 1, 0)])
def test_the_error_is_no_larger_than_is_reckoned_with(n: int, shape: tuple[int, ...]) -> None:
    counts = [n * part // sum(shape) for part in shape]
    people, chance = sum(counts), random.Random(5)
    draws = [moved_counts(counts, chance) for _ in range(2000)]
    scores = [_mean(drawn) - _mean(counts) for drawn in draws]
    shares = [100 * (sum(drawn[3:]) - sum(counts[3:])) / people for drawn in draws]
    assert _spread(scores) * people < SCORE_SD * 1.05
    assert _spread(shares) * people < SHARE_SD * 1.05
    scales = [moved_sums(people, 50.0 * people, chance)[1] / people - 50 for _ in range(2000)]
    assert _spread(scales) * people < SCALE_SD * 1.05


def _spread(errors: list[float]) -> float:
    return math.sqrt(sum(error**2 for error in errors) / len(errors))


def test_what_is_said_of_precision_covers_the_moving_too() -> None:
    """An open link's figures are less sure than the same figures of personal links."""

    def frozen(counts: list[int]) -> Snapshot:
        return freeze(
            tree=Tree({1: None}),
            names={1: "Trust"},
            invited=None,
            respondents={CELL: sum(counts)},
            items=[ItemTally("A", {CELL: counts})],
            scales=[],
            k=20,
        )

    for counts in ([2, 3, 5, 6, 4], [20, 20, 20, 20, 20], [0, 0, 0, 2, 98]):
        before = frozen(counts).units[1].items["A"]
        after = widened(frozen(counts)).units[1].items["A"]
        assert (after.score, after.favourable, after.n) == (before.score, before.favourable, before.n)
        assert after.score_precision.points >= before.score_precision.points
        if before.score_precision.low is not None and after.score_precision.low is not None:
            assert after.score_precision.low <= before.score_precision.low
            assert f"between {after.score_precision.low} and" in after.score_precision.words
    few = widened(frozen([2, 3, 5, 6, 4])).units[1].items["A"].score_precision
    assert few.words.startswith("Could easily be 15 points")


# ---------------------------------------------------------------- nineteen known, the twentieth not


def _partitions() -> dict[tuple[int, ...], int]:
    """For every choice of nineteen answers: how many answers of the twentieth can be told apart."""
    found = {}
    for known in product(range(20), repeat=4):
        if sum(known) <= 19:
            nineteen = (*known, 19 - sum(known))
            found[nineteen] = len({item_figure(_with(nineteen, v), k=20) for v in range(5)})
    return found


def _with(known: tuple[int, ...], value: int) -> list[int]:
    return [count + (place == value) for place, count in enumerate(known)]


#: Chosen so that without noise the twentieth person's side is certain.
WORST = [(0, 0, 1, 7, 11), (0, 0, 1, 8, 10), (0, 0, 1, 2, 16), (0, 0, 0, 4, 15), (9, 0, 0, 0, 10)]


def test_rounding_alone_would_give_the_twentieth_away() -> None:
    """Why there is noise at all: the attack works on figures that are only rounded."""
    told_apart = _partitions()
    assert max(told_apart.values()) == 3
    assert all(told_apart[known] >= 2 for known in WORST)


@pytest.mark.parametrize("known", WORST)
@pytest.mark.parametrize("answers", [(0, 4), (1, 3), (2, 3)])
def test_nineteen_known_ballots_do_not_isolate_the_twentieth(
    known: tuple[int, ...], answers: tuple[int, int]
) -> None:
    """Of two answers that were as likely before, the best guess is right in 7 of 10 cases at most."""
    chance, tries = random.Random(4), 3000
    shown = [
        Counter(
            item_figure(moved_counts(_with(known, value), chance), k=20) for _ in range(tries)
        )
        for value in answers
    ]
    right = sum(max(shown[0][figure], shown[1][figure]) for figure in set().union(*shown))
    assert right / (2 * tries) < 0.72
    # Nothing that is often shown excludes either answer.
    for figure in set().union(*shown):
        if shown[0][figure] + shown[1][figure] > 200:
            assert min(shown[0][figure], shown[1][figure]) > 0


def test_every_tally_is_moved_and_none_is_lost() -> None:
    items = [ItemTally("LEA1", {CELL: [4, 4, 4, 4, 4]})] * 30
    scales = [ScaleTally("LEA", {CELL: (20, 1000.0, 60_000.0)})] * 30
    found_items, found_scales = moved(items, scales, random.Random(5))
    assert len(found_items) == len(found_scales) == 30
    assert len({tuple(tally.counts[CELL]) for tally in found_items}) > 20
    assert len({tally.sums[CELL][1] for tally in found_scales}) > 20
