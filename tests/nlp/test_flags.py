"""What is flagged, and that any text can be asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.concerns import Harm
from nlp.flags import flags_of, look_for_flags
from nlp.taxonomy import Flag

#: Told as harm by nobody but a trained head.
HINT = "Ask where the bequest from the lady in room six went"


def test_either_the_wordings_or_the_head_raise_a_concern() -> None:
    assert flags_of("I am being bullied", concern_chance=0.01) == (Flag.CONCERN,)
    assert flags_of(HINT) == ()
    assert flags_of(HINT, concern_chance=0.6) == (Flag.CONCERN,)
    assert flags_of(HINT, concern_chance=0.6, concern_threshold=0.7) == ()
    assert flags_of(HINT, concern_chance=0.7, concern_threshold=0.7) == (Flag.CONCERN,)


def test_a_flag_comes_with_its_reason() -> None:
    sign = look_for_flags("My manager bullies the new ones").sign
    assert sign and (sign.harm, sign.words) == (Harm.BULLYING, "bullies")
    assert look_for_flags(HINT, concern_chance=0.9).sign is None
    assert look_for_flags("Niemand hört uns zu und die Leitung ist nie da").language == "de"
    assert look_for_flags("Nobody listens to us").language is None


@pytest.mark.parametrize("text", ["Appraisals", "training!", "MENTORSHIP", "communication."])
def test_a_single_word_that_names_a_theme_is_read(text: str) -> None:
    assert flags_of(text) == ()


@pytest.mark.parametrize("text", ["", "   ", "ok", "Parking", "👍", "[name]", "12", "[name] training?"])
def test_fewer_than_two_words_are_too_short(text: str) -> None:
    assert (Flag.TOO_SHORT in flags_of(text)) == ("training" not in text)


def test_a_short_text_in_another_script_is_not_english_and_not_too_short() -> None:
    assert flags_of("培训") == (Flag.NOT_ENGLISH,)


@given(st.text(), st.none() | st.floats(0, 1))
def test_any_text_can_be_asked_about(text: str, chance: float | None) -> None:
    flags = flags_of(text, concern_chance=chance)
    assert len(set(flags)) == len(flags)
    assert not {Flag.TOO_SHORT, Flag.NOT_ENGLISH} <= set(flags)


@given(st.text(st.characters(codec=None), max_size=50))
def test_even_a_broken_one(text: str) -> None:
    flags_of(text)


@pytest.mark.parametrize("piece", ["a", "bully", "told to ", "she he ", "no any ", "[", "ą", "\x00", "' "])
def test_a_very_long_one_is_answered(piece: str) -> None:
    """Takes seconds where the time grows with the length, and would not end where it grows faster."""
    flags_of(piece * (60_000 // len(piece)))


@given(st.text(max_size=200))
def test_a_concern_is_found_whatever_else_is_written(text: str) -> None:
    assert Flag.CONCERN in flags_of(f"{text}\nI was punched in the face by a patient.\n{text}")
