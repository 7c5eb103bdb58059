"""Names placed in comments: what is learnt from must be marked where it stands."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from nlp.redaction import Removal
from nlp.redaction_evaluation import Marked
from nlp.training.names.placing import Named, Names, Placing, named

NAMES = Names(plain=["adaeze", "mcbride", "o'shea"], both=["grace", "mark"], rare=["young"])
WORDS = {"Adaeze", "McBride", "Mcbride", "O'shea", "O'Shea", "Grace", "Mark", "Young"}
COMMENT = "My mentor sat with me. She asked the manager, and they listened to her."


def placed(seed: int, comment: str = COMMENT) -> list[str]:
    sentence = Placing(NAMES, random.Random(seed)).place(comment)
    return [sentence.text[start:end] for start, end in sentence.names]


def test_a_name_goes_where_a_person_stands() -> None:
    sentences = [Placing(NAMES, random.Random(seed)).place("Ask my mentor.").text for seed in range(200)]
    assert any(re.fullmatch(r"Ask \w+\.", text) for text in sentences)
    assert any(re.fullmatch(r"Ask my mentor (?:\w+ )?[\w']+\.", text) for text in sentences)


def test_what_is_marked_is_a_name() -> None:
    small = {word.lower() for word in WORDS}
    for seed in range(300):
        for name in placed(seed):
            words = [word for word in re.split(r"[ -]", name) if len(word) > 1]
            assert {word.lower() for word in words} <= small


def test_the_same_seed_gives_the_same_sentence() -> None:
    assert [placed(seed) for seed in range(20)] == [placed(seed) for seed in range(20)]


def test_some_comments_stay_without_names_and_some_are_in_small_letters() -> None:
    sentences = [Placing(NAMES, random.Random(seed)).place(COMMENT) for seed in range(200)]
    assert 20 < sum(not sentence.names for sentence in sentences) < 100
    assert 50 < sum(sentence.text.islower() for sentence in sentences) < 120


@given(st.text(max_size=200), st.integers(0, 1000))
def test_places_are_within_the_text_and_in_order(comment: str, seed: int) -> None:
    comment = comment.replace("\ue000", "").replace("\ue001", "")
    sentence = Placing(NAMES, random.Random(seed)).place(comment)
    ends = [0]
    for start, end in sentence.names:
        assert ends[-1] <= start < end <= len(sentence.text)
        ends.append(end)


def test_a_marked_name_is_learnt_without_its_title_and_what_is_no_word_is_skipped() -> None:
    text = "Dr Ada Obi (07700 900123) and Sister Grace; the Matron"
    spans = [("PERSON", 0, 10), ("PHONE_NUMBER", 12, 24), ("PERSON", 30, 42), ("PERSON", 48, 54)]
    marked = Marked(text, tuple(Removal(*span) for span in spans))
    assert named(marked) == Named(text, names=((3, 10), (37, 42), (48, 54)), skipped=((12, 24),))
