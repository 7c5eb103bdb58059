"""Which words are names: the gazetteer, ordinary words, and how much a word looks like a name."""

from __future__ import annotations

import math
import string
import unicodedata
from collections import Counter
from enum import IntEnum
from functools import cached_property, lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "gazetteer"


class Known(IntEnum):
    """What the gazetteer says of a word."""

    UNKNOWN = 0
    WORD = 1
    NAME = 2
    #: As much a name as a word, like 'grace'.
    BOTH = 3
    #: A word that is a name now and then, like 'young'.
    RARE = 4
    PLACE = 5


#: Letters that no accent can be taken from.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"}
)


def key_of(word: str) -> str:
    """A word as the gazetteer has it: in small letters, without accents, with a straight apostrophe."""
    small = word.lower()
    if small.isascii():
        return small
    parts = unicodedata.normalize("NFKD", small.translate(_LETTERS))
    return "".join(part for part in parts if not unicodedata.combining(part))


class Lexicon:
    """Names, words and places. Without the gazetteer it knows only words and places."""

    def __init__(self, *, with_gazetteer: bool = True) -> None:
        self._words = frozenset(_lines("words.csv"))
        self._kinds: dict[str, Known] = dict.fromkeys(self._words, Known.WORD)
        self._names: list[str] = []
        for line in _lines("names.csv"):
            name, _, use = line.partition(",")
            self._names.append(name)
            if with_gazetteer:
                self._kinds[name] = _USES[use]
        self._kinds |= dict.fromkeys(_lines("places.csv"), Known.PLACE)
        self._named = frozenset(self._names)
        #: What is known of a word, given as its key. A plain dict's `get` is the quickest there is.
        self.known = self._kinds.get
        self.slip = lru_cache(maxsize=4096)(self._slip)
        self.likeness = lru_cache(maxsize=4096)(self._likeness)

    def by_kind(self) -> dict[Known, list[str]]:
        """The names of the gazetteer by what else they are: NAME, BOTH and RARE."""
        kinds: dict[Known, list[str]] = {kind: [] for kind in _USES.values()}
        for name in self._names:
            if (kind := self.known(name)) in kinds:
                kinds[kind].append(name)
        return kinds

    def is_also_name(self, key: str) -> bool:
        """Whether a place is a name as well: 'chelsea'."""
        return key in self._named

    def _slip(self, key: str) -> bool:
        """Whether one slip of the pen turns an ordinary word of four or more letters into this."""
        if len(key) < 4 or len(key) > 20:
            return False
        words = self._words
        cuts = [(key[:place], key[place:]) for place in range(len(key) + 1)]
        for left, right in cuts:
            if right and len(key) > 4 and left + right[1:] in words:
                return True
            if len(right) > 1 and left + right[1] + right[0] + right[2:] in words:
                return True
            for letter in string.ascii_lowercase:
                if left + letter + right in words:
                    return True
                if len(key) > 4 and right and left + letter + right[1:] in words:
                    return True
            # Two words run together: 'alot', 'eachother'.
            if len(left) > 2 and len(right) > 2 and left in words and right in words:
                return True
        return False

    def _likeness(self, key: str) -> float:
        """How much a word looks like a name: mean log-odds of its groups of three letters.

        Above 0 the letters are more usual in names than in words. Naive Bayes with add-one
        smoothing over the gazetteer and the list of words.
        """
        letters = f"^{key}$"
        groups = [letters[place : place + 3] for place in range(len(letters) - 2)]
        odds = self._odds
        return sum(odds.get(group, 0.0) for group in groups) / len(groups) if groups else 0.0

    @cached_property
    def _odds(self) -> dict[str, float]:
        names, words = _groups(self._names), _groups(self._words)
        many_names, many_words = names.total() + len(names), words.total() + len(words)
        return {
            group: math.log((names[group] + 1) / many_names) - math.log((words[group] + 1) / many_words)
            for group in names.keys() | words.keys()
        }


_USES = {"": Known.NAME, "word": Known.BOTH, "rare": Known.RARE}


def _groups(words: list[str] | frozenset[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in words:
        letters = f"^{word}$"
        counts.update(letters[place : place + 3] for place in range(len(letters) - 2))
    return counts


def _lines(name: str) -> list[str]:
    with (_FOLDER / name).open(encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if not line.startswith("#")]
