"""Scores that stay on one side of their usual level (E7)."""

from __future__ import annotations

import itertools
import random

import pytest

from surveyapp.disclosure.runs import BASELINE, Run, run_at_the_end

USUAL = [50, 55, 60, 45, 55, 50]


def found(scores: list[int]) -> Run:
    run = run_at_the_end(scores)
    assert run is not None
    return run


@pytest.mark.parametrize(("later", "above"), [([65] * 6, True), ([40] * 7, False)])
def test_six_and_more_in_a_row_are_a_run(later: list[int], above: bool) -> None:
    run = found([*USUAL, *later])
    assert (run.length, run.is_above) == (len(later), above)
    assert (run.tested.difference > 0) == above


@pytest.mark.parametrize(
    "later", [[65] * 5, [65] * 6 + [50], [65, 65, 65, 40, 65, 65, 65], [55] * 9, [50] * 9]
)
def test_fewer_an_end_or_the_usual_level_itself_are_none(later: list[int]) -> None:
    assert run_at_the_end([*USUAL, *later]) is None


def test_without_a_usual_level_there_is_no_run() -> None:
    assert run_at_the_end([90] * (BASELINE - 1)) is None
    assert run_at_the_end([]) is None


def test_its_p_counts_the_orders_that_would_look_like_it() -> None:
    """Of all ways to lay out six first and six later scores, all of them different."""
    run = found([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    ways = hits = 0
    for first in itertools.combinations(range(12), BASELINE):
        rest = [score for score in range(12) if score not in first]
        ways += 1
        hits += run_at_the_end([*first, *rest]) is not None
    assert run.tested.p == pytest.approx(hits / ways)


def test_nothing_but_chance_gives_a_run_as_seldom_as_its_p_says() -> None:
    rng = random.Random(7)
    series = [[rng.randrange(20, 80) for _ in range(20)] for _ in range(4000)]
    runs = [run for scores in series if (run := run_at_the_end(scores))]
    assert sum(run.tested.p <= 0.05 for run in runs) / len(series) <= 0.05
    assert runs
