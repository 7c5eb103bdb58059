"""Taking names, addresses and numbers out of a comment, before anything else sees it."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nlp.names import NameFinder
from nlp.names_lexicon import Lexicon
from nlp.recognisers import Find, Recognisers

#: What stands in a text for what was taken out.
MARKS = {
    "PERSON": "[name]",
    "EMAIL_ADDRESS": "[email]",
    "PHONE_NUMBER": "[phone]",
    "UK_NHS": "[NHS number]",
    "UK_NINO": "[NI number]",
    "UK_POSTCODE": "[postcode]",
    "URL": "[link]",
    "SOCIAL_HANDLE": "[handle]",
}

#: Where two finds overlap, the earlier of these stands; of one kind, the longer.
_BY_STRENGTH = (
    "EMAIL_ADDRESS",
    "URL",
    "SOCIAL_HANDLE",
    "UK_NINO",
    "UK_NHS",
    "PHONE_NUMBER",
    "UK_POSTCODE",
)
#: A mark that was there before.
_TAKEN = "taken"
_STRENGTH = {kind: place for place, kind in enumerate((_TAKEN, *_BY_STRENGTH))}

#: Marks in a text that was redacted before, or shortened by a reviewer. They stay as they are.
_OLD_MARKS = re.compile("|".join(re.escape(mark) for mark in (*MARKS.values(), "[removed]")), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Removal:
    """What was taken out: its kind, and where it stood in the original, counted in characters."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with marks in the place of what was removed, in order of place and without overlap."""

    text: str
    removed: tuple[Removal, ...] = ()

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """(kind, how many) pairs, sorted."""
        return tuple(sorted(Counter(removal.kind for removal in self.removed).items()))


class Redactor:
    """Finds names, contact details and numbers of people, and puts marks there.

    The same text is always redacted in the same way, whatever stands in its batch.
    """

    def __init__(self, *, with_gazetteer: bool = True) -> None:
        self._names = NameFinder(Lexicon(with_gazetteer=with_gazetteer))
        self._recognisers = Recognisers()

    def redact_all(self, texts: Iterable[str], *, batch_size: int = 1) -> Iterator[Redacted]:
        """Each text redacted, in order. `batch_size` changes nothing; other redactors may need it."""
        return map(self.redact, texts)

    def redact(self, text: str) -> Redacted:
        """One text. Takes time linear in its length and raises on none."""
        old = [match.span() for match in _OLD_MARKS.finditer(text)] if "[" in text else []
        contacts = [Removal(*find) for find in _without_overlap(self._recognisers.find(text), taken=old)]
        skipped = sorted([*old, *((removal.start, removal.end) for removal in contacts)])
        names = [Removal("PERSON", *place) for place in self._names.find(text, skipped)]
        removed = tuple(sorted([*contacts, *names], key=lambda removal: removal.start))
        return Redacted(_marked(text, removed), removed) if removed else Redacted(text)


def _marked(text: str, removed: Sequence[Removal]) -> str:
    pieces: list[str] = []
    end = 0
    for removal in removed:
        pieces += [text[end : removal.start], MARKS[removal.kind]]
        end = removal.end
    pieces.append(text[end:])
    return "".join(pieces)


def _without_overlap(finds: Iterable[Find], *, taken: Iterable[tuple[int, int]]) -> list[Find]:
    """The strongest of the finds that overlap one another, and none that overlaps what is taken."""
    kept: list[Find] = []
    group: list[Find] = []
    reach = 0
    for find in sorted([*finds, *((_TAKEN, *place) for place in taken)], key=lambda find: find[1]):
        if find[1] >= reach:
            kept += _strongest(group)
            group = []
        group.append(find)
        reach = max(reach, find[2])
    return kept + _strongest(group)


def _strongest(group: list[Find]) -> list[Find]:
    """Of finds that overlap, those that stand."""
    kept: list[Find] = []
    places: list[tuple[int, int]] = []
    for kind, start, end in sorted(group, key=lambda f: (_STRENGTH[f[0]], f[1] - f[2], f[1])):
        # Places do not overlap, so only the two neighbours can.
        after = bisect(places, (start, end))
        if after and places[after - 1][1] > start:
            continue
        if after < len(places) and places[after][0] < end:
            continue
        places.insert(after, (start, end))
        kept.append((kind, start, end))
    return [find for find in kept if find[0] != _TAKEN]
