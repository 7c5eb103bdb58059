"""Which inputs a product can spare, and the product of the others that gives most nearly the same.

Source: Hassibi and Stork 1993, "Second order derivatives for network pruning: optimal brain surgeon", for
groups of inputs, as in Kurtic et al. 2023, "ZipLM".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.encoder import Floats

_Doubles = NDArray[np.float64]
_Places = NDArray[np.intp]

#: A row counts what it is said to, relative to the mean, but between these two.
_ROOM, _MOST = 0.1, 20.0


class Rows(NamedTuple):
    """A product's `inputs` (n, inputs), what it is to give, `wanted` (n, outputs), and what each row
    `counts` (n,)."""

    inputs: Floats
    wanted: Floats
    counts: Floats


class Spared(NamedTuple):
    """Groups of inputs that stay, `kept` (groups,) in their order; the product of those, `matrix` (outputs,
    inputs left + 1) with the bias beside; and what each group cost that went, as they went."""

    kept: _Places
    matrix: Floats
    costs: list[float]


def spared(
    before: Floats, rows: Sequence[Rows], weights: Floats, *, keep: int, size: int, penalty: float
) -> Spared:
    """Let go all but `keep` of the groups of `size` inputs of the product `before` (outputs, inputs + 1).

    What it gives is to be right by `weights` (outputs,). `penalty`, a share of an input's mean square,
    holds the fit near what the product was.
    """
    known = before.shape[1] - 1
    square, product = np.zeros((known + 1, known + 1)), np.zeros((len(before), known + 1))
    usual = np.concatenate([each.counts for each in rows]).mean()
    for inputs, wanted, felt in rows:
        counts = np.minimum(felt / usual, _MOST) + _ROOM
        signs = np.concatenate([inputs, np.ones((len(inputs), 1), inputs.dtype)], axis=1)
        weighed = signs * counts[:, None]
        square += signs.T @ weighed
        product += wanted.T @ weighed
    ridge = penalty * square.diagonal()[:-1].mean()
    square += ridge * np.eye(known + 1)
    matrix = np.linalg.solve(square, (product + ridge * before).T).T
    kept, costs = _most_missed(matrix, square, weights, keep=keep, size=size)
    columns = np.append(inputs_of(kept, size), known)
    fitted = np.linalg.solve(square[np.ix_(columns, columns)], (matrix @ square)[:, columns].T).T
    return Spared(kept, fitted.astype(np.float32), costs)


def inputs_of(groups: _Places, size: int) -> _Places:
    """Places of the inputs of groups of `size`."""
    places: _Places = (groups[:, None] * size + np.arange(size)).ravel()
    return places


def _most_missed(
    matrix: _Doubles, square: _Doubles, weights: Floats, *, keep: int, size: int
) -> tuple[_Places, list[float]]:
    """Groups that stay (keep,), and what each of the others cost in its turn.

    The least missed goes, its share is taken over by the others, and the next is looked for. `matrix`
    (outputs, inputs + 1), `square` the inputs' second moments.
    """
    # In 32 bits: nearly all time goes into leading one matrix of a thousand rows on, group by group.
    inverse = np.linalg.inv(square).astype(np.float32)
    left = matrix.astype(np.float32)
    groups = (len(square) - 1) // size
    stays = np.ones(groups, dtype=bool)
    places = inputs_of(np.arange(groups), size).reshape(groups, size)
    costs = []
    for _ in range(groups - keep):
        own = np.linalg.inv(inverse[places[:, :, None], places[:, None, :]])
        parts = left[:, :-1].reshape(len(left), groups, size).transpose(1, 0, 2)
        lost = ((parts @ own) * parts).sum(axis=2) @ weights
        gone = int(np.where(stays, lost, np.inf).argmin())
        costs.append(float(lost[gone]))
        stays[gone] = False
        columns = places[gone]
        taking_over = own[gone] @ inverse[columns]
        left -= left[:, columns] @ taking_over
        inverse -= inverse[:, columns] @ taking_over
        left[:, columns] = 0
        inverse[columns], inverse[:, columns] = 0, 0
        inverse[columns, columns] = 1  # so that it can be inverted
    return np.flatnonzero(stays), costs
