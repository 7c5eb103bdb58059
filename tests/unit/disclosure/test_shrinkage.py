"""Whether teams differ at all (D5)."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f_oneway

from surveyapp.disclosure.figures import item_figure
from surveyapp.disclosure.shrinkage import icc1, intraclass
from tests.unit.disclosure.organisations import REPEATABLE


def of(groups: list[list[float]]) -> float:
    return icc1(
        [len(group) for group in groups],
        [statistics.fmean(group) for group in groups],
        [statistics.variance(group) for group in groups],
    )


def test_d5_a_small_example_worked_by_hand() -> None:
    """Means 2 and 4, MSB = 6, MSW = 1, three in each: (6 − 1)/(6 + 2) = 0.625."""
    assert of([[1, 2, 3], [3, 4, 5]]) == pytest.approx(0.625)
    assert of([[1, 2, 3], [1, 2, 3]]) == pytest.approx(-0.5)


@REPEATABLE
@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=9), min_size=2, max_size=6))
def test_d5_it_is_what_an_analysis_of_variance_gives(groups: list[list[int]]) -> None:
    scores = [[25.0 * value for value in group] for group in groups]
    if not any(statistics.variance(group) for group in scores):
        return
    f = f_oneway(*scores).statistic
    mean_size = sum(map(len, scores)) / len(scores)
    assert of(scores) == pytest.approx((f - 1) / (f + mean_size - 1), abs=1e-9)


def test_d5_shown_figures_give_about_the_same_as_the_answers() -> None:
    draw = random.Random(4)
    teams = []
    for _ in range(12):
        middle = draw.gauss(3.2, 0.6)
        teams.append([min(5, max(1, round(draw.gauss(middle, 1)))) for _ in range(60)])
    figures = [item_figure([team.count(value) for value in range(1, 6)], k=10) for team in teams]
    exact = of([[25.0 * (value - 1) for value in team] for team in teams])
    # A little lower: answers that a shown split merges count as spread over their options.
    assert exact > 0.1 and exact - 0.08 <= (intraclass(figures) or 0) <= exact + 0.02


def test_d5_teams_alike_show_no_sign_and_one_team_tells_nothing() -> None:
    alike = [item_figure([8, 8, 8, 8, 8], k=10) for _ in range(5)]
    assert (intraclass(alike) or 0) < 0
    assert intraclass(alike[:1]) is None and intraclass([]) is None
