"""How well redaction does on sentences in which everything to remove is marked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nlp.names_context import COURTESY, TRADE_TITLES
from nlp.redaction import Redactor, Removal

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence and what has to go from it."""

    text: str
    spans: tuple[Removal, ...]

    def in_small_letters(self) -> Marked:
        """The same without capitals; a letter whose small form has another length stays."""
        small = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in self.text)
        return Marked(small, self.spans)


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares from 0 to 1.

    `names` is the share of names of which every word was removed, titles aside; `name_words` that
    of their words; `contacts` that of all other details removed whole, under any mark; `excess`
    the share of all words outside names and details that was removed. `missed` and `removed` say
    which, each with its sentence.
    """

    names: float
    name_words: float
    contacts: float
    excess: float
    missed: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]


def read_marked(path: Path) -> Iterator[Marked]:
    """The sentences of a file: {"text", "spans": [{"kind", "start", "end"}]} on each line."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield Marked(row["text"], tuple(Removal(**span) for span in row["spans"]))


def figures(sentences: Iterable[Marked], redactor: Redactor) -> Figures:
    """How much went of what had to, and of what had not. Of nothing, all went."""
    names: list[bool] = []
    name_words: list[bool] = []
    contacts: list[bool] = []
    others: list[bool] = []
    missed: list[tuple[str, str]] = []
    removed: list[tuple[str, str]] = []
    for sentence in sentences:
        text = sentence.text
        found = redactor.redact(text).removed
        for span in sentence.spans:
            if span.kind == "PERSON":
                gone = [_is_within(place, found) for place in words_of_name(text, span)]
                name_words += gone
                names.append(all(gone))
                is_gone = all(gone)
            else:
                is_gone = _is_within((span.start, span.end), found)
                contacts.append(is_gone)
            if not is_gone:
                missed.append((text[span.start : span.end], text))
        for match in _WORD.finditer(text):
            if not any(match.start() < s.end and s.start < match.end() for s in sentence.spans):
                is_gone = _is_within(match.span(), found)
                # A title goes with its name.
                others.append(is_gone and match[0].lower() not in COURTESY)
                if others[-1]:
                    removed.append((match[0], text))
    return Figures(
        _share(names), _share(name_words), _share(contacts), _share(others), tuple(missed), tuple(removed)
    )


def words_of_name(text: str, span: Removal) -> list[tuple[int, int]]:
    """(start, end) of each word of a name, titles aside unless it is nothing else."""
    places = [
        (span.start + match.start(), span.start + match.end())
        for match in _WORD.finditer(text[span.start : span.end])
    ]
    titles = COURTESY | TRADE_TITLES
    return [place for place in places if text[slice(*place)].lower() not in titles] or places


def _is_within(place: tuple[int, int], found: Iterable[Removal]) -> bool:
    return any(removal.start <= place[0] and place[1] <= removal.end for removal in found)


def _share(flags: list[bool]) -> float:
    return sum(flags) / len(flags) if flags else 1.0
