"""Reading the length of sealed ballots: who wrote a comment, who was not sure, who is in which group?"""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.ballots.models import SealedBallot
from surveyapp.ballots.services import questions
from surveyapp.pulses.services import Breakdown
from tests.attacks import weakened
from tests.attacks.organisations import Plan, populate
from tests.factories.waves import cast, open_wave, prompts, scored_items, tokens_of

TEAMS = Plan({"Maple": {"Nursing": 12, "Allied health professionals and therapists": 12}})


def lengths(session: Session) -> dict[str, int]:
    """How long the ballots of several kinds of people are, each told by what it adds to the box."""
    made = populate(session, TEAMS)
    wave = open_wave([made.root], breakdown=Breakdown.STAFF_GROUP)
    tokens, items = tokens_of(wave), scored_items(wave)
    most = next(question.max_chars for question in questions(wave) if question.is_open)
    nurse, therapist = made.people["Maple"][:12], made.people["Maple"][12:]
    assert prompts(wave)
    cast_by = {
        "nothing but 'not sure'": (nurse[0], dict.fromkeys(items), None),
        "answers": (nurse[1], dict.fromkeys(items, 5), None),
        "a therapist's answers": (therapist[0], dict.fromkeys(items, 5), None),
        "a word": (nurse[2], dict.fromkeys(items, 5), "No"),
        "the longest comment": (nurse[3], dict.fromkeys(items, 5), "\U0001f9d1" * most),
    }
    found: dict[str, int] = {}
    known: set[bytes] = set()
    for kind, (person, answers, comment) in cast_by.items():
        cast(wave, tokens[person], answers, comment=comment)
        (new,) = set(session.scalars(select(SealedBallot.ciphertext))) - known
        known.add(new)
        found[kind] = len(new)
    return found


def test_lengths_tell_a_comment_on_a_weakened_build(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.ballots_without_padding(monkeypatch)
    found = lengths(session)
    assert len(set(found.values())) == len(found)
    assert found["answers"] < found["a word"] < found["the longest comment"]


def test_lengths_tell_nothing_on_ours(session: Session) -> None:
    assert len(set(lengths(session).values())) == 1
