"""What an action must say, and what in it may point at someone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.actions.drafting import LONGEST_TEXT, Draft, doubts, problems, tidy
from surveyapp.actions.models import Status

WHOLE = Draft(
    unit_id=1,
    topic="feedback",
    heard="Handover leaves no time for questions.",
    doing="Ten minutes of every handover are kept for questions.",
    status=Status.PLANNED,
    reason="",
    owner="Ward manager",
    due_on=date(2027, 3, 27),
    wave_id=None,
)


def test_a_whole_action_has_no_problem() -> None:
    assert problems(WHOLE) == {}
    assert problems(replace(WHOLE, status=Status.DONE, due_on=None)) == {}


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"topic": ""}, "topic", "Select what this is about"),
        ({"heard": ""}, "heard", "Enter what you heard"),
        ({"heard": "x" * 501}, "heard", "500 characters"),
        ({"doing": ""}, "doing", "Enter what you will do"),
        ({"doing": "x" * 501}, "doing", "500 characters"),
        ({"status": None}, "status", "Select how far it is"),
        ({"owner": ""}, "owner", "Enter whose job it is"),
        ({"owner": "sam@example.org"}, "owner", "not an e-mail address"),
        ({"owner": "x" * 81}, "owner", "80 characters"),
        ({"due_on": None}, "due_on", "Enter the date"),
        ({"due_on": None, "status": Status.UNDER_WAY}, "due_on", "Enter the date"),
        ({"status": Status.NOT_DOING}, "reason", "Enter why you are not doing this"),
    ],
)
def test_a_problem_stands_at_its_field(change: dict[str, object], field: str, says: str) -> None:
    found = problems(replace(WHOLE, **change))
    assert list(found) == [field] and says in found[field]


def test_not_doing_needs_a_reason_and_nothing_else_of_the_future() -> None:
    refused = replace(WHOLE, status=Status.NOT_DOING, doing="", due_on=None, reason="It costs a post.")
    assert problems(refused) == {}


def test_all_problems_are_said_at_once() -> None:
    empty = replace(WHOLE, topic="", heard="", doing="", owner="", due_on=None, status=None)
    assert list(problems(empty)) == ["topic", "heard", "status", "doing", "owner"]


@pytest.mark.parametrize(
    "text",
    [
        'Someone said "I am never asked".',
        "You told us “nobody asks me”.",
        "You told us ‘nobody asks me’ and more.",
        "Staff wrote 'nobody asks me', and it hurts.",
        "Staff wrote 'it isn't fair', and it hurts.",
        "We heard from 3 people.",
        "Two of our nurses asked for it.",
        "12 members of staff left.",
        "One person is unhappy.",
        "4\nstaff",
    ],
)
def test_quotes_and_small_numbers_of_people_are_doubted(text: str) -> None:
    assert doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "You don't get time to learn, and it isn’t fair.",
        "The nurses' room is cold and the doctors’ room is far.",
        "Staff want 10 minutes at the end of each shift.",
        "About 250 people answered.",
        "People in the staff room have no computer.",
        "",
    ],
)
def test_plain_words_are_not_doubted(text: str) -> None:
    assert doubts(text) == ()


@given(st.integers(1, 99), st.sampled_from(["people", "staff", "person"]), st.text(max_size=20))
def test_no_small_number_before_people_goes_unseen(number: int, who: str, around: str) -> None:
    assert doubts(f"{around} {number} {who}, {around}")


@given(st.text())
def test_tidy_leaves_nothing_unseen_and_changes_nothing_twice(text: str) -> None:
    clean = tidy(text)
    assert tidy(clean) == clean
    assert "\x00" not in clean and len(clean) <= len(text)


def test_the_longest_text_is_what_the_boxes_take() -> None:
    assert problems(replace(WHOLE, heard="x" * LONGEST_TEXT)) == {}
