"""A text as words, each with what the gazetteer and its capitals say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import IntEnum

from nlp.names_context import COURTESY
from nlp.names_lexicon import Known, Lexicon, key_of

_WORD = re.compile(r"[^\W\d_][\w\u0300-\u036f]*(?:['’][^\W\d_][\w\u0300-\u036f]*)*['’]?")

#: After one of these a capital says nothing.
_STOPS = re.compile(r"[.!?\n\r:;•*…–—\"“”]| -+ ?")

#: Beyond this share of capitals they say nothing: 'GREAT TEAM', 'Great Place To Work'.
_TOO_MANY_CAPITALS = 0.5

#: What an apostrophe can cut off: "priya's", "priya'll".
_ENDINGS = frozenset({"s", "ll", "d", "re", "ve", "m", ""})

#: Beyond this share of unknown words a text is not in English.
_TOO_MANY_UNKNOWN = 0.35


class Shape(IntEnum):
    """How a word is written. Only TITLE, within a sentence, speaks for a name."""

    SMALL = 0
    TITLE = 1
    UPPER = 2
    INITIAL = 3


class Words:
    """The words of a text: lists of one length, by the number of the word.

    `keys` are as the gazetteer has them, `ends` leave out a possessive. A word that opens a
    sentence, or stands where capitals say nothing, counts as SMALL.
    """

    def __init__(self, text: str, lexicon: Lexicon, skipped: Sequence[tuple[int, int]]) -> None:
        self.text = text
        self.keys: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.known: list[Known] = []
        self.shapes: list[Shape] = []
        #: As it is written, whatever the place: a capital beside a capital can be a family name.
        self.written: list[Shape] = []
        known = lexicon.known
        keys, starts, ends, kinds = self.keys, self.starts, self.ends, self.known
        shapes, writings = self.shapes, self.written
        before, within, capitals = 0, 0, 0
        was_title = False
        barriers = iter([*skipped, (len(text) + 1, len(text) + 1)])
        barrier_start, barrier_end = next(barriers)
        for match in _WORD.finditer(text):
            start, end = match.span()
            while barrier_end <= start:
                barrier_start, barrier_end = next(barriers)
            if end > barrier_start:
                continue
            word = match.group()
            gap = text[before:start]
            before = end
            opens = not keys or (
                gap != " " and len(gap) > 1 and not (was_title and gap == ". ") and bool(_STOPS.search(gap))
            )
            kind = known(word)
            if kind is not None and kind is Known.WORD and word.isascii():
                # Most words: ordinary, and in small letters, for so the gazetteer has them.
                key, written, was_title = word, Shape.SMALL, word in COURTESY
            else:
                key = key_of(word)
                if "'" in key:
                    key, cut, kind = _apostrophe(key, known)
                    end -= cut
                else:
                    kind = known(key, Known.UNKNOWN)
                written = _shape(text[start:end])
                was_title = written is Shape.INITIAL or key in COURTESY
            if not opens and written is not Shape.INITIAL:
                within += 1
                capitals += written is not Shape.SMALL
            keys.append(key)
            starts.append(start)
            ends.append(end)
            kinds.append(kind)
            writings.append(written)
            shapes.append(Shape.SMALL if opens and written is Shape.TITLE else written)
        unknown = sum(kind is Known.UNKNOWN for kind in kinds)
        #: Not English: that nobody knows a word says nothing of it.
        self.is_foreign = (unknown >= 4 and unknown > _TOO_MANY_UNKNOWN * len(kinds)) or unknown == len(kinds)
        self.caseless = within >= 3 and capitals > _TOO_MANY_CAPITALS * within
        if self.caseless:
            self.shapes = [Shape.INITIAL if shape is Shape.INITIAL else Shape.SMALL for shape in self.shapes]

    def __len__(self) -> int:
        return len(self.keys)

    def key(self, place: int) -> str:
        """The key of a word; nothing beyond either end."""
        return self.keys[place] if 0 <= place < len(self.keys) else ""

    def kind(self, place: int) -> Known:
        """What is known of a word; UNKNOWN beyond either end."""
        return self.known[place] if 0 <= place < len(self.known) else Known.UNKNOWN

    def gap(self, place: int) -> str:
        """What stands between a word and the next, without spaces. A line break stays; so does the end."""
        if not 0 <= place < len(self.keys) - 1:
            return "\n"
        gap = self.text[self.ends[place] : self.starts[place + 1]]
        return "" if gap == " " else gap if gap == "" else gap.strip(" \t") or ""

    def joined(self, place: int) -> bool:
        """Whether nothing but a space stands between a word and the next."""
        return self.gap(place) == ""

    def is_possessive(self, place: int) -> bool:
        """Whether "'s" follows."""
        end = self.ends[place]
        return self.text[end : end + 2] in {"'s", "’s"}


def _shape(word: str) -> Shape:
    first = word[0]
    if not first.isupper():
        return Shape.SMALL
    if len(word) == 1:
        return Shape.INITIAL
    # 'DVDs'
    is_upper = word.isupper() or (len(word) > 2 and word.rstrip("s").isupper())
    return Shape.UPPER if is_upper else Shape.TITLE


def _apostrophe(key: str, known: Callable[[str, Known], Known]) -> tuple[str, int, Known]:
    """(key, letters cut off at the end, what is known) of a word with an apostrophe."""
    base, _, ending = key.rpartition("'")
    if ending == "t":
        return key, 0, Known.WORD
    if ending in _ENDINGS and base:
        if "'" in base:
            inner, _, kind = _apostrophe(base, known)
            return inner, len(ending) + 1, kind
        return base, len(ending) + 1, known(base, Known.UNKNOWN)
    first, _, rest = key.partition("'")
    whole = key.replace("'", "")
    kind = known(whole, Known.UNKNOWN)
    if first in {"o", "d"} and len(rest) > 2 and rest != "clock":
        kind = Known.NAME
    elif kind is Known.UNKNOWN and (len(first) > 3 or rest in {"am", "all", "er"}):
        kind = Known.WORD
    return whole, 0, kind
