"""Finding people's names in a comment, with capitals or without, by gazetteer and by what is beside them."""

from __future__ import annotations

from collections.abc import Sequence

from nlp import names_context as context
from nlp.names_evidence import Evidence, Led
from nlp.names_lexicon import Known, Lexicon
from nlp.names_words import Shape, Words

#: Beyond this a word that nobody knows is a name: with its capital in a sentence, and without one.
#: Both set on comments without names.
_LIKE_WITH_CAPITAL = 0.35
_LIKE_ALONE = 1.5
_NEVER = float("inf")

#: How often the names of a text are looked for elsewhere in it.
_ROUNDS = 2

#: Letters that stand alone in small letters and are no initial: 'u r great', 'a', 'i'.
_LONE_LETTERS = frozenset("aiurnxkst")

_NAMES = (Known.NAME, Known.BOTH)


class NameFinder:
    """Finds names. One is enough for all threads: it holds nothing of the texts."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or Lexicon()

    def find(self, text: str, skipped: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
        """(start, end) of each name in order, without overlap. Nothing inside `skipped` is read.

        A courtesy title goes with its name; a title of the trade stays. Takes time linear in the text.
        """
        words = Words(text, self._lexicon, skipped)
        known = words.known
        if all(kind is Known.WORD for kind in known) and not _has_title(words):
            return []
        search = _Search(words, self._lexicon)
        for place, kind in enumerate(known):
            if kind is not Known.WORD or words.keys[place - 1] in context.COURTESY:
                search.judge(place)
        search.spread()
        return search.spans()


def _has_title(words: Words) -> bool:
    return not context.COURTESY.isdisjoint(words.keys)


class _Search:
    """One text: which of its words are names."""

    def __init__(self, words: Words, lexicon: Lexicon) -> None:
        self._words = words
        self._lexicon = lexicon
        self._evidence = Evidence(words)
        self._is_name = bytearray(len(words))
        self._new: list[int] = []

    def judge(self, place: int) -> None:
        """Decides a word by itself and what is beside it."""
        words = self._words
        if len(words.keys[place]) == 1:
            decided = self._lone_letter(place)
        elif self._evidence.is_thing(place):
            decided = False
        else:
            kind = words.known[place]
            decided = _JUDGES[kind](self, place, words.shapes[place])
        if decided:
            self._add(place)

    def _add(self, place: int) -> None:
        if not self._is_name[place]:
            self._is_name[place] = 1
            self._new.append(place)

    def _name(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        key = words.keys[place]
        if shape is Shape.SMALL and words.written[place] is not Shape.TITLE:
            if evidence.after_determiner(place):
                return evidence.followed(place) == 2
            return True
        if shape is Shape.UPPER and len(key) <= 4 and not evidence.in_capitals(place):
            # Short words in capitals are the sector's abbreviations.
            return evidence.led(place) >= Led.DEALT_WITH or evidence.followed(place) == 2
        return True

    def _both(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        key = words.keys[place]
        if key in context.NEVER_SMALL and words.written[place] is Shape.SMALL:
            return False
        led, followed = evidence.led(place), evidence.followed(place)
        if shape is Shape.TITLE:
            if evidence.is_month(place):
                return False
            if key in context.ROLES or key in context.PLACE_ENDS or key in context.PARTICLES:
                return led >= Led.DEALT_WITH or followed == 2
            if evidence.after_determiner(place) or evidence.in_title(place):
                return led >= Led.SAID or followed == 2
            return True
        if key in context.MODAL:
            closed = evidence.closes(place)
            if led >= Led.TITLED and key not in context.AUXILIARY:
                return True
            if led >= Led.DEALT_WITH:
                return bool(followed) or closed
            return followed == 2 and evidence.is_deed_past(place) and led >= Led.OPENS
        return led >= Led.DEALT_WITH or followed == 2 or (led >= Led.BESIDE and followed >= 1)

    def _rare(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        if words.keys[place] in context.NEVER:
            return False
        led = evidence.led(place)
        if shape is Shape.TITLE:
            if words.keys[place] in context.PLACE_ENDS or words.keys[place] in context.ROLES:
                return led >= Led.COURTESY
            followed = evidence.followed(place)
            return led >= Led.SAID or followed == 2 or (led >= Led.DEALT_WITH and followed >= 1)
        return led >= Led.COURTESY and words.keys[place] not in {"said", "made", "see", "left", "back"}

    def _word(self, place: int, shape: Shape) -> bool:
        return (
            shape is Shape.TITLE
            and words_ok(self._words.keys[place])
            and self._evidence.led(place) >= Led.COURTESY
        )

    def _unknown(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        key = words.keys[place]
        if any(letter.isdigit() or letter == "_" for letter in key):
            return False
        led, followed = evidence.led(place), evidence.followed(place)
        if len(key) == 2:
            return shape is Shape.TITLE and led >= Led.SAID
        like = self._lexicon.likeness(key)
        if shape is Shape.UPPER and not evidence.in_capitals(place):
            return len(key) >= 4 and led >= Led.SAID and like > 0
        if shape is Shape.TITLE:
            if led >= Led.SAID:
                return True
            if led >= Led.DEALT_WITH or followed == 2 or (led >= Led.BESIDE and followed):
                return like > -0.3
            return like > _LIKE_WITH_CAPITAL and not evidence.after_determiner(place)
        if led >= Led.COURTESY:
            return True
        if led >= Led.SAID:
            least = -0.4
        elif led >= Led.DEALT_WITH or followed == 2:
            least = 0.0
        elif led >= Led.BESIDE and followed:
            least = 0.2
        elif led is Led.OPENS and followed and words.written[place] is Shape.TITLE:
            least = 0.3
        else:
            least = _LIKE_ALONE if len(key) >= 5 else _NEVER
        # Slips of the pen come last: looking for them costs most.
        return like > least and not evidence.after_determiner(place) and not self._lexicon.slip(key)

    def _lone_letter(self, place: int) -> bool:
        words = self._words
        before = words.key(place - 1)
        if words.gap(place - 1) not in {"", "."} or words.is_possessive(place):
            return False
        if before in context.COURTESY and before not in {"lord", "lady", "sir", "miss"}:
            return words.keys[place] not in {"a", "i"} or not words.joined(place)
        return (
            before in context.TRADE_TITLES
            and words.shapes[place] is Shape.INITIAL
            and words.keys[place] not in {"a", "i"}
        )

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
        while words.key(last) in context.PARTICLES and last - after < 3 and words.joined(last):
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
        if key in context.PARTICLES and (
            words.written[before] is Shape.TITLE
            or key in {"der", "den", "bin", "bint", "ibn", "della", "dos", "el", "al", "nic", "de"}
            or (before and self._is_name[before - 1])
        ):
            self._add(before)
            return
        if key in context.PARTICLES:
            if self._evidence.led(place) >= Led.COURTESY:
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
        return key not in _LONE_LETTERS and words.joined(min(letter, name))

    def _belongs(self, place: int, name: int, *, is_right: bool) -> bool:
        """Whether a word right beside a name is part of it."""
        words, evidence = self._words, self._evidence
        key, kind, shape = words.keys[place], words.known[place], words.written[place]
        if self._is_name[place] or len(key) < 2 or key in context.NEVER:
            return False
        hyphen = words.gap(min(place, name)) in {"-", "‑"}
        title = shape is Shape.TITLE and words.written[name] is Shape.TITLE and not words.caseless
        if is_right and title:
            if key in context.PLACE_ENDS or key in context.ROLES:
                return kind in (Known.BOTH, Known.RARE) and not evidence.in_title_after(place)
            return kind is not Known.WORD or not evidence.in_title_after(place) or hyphen
        if kind is Known.NAME:
            return not evidence.is_thing(place)
        if kind is Known.UNKNOWN:
            if title:
                return True
            return not self._lexicon.slip(key) and self._lexicon.likeness(key) > (-0.3 if hyphen else 0.1)
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
        if kind is Known.RARE and title and not is_right:
            return words.shapes[place] is Shape.TITLE and key not in context.ROLES
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
        if self._is_name[other] or not self._in_list(other):
            return
        self._add(other)

    def _in_list(self, place: int) -> bool:
        words, evidence = self._words, self._evidence
        key, kind, shape = words.keys[place], words.known[place], words.shapes[place]
        if len(key) < 2 or key in context.NEVER or evidence.is_thing(place):
            return False
        if kind is Known.BOTH:
            if evidence.is_month(place) or key in context.ROLES:
                return False
            if key in context.MODAL and shape is not Shape.TITLE:
                return evidence.closes(place) or evidence.followed(place) == 2
            return not evidence.after_determiner(place)
        if kind is Known.UNKNOWN:
            like = self._lexicon.likeness(key)
            if shape is Shape.TITLE:
                return like > -0.6
            return like > 0 and not self._lexicon.slip(key)
        return kind is Known.PLACE and shape is Shape.TITLE and self._lexicon.is_also_name(key)

    def _repeat(self) -> None:
        """A word that was a name once in this comment is one elsewhere in it."""
        words = self._words
        named = {
            words.keys[place]
            for place in range(len(words))
            if self._is_name[place] and words.known[place] in (Known.UNKNOWN, *_NAMES)
        }
        for place, key in enumerate(words.keys):
            if self._is_name[place] or key not in named or len(key) < 3:
                continue
            kind = words.known[place]
            if kind is Known.UNKNOWN or (
                words.shapes[place] is Shape.TITLE
                and kind is Known.BOTH
                and key not in context.ROLES
                and not self._evidence.is_month(place)
                and not self._evidence.is_thing(place)
            ):
                self._add(place)

    def spans(self) -> list[tuple[int, int]]:
        """(start, end) of the names; words side by side are one name."""
        words = self._words
        found: list[tuple[int, int]] = []
        last = -2
        for place in range(len(words)):
            if not self._is_name[place]:
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
        if before < 0 or words.keys[before] not in context.COURTESY:
            return start
        if words.keys[before] in {"miss", "lady", "lord"} and words.written[before] is not Shape.TITLE:
            return start
        return words.starts[before] if words.gap(before) in {"", "."} else start


def words_ok(key: str) -> bool:
    return key not in context.NEVER


_JUDGES = {
    Known.NAME: _Search._name,
    Known.BOTH: _Search._both,
    Known.RARE: _Search._rare,
    Known.PLACE: _Search._rare,
    Known.WORD: _Search._word,
    Known.UNKNOWN: _Search._unknown,
}
