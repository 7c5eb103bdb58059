"""A10: several waves together are shown only where each of them is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.figures import Figure, item_figure
from surveyapp.disclosure.periods import scores_over
from tests.unit.disclosure.organisations import REPEATABLE


@dataclass(frozen=True)
class Wave:
    items: dict[str, Figure]


def month(**answers: list[int]) -> Wave:
    return Wave({item_id: item_figure(counts, k=10) for item_id, counts in answers.items()})


ASKED = [{"A": "leadership"}, {"B": "leadership"}, {"C": "leadership", "D": "feedback"}]
ALL_FOURS = [0, 0, 0, 20, 0]
ALL_THREES = [0, 0, 20, 0, 0]


def test_the_mean_of_what_is_shown() -> None:
    waves = [month(A=ALL_FOURS), month(B=ALL_THREES), month(C=ALL_FOURS, D=ALL_THREES)]
    scores = scores_over(waves, ASKED)
    shown = [waves[0].items["A"], waves[1].items["B"], waves[2].items["C"]]
    assert scores["leadership"].score == round(sum(figure.score.value for figure in shown) / 3)
    # B3: no better than one question of the same people.
    assert scores["leadership"].points == shown[0].score_precision.points
    assert "chance only" in scores["leadership"].words


def test_months_of_20_20_and_6_hide_the_quarter() -> None:
    """The unit is not shown in the third month, so there is nothing to add."""
    assert scores_over([month(A=ALL_FOURS), month(B=ALL_FOURS), None], ASKED) == {}


def test_six_people_in_three_months_are_six_people() -> None:
    assert scores_over([None, None, None], ASKED) == {}


def test_a_factor_of_which_one_question_is_hidden_is_hidden() -> None:
    waves = [month(A=ALL_FOURS), month(), month(C=ALL_FOURS, D=ALL_THREES)]
    assert set(scores_over(waves, ASKED)) == {"feedback"}


def test_every_wave_needs_its_questions() -> None:
    with pytest.raises(ValueError, match="zip"):
        scores_over([month(A=ALL_FOURS)], ASKED)


@REPEATABLE
@given(st.lists(st.lists(st.integers(0, 30), min_size=5, max_size=5), min_size=3, max_size=3))
def test_it_is_made_of_shown_figures_only(counts: list[list[int]]) -> None:
    """Answers that are shown alike give the same quarter, so it says no more than they do."""
    counts = [[n + 2 for n in month_] for month_ in counts]
    asked = [{"A": "x"}, {"A": "x"}, {"A": "x"}]
    waves = [month(A=month_) for month_ in counts]
    scores = scores_over(waves, asked)["x"]
    values = [wave.items["A"].score.value for wave in waves]
    assert min(values) <= scores.score <= max(values)
