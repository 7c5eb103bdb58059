"""Finding people's names in a comment, with capitals or without, by gazetteer and by what is beside them.

Rules judge first; of what they leave, signs with learnt weights decide.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlp import names_context as context
from nlp import names_sayings as sayings
from nlp.names_evidence import Evidence, Led
from nlp.names_judge import Judge
from nlp.names_lexicon import Known, Lexicon
from nlp.names_signs import Signs, places_to_weigh
from nlp.names_words import Shape, Words

#: Below this hardly any name lies, even beside another.
_UNLIKE_NAMES = -0.9

#: The log-odds from which a word goes: the highest recall with which under 1% of the words go from
#: sentences written to tempt ('frank feedback').
_LEAST_ODDS = -0.2

#: How often the names of a text are looked for elsewhere in it.
_ROUNDS = 2

#: Letters that stand alone in small letters and are no initial: 'u r great', 'a', 'i'.
_LONE_LETTERS = frozenset("aiunxst")

_POSTS = (
    *(context.ROLES, context.TRADE_TITLES, context.COURTESY),
    *(context.DEPARTMENTS, context.PLACE_ENDS),
)

_NAMES = (Known.NAME, Known.BOTH)


class NameFinder:
    """Finds names. One is enough for all threads: it keeps a few thousand single words, and no text."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or Lexicon()
        self._signs = Signs(self._lexicon)

    def find(self, text: str, skipped: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
        """(start, end) of each name in order, without overlap. Nothing inside `skipped` is read.

        A courtesy title goes with its name; a title of the trade stays. Takes time linear in the text.
        """
        words = Words(text, self._lexicon, skipped)
        search = _searched(words, self._lexicon)
        search.weigh(self._signs)
        return search.spans()


def rules_of(words: Words, lexicon: Lexicon) -> tuple[Evidence, Sequence[int]]:
    """What the rules alone say: what stands beside each word, and 1 for each that is a name."""
    search = _searched(words, lexicon)
    return search.evidence, search.verdicts


def _searched(words: Words, lexicon: Lexicon) -> _Search:
    search = _Search(words, lexicon)
    for place, kind in enumerate(words.known):
        is_plain = kind is Known.WORD and words.shapes[place] not in (Shape.TITLE, Shape.INITIAL)
        if not is_plain or words.keys[place - 1] in context.COURTESY:
            search.judge(place)
    search.spread()
    return search


class _Search:
    """One text: which of its words are names."""

    def __init__(self, words: Words, lexicon: Lexicon) -> None:
        self._words = words
        self._lexicon = lexicon
        self.evidence = Evidence(words)
        self._judge = Judge(words, lexicon, self.evidence)
        self.verdicts = bytearray(len(words))
        self._new: list[int] = []

    def weigh(self, signs: Signs) -> None:
        """Lets the signs decide each word that the rules have left and that could be a name."""
        words, verdicts = self._words, bytes(self.verdicts)
        for place in places_to_weigh(words, self.evidence, verdicts):
            if signs.odds(words, self.evidence, verdicts, place) > _LEAST_ODDS:
                self._add(place)
        self.spread()

    def judge(self, place: int) -> None:
        """Decides a word by itself and what is beside it."""
        if self._judge.in_syllables(place):
            self._add(place)
            self._add(place + 1)
        elif self._judge.in_syllables(place - 1):
            self._add(place - 1)
            self._add(place)
        elif self._judge.is_name(place):
            self._add(place)

    def _add(self, place: int) -> None:
        if not self.verdicts[place]:
            self.verdicts[place] = 1
            self._new.append(place)

    def spread(self) -> None:
        """From names to what belongs to them: the rest of the name, lists, the same word elsewhere."""
        rounds = 0
        while self._new:
            place = self._new.pop()
            self._join_right(place)
            self._join_left(place)
            self._list(place, 1)
            self._list(place, -1)
            if not self._new and rounds < _ROUNDS:
                rounds += 1
                self._repeat()

    def _join_right(self, place: int) -> None:
        words = self._words
        gap = words.gap(place)
        after = place + 1
        if after >= len(words) or gap not in {"", "-", "‑", "."}:
            return
        if gap == "." and words.written[place] is not Shape.INITIAL:
            return
        if len(words.keys[after]) == 1:
            if self._is_initial(after, place):
                self._add(after)
            return
        last = after
        while words.key(last) in context.PARTICLES and last - after < 3 and words.gap(last) in {"", "-"}:
            last += 1
        if last > after and last < len(words) and self._belongs(last, place, is_right=True):
            for between in range(after, last + 1):
                self._add(between)
        elif self._belongs(after, place, is_right=True):
            self._add(after)

    def _join_left(self, place: int) -> None:
        words = self._words
        before = place - 1
        if before < 0 or words.gap(before) not in {"", "-", "‑", "."}:
            return
        key = words.keys[before]
        if len(key) == 1:
            if self._is_initial(before, place):
                self._add(before)
            return
        if words.gap(before) == ".":
            return
        if key in sayings.NICKNAMED and words.joined(before) and words.known[place] in _NAMES:
            written = words.written[before]
            if key in sayings.NICKNAMED_SMALL if written is Shape.SMALL else written is Shape.TITLE:
                self._add(before)
                return
        if key in context.PARTICLES and (
            words.written[before] is Shape.TITLE
            or key in {"der", "den", "bin", "bint", "ibn", "della", "dos", "el", "al", "nic", "ni", "de"}
            or (before and self.verdicts[before - 1])
        ):
            self._add(before)
            return
        if key in context.PARTICLES:
            if self.evidence.led(place) >= Led.COURTESY:
                self._add(before)
            return
        if self._belongs(before, place, is_right=False):
            self._add(before)

    def _is_initial(self, letter: int, name: int) -> bool:
        words = self._words
        key = words.keys[letter]
        if words.is_possessive(letter) and letter < name:
            return False
        if words.written[letter] is Shape.INITIAL:
            dotted = words.text[words.ends[letter] : words.ends[letter] + 1] == "."
            return dotted or (key not in {"a", "i"}) or (key == "a" and not words.joined(letter))
        if letter < name and words.gap(letter) == ".":
            return True
        if letter > name and key in "st":
            return words.joined(name)  # "priya s team"
        return key not in _LONE_LETTERS and words.joined(min(letter, name))

    def _belongs(self, place: int, name: int, *, is_right: bool) -> bool:
        """Whether a word right beside a name is part of it."""
        words, evidence = self._words, self.evidence
        key, kind, shape = words.keys[place], words.known[place], words.written[place]
        if self.verdicts[place] or len(key) < 2:
            return False
        if key in context.NEVER and key not in context.FAMILY | sayings.VIRTUES:
            return False
        hyphen = words.gap(min(place, name)) in {"-", "‑"}
        title = shape is Shape.TITLE and words.written[name] is Shape.TITLE and not words.caseless
        if is_right and title:
            if key in context.PLACE_ENDS or key in context.ROLES:
                is_family = key in context.FAMILY and evidence.followed(place) > 0
                return (kind in (Known.BOTH, Known.RARE) or is_family) and not evidence.in_title_after(place)
            return kind is not Known.WORD or not evidence.in_title_after(place) or hyphen
        if kind is Known.NAME:
            return not evidence.is_thing(place)
        if kind is Known.UNKNOWN:
            if title:
                return True
            if words.is_foreign or not key.isascii():
                return False
            like = self._lexicon.likeness(key)
            if is_right and evidence.followed(place):
                return like > _UNLIKE_NAMES
            if is_right and words.known[name] is Known.NAME and like > -0.2:
                return True
            return like > (_UNLIKE_NAMES if is_right else -0.4) and not self._lexicon.slip(key)
        if not is_right and key in sayings.VIRTUES and words.known[name] is Known.NAME:
            return True
        if key in context.NEVER:
            return False
        beyond = place + (1 if is_right else -1)
        if kind in (Known.BOTH, Known.RARE) and words.kind(beyond) is Known.NAME:
            # 'mary grace tolentino'
            return words.joined(min(place, beyond))
        if kind is Known.BOTH:
            if title or hyphen:
                return key not in context.ROLES and key not in context.TRADE_TITLES
            if key in context.MODAL:
                return (
                    is_right
                    and key in context.FAMILY
                    and (evidence.followed(place) > 0 or evidence.closes(place))
                )
            return key not in context.ROLES
        if kind is Known.PLACE and not is_right and words.known[name] is not Known.PLACE:
            return self._lexicon.is_also_name(key)
        if kind in (Known.RARE, Known.WORD) and title and not is_right:
            if kind is Known.WORD and (words.known[name] is not Known.NAME or evidence.in_title(place)):
                return False
            return words.shapes[place] is Shape.TITLE and not self._is_post(key)
        return kind is Known.RARE and is_right and key in context.FAMILY and words.known[name] is Known.NAME

    def _list(self, place: int, step: int) -> None:
        """The neighbour of a name in a list: 'priya, tom and kasia'."""
        words = self._words
        other = place + step
        gap = words.gap(min(place, other))
        if not 0 <= other < len(words):
            return
        if gap == "" and words.keys[other] in context.LINKS:
            other += step
            if not 0 <= other < len(words) or not words.joined(min(other, other - step)):
                return
        elif gap == "," and words.keys[other] in context.LINKS:
            other += step
            if not 0 <= other < len(words) or words.gap(min(other, other - step)) not in {"", ","}:
                return
        elif gap not in {",", "&", "/", "+", "and"}:
            return
        if self.verdicts[other] or not self._in_list(other):
            return
        self._add(other)

    def _in_list(self, place: int) -> bool:
        words, evidence = self._words, self.evidence
        key, kind, shape = words.keys[place], words.known[place], words.shapes[place]
        if len(key) < 2 or evidence.is_thing(place):
            return False
        if key in context.NEVER and key not in {"will", "may", "junior"}:
            return False
        if kind is Known.BOTH:
            if evidence.is_month(place):
                return False
            if key in context.ROLES:
                return shape is Shape.TITLE and not evidence.in_title(place)
            if key in context.MODAL and shape is not Shape.TITLE:
                least = 2 if key in context.IDEAS else 1
                is_plural = words.key(place + 1) in context.PLURAL_DEEDS and words.joined(place)
                return is_plural or evidence.closes(place) or evidence.followed(place) >= least
            return not evidence.after_determiner(place)
        if kind in (Known.RARE, Known.WORD):
            # 'Genet and Hirut make coffee'
            opens = (
                words.written[place] is Shape.TITLE
                and evidence.led(place) is Led.OPENS
                and words.key(place + 1) == "and"
                and words.known[place + 2] is Known.NAME
                and words.shapes[place + 2] is Shape.TITLE
            )
            is_title = (shape is Shape.TITLE or opens) and not evidence.in_title(place)
            return is_title and not self._is_post(key)
        if kind is Known.UNKNOWN:
            if not key.isascii():
                return False
            like = self._lexicon.likeness(key)
            if shape is Shape.UPPER:
                return False
            if shape is Shape.TITLE:
                return like > -0.6
            if words.written[place] is Shape.TITLE:
                return like > -0.4
            return like > 0 or (like > -0.3 and not self._lexicon.slip(key))
        return kind is Known.PLACE and shape is Shape.TITLE and self._lexicon.is_also_name(key)

    def _is_post(self, key: str) -> bool:
        """What is written with a capital beside names, and is what somebody does or where."""
        return any(key in words for words in _POSTS)

    def _repeat(self) -> None:
        """A word that was a name once in this comment is one elsewhere in it."""
        words = self._words
        named = {
            words.keys[place]
            for place in range(len(words))
            if self.verdicts[place] and words.known[place] in (Known.UNKNOWN, *_NAMES)
        }
        for place, key in enumerate(words.keys):
            if self.verdicts[place] or key not in named or len(key) < 3:
                continue
            kind = words.known[place]
            if kind is Known.UNKNOWN or (
                words.written[place] is Shape.TITLE
                and not words.caseless
                and kind is Known.BOTH
                and key not in context.ROLES
                and not self.evidence.is_month(place)
                and not self.evidence.is_thing(place)
            ):
                self._add(place)

    def spans(self) -> list[tuple[int, int]]:
        """(start, end) of the names; words side by side are one name."""
        words = self._words
        found: list[tuple[int, int]] = []
        last = -2
        for place in range(len(words)):
            if not self.verdicts[place]:
                continue
            start, end = words.starts[place], words.ends[place]
            if last == place - 1 and self._is_same_name(last):
                found[-1] = (found[-1][0], end)
            else:
                found.append((self._with_title(place, start), end))
            last = place
        return found

    def _is_same_name(self, place: int) -> bool:
        gap = self._words.gap(place)
        return gap in {"", "-", "‑"} or (gap == "." and self._words.written[place] is Shape.INITIAL)

    def _with_title(self, place: int, start: int) -> int:
        words = self._words
        before = place - 1
        if before < 0 or self.verdicts[before] or words.keys[before] not in context.COURTESY:
            return start
        if words.keys[before] in {"miss", "lady", "lord"} and words.written[before] is not Shape.TITLE:
            return start
        return words.starts[before] if words.gap(before) in {"", "."} else start
