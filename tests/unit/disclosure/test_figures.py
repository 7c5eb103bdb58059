"""Rounding, unanimity, splits and precision, by the vectors of the methods (A11–A14, B, C)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveyapp.disclosure.figures import (
    CHANCE_ONLY,
    DETAIL_FROM,
    TYPICAL_SD,
    Share,
    SplitPart,
    effective_n,
    favourable_share,
    item_figure,
    percent_step,
    person_score,
    rounded_count,
    rounded_rate,
    scale_figure,
    score_precision,
    score_share,
    score_step,
    sd_of_split,
    split_of,
    wilson,
    worst_margin,
)
from tests.unit.disclosure.organisations import REPEATABLE

#: Numbers of each answer 1…5 to a question.
COUNTS = st.lists(
    st.one_of(st.integers(0, 3), st.integers(0, 25), st.integers(0, 120)), min_size=5, max_size=5
)


def percents(low: float, high: float) -> tuple[float, float]:
    return round(100 * low, 1), round(100 * high, 1)


# ---------------------------------------------------------------- A11, A14: counts and rates


@pytest.mark.parametrize(
    ("n", "shown"), [(10, 10), (12, 10), (13, 15), (17, 15), (18, 20), (98, 100), (102, 100)]
)
def test_n_is_shown_to_the_nearest_5(n: int, shown: int) -> None:
    assert rounded_count(n, k=10) == shown


@pytest.mark.parametrize(("n", "k", "shown"), [(10, 10, 10), (12, 12, 15), (5, 5, 5), (11, 11, 15)])
def test_n_is_never_shown_below_the_minimum(n: int, k: int, shown: int) -> None:
    assert rounded_count(n, k=k) == shown


@pytest.mark.parametrize(("n", "invited", "shown"), [(33, 33, 30), (33, 34, 30), (33, 35, 35)])
def test_n_is_not_shown_above_those_invited(n: int, invited: int, shown: int) -> None:
    """33 of 33 as '35' would say that all of them answered."""
    assert rounded_count(n, k=10, invited=invited) == shown


@given(st.integers(5, 20), st.integers(5, 2000), st.integers(0, 2000))
@REPEATABLE
def test_a_rate_tells_no_more_than_the_shown_n(k: int, n: int, missing: int) -> None:
    assume(n >= k)
    invited = n + missing
    rate = rounded_rate(n, invited, k=k)
    assert rate % 5 == 0 and 0 <= rate <= 100
    alike = [
        other
        for other in range(max(k, n - 10), min(invited, n + 10) + 1)
        if rounded_count(other, k=k, invited=invited) == rounded_count(n, k=k, invited=invited)
    ]
    assert {rounded_rate(other, invited, k=k) for other in alike} == {rate}
    if invited >= 100 and k % 5 == 0:
        assert abs(rate - 100 * n / invited) <= 2.5 + 200 / invited


@pytest.mark.parametrize(
    ("n", "invited", "rate"), [(400, 1000, 40), (24, 30, 85), (10, 20, 55), (40, 40, 100)]
)
def test_rates(n: int, invited: int, rate: int) -> None:
    assert rounded_rate(n, invited, k=10) == rate


# ---------------------------------------------------------------- A12: unanimity


@pytest.mark.parametrize(
    ("favourable", "n", "words"),
    [
        (9, 10, "90% or more"),
        (10, 10, "90% or more"),
        (0, 10, "10% or less"),
        (1, 10, "10% or less"),
        (8, 10, "80%"),
        (2, 10, "20%"),
        (12, 13, "90% or more"),
        (0, 13, "10% or less"),
        (29, 30, "95% or more"),
        (43, 45, "95% or more"),
        (2, 45, "5% or less"),
        (295, 297, "95% or more"),
        (24, 30, "80%"),
        (200, 200, "95% or more"),
    ],
)
def test_favourable_shares(favourable: int, n: int, words: str) -> None:
    assert favourable_share(favourable, n).words == words


@given(st.integers(5, 2000), st.data())
@REPEATABLE
def test_a_share_is_true_and_never_says_all_or_none(n: int, data: st.DataObject) -> None:
    favourable = data.draw(st.integers(0, n))
    share = favourable_share(favourable, n)
    exact = 100 * favourable / n
    half_a_step = percent_step(n) / 2
    if share.words.endswith("more"):
        assert favourable >= n - 1 or exact >= 100 - half_a_step
        assert exact >= share.value
    elif share.words.endswith("less"):
        assert favourable <= 1 or exact < half_a_step
        assert exact <= share.value
    else:
        assert 1 < favourable < n - 1
        assert 0 < share.value < 100
        assert abs(share.value - exact) <= percent_step(n) / 2 + 0.5


@pytest.mark.parametrize(
    ("mean", "n", "words"),
    [
        (95, 10, "95 or more"),
        (100, 200, "95 or more"),
        (94.4, 200, "94"),
        (5, 10, "5 or less"),
        (0, 200, "5 or less"),
        (62.4, 100, "62"),
        (62.4, 45, "60"),
        (62.6, 45, "65"),
        (62.4, 50, "62"),
        (63.1, 50, "64"),
        (62.6, 20, "60"),
    ],
)
def test_scores_are_rounded_and_clipped(mean: float, n: int, words: str) -> None:
    assert score_share(mean, n).words == words


def test_a_sum_of_floats_in_another_order_gives_the_same_score() -> None:
    assert score_share(62.49999999999999, 100) == score_share(62.5, 100)
    assert score_share(94.99999999999999, 100) == score_share(95.0, 100)


# ---------------------------------------------------------------- A13: splits


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        ([1, 4, 5, 12, 8], [(1, 2), (3, 3), (4, 4), (5, 5)]),
        ([1, 0, 0, 0, 29], [(1, 5)]),
        ([0, 0, 0, 0, 30], [(1, 5)]),
        ([30, 0, 0, 0, 0], [(1, 5)]),
        ([0, 0, 0, 15, 15], [(1, 4), (5, 5)]),
        ([6, 6, 6, 6, 6], [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]),
        ([2, 2, 8, 2, 20], [(1, 2), (3, 3), (4, 5)]),
        ([10, 1, 4, 15, 5], [(1, 1), (2, 3), (4, 4), (5, 5)]),
    ],
)
def test_lonely_answers_are_merged(counts: list[int], parts: list[tuple[int, int]]) -> None:
    assert [(part.first, part.last) for part in split_of(counts)] == parts


def test_29_answers_are_not_split() -> None:
    assert split_of([5, 5, 5, 7, 7]) == ()
    assert item_figure([5, 5, 5, 7, 7], k=10).split == ()
    assert item_figure([5, 5, 5, 8, 7], k=10).split != ()


@given(COUNTS)
@REPEATABLE
def test_a_split_adds_up_and_shows_nobody_alone(counts: list[int]) -> None:
    n = sum(counts)
    assume(n >= DETAIL_FROM)
    split = split_of(counts)
    step = percent_step(n)
    options = [option for part in split for option in range(part.first, part.last + 1)]
    assert options == [1, 2, 3, 4, 5]
    assert sum(part.percent for part in split) == 100
    share = favourable_share(counts[3] + counts[4], n)
    for part in split:
        people = sum(counts[part.first - 1 : part.last])
        # A whole side may have two answers: it is shown like one with three or four.
        assert people >= 3 or (part.first, part.last) in {(1, 3), (4, 5)}
        assert part.percent % step == 0 and part.percent > 0
        assert abs(part.percent - 100 * people / n) < 2 * step
    if share.words.endswith("%") and not share.words.endswith(("more", "less")):
        assert sum(part.percent for part in split if part.first >= 4) == share.value


# ---------------------------------------------------------------- B


@pytest.mark.parametrize(("answer", "score"), [(1, 0), (2, 25), (3, 50), (4, 75), (5, 100)])
def test_the_score_of_an_answer(answer: int, score: int) -> None:
    assert person_score([answer]) == score


def test_8_of_10_favourable_are_80_percent() -> None:
    figure = item_figure([0, 2, 0, 8, 0], k=10)
    assert figure.favourable == Share(80, "80%")
    assert figure.n == 10 and figure.score.words == "70"


def test_a_scale_wants_half_its_items() -> None:
    assert person_score([4, None, None, None]) is None
    assert person_score([4, 2, None, None]) == 50
    assert person_score([4, 2, None, None, None]) is None
    assert person_score([]) is None


# ---------------------------------------------------------------- C


def test_c1_wilson() -> None:
    assert percents(*wilson(0.8, 10)) == (49.0, 94.3)
    assert percents(*wilson(0, 10)) == (0, 27.8)


def test_c2_a_known_staff_list() -> None:
    assert percents(*wilson(0.8, effective_n(30, 50))) == (69.5, 87.5)
    with pytest.raises(ValueError, match="Everyone"):
        effective_n(30, 30)


def test_c3_worst_margin() -> None:
    assert round(worst_margin(30, 50), 1) == 11.4


def test_c4_the_mean_s_interval_uses_student_s_t() -> None:
    # SciPy: t.ppf(0.975, 29) = 2.0452; 2.0452 · 20 / √30 = 7.47.
    precision = score_precision(Share(60, "60"), 20, 30, detail=True)
    assert (precision.low, precision.high, precision.points) == (53, 67, 7)


def test_c4_a_clipped_score_has_no_interval() -> None:
    for figure in (item_figure([0, 0, 0, 4, 36], k=10), item_figure([40, 0, 0, 0, 0], k=10)):
        assert figure.score.words in {"95 or more", "5 or less"}
        assert figure.score_precision.low is None and figure.score_precision.high is None
        assert figure.score_precision.words.endswith(CHANCE_ONLY)


@given(COUNTS)
@REPEATABLE
def test_c5_c6_precision_comes_from_shown_figures_only(counts: list[int]) -> None:
    n = sum(counts)
    assume(n >= 10)
    figure = item_figure(counts, k=10)
    assert figure.favourable is not None and figure.favourable_precision is not None
    precisions = (figure.score_precision, figure.favourable_precision)
    assert all(precision.words.endswith(CHANCE_ONLY) for precision in precisions)
    detail = n >= DETAIL_FROM
    if not detail:
        assert all(precision.low is None and precision.high is None for precision in precisions)
        assert all(precision.points % 5 == 0 for precision in precisions)
        assert figure.split == ()
    sd = sd_of_split(figure.favourable, figure.split)
    assert figure.score_precision == score_precision(figure.score, sd, figure.n, detail=detail)


def test_no_spread_of_a_small_group_is_used() -> None:
    """A11: ten people of one mind and ten of two minds get the same words."""
    agreed = item_figure([0, 0, 10, 0, 0], k=10)
    divided = item_figure([3, 2, 0, 2, 3], k=10)
    assert agreed.score_precision.words == divided.score_precision.words
    assert "15 points" in agreed.score_precision.words


def test_the_spread_comes_from_the_split() -> None:
    even = tuple(SplitPart(option, option, 20) for option in range(1, 6))
    assert sd_of_split(Share(40, "40%"), even) == pytest.approx(35.36, abs=0.01)
    assert sd_of_split(Share(40, "40%"), (SplitPart(1, 5, 100),)) == pytest.approx(35.36, abs=0.01)
    assert sd_of_split(Share(95, "95% or more"), (SplitPart(1, 5, 100),)) == TYPICAL_SD
    assert sd_of_split(Share(50, "50%"), ()) == TYPICAL_SD


def test_scale_scores() -> None:
    figure = scale_figure(40, 40 * 62.5, 40 * (62.5**2 + 400), k=10, invited=60)
    assert figure.score.words == "65" and figure.n == 40
    assert (figure.score_precision.low, figure.score_precision.high) == (59, 71)
    assert figure.favourable is None and figure.split == ()
    small = scale_figure(13, 13 * 62.5, 13 * 62.5**2, k=10, invited=60)
    assert small.n == 15 and small.score.words == "60" and small.score_precision.low is None


def test_one_person_moves_a_score_by_about_one_step() -> None:
    """So no score of a group gives away an answer, even beside the same group's other figures."""
    assert all(100 / n <= 1.05 * score_step(n) for n in range(10, 500))


@pytest.mark.parametrize("invited", [30, 31])
def test_thirty_answers_of_as_many_invited_are_shown_without_detail(invited: int) -> None:
    """With it, '30' could only be 30, or one of two."""
    figure = item_figure([6, 6, 6, 6, 6], k=10, invited=invited)
    assert figure.split == () and figure.score_precision.low is None
    assert item_figure([6, 6, 6, 6, 6], k=10, invited=32).split != ()


@pytest.mark.parametrize("invited", [10, 11])
def test_when_all_of_k_invited_answered_there_is_a_score_only(invited: int) -> None:
    figure = item_figure([1, 2, 2, 3, 2], k=10, invited=invited)
    assert figure.favourable is None and figure.favourable_precision is None
    assert figure.score.words == "60"
    assert item_figure([1, 2, 2, 3, 2], k=10, invited=12).favourable is not None


def test_steps_change_only_where_the_shown_n_does() -> None:
    for n, following in itertools.pairwise(range(5, 400)):
        if percent_step(n) != percent_step(following):
            assert rounded_count(n, k=5) != rounded_count(following, k=5)
