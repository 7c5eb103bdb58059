"""Which inputs of a product go, and what takes their place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.encoder import Floats
from nlp.training.surgeon import Rows, inputs_of, spared

_ROWS, _INPUTS, _OUTPUTS = 400, 12, 5
_EVEN = np.ones(_OUTPUTS, np.float32)


def product(seed: int) -> tuple[Floats, Rows]:
    """A product with its bias beside, and rows on which it gives what is wanted. Inputs hang together."""
    chance = np.random.default_rng(seed)
    mixed = 0.2 * chance.normal(size=(_INPUTS, _INPUTS)) + np.eye(_INPUTS)
    inputs = (chance.normal(size=(_ROWS, _INPUTS)) @ mixed).astype(np.float32)
    matrix = chance.normal(size=(_OUTPUTS, _INPUTS + 1)).astype(np.float32)
    counts = chance.uniform(0.5, 2, size=_ROWS).astype(np.float32)
    return matrix, Rows(inputs, with_one(inputs) @ matrix.T, counts)


def with_one(inputs: Floats) -> Floats:
    return np.concatenate([inputs, np.ones((len(inputs), 1), np.float32)], axis=1)


def error(given: Rows, matrix: Floats, columns: np.ndarray, weights: Floats) -> float:
    """The squared error of a product of some inputs, as rows and outputs count."""
    counts = given.counts / given.counts.mean() + 0.1
    wrong = with_one(given.inputs[:, columns]) @ matrix.T - given.wanted
    return float((wrong**2 * weights * counts[:, None]).sum())


def test_what_another_input_says_as_well_goes_at_no_cost() -> None:
    matrix, rows = product(1)
    rows.inputs[:, 7] = 3 * rows.inputs[:, 2] - 1
    rows = rows._replace(wanted=with_one(rows.inputs) @ matrix.T)
    found = spared(matrix, [rows], _EVEN, keep=_INPUTS - 1, size=1, penalty=1e-7)
    assert set(range(_INPUTS)) - set(found.kept) < {2, 7}
    assert with_one(rows.inputs[:, found.kept]) @ found.matrix.T == pytest.approx(rows.wanted, abs=0.05)


def test_an_input_that_only_an_output_of_no_weight_uses_goes_first() -> None:
    matrix, rows = product(2)
    matrix[:4, 5] = 0
    matrix[4, 5] = 100
    rows = rows._replace(wanted=with_one(rows.inputs) @ matrix.T)
    weights = np.array([1, 1, 1, 1, 0], np.float32)
    found = spared(matrix, [rows], weights, keep=_INPUTS - 1, size=1, penalty=1e-7)
    assert 5 not in found.kept


@given(seed=st.integers(0, 10_000), keep=st.integers(1, 3), size=st.sampled_from([2, 4]))
def test_groups_go_together_and_cost_what_the_product_is_wrong_by(seed: int, keep: int, size: int) -> None:
    matrix, rows = product(seed)
    weights = np.random.default_rng(seed).uniform(0.2, 3, size=_OUTPUTS).astype(np.float32)
    found = spared(matrix, [rows], weights, keep=keep, size=size, penalty=1e-7)
    assert len(found.kept) == keep and len(found.costs) == _INPUTS // size - keep
    columns = inputs_of(found.kept, size)
    assert found.matrix.shape == (_OUTPUTS, len(columns) + 1)
    assert sum(found.costs) == pytest.approx(error(rows, found.matrix, columns, weights), rel=0.02, abs=0.01)


@given(seed=st.integers(0, 10_000))
def test_no_other_product_of_what_stays_is_nearer(seed: int) -> None:
    matrix, rows = product(seed)
    found = spared(matrix, [rows], _EVEN, keep=6, size=1, penalty=1e-7)
    best = error(rows, found.matrix, found.kept, _EVEN)
    chance = np.random.default_rng(seed)
    for _ in range(5):
        other = found.matrix + chance.normal(scale=0.05, size=found.matrix.shape).astype(np.float32)
        assert error(rows, other, found.kept, _EVEN) > best


def test_batches_make_no_difference_and_none_goes_where_all_may_stay() -> None:
    matrix, rows = product(3)
    halves = [Rows(*(part[half] for part in rows)) for half in (slice(0, 150), slice(150, None))]
    whole = spared(matrix, [rows], _EVEN, keep=5, size=1, penalty=1e-3)
    parts = spared(matrix, halves, _EVEN, keep=5, size=1, penalty=1e-3)
    assert whole.kept.tolist() == parts.kept.tolist()
    assert whole.matrix == pytest.approx(parts.matrix, abs=1e-3)
    everything = spared(matrix, [rows], _EVEN, keep=_INPUTS, size=1, penalty=1e-3)
    assert everything.kept.tolist() == list(range(_INPUTS)) and everything.costs == []
    assert everything.matrix == pytest.approx(matrix, abs=1e-3)
