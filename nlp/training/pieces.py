"""Sentences of comments as texts of their own: more to learn from, where a teacher has an opinion.

They also teach the small network what each sentence carries, which quotes rest on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_END = re.compile(r"(?<=[.!?])\s+|\n+")

#: One piece in so many goes to teachers: all of them would double the hours of learning.
EVERY = 3

#: Characters of the shortest piece that is worth an opinion.
_SHORTEST = 15


def pieces_of(texts: Iterable[str]) -> list[str]:
    """Each sentence of the texts that hold several, once, in order."""
    pieces: dict[str, None] = {}
    for text in texts:
        sentences = sentences_of(text)
        if len(sentences) > 1:
            pieces.update((part, None) for part in sentences if len(part) >= _SHORTEST)
    return list(pieces)


def sentences_of(text: str) -> list[str]:
    """Its sentences in order, as far as full stops and lines tell them."""
    return [stripped for part in _END.split(text) if (stripped := part.strip())]
