"""Whether the questions of a scale hang together (D1 to D4)."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.multivariate.factor import Factor

from surveyapp.disclosure.reliability import (
    FEWEST,
    Reliability,
    covariances,
    cronbach,
    loadings,
    mcdonald,
    reliabilities,
)
from tests.unit.disclosure.organisations import REPEATABLE

Row = list[int | None]

VECTOR = [[4, 5, 4, 4], [2, 3, 2, 3], [5, 5, 4, 5], [3, 3, 3, 2], [4, 4, 5, 4], [1, 2, 2, 1]]


def people(n: int, seed: int = 1, *, apart: float = 1.0, items: int = 4) -> list[list[int]]:
    """Answers that share how each person sees things; `apart` is what every question adds to that."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        view = rng.gauss(3, 1)
        rows.append([min(5, max(1, round(rng.gauss(view, apart)))) for _ in range(items)])
    return rows


def told(rows: list[list[int]]) -> Reliability:
    (found,) = reliabilities({"F1": rows})
    return found


def model(lambdas: list[float], own: list[float]) -> list[list[float]]:
    """The covariance matrix that one factor makes exactly."""
    return [
        [a * b + (own[i] if i == j else 0.0) for j, b in enumerate(lambdas)]
        for i, a in enumerate(lambdas)
    ]


# ---------------------------------------------------------------- D1


def test_d1_the_vector_of_the_rule() -> None:
    assert float(cronbach(VECTOR) or 0) == pytest.approx(0.959, abs=0.0005)


@REPEATABLE
@given(st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=2, max_size=40))
def test_d1_alpha_is_that_of_the_covariance_matrix(rows: list[list[int]]) -> None:
    matrix = np.cov(np.array(rows).T)
    alpha = cronbach(rows)
    if alpha is None:
        assert matrix.sum() == pytest.approx(0, abs=1e-9)
    else:
        assert float(alpha) == pytest.approx(1.5 * (1 - np.trace(matrix) / matrix.sum()))
        turned = [[6 - value for value in reversed(row)] for row in reversed(rows)]
        assert cronbach(turned) == alpha


def test_d1_whoever_skipped_a_question_is_left_out_and_with_fewer_people_nothing_is_said() -> None:
    whole = people(FEWEST)
    gaps: list[Row] = [[None, 1, 5, 1], [1, None, None, 5]] * 60
    assert reliabilities({"F1": [*whole, *gaps]}) == reliabilities({"F1": whole}) != ()
    assert reliabilities({"F1": [*whole[1:], *gaps]}) == ()


def test_d1_each_scale_has_people_of_its_own_and_one_question_is_no_scale() -> None:
    whole = people(FEWEST)
    scales = {"F2": whole, "F1": whole[1:], "F3": [row[:1] for row in whole], "F4": []}
    assert [one.code for one in reliabilities(scales)] == ["F2"]


def test_d1_answers_that_are_all_the_same_tell_nothing() -> None:
    assert reliabilities({"F1": [[4, 4, 4, 4]] * 200}) == ()


# ---------------------------------------------------------------- D2


@REPEATABLE
@given(
    st.lists(st.tuples(st.floats(0.4, 1.2), st.floats(0.2, 1.5)), min_size=3, max_size=6),
    st.floats(0.1, 10),
)
def test_d2_loadings_that_made_the_covariances_are_found_again(
    made: list[tuple[float, float]], stretched: float
) -> None:
    lambdas, own = [one[0] for one in made], [one[1] for one in made]
    matrix = model(lambdas, own)
    assert loadings(matrix) == pytest.approx(lambdas, abs=1e-6)
    omega = sum(lambdas) ** 2 / (sum(lambdas) ** 2 + sum(own))
    assert mcdonald(matrix) == pytest.approx(omega, abs=1e-6)
    assert mcdonald([[stretched * value for value in row] for row in matrix]) == pytest.approx(
        omega, abs=1e-6
    )


@pytest.mark.parametrize(("seed", "items"), [(1, 3), (2, 4), (3, 4), (4, 6)])
def test_d2_another_program_finds_the_same_factor(seed: int, items: int) -> None:
    together = np.corrcoef(np.array(people(150, seed, items=items)).T)
    theirs = Factor(corr=together, n_factor=1, method="pa").fit(maxiter=5000, tol=1e-12)
    found = np.abs(theirs.loadings[:, 0])
    assert loadings(together.tolist()) == pytest.approx(found, abs=1e-5)
    own = 1 - found**2
    assert mcdonald(together.tolist()) == pytest.approx(
        found.sum() ** 2 / (found.sum() ** 2 + own.sum()), abs=1e-5
    )


def test_d2_covariances_are_those_of_numpy() -> None:
    rows = people(120, 8)
    assert np.array(covariances(rows)) == pytest.approx(np.cov(np.array(rows).T))


def test_d2_where_the_model_does_not_fit_there_is_no_omega() -> None:
    two = model([1.0, 1.0], [0.5, 0.5])
    heywood = [[1.0, 0.9, 0.9], [0.9, 1.0, 0.5], [0.9, 0.5, 1.0]]  # a loading of 1.27
    against = [[1.0, 0.5, 0.5], [0.5, 1.0, -0.5], [0.5, -0.5, 1.0]]  # nothing makes such signs
    apart = [[float(i == j) for j in range(4)] for i in range(4)]
    assert [mcdonald(matrix) for matrix in (two, heywood, against, apart)] == [None] * 4


def test_d2_with_two_questions_there_is_alpha_alone() -> None:
    found = told([row[:2] for row in people(300)])
    assert found.alpha >= 0.6 and found.omega is None


# ---------------------------------------------------------------- D3


@pytest.mark.parametrize(("apart", "fit"), [(0.5, True), (1.0, True), (3.0, False)])
def test_d3_what_is_kept_is_alpha_in_tenths_rounded_down(apart: float, fit: bool) -> None:
    rows = people(400, apart=apart)
    alpha, found = cronbach(rows), told(rows)
    assert alpha is not None and found.is_fit == fit == (alpha >= Fraction(3, 5))
    assert found.alpha == max(0.5, min(0.9, int(10 * alpha) / 10))
    assert (found.omega is None) == (not fit)


def test_d3_an_alpha_of_exactly_six_tenths_is_early_and_a_little_less_is_not_fit() -> None:
    """Two questions, of which alpha is 2(1 − Σs²/s²): made to lie on the limit."""
    rows = [[1, 1]] * 7 + [[2, 2]] * 7 + [[1, 2]] * 4 + [[2, 1]] * 4
    # Each question has 11 of 22 on either side; 14 pairs agree: r = 6/22 and alpha = 12/28.
    assert cronbach(rows) == Fraction(3, 7)
    limit = [[1, 1]] * 50 + [[2, 2]] * 50 + [[1, 2]] * 20 + [[2, 1]] * 20
    # 100 pairs of 140 agree: r = 3/7 and alpha = 2r/(1 + r) = 3/5.
    assert cronbach(limit) == Fraction(3, 5) and told(limit) == Reliability("F1", 0.6)
    assert not told([*limit, [1, 2]]).is_fit


def test_d3_answers_without_any_difference_between_questions_are_not_told_from_very_good_ones() -> None:
    same = [[value] * 4 for value in (1, 2, 3, 4, 5)] * 30
    assert told(same) == Reliability("F1", 0.9)  # no question has anything of its own: Heywood
    assert told(people(300, apart=0.4)).alpha == 0.9


def test_one_person_moves_nothing_that_is_kept_by_more_than_a_tenth() -> None:
    rows = people(FEWEST, 5, apart=1.2)
    whole = told(rows)
    for place in range(0, FEWEST, 7):
        for answers in ([1, 5, 1, 5], [1, 1, 1, 1], [5, 5, 5, 5]):
            other = told([*rows[:place], answers, *rows[place + 1 :]])
            assert abs(other.alpha - whole.alpha) <= 0.11
