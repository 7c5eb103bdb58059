"""Texts put together from others."""

from __future__ import annotations

import random

from nlp.training.mixtures import mixtures
from nlp.training.texts import MIXED, PIECES, Example

STAFF = ("We share at handover. Nobody minds. Ask twice if you must.", "My mentor has time for me")
PATIENTS = ("The ward was clean. Waiting took hours.", "Thank you all!")
REVIEWS = ("Good pay. No training.", "Long hours.\nKind team.")
EXAMPLES = [
    *(Example(text) for text in STAFF),
    *(Example(text, source="patients") for text in PATIENTS),
    *(Example(REVIEWS[0], source="indeed"), Example(REVIEWS[1], source="forum")),
    Example("A piece alone.", source=PIECES),
]


def _sentences(*texts: str) -> set[str]:
    return {part.strip() for text in texts for part in text.replace(".", ".|").replace("\n", "|").split("|")}


def test_a_mixture_holds_sentences_of_one_voice() -> None:
    mixed = mixtures(EXAMPLES, 300, random.Random(1))
    assert len(mixed) == 300
    voices = [_sentences(*texts) for texts in (STAFF, PATIENTS, REVIEWS)]
    found = set()
    for example in mixed:
        assert example.source == MIXED
        # Sentences of these comments have no full stop inside, and none begins another.
        matching = [
            number
            for number, voice in enumerate(voices)
            if not _rest(example.text, voice)
        ]
        assert len(matching) == 1, example.text
        found.add(matching[0])
    assert found == {0, 1, 2}


def _rest(text: str, sentences: set[str]) -> str:
    for sentence in sorted(sentences - {""}, key=len, reverse=True):
        text = text.replace(sentence, "")
    return text.strip()


def test_nobody_has_said_anything_of_a_mixture() -> None:
    for example in mixtures(EXAMPLES, 20, random.Random(1)):
        said = (example.stances, example.sentiment, example.level, example.concern)
        assert said == (None, None, None, None)


def test_the_same_chance_gives_the_same_mixtures() -> None:
    once, again, other = (mixtures(EXAMPLES, 50, random.Random(seed)) for seed in (3, 3, 4))
    assert once == again
    assert once != other
