"""Ballots as bytes: any comment fits, all are of one size, and no bytes break the count."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveyapp.ballots.paper import (
    BadBallotError,
    Ballot,
    ballot_size,
    decode,
    encode,
    is_token,
    token_for,
    token_hash,
)
from surveyapp.instruments import services as instruments

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=400)

ITEMS = frozenset({"LEA1", "COM1", "LRN1"})
PROMPTS = frozenset({"TXT1", "TXT2"})
LONGEST = 60
SIZE = ballot_size(items=len(ITEMS), comment_lengths=[LONGEST] * len(PROMPTS))

#: Every character there is, with those that JSON or UTF-8 treat in their own way made common.
CHARACTERS = st.one_of(
    st.characters(),
    st.characters(categories=["Cs"]),
    st.characters(categories=["Cc"]),
    st.sampled_from('"\\/\x00\x7f\u2028\ufeff\uffff👩🏽‍⚕️é'),
)
TEXTS = st.text(CHARACTERS, max_size=LONGEST)
ANSWERS = st.dictionaries(
    st.sampled_from(sorted(ITEMS)), st.one_of(st.none(), st.integers(1, 5))
)
BALLOTS = st.builds(
    Ballot,
    unit_id=st.integers(0, 2**63),
    answers=ANSWERS,
    comments=st.dictionaries(st.sampled_from(sorted(PROMPTS)), TEXTS),
)


def opened(plain: bytes) -> Ballot:
    return decode(plain, item_ids=ITEMS, prompt_ids=PROMPTS)


def body(**changes: object) -> bytes:
    ballot: dict[str, object] = {"unit": 1, "group": "", "answers": {"LEA1": 4}}
    ballot["comments"] = {"TXT1": "Good."}
    return json.dumps(ballot | changes).encode()


# ---------------------------------------------------------------- there and back


@REPEATABLE
@given(BALLOTS)
def test_a_ballot_comes_out_as_it_went_in(ballot: Ballot) -> None:
    plain = encode(ballot, SIZE)
    assert len(plain) == SIZE
    again = opened(plain)
    assert again.unit_id == ballot.unit_id
    assert again.answers == ballot.answers
    # Half a character cannot be written down: it becomes a question mark, all else stays.
    assert again.comments == {
        prompt: "".join("?" if "\ud800" <= char <= "\udfff" else char for char in text)
        for prompt, text in ballot.comments.items()
    }


@pytest.mark.parametrize("character", ["a", "é", "漢", "😀", '"', "\\", "\x00", "\x1f", "\x7f", "\ud800"])
def test_the_longest_comment_of_any_character_fits(character: str) -> None:
    full = dict.fromkeys(PROMPTS, character * LONGEST)
    answers = dict.fromkeys(ITEMS)
    assert len(encode(Ballot(2**63, answers, full), SIZE)) == SIZE


@pytest.mark.parametrize("character", ["a", "\x00", "😀"])
def test_the_fullest_ballot_of_every_shipped_questionnaire_fits(character: str) -> None:
    for form in instruments.load_library().questionnaires.values():
        size = ballot_size(
            items=len(form.items), comment_lengths=[prompt.max_chars for prompt in form.prompts]
        )
        ballot = Ballot(
            unit_id=2**63,
            answers={item.id: None for item in form.items},
            comments={prompt.id: character * prompt.max_chars for prompt in form.prompts},
        )
        assert len(encode(ballot, size)) == size


def test_all_ballots_of_a_wave_are_of_one_size() -> None:
    quiet = Ballot(1, {}, {})
    loud = Ballot(9999, dict.fromkeys(ITEMS, 5), dict.fromkeys(PROMPTS, "😀" * LONGEST))
    assert len(encode(quiet, SIZE)) == len(encode(loud, SIZE)) == SIZE
    assert SIZE % 1024 == 0


def test_what_does_not_fit_is_an_error_not_a_cut_comment() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(Ballot(1, {}, {"TXT1": "a" * SIZE}), SIZE)


# ---------------------------------------------------------------- forged and damaged bytes


@REPEATABLE
@given(st.binary(max_size=300))
@example(b"")
@example(b"\xff\xfe\x00")
@example(b"null")
@example(b'"unit"')
def test_arbitrary_bytes_raise_nothing_but_bad_ballot(plain: bytes) -> None:
    with pytest.raises(BadBallotError):
        opened(plain)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["unit", "answers", "comments", "LEA1", "TXT1", "x"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


@REPEATABLE
@given(JSON, JSON, JSON)
def test_any_json_is_a_whole_ballot_or_none(unit: object, answers: object, comments: object) -> None:
    try:
        parts = {"unit": unit, "group": "", "answers": answers, "comments": comments}
        ballot = opened(json.dumps(parts).encode())
    except BadBallotError:
        return
    assert type(ballot.unit_id) is int
    assert set(ballot.answers) <= ITEMS and set(ballot.comments) <= PROMPTS
    assert all(v is None or (type(v) is int and 1 <= v <= 5) for v in ballot.answers.values())
    # What was accepted can be written down again, in the database too.
    assert all(text.encode().decode() == text for text in ballot.comments.values())


@pytest.mark.parametrize(
    "plain",
    [
        b"[" * 20_000,
        b'{"unit":' * 20_000,
        body(unit=1).replace(b"1", b"9" * 5000, 1),
        b'{"unit":1,"group":"","answers":{"LEA1":NaN},"comments":{}}',
        b'{"unit":1,"group":"","answers":{"LEA1":Infinity},"comments":{}}',
        b'{"unit":1,"group":"","answers":{},"comments":{"TXT1":"\\ud800"}}',
        b'{"unit":1,"group":"","answers":{},"comments":{"TXT1":"\xed\xa0\x80"}}',
        body(unit=True),
        body(unit=1.0),
        body(unit="1"),
        body(unit=None),
        body(answers={"LEA1": True}),
        body(answers={"LEA1": 6}),
        body(answers={"LEA1": 0}),
        body(answers={"LEA1": 4.0}),
        body(answers={"LEA1": "4"}),
        body(answers={"DEV1": 4}),
        body(answers=[["LEA1", 4]]),
        body(answers=""),
        body(answers=[]),
        body(answers=None),
        body(comments={"TXT9": "Good."}),
        body(comments={"TXT1": 4}),
        body(comments={"TXT1": None}),
        body(comments=[["TXT1", "Good."]]),
        b'{"unit":1,"group":"","answers":{}}',
        body() + body(),
    ],
)
def test_forged_ballots_are_set_aside(plain: bytes) -> None:
    with pytest.raises(BadBallotError):
        opened(plain)


def test_the_last_of_two_answers_to_one_question_counts_once() -> None:
    ballot = opened(b'{"unit":1,"group":"","answers":{"LEA1":1,"LEA1":5},"comments":{}}')
    assert ballot.answers == {"LEA1": 5}


def test_a_bad_ballot_is_not_quoted() -> None:
    with pytest.raises(BadBallotError) as caught:
        opened(body(comments={"TXT1": "a secret"}, answers={"LEA1": 9}))
    assert "secret" not in str(caught.value) and "9" not in str(caught.value)
    assert caught.value.__cause__ is None


# ---------------------------------------------------------------- tokens

SECRETS = st.binary(min_size=32, max_size=32)


@REPEATABLE
@given(SECRETS, st.integers(0, 2**40))
def test_a_token_is_22_characters_and_always_the_same(secret: bytes, person: int) -> None:
    token = token_for(secret, person)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)
    assert is_token(token)
    assert token == token_for(secret, person)
    assert token_hash(token) == hashlib.sha256(token.encode()).hexdigest()


def test_tokens_of_a_wave_are_all_different_and_of_another_wave_too() -> None:
    tokens = {token_for(bytes([wave]) * 32, person) for wave in range(3) for person in range(5000)}
    assert len(tokens) == 15_000
    assert all(a != b for a, b in pairwise(sorted(tokens)))


@pytest.mark.parametrize("text", ["", "a" * 21, "a" * 23, "a" * 21 + "=", "a" * 21 + "\n", "a" * 22 + "\n"])
def test_mangled_tokens_are_told_apart(text: str) -> None:
    assert not is_token(text)
