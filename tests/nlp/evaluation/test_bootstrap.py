"""Ranges and paired differences."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nlp.evaluation import counts
from nlp.evaluation.bootstrap import difference, estimate, resamples
from nlp.evaluation.counts import Truth


def accuracy_of(right: Truth) -> partial[np.ndarray]:
    return partial(counts.share, right, np.ones(len(right), dtype=bool))


@given(st.integers(1, 40))
def test_each_resample_draws_as_many_comments_as_there_are(comments: int) -> None:
    weights = resamples(comments, count=20)
    assert weights.shape == (20, comments)
    assert (weights.sum(axis=1) == comments).all()
    assert (weights >= 0).all() and (weights == weights.astype(int)).all()


def test_resamples_are_the_same_each_time_and_differ_by_seed() -> None:
    assert (resamples(30, count=5) == resamples(30, count=5)).all()
    assert (resamples(30, count=5) != resamples(30, count=5, seed=1)).any()


@pytest.mark.parametrize("value", [False, True])
def test_what_never_varies_has_a_range_of_one_point(value: bool) -> None:
    found = estimate(accuracy_of(np.full(50, value)), resamples(50, count=100))
    assert (found.value, found.low, found.high) == (value, value, value)


@settings(max_examples=30)
@given(arrays(bool, st.integers(1, 60)))
def test_a_range_is_in_order_and_the_value_is_of_the_comments_as_they_are(right: Truth) -> None:
    found = estimate(accuracy_of(right), resamples(len(right), count=200))
    assert found.value == pytest.approx(right.mean())
    assert 0 <= found.low <= found.high <= 1


def test_the_range_of_a_share_is_that_of_the_binomial() -> None:
    right = np.arange(400) < 300
    found = estimate(accuracy_of(right), resamples(400))
    spread = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert found.low == pytest.approx(0.75 - spread, abs=0.01)
    assert found.high == pytest.approx(0.75 + spread, abs=0.01)


def test_a_model_that_is_right_wherever_the_other_is_and_once_more_never_loses() -> None:
    second = np.arange(50) < 30
    first = np.arange(50) < 31
    weights = resamples(50)
    gap = difference(accuracy_of(first), accuracy_of(second), weights)
    assert gap.value == pytest.approx(1 / 50)
    assert gap.low == 0
    drawn = float((weights[:, 30] > 0).mean())
    assert gap.wins == pytest.approx(drawn + (1 - drawn) / 2)


@settings(max_examples=30)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(arrays(bool, n), arrays(bool, n))))
def test_what_one_wins_the_other_loses(pair: tuple[Truth, Truth]) -> None:
    first, second = map(accuracy_of, pair)
    weights = resamples(len(pair[0]), count=100)
    there, back = difference(first, second, weights), difference(second, first, weights)
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.wins + back.wins == pytest.approx(1)
