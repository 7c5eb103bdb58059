"""Tallies against a plain count of the same ballots (B1, B2)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.ballots.paper import Ballot
from surveyapp.ballots.tally import hanging_together, item_tallies, scale_tallies
from surveyapp.instruments import services as instruments

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=100)

LIBRARY = instruments.load_library()


@dataclass(frozen=True)
class Asked:
    item_id: str
    scale: str = "agree5"
    reverse: bool = False


FULL = [Asked(item_id) for item_ids in LIBRARY.factor_scales.values() for item_id in item_ids]
SHORT = [Asked("Q1"), Asked("Q2", reverse=True), Asked("TXT1", scale="text")]


def ballots_on(items: list[Asked]) -> st.SearchStrategy[list[Ballot]]:
    scored = [item.item_id for item in items if item.scale != "text"]
    answers = st.dictionaries(st.sampled_from(scored), st.one_of(st.none(), st.integers(1, 5)))
    return st.lists(
        st.builds(Ballot, unit_id=st.integers(1, 3), answers=answers, comments=st.just({})),
        max_size=30,
    )


def reversed_where_asked(item: Asked, value: int) -> int:
    return 6 - value if item.reverse else value


@REPEATABLE
@given(ballots_on(SHORT))
def test_item_tallies_are_a_plain_count(ballots: list[Ballot]) -> None:
    tallies = {tally.item_id: tally.counts for tally in item_tallies(SHORT, ballots)}
    assert set(tallies) == {"Q1", "Q2"}
    for item in SHORT[:2]:
        for unit in (1, 2, 3):
            given_values = [
                reversed_where_asked(item, value)
                for ballot in ballots
                if ballot.unit_id == unit and (value := ballot.answers.get(item.item_id))
            ]
            expected = [given_values.count(option) for option in range(1, 6)]
            assert list(tallies[item.item_id].get((unit, ""), [0] * 5)) == expected


@REPEATABLE
@given(ballots_on(FULL))
def test_scale_tallies_are_a_plain_sum_of_person_scores(ballots: list[Ballot]) -> None:
    tallies = {tally.code: tally.sums for tally in scale_tallies(FULL, ballots, LIBRARY)}
    assert set(LIBRARY.factor_scales) <= set(tallies)
    for code, item_ids in LIBRARY.factor_scales.items():
        for unit in (1, 2, 3):
            scores = []
            for ballot in ballots:
                values = [ballot.answers[i] for i in item_ids if ballot.answers.get(i)]
                if ballot.unit_id == unit and 2 * len(values) >= len(item_ids):
                    scores.append(sum(25 * (value - 1) for value in values) / len(values))
            n, total, squares = tallies[code].get((unit, ""), (0, 0.0, 0.0))
            assert n == len(scores)
            assert total == pytest.approx(sum(scores))
            assert squares == pytest.approx(sum(score**2 for score in scores))


def test_b1_a_reversed_4_counts_as_a_2() -> None:
    ballots = [Ballot(1, {"Q1": 4, "Q2": 4}, {})]
    tallies = {tally.item_id: tally.counts for tally in item_tallies(SHORT, ballots)}
    assert tallies["Q1"][1, ""] == [0, 0, 0, 1, 0]
    assert tallies["Q2"][1, ""] == [0, 1, 0, 0, 0]


def test_b1_not_sure_and_blank_are_missing() -> None:
    tallies = item_tallies(SHORT, [Ballot(1, {"Q1": None}, {}), Ballot(1, {}, {})])
    assert all(not any(sum(counts) for counts in tally.counts.values()) for tally in tallies)


@pytest.mark.parametrize(("answered", "people"), [(1, 0), (2, 1), (4, 1)])
def test_b2_half_of_the_items_make_a_score(answered: int, people: int) -> None:
    code, item_ids = next(iter(LIBRARY.factor_scales.items()))
    ballot = Ballot(1, dict.fromkeys(item_ids[:answered], 4), {})
    (sums,) = (t.sums for t in scale_tallies(FULL, [ballot], LIBRARY) if t.code == code)
    assert dict(sums) == ({(1, ""): (1, 75.0, 5625.0)} if people else {})


def test_a_scale_that_is_not_asked_in_full_is_not_scored() -> None:
    code, item_ids = next(iter(LIBRARY.factor_scales.items()))
    asked = [Asked(item_id) for item_id in item_ids[1:]]
    assert code not in {t.code for t in scale_tallies(asked, [], LIBRARY)}


def test_d4_only_scales_that_are_asked_in_full_are_said_to_hang_together_or_not() -> None:
    ballots = [
        Ballot(1, {item.item_id: 1 + (n + place % 2) % 5 for place, item in enumerate(FULL)}, {})
        for n in range(120)
    ]
    codes = [*LIBRARY.factor_scales]
    assert [one.code for one in hanging_together(FULL, ballots, LIBRARY)] == codes
    assert [one.code for one in hanging_together(FULL[1:], ballots, LIBRARY)] == codes[1:]
    for (template, _), form in LIBRARY.questionnaires.items():
        found = hanging_together([Asked(item.id) for item in form.items], ballots, LIBRARY)
        assert bool(found) == (template == "annual_full")


def test_asking_for_tallies_of_a_wave_without_ballots() -> None:
    assert [dict(tally.counts) for tally in item_tallies(SHORT, [])] == [{}, {}]
