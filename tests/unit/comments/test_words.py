"""Taking words out of a comment by their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.comments import words

TEXT = "Sister Jo, on Ward 4: handover's calm.\nIt is [name] who-knows."


def without(*removed: str, text: str = TEXT) -> str:
    numbers = [piece.number for piece in words.pieces(text) if piece.text in removed]
    return words.without(text, [number for number in numbers if number is not None]).text


def test_words_have_numbers_and_what_stands_between_has_none() -> None:
    numbered = [piece.text for piece in words.pieces(TEXT) if piece.number is not None]
    assert numbered == [
        *("Sister", "Jo", "on", "Ward", "4", "handover's", "calm"),
        *("It", "is", "who-knows"),
    ]
    assert "".join(piece.text for piece in words.pieces(TEXT)) == TEXT


def test_words_side_by_side_get_one_mark() -> None:
    assert without("Sister", "Jo") == TEXT.replace("Sister Jo", "[removed]")
    apart = "Sister [removed], on [removed] 4: handover's calm."
    assert without("Jo", "Ward").split("\n")[0] == apart


def test_a_mark_of_the_redaction_stays() -> None:
    assert without("is", "who-knows").endswith("It [removed] [name] [removed].")
    assert not [p for p in words.pieces("[name] [NHS number] [REMOVED]") if p.number is not None]


@pytest.mark.parametrize("numbers", [[-1], [2], [0, 1, 2], [10**9]])
def test_numbers_of_no_word_are_refused(numbers: list[int]) -> None:
    with pytest.raises(IndexError, match="no such word"):
        words.without("two words", numbers)


def test_taking_out_all_words_is_refused() -> None:
    with pytest.raises(ValueError, match="No word is left"):
        words.without("two words", [0, 1])


def test_a_text_without_words_stays() -> None:
    assert words.without("... !", []).text == "... !"


@given(st.text(alphabet="ab -'[]\n.,éß字removdn", max_size=80), st.data())
def test_nothing_is_added_and_quotes_are_found_again(text: str, data: st.DataObject) -> None:
    numbered = {p.number: p.text for p in words.pieces(text) if p.number is not None}
    taken = data.draw(st.sets(st.sampled_from(sorted(numbered)) if numbered else st.nothing()))
    if taken and len(taken) == len(numbered):
        return
    shorter = words.without(text, taken)
    kept = [word for number, word in numbered.items() if number not in taken]
    left = [p.text for p in words.pieces(shorter.text) if p.number is not None]
    assert left == kept
    for number, word in numbered.items():
        (start,) = [
            sum(len(p.text) for p in words.pieces(text)[:place])
            for place, piece in enumerate(words.pieces(text))
            if piece.number == number
        ]
        place = slice(
            shorter.place_of(start), shorter.place_of(start + len(word), is_end=True)
        )
        assert shorter.text[place] == (words.REMOVED if number in taken else word)
