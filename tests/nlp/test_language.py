"""Comments that are not English: found, named, and English of every kind left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlp.labelled import OWN_DEVELOPMENT_SET
from nlp.language import OtherLanguage, other_language, words_of

DATA = Path(__file__).parent / "data" / "languages.jsonl"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_comments_of_five_words_and_more_are_found() -> None:
    long = [row for row in read(DATA) if len(row["text"].split()) >= 5]
    assert len(long) >= 60
    assert sum(other_language(row["text"]) is not None for row in long) / len(long) >= 0.98


def test_most_shorter_ones_too() -> None:
    short = [row for row in read(DATA) if len(row["text"].split()) < 5]
    assert sum(other_language(row["text"]) is not None for row in short) / len(short) >= 0.7


def test_the_language_is_named_or_left_open_and_hardly_ever_wrong() -> None:
    told = [(row["language"], other_language(row["text"])) for row in read(DATA)]
    named = [(language, other.code) for language, other in told if other and other.code]
    assert len(named) / len(told) >= 0.9
    assert sum(language == code for language, code in named) / len(named) >= 0.98


def test_ordinary_comments_are_english() -> None:
    assert not [row["text"] for row in read(OWN_DEVELOPMENT_SET) if other_language(row["text"])]


@pytest.mark.parametrize(
    "text",
    [
        "soz no trainin",
        "appraisals r a joke",
        "dinnae get any trainin",
        "wee bit mair support",
        "summat needs doin bout rota",
        "MAST trg OOD",
        "sup by ST4 no consultants",
        "my lad starts uni monday",
        "we dey suffer here",
        "man dem dont lissen",
        "honest 1:1s, love em",
        "Café is closed at weekends and the naïve rota doesn't help",
        "GET US A MICROWAVE",
        "👍 👍",
        "[name] [email]",
        "",
    ],
)
def test_short_and_dialect_english_is_english(text: str) -> None:
    assert other_language(text) is None


def test_a_language_that_prevails_counts() -> None:
    assert other_language("El training es bueno pero el manager no ayuda") == OtherLanguage("es")
    assert other_language("Good training. Nikt nas nie słucha, kierowniczka zawsze ma rację") == (
        OtherLanguage("pl")
    )


def test_an_unclear_language_is_not_named() -> None:
    assert other_language("hamari koi nahi sunta yahan par sab apni marzi karte hain") == (
        OtherLanguage(None)
    )


def test_what_redaction_wrote_is_no_word() -> None:
    assert words_of("[name] won’t listen [NHS number]") == ["won't", "listen"]
