"""What stands beside a word and speaks for a name, or against one."""

from __future__ import annotations

import re
from enum import IntEnum

from nlp import names_context as context
from nlp import names_sayings as sayings
from nlp.names_lexicon import Known
from nlp.names_words import Shape, Words

#: 'sooooo', 'b12', and what is longer than names are
NO_NAME = re.compile(r"(.)\1\1|[\d_]|^.{25}")

_DIGIT_END = re.compile(r"\d\s*$")
_DIGIT_START = re.compile(r"^\W{0,2}\d")


class Led(IntEnum):
    """What leads up to a word, from nothing to what only a name follows."""

    NOTHING = 0
    OPENS = 1
    #: 'with X', 'when X'
    BESIDE = 2
    #: 'spoke to X', 'asked X'
    DEALT_WITH = 3
    #: 'thanks to X', 'my manager X', 'Sister X'
    SAID = 4
    #: 'Sister X'
    TITLED = 5
    #: 'Dr X'
    COURTESY = 6


_BESIDE = context.DEALING_LINKS | context.word_set(
    "but because when if that until while though unlike without only hi hello hey morning sorry "
    "welcome bye bless goodbye hiya where since once and or so then"
)

#: Roles of one person: 'Prince the porter', and not 'drew the line'.
_POSTS = context.ROLES - context.word_set(
    "line head lead chief senior junior charge incharge member mate friend partner seniors legend "
    "favourite student driver owner doctors nurses colleagues rep"
)

_DEED_PAST = context.word_set(
    "told said taught made took kept knew thought left ran went came gave spoke understood did rang "
    "brought spent sat stood put wrote got rolled who"
)


class Evidence:
    """Reads the words around one word, never more than a few: the cost of a text stays linear."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def led(self, place: int) -> Led:
        """How strongly what stands before a word speaks for a name."""
        words = self._words
        before = place - 1
        passed = 0
        while before >= 0 and passed < 3 and words.key(before) in context.PARTICLES and words.joined(before):
            before, passed = before - 1, passed + 1
        if before < 0:
            return Led.OPENS
        gap = words.gap(before)
        key = words.keys[before]
        if gap in {"", "."}:
            if key in context.COURTESY and not (key == "miss" and words.written[before] is Shape.SMALL):
                return Led.COURTESY
            if len(key) == 1 and gap == "." and words.written[before] is Shape.SMALL:
                return Led.NOTHING if (words.key(before - 1), key) in sayings.ABBREVIATED else Led.DEALT_WITH
            if words.written[before] is Shape.INITIAL and key != "i":
                if gap == "." and words.written[place] is Shape.TITLE:
                    return Led.SAID
                if words.written[place] is Shape.TITLE and key != "a":
                    return Led.DEALT_WITH
        if gap == "" and key in {"sister", "matron", "nurse", "sr"}:
            return Led.TITLED
        if gap == "" and (
            key in sayings.HONORIFICS
            or (key in {"big", "wee", "lil", "auld"} and words.written[place] is Shape.TITLE)
        ):
            return Led.SAID
        if gap in {"", ",", "(", "-", "–", ":"} and key in context.ROLES:
            return Led.SAID
        if gap == "" and key in context.TRADE_TITLES:
            return Led.SAID
        if gap in {"", ",", ":", "-"} and key in context.THANKS:
            return Led.SAID
        if gap == ":" and self.closes(place):
            return Led.DEALT_WITH
        if gap in {"", ","} and key in {"especially", "particularly", "including"}:
            return Led.DEALT_WITH
        if gap not in {"", ","} or (gap == "," and key not in {"you", "done", "hi", "hello", "hey"}):
            return Led.OPENS if any(mark in gap for mark in ".!?\n:;–-•*") else Led.NOTHING
        return self._led_by_phrase(before)

    def _led_by_phrase(self, before: int) -> Led:
        words = self._words
        passed = 0
        while passed < 4 and words.key(before) in context.PRAISE and words.joined(before - 1):
            before, passed = before - 1, passed + 1
        key, second, third = words.key(before), words.key(before - 1), words.key(before - 2)
        praised = passed > 0
        if key == "you" and second == "thank":
            return Led.SAID
        if key == "up" and second == "big":
            return Led.SAID
        if key == "done" and second == "well":
            return Led.SAID
        if key in {"named", "called", "name's"} or (key == "is" and second == "name"):
            return Led.SAID
        if key in {"to", "for"} and (second in context.THANKS_TO or (second == "you" and third == "thank")):
            return Led.SAID
        if praised and (key in context.ROLES or key in context.THANKS):
            return Led.SAID
        if key in context.DEALING_LINKS and second in context.DEALINGS:
            return Led.BESIDE if key == "to" and second in context.NOT_TO else Led.DEALT_WITH
        if (
            key in sayings.ASKING
            and self.led(before) is Led.OPENS
            and self._is_asked_about(before + passed + 1)
        ):
            return Led.SAID
        if key in {"is", "was"} and second in context.ROLES:
            return Led.DEALT_WITH
        if key == "like" and second in sayings.LIKENED:
            return Led.DEALT_WITH
        if key in context.LINKS and second in {"me", "i", "him", "her", "myself"}:
            return Led.DEALT_WITH
        if key == "by" and words.keys[before + 1] not in context.TIMES:
            return Led.DEALT_WITH
        if key == "for" and second in {"ask", "asked", "asking", "shout", "looking"}:
            return Led.DEALT_WITH
        if key in context.ASKED and not praised:
            return Led.DEALT_WITH
        if key in context.DEALING_LINKS and second in sayings.BETWEEN and third in context.DEALINGS:
            return Led.DEALT_WITH
        if key in {"to", "with"} and words.keys[before + 1] not in sayings.TO_DO and self._was_handed(before):
            return Led.DEALT_WITH
        return Led.BESIDE if key in _BESIDE else Led.NOTHING

    def _is_asked_about(self, place: int) -> bool:
        """'Is X coming back?', 'Can X ring me?'"""
        after = self._words.key(place + 1)
        return after.endswith("ing") or after in sayings.ANIMATE or after in sayings.ASKED_OF

    def _was_handed(self, link: int) -> bool:
        """'reported the incident to X': what was done stands some words before."""
        words = self._words
        for place in range(link - 2, max(link - 6, -1), -1):
            if not words.joined(place):
                return False
            if words.keys[place] in sayings.HANDED:
                return True
        return False

    def followed(self, place: int) -> int:
        """How strongly what follows speaks for a name, 0 to 3.

        3 is what is said of nothing else: 'X from pharmacy', 'X the porter'.
        """
        words = self._words
        if words.is_possessive(place):
            return 1
        gap = words.gap(place)
        after = place + 1
        if gap in {"-", "–", ",", "!"} and words.key(after) in {"thank", "thanks", "thankyou"}:
            return 3 if self.led(place) is Led.OPENS else 0
        if gap == "," and words.key(after) in {"my", "our", "the", "a"} and self._is_post_near(after):
            return 3
        if gap == "(" and words.key(after) in context.ROLES | {"bank", "agency", "my", "our"}:
            return 3
        if gap != "" or after >= len(words):
            return 0
        key, second, third = words.keys[after], words.key(after + 1), words.key(after + 2)
        if key == "the" and second in _POSTS:
            return 3
        if key in context.BEING or (key in {"has", "have"} and second == "been"):
            if second == "been":
                second, third = third, words.key(after + 3)
            if self._is_present(second, third) or second in {"never", "always"}:
                return 2
            # 'X is one of the best'
            is_one = (second, third) == ("one", "of") and words.key(after + 4).endswith(("est", "few"))
            if is_one or second in sayings.DONE_TO:
                return 2
            if second == "the" and third.endswith("est"):
                return 2
            if second in {"so", "such", "really", "very", "absolutely", "always", "just", "a", "an", "the"}:
                if third in sayings.SKILLED and words.key(after + 3) in {"with", "at"}:
                    return 2
                return 2 if third in context.VERY_PERSONAL or third in sayings.CALLED else 1
            if second in context.VERY_PERSONAL:
                return 2
            if second in context.PERSONAL and third in {"with", "to", "about"}:
                return 2
            if second in context.PERSONAL or second.endswith(("ing", "ed")):
                return 1
            if key != "has":
                return 0
        if key == "does" and second in sayings.OBJECTS:
            return 2
        if key in {"always", "never"}:
            is_deed = second in context.DEEDS or second.endswith(("s", "ed"))
            return 2 if is_deed or second in {"has", "there"} else 1
        if key in context.LINKS and second in {"i", "me", "myself"}:
            return 2
        if key in sayings.INTENTIONS and second and second not in context.LINKS:
            return 2 if third in {"missed", "promoted"} or second in sayings.ANIMATE else 1
        if key in sayings.DENIALS:
            return 2 if second in sayings.ANIMATE else 1
        if key in {"has", "have", "had"} and (second, third) in sayings.GONE:
            return 2
        is_verb = key.endswith(("s", "ed")) and len(key) > 4 and key not in context.DEEDS
        if is_verb and third and second in sayings.OBJECTS:
            return 1
        if key in context.DEEDS:
            return 1 if key in sayings.FAINT_DEEDS else 2
        if key in {"from", "in", "on", "at"} and (
            second in context.DEPARTMENTS or (second == "the" and third in context.DEPARTMENTS)
        ):
            if key != "from":
                # 'X on nights is', 'X in the lab has'
                verb = words.key(after + (3 if second == "the" else 2))
                return 2 if verb in context.BEING or verb in context.DEEDS else 1
            return 3
        if key == "from" and words.kind(after + 1) is Known.PLACE:
            return 2
        if key in {"on", "at", "from"} and second == "the":
            verb = words.key(after + 3)
            return 2 if verb in context.BEING or verb in context.DEEDS else 0
        return 0

    def _is_post_near(self, start: int) -> bool:
        """', our practice educator,': what somebody is, among the next few words."""
        words = self._words
        for place in range(start, min(start + 4, len(words))):
            if words.keys[place] in context.ROLES:
                return words.gap(place) != ""
            if not words.joined(place):
                return False
        return False

    def speaks_of_person(self, place: int) -> bool:
        """'X sings while he mops': a verb, and soon a word for one person."""
        words = self._words
        verb = words.key(place + 1)
        is_verb = verb.endswith(("s", "ed")) or verb in context.BEING or verb in context.DEEDS
        if not is_verb or not words.joined(place):
            return False
        for other in range(place + 2, min(place + 9, len(words))):
            if words.keys[other] in sayings.ONE_PERSON:
                return True
            if any(mark in words.gap(other) for mark in ".!?;\n"):
                return False
        return False

    def _is_present(self, second: str, third: str) -> bool:
        """'on holiday', 'in charge', 'off sick': where only people are."""
        if second == "on":
            return third in sayings.ABSENT
        return (second, third) in sayings.PRESENT

    def is_deed_past(self, place: int) -> bool:
        """Whether what follows is something a person did: 'will said', 'mark helped'."""
        key = self._words.key(place + 1)
        return key in _DEED_PAST or key.endswith("ed") or key in context.BEING

    def closes(self, place: int) -> bool:
        """Whether a phrase ends after this word."""
        words = self._words
        return words.gap(place) != "" or words.key(place + 1) in sayings.AFTER_PHRASE

    def after_determiner(self, place: int) -> bool:
        """'the grace', 'a mark': a noun."""
        words = self._words
        return words.key(place - 1) in context.DETERMINERS and words.joined(place - 1)

    def after_noun_marker(self, place: int) -> bool:
        """'my hope', 'lack of patience': a noun."""
        words = self._words
        before = words.key(place - 1)
        return (
            words.joined(place - 1)
            and (
                before in context.DETERMINERS
                or before
                in {"my", "our", "his", "her", "their", "its", "of", "no", "not", "little", "more", "less"}
            )
            and not (before == "of" and words.key(place - 2) in {"help", "leadership", "guidance", "support"})
        )

    def in_title(self, place: int) -> bool:
        """Whether a word with a capital stands beside: 'Freedom To Speak Up', 'Royal Free'."""
        words = self._words
        return any(
            words.joined(min(place, other))
            and 0 <= other < len(words)
            and words.shapes[other] in (Shape.TITLE, Shape.UPPER)
            and words.known[other] in (Known.WORD, Known.RARE)
            and words.keys[other] not in context.FAMILY
            and words.keys[other] not in context.TRADE_TITLES
            for other in (place - 1, place + 1)
        )

    def in_title_after(self, place: int) -> bool:
        """Whether an ordinary word with a capital follows: 'Priya Ward Manager'."""
        words = self._words
        after = place + 1
        return (
            words.joined(place)
            and after < len(words)
            and words.shapes[after] is not Shape.SMALL
            and words.known[after] is Known.WORD
        )

    def in_capitals(self, place: int) -> bool:
        """Whether capitals say nothing here: the whole text is in them, or the next word is."""
        words = self._words
        return words.caseless or any(
            0 <= other < len(words)
            and words.written[other] is Shape.UPPER
            and words.known[other] is Known.WORD
            and len(words.keys[other]) > 3
            for other in (place - 1, place + 1)
        )

    def is_month(self, place: int) -> bool:
        """'in May', 'May 2024', '3 April'."""
        words = self._words
        if words.keys[place] not in context.MONTHS or self.followed(place) >= 2:
            return False
        before = words.text[words.ends[place - 1] if place else 0 : words.starts[place]]
        after = words.text[words.ends[place] : words.ends[place] + 4]
        if _DIGIT_END.search(before) or _DIGIT_START.search(after):
            return True
        if words.key(place - 1) in {"and", "or"}:
            return words.key(place - 2) in sayings.ALL_MONTHS
        if words.key(place - 1) in context.MONTH_LINKS and not (
            words.key(place - 1) in {"to", "with", "by", "for", "about"}
            and words.key(place - 2) in context.DEALINGS | context.THANKS_TO
        ):
            return True
        return words.key(place + 1) in {"and", "to", "or"} and words.key(place + 2) in sayings.ALL_MONTHS

    def is_thing(self, place: int) -> bool:
        """A place, a disease, a scale or a scheme that bears somebody's name."""
        words = self._words
        key, before, after = words.keys[place], words.key(place - 1), words.key(place + 1)
        if (key, after) in context.EPONYM_PAIRS and words.gap(place + 1) != "-":
            return True
        if (before, key) in context.EPONYM_PAIRS and words.gap(place) != "-":
            return True
        if (before == "x" and key == "ray") or (key == "eve" and before in sayings.EVES):
            return True
        if (
            before in context.SAINTS
            and words.joined(place - 1)
            and (words.written[place - 1] is not Shape.SMALL or before in {"st", "saint"})
        ):
            return before in {"st", "saint", "saints"} or after in context.PLACE_ENDS
        end = words.ends[place]
        owns = words.text[end : end + 3] in {"'s ", "’s "}
        follows = words.joined(place) or owns
        if key in context.EPONYMS and (
            words.is_possessive(place) or (follows and after in context.EPONYM_ENDS)
        ):
            return self.led(place) < Led.SAID
        if not follows:
            return False
        if after in {"disease", "syndrome", "palsy", "catheter", "fracture", "lymphoma"}:
            return True
        third = words.key(place + 2)
        if owns:
            return after in {"hospital", "infirmary", "surgery", "college", "school", "church"}
        return (
            after in context.PLACE_ENDS
            and not (after == "ward" and third in {"manager", "sister", "clerk", "matron", "lead"})
            and self.led(place) < Led.DEALT_WITH
            # 'Jake Ward ran the session'
            and not (words.known[place] is Known.NAME and third in context.DEEDS)
        )
