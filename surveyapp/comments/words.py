"""Taking words out of a comment. Nothing can be added, for only the numbers of words are taken. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

REMOVED = "[removed]"

#: Marks that stand for what was taken out before, by the redaction or a reviewer, and words.
_PARTS = re.compile(
    r"\[(?:removed|name|email|phone|NHS number|NI number|postcode|link|handle)\]"
    r"|(?P<word>\w+(?:['’-]\w+)*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A word with its number, or what stands between words, which has none."""

    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Shortened:
    """A comment with `[removed]` in the place of words."""

    text: str
    #: Where the old text was cut: start, end and how much longer or shorter it became there.
    _cuts: tuple[tuple[int, int, int], ...] = ()

    def place_of(self, position: int, *, is_end: bool = False) -> int:
        """Where a place in the old text is now. Within a cut it is the start, or the end, of the mark."""
        moved = 0
        for start, end, growth in self._cuts:
            if position <= start:
                break
            if position < end:
                return start + moved + (end - start + growth if is_end else 0)
            moved += growth
        return position + moved


def pieces(text: str) -> list[Piece]:
    """The whole text, taken apart. Words are numbered from 0."""
    found = []
    done = 0
    for number, (start, end) in enumerate(_words(text)):
        if start > done:
            found.append(Piece(text[done:start]))
        found.append(Piece(text[start:end], number))
        done = end
    if done < len(text):
        found.append(Piece(text[done:]))
    return found


def without(text: str, numbers: Collection[int]) -> Shortened:
    """The text without the words of those numbers. Words side by side get one mark.

    Raises IndexError when there is no such word, and ValueError when no word would be left.
    """
    words = _words(text)
    wanted = sorted(set(numbers))
    if wanted and not (wanted[0] >= 0 and wanted[-1] < len(words)):
        raise IndexError("There is no such word.")
    if wanted and len(wanted) == len(words):
        raise ValueError("No word is left.")
    spans: list[tuple[int, int]] = []
    for number in wanted:
        start, end = words[number]
        if spans and "[" not in text[spans[-1][1] : start] and number - 1 in numbers:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    parts = []
    done = 0
    for start, end in spans:
        parts += [text[done:start], REMOVED]
        done = end
    cuts = tuple((start, end, len(REMOVED) - (end - start)) for start, end in spans)
    return Shortened("".join([*parts, text[done:]]), cuts)


def _words(text: str) -> list[tuple[int, int]]:
    return [part.span() for part in _PARTS.finditer(text) if part["word"]]
