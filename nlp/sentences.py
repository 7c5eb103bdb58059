"""Sentences as places in the text: what a report can mark as the evidence for a theme."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

#: A sentence longer than this is cut into clauses, so that a mark points at something.
LONGEST = 220

_CLAUSE = re.compile(r"(?<=[;:–—])\s+|\s+(?=(?:but|however|although|whereas)\b)|,\s+(?=and\b|so\b)")


def sentence_places(text: str, ends: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """(start, end) of each sentence or clause, in characters, without white space at its ends.

    `ends` are where the splitter has sentences end. Never empty spans; an all-blank text has none.
    """
    places: list[tuple[int, int]] = []
    for start, end in _borders(text, ends):
        for line in _cut(text, start, end, re.compile(r"\n+")):
            if line[1] - line[0] > LONGEST:
                places += _cut(text, line[0], line[1], _CLAUSE)
            else:
                places.append(line)
    return tuple(places)


def _borders(text: str, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where sentences start and end. The splitter gives the bracket that opens one, such as that of
    '[name]', to the sentence before.
    """
    start = 0
    for end in ends:
        body = text[start:end].rstrip()
        while end != ends[-1] and body.endswith(("[", "(")):
            body = body[:-1].rstrip()
        yield start, start + len(body)
        start += len(body)


def _cut(text: str, start: int, end: int, border: re.Pattern[str]) -> list[tuple[int, int]]:
    pieces = []
    for match in [*border.finditer(text, start, end), None]:
        stop = match.start() if match else end
        piece = text[start:stop]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            pieces.append((start + lead, start + len(piece.rstrip())))
        if match:
            start = match.end()
    return pieces
