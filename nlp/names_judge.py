"""Whether a word is a name, from what is known of it and what stands beside it."""

from __future__ import annotations

import re

from nlp import names_context as context
from nlp import names_sayings as sayings
from nlp.names_evidence import NO_NAME, Evidence, Led
from nlp.names_lexicon import Known, Lexicon
from nlp.names_words import Shape, Words

#: Beyond this a word that nobody knows is a name: with its capital in a sentence, and without one.
#: Both set on comments without names.
_LIKE_WITH_CAPITAL = -0.5
_LIKE_ALONE = -0.2
#: And what looks so much like a name that it is no slip of the pen, beside other evidence and alone.
_NO_SLIP, _NO_SLIP_BESIDE, _NO_SLIP_ALONE = -0.2, 0.2, 0.6
_NEVER = float("inf")


#: 'McAteer', 'DeShawn'
#: 'Mohammmed'
_THRICE = re.compile(r"(.)\1\1+")

_BEFORE_CAPITALS = ("mc", "mac", "de", "di", "du", "la", "le", "fitz", "van", "o")

#: 'lost faith', 'love summer'
_FELT = context.word_set("lost lose love loves loved miss hate owe hear")


class Judge:
    """Decides each word of a text by itself. Reads only a few words around it."""

    def __init__(self, words: Words, lexicon: Lexicon, evidence: Evidence) -> None:
        self._words = words
        self._lexicon = lexicon
        self._evidence = evidence

    def is_name(self, place: int) -> bool:
        """Whether a word is a name, or the initial of one after a title."""
        words = self._words
        if len(words.keys[place]) == 1:
            return self._lone_letter(place)
        if self._evidence.is_thing(place):
            return False
        return _JUDGES[words.known[place]](self, place, words.shapes[place])

    def in_syllables(self, place: int) -> bool:
        """'Shu Fen', 'min-jun': two syllables of an East Asian name, at least one of them no word."""
        words = self._words
        keys = words.keys[place : place + 2]
        if len(keys) < 2 or words.gap(place) not in {"", "-"} or not context.SYLLABLES.issuperset(keys):
            return False
        if words.known[place] is Known.WORD and words.known[place + 1] is Known.WORD:
            return False
        if words.written[place] is Shape.TITLE and words.written[place + 1] is Shape.TITLE:
            return not words.caseless
        common = context.COMMON_SYLLABLES.intersection(keys)
        if not common or (len(common) == 1 and words.gap(place) == "-"):
            return True
        evidence = self._evidence
        return (context.NEVER | {"so", "an", "long", "man", "young"}).isdisjoint(keys) and (
            evidence.led(place) >= Led.DEALT_WITH or evidence.followed(place + 1) > 0
        )

    def _name(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        key = words.keys[place]
        if shape is Shape.SMALL and words.written[place] is not Shape.TITLE:
            if words.is_foreign:
                return False
            if evidence.after_determiner(place):
                return evidence.followed(place) >= 2 or words.key(place + 1) in sayings.KIN
            return True
        if shape is Shape.UPPER and len(key) <= 4 and not evidence.in_capitals(place):
            # Short words in capitals are the sector's abbreviations.
            return evidence.led(place) >= Led.DEALT_WITH or evidence.followed(place) >= 2
        return True

    def _both(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        key = words.keys[place]
        if key in {"will", "may"} and self._is_no_verb(place):
            return True
        if key in context.NEVER_SMALL and words.written[place] is Shape.SMALL:
            return False
        led, followed = evidence.led(place), evidence.followed(place)
        if shape is Shape.UPPER and len(key) <= 4 and not evidence.in_capitals(place):
            # 'CJ was in charge', and 'WAN was down'
            is_short = len(key) == 2 and key[1] in "jpbtcd" and key not in sayings.NOT_INITIALS
            return led >= Led.SAID or (is_short and (led >= Led.DEALT_WITH or followed > 0))
        if evidence.is_month(place):
            return False
        if self._is_whole(place):
            return True
        if shape is Shape.TITLE:
            if key in context.MONTHS:
                return led >= Led.DEALT_WITH or followed > 0
            if key in context.ROLES or key in context.PLACE_ENDS or key in context.PARTICLES:
                return led >= Led.DEALT_WITH or followed >= 2
            if evidence.after_determiner(place) or evidence.in_title(place):
                return led >= Led.SAID or followed >= 2
            return True
        if words.key(place - 1) in context.BEING and key in context.QUALITIES - {"blessing", "angel"}:
            return False
        if led is Led.OPENS and words.key(place + 1) in context.LINKS:
            # 'jack and rose were off': one of two is a name, so both are.
            pair = {key, words.key(place + 2)}
            is_pair = words.kind(place + 2) is Known.BOTH and not pair <= context.IDEAS
            deed = words.key(place + 3)
            if is_pair and (evidence.followed(place + 2) or deed in context.PLURAL_DEEDS | {"don't", "dont"}):
                return True
            if words.kind(place + 2) is Known.BOTH and deed in sayings.PLURAL_DEEDS:
                return True
        if key in sayings.NO_OWNERS and words.is_possessive(place) and not evidence.after_noun_marker(place):
            return True
        if key in context.MODAL:
            return self._hesitant(place, led, followed)
        if evidence.after_determiner(place) and followed < 2:
            return False
        if led is Led.OPENS and words.key(place + 1) in context.BEING and words.joined(place):
            # 'Violet was 60', and not 'Memory is short'
            return followed > 0 or all(
                key not in plain for plain in (sayings.OPENERS, context.IDEAS, context.QUALITIES)
            )
        return led >= Led.DEALT_WITH or followed >= 2 or (led >= Led.OPENS and followed >= 1)

    def _is_whole(self, place: int) -> bool:
        """'Frank Cook chairs it': a given and a family name, both words, at the start of a sentence."""
        words, evidence = self._words, self._evidence
        after = place + 1
        if words.key(after) not in context.FAMILY or not words.joined(place) or words.caseless:
            return False
        if evidence.led(place) is not Led.OPENS or words.keys[place] in context.ROLES:
            return False
        if words.written[place] is Shape.SMALL:
            return evidence.followed(after) > 0 and words.keys[place] not in context.AUXILIARY
        both_title = words.written[place] is Shape.TITLE and words.written[after] is Shape.TITLE
        return both_title and not evidence.in_title_after(after)

    def _is_no_verb(self, place: int) -> bool:
        """'will is off', 'asked may whether': a will or a may that can only be a person."""
        words, evidence = self._words, self._evidence
        key, before, after = words.keys[place], words.key(place - 1), words.key(place + 1)
        joined = words.joined(place - 1)
        if words.joined(place) and after in sayings.FINITE and not evidence.after_noun_marker(place):
            if key == "may" and after in context.BEING:
                # 'May was the worst month'
                rest = words.keys[place + 2 : place + 8]
                return evidence.followed(place) >= 2 and not {"month", "busiest", "quietest"} & set(rest)
            return key == "will" or evidence.led(place) >= Led.OPENS
        if not joined:
            return False
        if before in context.ASKED:
            return words.gap(place) != "" or after in sayings.ASKED_WHAT
        return key == "will" and before in sayings.BEFORE_PERSON and evidence.closes(place)

    def _hesitant(self, place: int, led: Led, followed: int) -> bool:
        """Whether a word that is hardly ever a name in small letters, or opening a sentence, is one."""
        words, evidence = self._words, self._evidence
        key = words.keys[place]
        if led >= Led.TITLED and key not in context.AUXILIARY:
            return True
        before = words.key(place - 1)
        if key in context.IDEAS and before in _FELT:
            return False
        if evidence.after_noun_marker(place):
            return False
        if led >= Led.DEALT_WITH and (followed or evidence.closes(place)):
            return followed >= 2 or key not in context.ABSTRACT or words.key(place - 1) in {"to", "by"}
        if followed == 3:
            return key not in context.DOINGS or words.key(place + 1) != "the"
        if led is Led.OPENS and key not in context.AUXILIARY:
            # 'Grace handled it': an idea does less.
            is_deed = evidence.is_deed_past(place) and words.key(place + 1) not in context.BEING
            if followed and (key not in context.IDEAS or is_deed or followed == 2):
                return True
            if evidence.speaks_of_person(place):
                return True
            if words.key(place + 1) in context.BEING and words.joined(place):
                # 'Bill was on the door'
                return all(key not in plain for plain in (context.IDEAS, context.QUALITIES, context.ROLES))
        if led is Led.BESIDE and followed and words.written[place] is Shape.TITLE:
            return True
        if before in sayings.THOUGHT and followed and key not in context.IDEAS | context.AUXILIARY:
            return True
        return followed == 2 and (evidence.is_deed_past(place) or key not in context.IDEAS)

    def _rare(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        if words.keys[place] in context.NEVER:
            return False
        led = evidence.led(place)
        if words.known[place] is Known.PLACE and self._lexicon.is_also_name(words.keys[place]):
            before = words.key(place - 1)
            is_person = led >= Led.DEALT_WITH and (before == "with" or before in context.ASKED)
            if is_person or evidence.followed(place) >= 2:
                return True
        if shape is Shape.TITLE:
            if words.keys[place] in context.PLACE_ENDS or words.keys[place] in context.ROLES:
                return led >= Led.COURTESY or words.key(place - 1) in sayings.CALLED_BY_TITLE
            if words.known[place] is Known.PLACE:
                return led >= Led.SAID
            followed = evidence.followed(place)
            return led >= Led.SAID or followed >= 2 or self._acts(place, led)
        if led is Led.TITLED and evidence.followed(place):
            return True
        return led >= Led.COURTESY and words.keys[place] not in {"said", "made", "see", "left", "back"}

    def _word(self, place: int, shape: Shape) -> bool:
        key = self._words.keys[place]
        if shape is not Shape.TITLE:
            return False
        before = self._words.key(place - 1)
        if key in context.FAMILY and (before in sayings.CALLED_BY_TITLE or before in context.COURTESY):
            return self._words.gap(place - 1) in {"", "."} and not self._evidence.in_title_after(place)
        if key in context.NEVER:
            return False
        led = self._evidence.led(place)
        return led >= Led.COURTESY or self._acts(place, led)

    def _acts(self, place: int, led: Led) -> bool:
        """'so Perpetua took me': a capital in a sentence, and what a person does."""
        key, evidence = self._words.keys[place], self._evidence
        if led < Led.BESIDE or evidence.in_title(place) or self._words.key(place - 1) == "of":
            return False
        if key in context.ROLES or key in context.DEPARTMENTS or key in context.PLACE_ENDS:
            return False
        return evidence.followed(place) > 0 and self._words.key(place + 1) not in sayings.INTENTIONS

    def _unknown(self, place: int, shape: Shape) -> bool:
        words, evidence = self._words, self._evidence
        key = words.keys[place]
        if NO_NAME.search(key):
            return self._lexicon.known(_THRICE.sub(r"\1\1", key)) is Known.NAME
        led, followed = evidence.led(place), evidence.followed(place)
        if words.is_foreign or not key.isascii():
            return led >= Led.SAID
        if len(key) == 2:
            return shape is Shape.TITLE and led >= Led.SAID
        like = self._lexicon.likeness(key)
        if shape is Shape.UPPER and not evidence.in_capitals(place):
            return len(key) >= 4 and led >= Led.SAID and like > 0
        if shape is not Shape.SMALL and self._is_brand(place):
            return False
        if shape is Shape.TITLE:
            if led >= Led.DEALT_WITH or followed >= 2:
                return True
            if led >= Led.BESIDE and followed:
                return like > -0.6
            return like > _LIKE_WITH_CAPITAL and not evidence.after_determiner(place)
        if led >= Led.COURTESY:
            return True
        least, no_slip = _LIKE_ALONE if len(key) > 3 else _NEVER, _NO_SLIP_ALONE
        if led >= Led.DEALT_WITH or followed >= 2:
            is_title = words.written[place] is Shape.TITLE and not words.caseless
            least, no_slip = (-1.2 if is_title else -0.6), _NO_SLIP
        elif followed and words.written[place] is Shape.TITLE:
            least, no_slip = -1.0, _NO_SLIP_BESIDE
        elif followed or led >= Led.BESIDE:
            least, no_slip = (-0.4 if followed else least), _NO_SLIP_BESIDE
        if like <= least or evidence.after_determiner(place):
            return False
        # Looking for slips costs most.
        return like > no_slip or not self._lexicon.slip(key)

    def _is_brand(self, place: int) -> bool:
        """'OneNote', and not 'McAteer' or 'DeShawn'."""
        words = self._words
        word = words.text[words.starts[place] + 1 : words.ends[place]]
        return not word.islower() and not words.keys[place].startswith(_BEFORE_CAPITALS)

    def _lone_letter(self, place: int) -> bool:
        words = self._words
        before, key, shape = words.key(place - 1), words.keys[place], words.shapes[place]
        if self._in_initials(place) or self._in_initials(place - 1):
            return True
        if words.gap(place - 1) not in {"", "."} or words.is_possessive(place):
            return False
        if shape is Shape.INITIAL and key not in {"a", "i"} and self._is_called_by_letter(place):
            return True
        if before in context.COURTESY and before not in {"lord", "lady", "sir", "miss"}:
            return key not in {"a", "i"} or not words.joined(place)
        if before in {"sister", "nurse", "matron"} and key not in "aiunxsty":
            return True
        return before in context.TRADE_TITLES and shape is Shape.INITIAL and key not in {"a", "i"}

    def _is_called_by_letter(self, place: int) -> bool:
        """'J told me', 'I reported J. for it', and not 'C diff'."""
        words, evidence = self._words, self._evidence
        led = evidence.led(place)
        if evidence.followed(place) >= 2 and led in (Led.OPENS, Led.BESIDE):
            return True
        if led < Led.DEALT_WITH or words.gap(place)[:1] not in {"", ".", ","}:
            return False
        before = words.key(place - 1)
        is_dealt = before in context.ASKED or before in context.DEALING_LINKS or before in context.ROLES
        return is_dealt and evidence.closes(place)

    def _in_initials(self, place: int) -> bool:
        """The first letter of a pair with stops: 'T.J.', and not 'U.K.' or 'R.C.N.'."""
        words = self._words
        pair = words.keys[place : place + 2] if place >= 0 else []
        return (
            [len(key) for key in pair] == [1, 1]
            and words.text[words.ends[place] : words.starts[place + 1]] == "."
            and words.text[words.ends[place + 1] : words.ends[place + 1] + 1] == "."
            and words.written[place] is Shape.INITIAL
            and words.written[place + 1] is Shape.INITIAL
            and not any(
                len(words.key(other)) == 1 and words.gap(min(other, place + 1)) == "."
                for other in (place - 1, place + 2)
            )
            and "".join(pair) not in sayings.NOT_INITIALS
        )


_JUDGES = {
    Known.NAME: Judge._name,
    Known.BOTH: Judge._both,
    Known.RARE: Judge._rare,
    Known.PLACE: Judge._rare,
    Known.WORD: Judge._word,
    Known.UNKNOWN: Judge._unknown,
}
