"""Wordings that tell of harm: how many they find, how many they flag without cause, how they are read."""

from __future__ import annotations

import json
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from nlp.concerns import Harm, as_pattern, plain_words, read_wordings, signs_of_harm
from nlp.labelled import OWN_DEVELOPMENT_SET

DATA = Path(__file__).parent / "data" / "concerns.jsonl"
TRAINING = Path(__file__).parents[2] / "nlp" / "training" / "authored"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def share_flagged(rows: list[dict[str, Any]]) -> float:
    return sum(any(signs_of_harm(row["text"])) for row in rows) / len(rows)


def of(*, concern: bool, part: str) -> list[dict[str, Any]]:
    """Wordings were looked over with the open part at hand; the concerns of the kept and the unseen
    part they never saw."""
    return [row for row in read(DATA) if row["concern"] == concern and row["part"] == part]


def test_the_wordings_find_most_concerns_that_are_said() -> None:
    assert share_flagged(of(concern=True, part="open")) >= 0.9


@pytest.mark.parametrize("part", ["kept", "unseen"])
def test_some_of_the_oblique_ones_too(part: str) -> None:
    """The rest is the trained head's part: nobody can list every way to hint at harm."""
    assert share_flagged(of(concern=True, part=part)) >= 0.25


@pytest.mark.parametrize("part", ["open", "kept", "unseen"])
def test_grumbles_and_harmless_uses_are_left_alone(part: str) -> None:
    assert share_flagged(of(concern=False, part=part)) < 0.05


def test_ordinary_comments_are_left_alone() -> None:
    assert share_flagged(read(OWN_DEVELOPMENT_SET)) < 0.02


def test_nothing_to_test_with_is_learnt_from() -> None:
    learnt = {
        plain_words(row["text"]).strip(" .")
        for path in TRAINING.glob("concerns*.jsonl")
        for row in read(path)
    }
    assert not learnt & {plain_words(row["text"]).strip(" .") for row in read(DATA)}


@pytest.mark.parametrize(
    ("text", "harm"),
    [
        ("bullyed since the day I started", Harm.BULLYING),
        ("She makes my life hell.", Harm.BULLYING),
        ("he stands too close", Harm.HARASSMENT),
        ("The jokes about my accent", Harm.DISCRIMINATION),
        ("don’t want to be here any more", Harm.SELF_HARM),
        ("I was punched by a patient", Harm.VIOLENCE),
        ("told not to fill in the Datix", Harm.PATIENT_SAFETY),
        ("Told to sign for drugs I hadn't given", Harm.FRAUD),
    ],
)
def test_a_sign_says_of_what_harm(text: str, harm: Harm) -> None:
    assert harm in {sign.harm for sign in signs_of_harm(text)}


@pytest.mark.parametrize(
    "text",
    [
        "No bullying here.",
        "There is no bullying or harassment on this ward",
        "never felt unsafe",
        "I have not seen any discrimination",
        "Zero tolerance of bullying is great",
        "patient safety training was great",
        "Bullying and harassment e-learning is dull",
        "a good course on how to recognise abuse",
        "harassed by e-mails from HR about e-learning",
        "dangerous amounts of cake",
        "I feel safe to ask",
        "I have never been shouted at",
    ],
)
def test_what_is_denied_taught_or_a_manner_of_speaking_is_no_sign(text: str) -> None:
    assert not list(signs_of_harm(text))


@pytest.mark.parametrize(
    "text",
    [
        "Nobody has ever been held to account for the bullying",
        "No one stops the bullying. The training is good.",
        "There is bullying and the training does nothing",
        "No training at all. I was assaulted.",
    ],
)
def test_a_denial_excuses_only_what_it_denies(text: str) -> None:
    assert list(signs_of_harm(text))


@pytest.mark.parametrize("kind", ["topics", "accounts"])
def test_every_wording_matches_a_text_of_bounded_length(kind: str) -> None:
    """What makes the time to read a comment grow no faster than its length."""
    wordings = [line for lines in read_wordings(kind).values() for line in lines]
    assert wordings
    for wording in wordings:
        assert parser.parse(as_pattern(wording)).getwidth()[1] < 600, wording


@pytest.mark.parametrize("kind", ["topics", "accounts"])
def test_every_harm_has_wordings(kind: str) -> None:
    assert set(read_wordings(kind)) == set(Harm)
    assert all(read_wordings(kind).values())
