"""What goes with what, over the whole organisation."""

from __future__ import annotations

import random

import pytest
from scipy.stats import spearmanr

from surveyapp.disclosure.relations import FEWEST, relations

People = list[tuple[float | None, list[float | None]]]


def people(n: int, seed: int = 1, *, pull: float = 1.0) -> People:
    """Answers in steps of 25 and two scores, of which the first goes with them."""
    rng = random.Random(seed)
    rows: People = []
    for _ in range(n):
        answer = 25.0 * rng.randrange(5)
        near = min(100.0, max(0.0, round((pull * answer + rng.gauss(0, 25)) / 6.25) * 6.25))
        rows.append((answer, [near, 6.25 * rng.randrange(17)]))
    return rows


@pytest.mark.parametrize("n", [FEWEST, 333, 2000])
def test_they_are_spearman_s_to_a_tenth(n: int) -> None:
    rows = people(n)
    found = {one.code: one for one in relations(["F1", "F2"], rows)}
    for place, code in enumerate(("F1", "F2")):
        expected = spearmanr([row[0] for row in rows], [row[1][place] for row in rows]).statistic
        assert found[code].strength == pytest.approx(expected, abs=0.0501)
        assert found[code].low <= found[code].strength <= found[code].high


def test_the_strongest_comes_first() -> None:
    assert [one.code for one in relations(["F2", "F1"], [(a, [s[1], s[0]]) for a, s in people(500)])] == [
        "F1",
        "F2",
    ]


def test_the_range_holds_the_truth_as_often_as_it_says() -> None:
    truth = spearmanr(*zip(*((a, s[0]) for a, s in people(20_000, 99, pull=0.5)), strict=True)).statistic
    samples = [relations(["F1", "F2"], people(150, seed, pull=0.5)) for seed in range(200)]
    # Rounded to tenths, so a little more often than 95%.
    inside = [
        one.low - 0.05 <= truth <= one.high + 0.05 for found in samples for one in found if one.code == "F1"
    ]
    assert len(inside) == 200 and sum(inside) / 200 >= 0.93


def test_with_fewer_people_nothing_is_said_and_gaps_do_not_count_as_people() -> None:
    assert relations(["F1", "F2"], people(FEWEST - 1)) == ()
    gaps: People = [(None, [50.0, 50.0])] * 60 + [(50.0, [None, 50.0])] * 60
    assert relations(["F1", "F2"], people(FEWEST - 1) + gaps) == ()
    assert len(relations(["F1", "F2"], people(FEWEST) + gaps)) == 2


def test_one_person_moves_nothing_that_is_shown_by_more_than_a_tenth() -> None:
    rows = people(FEWEST, 5)
    whole = {one.code: one for one in relations(["F1", "F2"], rows)}
    for place in range(0, FEWEST, 7):
        other = [*rows]
        other[place] = (100.0 - (rows[place][0] or 0.0), [0.0, 100.0])
        for one in relations(["F1", "F2"], other):
            assert abs(one.strength - whole[one.code].strength) <= 0.11


def test_answers_that_are_all_the_same_go_with_nothing() -> None:
    assert relations(["F1"], [(50.0, [float(n)]) for n in range(200)]) == ()
