"""What may be marked as the evidence for a theme."""

from __future__ import annotations

import pytest
import spacy
from spacy.language import Language

from nlp.sentences import sentence_places


@pytest.fixture(scope="module")
def splitter() -> Language:
    made = spacy.blank("en")
    made.add_pipe("sentencizer")
    return made


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("No one can be a 6. [name] and egg.", ["No one can be a 6.", "[name] and egg."]),
        ("It was fine. (Mostly.) Then not.", ["It was fine.", "(Mostly.)", "Then not."]),
        ("Ask [name]. Thanks!", ["Ask [name].", "Thanks!"]),
        ("First line\nsecond line", ["First line", "second line"]),
        ("[", ["["]),
        ("Done. [", ["Done. ["]),
        (" \n ", []),
    ],
)
def test_sentences_start_with_their_own_bracket(
    splitter: Language, text: str, sentences: list[str]
) -> None:
    ends = [sentence.end_char for sentence in splitter(text).sents]
    assert [text[a:b] for a, b in sentence_places(text, ends)] == sentences
