"""Who of an audience is asked: nobody too often, and each wave a fair picture."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.organisation.services import Invitee
from surveyapp.pulses.allocation import (
    REST,
    Demand,
    choose,
    fair_share,
    left_alone_too_short,
    margin_of_error,
    quotas,
)

DAY = date(2026, 3, 3)


def staff(sizes: dict[tuple[int, str], int], asked_on: date | None = None) -> list[Invitee]:
    return [
        Invitee(1000 * place + number, unit, group, asked_on)
        for place, ((unit, group), size) in enumerate(sizes.items())
        for number in range(size)
    ]


def test_alone_a_wave_takes_what_it_was_set_up_for() -> None:
    assert fair_share(Demand(DAY, 100), []) == 1
    assert fair_share(Demand(DAY, 30), []) == Fraction(3, 10)


def test_two_that_want_everyone_within_28_days_get_half_each() -> None:
    other = Demand(DAY + timedelta(days=14), 100)
    assert fair_share(Demand(DAY, 100), [other]) == Fraction(1, 2)
    assert fair_share(other, [Demand(DAY, 100)]) == Fraction(1, 2)
    assert fair_share(Demand(DAY, 100), [Demand(DAY + REST, 100)]) == 1


def test_samples_that_fit_together_are_not_cut() -> None:
    others = [Demand(DAY + timedelta(days=days), 25) for days in (-14, -7, 7)]
    assert fair_share(Demand(DAY, 25), others) == Fraction(1, 4)


def test_who_was_asked_less_than_28_days_ago_is_left_alone() -> None:
    tired = staff({(1, "nurse"): 5}, asked_on=DAY - timedelta(days=27))
    rested = staff({(2, "nurse"): 5}, asked_on=DAY - REST)
    waiting = staff({(3, "nurse"): 5}, asked_on=DAY + timedelta(days=3))
    chosen = choose([*tired, *rested, *waiting], opens_on=DAY, share=Fraction(1), chance=random.Random(1))
    assert {one.unit_id for one in chosen} == {2}
    assert left_alone_too_short([*tired, *rested, *waiting], DAY) == 10


def test_those_left_alone_longest_come_first() -> None:
    long_ago = staff({(1, "nurse"): 5}, asked_on=DAY - timedelta(days=90))
    never = staff({(2, "doctor"): 0, (1, "nurse"): 3})
    newest = [
        Invitee(person_id, 1, "nurse", DAY - REST) for person_id in range(5000, 5008)
    ]  # fmt: skip
    chosen = choose([*newest, *long_ago, *never], opens_on=DAY, share=Fraction(1, 2), chance=random.Random(1))
    assert {one.asked_on for one in chosen} == {None, DAY - timedelta(days=90)}


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(1, 20), st.sampled_from(["nurse", "doctor", "porter"])),
        st.integers(0, 60),
        min_size=1,
        max_size=30,
    ),
    st.fractions(Fraction(1, 20), 1, max_denominator=200),
    st.integers(),
)
def test_each_stratum_gives_its_part_to_within_one_person(
    sizes: dict[tuple[int, str], int], share: Fraction, seed: int
) -> None:
    people = staff(sizes)
    chosen = choose(people, opens_on=DAY, share=share, chance=random.Random(seed))
    assert len({one.person_id for one in chosen}) == len(chosen) == round(len(people) * share)
    got = Counter((one.unit_id, one.staff_group) for one in chosen)
    assert all(abs(got[stratum] - size * share) < 1 for stratum, size in sizes.items())
    assert sum(quotas(sizes, share).values()) == len(chosen)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 27), st.integers(28, 120), st.sampled_from([20, 50, 100])),
        min_size=1,
        max_size=6,
    ),
    st.integers(),
)
def test_overlapping_series_ask_nobody_twice_in_28_days_and_none_goes_empty(
    series: list[tuple[int, int, int]], seed: int
) -> None:
    """Each series asks every so many days; all share one staff of 400."""
    chance = random.Random(seed)
    demands = [
        Demand(DAY + timedelta(days=start + step * every), sample)
        for start, every, sample in series
        for step in range(8)
    ]
    demands.sort(key=lambda demand: demand.opens_on)
    asked: dict[int, list[date]] = {number: [] for number in range(400)}
    for place, mine in enumerate(demands):
        others = [*demands[:place], *demands[place + 1 :]]
        share = fair_share(mine, others)
        people = [
            Invitee(number, number % 7, "nurse", days[-1] if days else None) for number, days in asked.items()
        ]
        chosen = choose(people, opens_on=mine.opens_on, share=share, chance=chance)
        assert len(chosen) >= 0.9 * 400 * share - 7
        for one in chosen:
            asked[one.person_id].append(mine.opens_on)
    for days in asked.values():
        assert all(later - earlier >= REST for earlier, later in pairwise(days))


@pytest.mark.parametrize(
    ("answers", "people", "margin"),
    [(30, 50, 11.4), (50, 50, 0.0), (100, 1000, 9.3), (0, 50, None), (1, 1, None)],
)
def test_the_margin_of_error(answers: int, people: int, margin: float | None) -> None:
    found = margin_of_error(answers, people)
    assert found is None if margin is None else found == pytest.approx(margin, abs=0.05)
