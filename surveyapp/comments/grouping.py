"""From groups of sentences to sub-themes of comments: their names, and who is read first. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Protocol

#: Of fewer comments on a factor no sub-themes are made: they are soon read.
FEWEST = 8

#: So many comments of a sub-theme, all on one question, have each word of its name. One form holds one
#: of them at most, so that a name is nobody's own words.
FEWEST_WITH_WORD = 3

#: Comments are grouped again when more than this share of them came or went. In between, new ones
#: are in no sub-theme.
_CHANGED = 0.05

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A comment on some factor, the question that it answers, and its sentence that speaks of it."""

    comment_id: str
    item_id: str
    text: str
    sentence: str
    stance: str


class Quoted(Protocol):
    """What is needed of `nlp.quotes.Quote`."""

    @property
    def index(self) -> int: ...


class Group(Protocol):
    """What is needed of `nlp.subthemes.Subtheme`."""

    @property
    def name(self) -> str: ...
    @property
    def members(self) -> Sequence[int]: ...
    @property
    def quotes(self) -> Sequence[Quoted]: ...


@dataclass(frozen=True, slots=True)
class Grouping:
    """Sub-themes by number, from 1, with the number of each comment that is in one.

    `first` are ids of comments that stand for others, in the order in which they are read.
    """

    names: Mapping[int, str]
    numbers: Mapping[str, int]
    first: tuple[str, ...]


def is_due(kept: Collection[str], now: Collection[str]) -> bool:
    """Whether comments grouped before must be grouped again, as other ones are there now."""
    if len(now) < FEWEST:
        return bool(kept)
    return len(set(kept) ^ set(now)) > _CHANGED * len(now)


def grouped(
    spoken: Sequence[Spoken], groups: Iterable[Group], of_all: Callable[[], Iterable[Quoted]]
) -> Grouping:
    """The groups that can be named. Indices in them count `spoken`.

    First to be read is the most typical comment of each, the largest group first; then the second
    of each, and so on. Where no group has a name it is those that `of_all` finds.
    """
    named = []
    for group in groups:
        if name := name_in_common(group.name, [spoken[i] for i in group.members]):
            named.append((name, group))
    turns = zip_longest(*(group.quotes for _, group in named))
    first = [quote for quote in chain.from_iterable(turns) if quote] if named else of_all()
    return Grouping(
        names={number: name for number, (name, _) in enumerate(named, start=1)},
        numbers={
            spoken[i].comment_id: number
            for number, (_, group) in enumerate(named, start=1)
            for i in group.members
        },
        first=tuple(spoken[quote.index].comment_id for quote in first),
    )


def name_in_common(name: str, spoken: Iterable[Spoken]) -> str:
    """The phrases of a name all of whose words several comments on one question have; empty if none.

    Comments on different questions may be one person's, so they are not counted together.
    """
    having = Counter((one.item_id, word) for one in spoken for word in set(_words(one.text)))
    common = {word for (_, word), number in having.items() if number >= FEWEST_WITH_WORD}
    return ", ".join(phrase for phrase in name.split(", ") if common.issuperset(_words(phrase)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
