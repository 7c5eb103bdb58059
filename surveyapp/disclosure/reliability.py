"""Whether the questions of a scale hang together well enough to be one score (D1 to D4).

Of the whole organisation only, from 100 people on. What is kept is no finer than what D3 needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

#: People who answered every question of the scale; with fewer nothing is said.
FEWEST = 100

#: Below this a scale is no score (D3). All that lies below is kept as `_UNFIT`.
ENOUGH = 0.6
_UNFIT = 0.5

#: Nothing above is told apart: 1.0 would say that everyone gave all questions the same answer.
MOST = 0.9

#: With two questions a model of one factor has more unknowns than there are covariances.
_FEWEST_ITEMS = 3

_MOST_ROUNDS = 2000
_SETTLED = 1e-10

Rows = Sequence[Sequence[int]]
Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of one scale: alpha and omega in tenths, rounded down, so that D3 can be read off them.

    0.5 stands for all below 0.6 and 0.9 for all above. `omega` is None where there is none.
    """

    code: str
    alpha: float
    omega: float | None = None

    @property
    def is_fit(self) -> bool:
        """Whether the scale may be shown as one score."""
        return self.alpha >= ENOUGH


def reliabilities(
    scales: Mapping[str, Sequence[Sequence[int | None]]],
) -> tuple[Reliability, ...]:
    """That of each scale of which it can be told, in the order of `scales`.

    `scales` holds, by code, each person's answers 1 to 5 to all questions of the scale, None where
    there is none. Whoever lacks one is left out of that scale.
    """
    found = []
    for code, people in scales.items():
        whole = [[value for value in row if value is not None] for row in people if None not in row]
        if len(whole) < FEWEST or len(whole[0]) < 2:
            continue
        alpha = cronbach(whole)
        if alpha is None:
            continue
        omega = mcdonald(covariances(whole)) if alpha >= Fraction(3, 5) else None
        found.append(
            Reliability(code, _shown(alpha), None if omega is None else _shown(round(omega, 9)))
        )
    return tuple(found)


def cronbach(rows: Rows) -> Fraction | None:
    """Alpha of complete answers, a row for each person. None where no sum differs from another.

    Exact, so that no error of floats puts a scale on the wrong side of a limit. Formula: D1,
    Cronbach 1951.
    """
    items = len(rows[0])
    total = _squares([sum(row) for row in rows])
    if not total:
        return None
    apart = sum(_squares(column) for column in zip(*rows, strict=True))
    return Fraction(items, items - 1) * (1 - Fraction(apart, total))


def _squares(values: Sequence[int]) -> int:
    """n times the sum of squares round the mean."""
    return len(values) * sum(value**2 for value in values) - sum(values) ** 2


def covariances(rows: Rows) -> list[list[float]]:
    """Of the columns, of the sample (n − 1)."""
    n, columns = len(rows), [*zip(*rows, strict=True)]
    totals = [sum(column) for column in columns]
    return [
        [
            (n * sum(a * b for a, b in zip(first, second, strict=True)) - totals[i] * totals[j])
            / (n * (n - 1))
            for j, second in enumerate(columns)
        ]
        for i, first in enumerate(columns)
    ]


def mcdonald(matrix: Matrix) -> float | None:
    """Omega total of a model of one factor. None where the model does not fit such answers.

    That is with fewer than three items, where the search does not settle, and where a question
    would have less than no variance of its own (Heywood 1931). Formula: D2, McDonald 1999.
    """
    lambdas = loadings(matrix) if len(matrix) >= _FEWEST_ITEMS else None
    if lambdas is None:
        return None
    own = [matrix[i][i] - loading**2 for i, loading in enumerate(lambdas)]
    if min(own) <= 0:
        return None
    common = sum(lambdas) ** 2
    return common / (common + sum(own))


def loadings(matrix: Matrix) -> list[float] | None:
    """Of one factor, by least squares of the covariances (minres). None where it does not settle.

    Each loading in turn is the best one beside the others, so every step brings the model nearer.
    Source: Harman and Jones 1966.
    """
    found = [math.sqrt(row[i]) for i, row in enumerate(matrix)]
    for _ in range(_MOST_ROUNDS):
        moved = 0.0
        for i, row in enumerate(matrix):
            others = [j for j in range(len(matrix)) if j != i]
            weight = sum(found[j] ** 2 for j in others)
            if not weight:
                return None
            better = sum(row[j] * found[j] for j in others) / weight
            moved = max(moved, abs(better - found[i]))
            found[i] = better
        if moved < _SETTLED:
            return found
    return None


def _shown(value: Fraction | float) -> float:
    return min(MOST, max(_UNFIT, math.floor(10 * value) / 10))
