"""What words alone say of each factor, beside what the network reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.bag_of_words import BagOfWords, terms

#: Two words and a pair, each for a factor of its own.
WORDS = BagOfWords(
    vocabulary=["mentor", "thanks", "my mentor"],
    rarity=np.array([2, 1, 3], dtype=np.float32),
    weights=np.eye(3, 7, dtype=np.float32) * 4,
    bias=np.full(7, -1, dtype=np.float32),
)


def logits(text: str) -> np.ndarray:
    return WORDS.read(text)[0]


def test_terms_are_words_and_pairs_in_small_letters() -> None:
    assert terms("My MENTOR, I think.") == ["my", "mentor", "think", "my mentor", "mentor think"]


def test_a_known_word_speaks_for_its_factor_alone() -> None:
    said = logits("A mentor at last")
    assert said[0] == pytest.approx(3)
    assert said[1:] == pytest.approx(-1)


def test_a_rarer_term_says_more() -> None:
    said = logits("Thanks to my mentor")
    assert said[2] > said[0] > said[1] > -1


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    said = logits(text)
    assert said.shape == (7,) and np.isfinite(said).all()


@pytest.mark.parametrize("text", ["", "?!", "Parking again"])
def test_a_comment_without_known_words_has_what_all_have(text: str) -> None:
    assert logits(text) == pytest.approx(-1)


def test_saying_it_ten_times_is_not_saying_ten_times_as_much() -> None:
    assert logits("mentor " * 10)[0] == pytest.approx(logits("mentor")[0])


def test_a_share_of_what_they_say() -> None:
    text = "Thanks to my mentor"
    assert WORDS.times(0.5).read(text)[0] == pytest.approx(0.5 * logits(text))


def test_a_file_holds_them(tmp_path: Path) -> None:
    WORDS.save(tmp_path / "words.npz")
    kept = BagOfWords.load(tmp_path / "words.npz")
    assert list(kept.vocabulary) == list(WORDS.vocabulary)
    text = "Thanks to my mentor"
    assert kept.read(text)[0] == pytest.approx(logits(text), abs=0.01)


def test_voice_is_told_by_words_of_its_own() -> None:
    weights = np.zeros((2, 8), dtype=np.float32)
    weights[:, 7] = [6, -6]
    words = BagOfWords(
        vocabulary=["bleep", "cons"],
        rarity=np.ones(2, dtype=np.float32),
        weights=weights,
        bias=np.zeros(8, dtype=np.float32),
    )
    assert words.read("the bleep again")[1] > 0.95
    assert words.read("Cons: pay")[1] < 0.05
    assert words.read("nothing known")[1] == pytest.approx(0.5)
    assert words.times(0.5).read("bleep")[1] == words.read("bleep")[1]
    assert words.read("the bleep again")[0].shape == (7,)


def test_a_file_without_voices_tells_none() -> None:
    assert WORDS.read("A mentor at last")[1] == 0.5
