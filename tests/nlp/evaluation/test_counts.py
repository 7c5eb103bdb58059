"""Weighted figures against cases worked by hand and against plain counting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nlp.evaluation import counts
from nlp.evaluation.counts import Truth, Weights

AS_THEY_ARE = np.ones((1, 4), dtype=np.float32)


def once(values: Truth) -> Weights:
    return np.ones((1, len(values)), dtype=np.float32)


def bools(*values: int) -> Truth:
    return np.array(values, dtype=bool)


def plain_f1(truth: list[bool], found: list[bool]) -> float:
    hits = sum(t and f for t, f in zip(truth, found, strict=True))
    wrong = sum(f and not t for t, f in zip(truth, found, strict=True))
    missed = sum(t and not f for t, f in zip(truth, found, strict=True))
    return 2 * hits / (2 * hits + wrong + missed) if hits else 0.0


def plain_average_precision(truth: list[bool], chances: list[float]) -> float:
    """Precision at each distinct threshold, times the recall that it adds."""
    area = before = 0.0
    for limit in sorted(set(chances), reverse=True):
        kept = [t for t, chance in zip(truth, chances, strict=True) if chance >= limit]
        recall = sum(kept) / sum(truth) if any(truth) else 0.0
        area += (recall - before) * sum(kept) / len(kept)
        before = recall
    return area


def test_a_case_worked_by_hand() -> None:
    truth, found = bools(1, 1, 1, 0), bools(1, 0, 0, 1)
    assert counts.precision(truth, found, AS_THEY_ARE) == pytest.approx([1 / 2])
    assert counts.recall(truth, found, AS_THEY_ARE) == pytest.approx([1 / 3])
    assert counts.f1(truth, found, AS_THEY_ARE) == pytest.approx([2 / 5])


def test_average_precision_worked_by_hand() -> None:
    chances = np.array([0.9, 0.8, 0.7, 0.1], dtype=np.float32)
    # Right at ranks 1 and 3: (1/1 + 2/3) / 2.
    assert counts.average_precision(bools(1, 0, 1, 0), chances, AS_THEY_ARE) == pytest.approx([5 / 6])
    # All tied: the one rank has the prevalence for its precision.
    tied = np.full(4, 0.5, dtype=np.float32)
    assert counts.average_precision(bools(1, 0, 0, 0), tied, AS_THEY_ARE) == pytest.approx([1 / 4])


def test_what_was_never_there_and_never_found_is_nothing() -> None:
    nothing = bools(0, 0, 0, 0)
    for figure in (counts.precision, counts.recall, counts.f1):
        assert figure(nothing, nothing, AS_THEY_ARE) == [0]
    assert counts.average_precision(nothing, np.zeros(4, np.float32), AS_THEY_ARE) == [0]


rows = st.integers(1, 25)


def times(comments: int) -> st.SearchStrategy[np.ndarray]:
    """How often each comment is in a resample."""
    return arrays(np.int64, comments, elements=st.integers(0, 3))


tables = rows.flatmap(lambda n: st.tuples(arrays(bool, (n, 3)), arrays(bool, (n, 3)), times(n)))


@given(tables)
def test_f1_is_a_plain_count_of_the_resample(case: tuple[Truth, Truth, np.ndarray]) -> None:
    truth, found, counted = case
    again = np.repeat(np.arange(len(counted)), counted)
    weights = counted[None].astype(np.float32)
    by_column = [
        plain_f1(truth[again, column].tolist(), found[again, column].tolist()) for column in range(3)
    ]
    assert counts.f1(truth, found, weights)[0] == pytest.approx(by_column)
    assert counts.macro_f1(truth, found, weights)[0] == pytest.approx(np.mean(by_column))
    pooled = plain_f1(truth[again].ravel().tolist(), found[again].ravel().tolist())
    assert counts.micro_f1(truth, found, weights)[0] == pytest.approx(pooled)


ranked = rows.flatmap(
    lambda n: st.tuples(
        arrays(bool, n),
        # Few different values, so that ties are common.
        arrays(np.float32, n, elements=st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 1.0])),
        times(n),
    )
)


@given(ranked)
def test_average_precision_is_a_sum_over_thresholds(case: tuple[Truth, np.ndarray, np.ndarray]) -> None:
    truth, chances, counted = case
    again = np.repeat(np.arange(len(counted)), counted)
    expected = plain_average_precision(truth[again].tolist(), chances[again].tolist())
    weights = counted[None].astype(np.float32)
    assert counts.average_precision(truth, chances, weights)[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("figure", [counts.precision, counts.recall, counts.f1])
@given(case=tables)
def test_figures_stay_between_nothing_and_everything(
    figure: Callable[..., np.ndarray], case: tuple[Truth, Truth, np.ndarray]
) -> None:
    truth, found, _ = case
    values = figure(truth, found, once(truth))
    assert ((values >= 0) & (values <= 1)).all()
    assert figure(truth, truth, once(truth))[0] == pytest.approx(truth.any(axis=0).astype(float))


def test_a_share_pools_columns() -> None:
    of, among = np.array([[1, 0], [0, 1]], bool), np.array([[1, 1], [0, 1]], bool)
    assert counts.share(of, among, once(of)) == pytest.approx([2 / 3])
