"""How hard English words are to read. An estimate that a lint can go by, and no proof."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

#: Grade 6 of an American school is read at about 11, the upper end of what our pages aim at.
HARDEST_GRADE = 6.0

#: Years between a school grade and the age at which it is reached.
_AGE_IN_FIRST_GRADE = 5

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)|\n\s*\n")


def grade(text: str) -> float:
    """The school grade that reads this: 0.39 words a sentence + 11.8 syllables a word − 15.59, no less
    than 0 (Kincaid and others 1975, 'Derivation of new readability formulas'). 0 for no words.

    Syllables are those at which a dictionary of hyphenation would part the word.
    """
    sentences = [words for part in _SENTENCE_END.split(text) if (words := _WORD.findall(part))]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return 0.0
    syllables = sum(_syllables(word.lower()) for word in words)
    return max(0.0, 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59)


def reading_age(text: str) -> int:
    """The age in years at which it is read with ease, to the nearest."""
    return round(grade(text)) + _AGE_IN_FIRST_GRADE


@cache
def _syllables(word: str) -> int:
    parts: list[int] = _dictionary().positions(word)
    return len(parts) + 1


@cache
def _dictionary() -> Any:
    # Here, because a web process that shows no such page need not load it.
    import pyphen

    return pyphen.Pyphen(lang="en_GB", left=1, right=1)
