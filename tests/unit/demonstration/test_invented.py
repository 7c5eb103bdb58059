"""The invented organisation hangs together, on whatever day it is loaded."""

from __future__ import annotations

import itertools
import os
import stat
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.config import Settings
from surveyapp.demonstration import simulation, trust
from surveyapp.demonstration.calendar import window_before, window_now
from surveyapp.demonstration.record import Record, record_file
from surveyapp.demonstration.simulation import Member, Question
from surveyapp.instruments import services as instruments
from surveyapp.permissions import RoleName

FACTORS = ("F1", "F2", "F3", "F4", "F5", "F6", "F7")
QUESTIONS = [Question(f"Q{number}", factor) for number, factor in enumerate(FACTORS)]
TODAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.fixture(scope="module")
def members() -> list[Member]:
    return [Member(number, person.unit) for number, person in enumerate(trust.staff(), start=1)]


# ---------------------------------------------------------------- dates


@given(TODAYS)
def test_the_open_wave_is_open_for_a_while_yet(today: date) -> None:
    window = window_now(today)
    assert window.opens_on < today
    assert window.closes_on - today >= timedelta(days=13)


@given(TODAYS)
def test_waves_begin_on_mondays_of_different_months_and_leave_people_alone_between(
    today: date,
) -> None:
    last = window_now(today)
    windows = [window_before(last, months) for months in (3, 2, 1)] + [last]
    assert all(window.opens_on.weekday() == 0 for window in windows)
    assert len({window.month for window in windows}) == 4
    for earlier, later in itertools.pairwise(windows):
        assert later.opens_on - earlier.opens_on >= timedelta(days=28)
        assert earlier.closes_on < later.opens_on


# ---------------------------------------------------------------- people


def test_addresses_are_different_and_lead_nowhere() -> None:
    addresses = [person.email for person in trust.staff()]
    addresses += [trust.address(plan.address) for plan in trust.ACCOUNTS]
    assert len(addresses) == len(set(addresses)) > 300
    assert all(address.endswith(".example.org") for address in addresses)


def test_parents_come_before_their_units() -> None:
    known = {trust.ROOT}
    for unit in trust.UNITS:
        assert unit.parent in known
        known.add(unit.key)


def test_every_role_can_be_tried() -> None:
    assert {plan.role for plan in trust.ACCOUNTS} == set(RoleName)


def test_units_with_staff_are_those_that_the_simulation_knows() -> None:
    assert trust.places_within("") == simulation.PLACES
    assert trust.places_within("medicine") == {"acute", "elderly"}
    assert trust.places_within("podiatry") == {"podiatry"}


# ---------------------------------------------------------------- what they do


def test_about_six_in_ten_answer_and_units_differ(members: list[Member]) -> None:
    answering = simulation.who_answers(members, 1)
    assert 0.5 < len(answering) / len(members) < 0.7
    answered = Counter(member.place for member in answering)
    asked = Counter(member.place for member in members)
    rates = sorted(answered[place] / asked[place] for place in asked)
    assert rates[-1] - rates[0] > 0.2


def test_an_open_wave_has_fewer_answers_but_none_that_will_not_come(members: list[Member]) -> None:
    so_far = simulation.who_answers(members, 4, share=0.5)
    in_the_end = simulation.who_answers(members, 4)
    assert 10 < len(so_far) < len(in_the_end)
    assert set(so_far) <= set(in_the_end)


def test_the_same_people_do_the_same_again(members: list[Member]) -> None:
    """Or a load that was cut short would not add up."""
    for wave in (1, 4):
        answering = simulation.who_answers(members, wave)
        assert answering == simulation.who_answers(members, wave)
        assert simulation.who_writes(answering, wave) == simulation.who_writes(answering, wave)
        assert simulation.answers_of(answering[0], QUESTIONS, wave, mood=1) == (
            simulation.answers_of(answering[0], QUESTIONS, wave, mood=1)
        )


def test_answers_are_on_the_scale(members: list[Member]) -> None:
    values = {
        value
        for member in members
        for value in simulation.answers_of(member, QUESTIONS, 2, mood=0).values()
    }
    assert values == {None, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("wave", [1, 2, 3])
def test_every_comment_has_a_writer_where_it_could_have_been_written(
    wave: int, members: list[Member]
) -> None:
    by_id = {member.person_id: member for member in members}
    written = simulation.who_writes(simulation.who_answers(members, wave), wave)
    texts = [comment.text for comment in written.values()]
    assert sorted(texts) == sorted(comment.text for comment in simulation.comments_of(wave))
    for person_id, comment in written.items():
        if comment.place == "theatres":
            assert by_id[person_id].place == "theatres"


def test_comments_fit_the_box_and_name_places_that_exist() -> None:
    library = instruments.load_library()
    longest = min(prompt.max_chars for prompt in library.prompts.values())
    comments = [comment for wave in range(1, 5) for comment in simulation.comments_of(wave)]
    assert len(comments) > 150
    for comment in comments:
        assert len(comment.text) <= longest
        assert comment.mood in {-1, 0, 1}
        assert comment.place == "ward" or trust.places_within(comment.place)


# ---------------------------------------------------------------- the record


def test_the_record_is_for_its_owners_eyes(tmp_path: Path) -> None:
    record = Record.begin(date(2026, 3, 2), ["a@example.org", "b@example.org"])
    file = tmp_path / "demonstration.json"
    record.keep(file)
    assert Record.read(file) == record
    assert list(tmp_path.iterdir()) == [file]
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    one, other = record.passwords.values()
    assert one != other
    assert len(one) >= 16


@pytest.mark.parametrize("content", ["", "{", "[]", '{"other": 1}'])
def test_a_record_that_cannot_be_used_is_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "demonstration.json"
    file.write_text(content)
    assert Record.read(file) is None


def test_each_database_has_a_record_of_its_own(tmp_path: Path) -> None:
    here = Settings.from_environment({"APP_ENV": "development"}, instance=tmp_path)
    other = replace(here, database_url="postgresql+psycopg://pulse:hush@127.0.0.1/pulse")
    assert record_file(here) == tmp_path / "demonstration.json"
    assert record_file(other).parent == tmp_path
    assert record_file(other) != record_file(here)
    assert "hush" not in str(record_file(other))
