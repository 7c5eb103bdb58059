"""Comments with names put where people stand in them: sentences to learn names from, without end.

The comments are the project's own, in which staff speak of 'my manager' or 'she'. There a name goes,
drawn from the gazetteer, so that what stands around names is as various as what people write.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlp.redaction_evaluation import Marked, words_of_name

_ROLES = (
    "manager|line manager|ward manager|team leader|team lead|mentor|supervisor|clinical supervisor"
    "|educational supervisor|practice educator|educator|assessor|matron|sister|ward sister"
    "|charge nurse|nurse in charge|lead nurse|head of service|head of department|director|consultant"
    "|registrar|reg|tutor|trainer|boss|team manager|service manager|deputy|deputy manager"
    "|practice manager|colleagues?|buddy|senior|band [567]|preceptor|facilitator|chief exec"
    "|chief executive|pharmacist|physio|porter|nurse|hca|carer|healthcare assistant|housekeeper"
    "|receptionist|secretary|partner|senior partner|gp|doctor|lead|student|paramedic|supervisors"
    "|managers|trust lead|departmental lead|ops manager|clinical lead|assistant|technician|cook"
    "|cleaner|domestic|crewmate|chap|lad|girl|woman|fella|lady|bloke|man"
)
_SOMEONE = re.compile(
    r"\b(?:my|our|the|a|one of the|this|that|his|her|their|new|old) "
    r"(?:(?:new|old|then|last|first|lovely|own|current|previous|former|senior|junior|night|day|other"
    r"|young|older|good|brilliant|clinical|practice|best|nice) )?"
    rf"(?:{_ROLES})\b"
    r"(?!['’-]| (?:and|manager|team|role|post|job|office|course|staff|room|station|meeting|lead|level"
    r"|leader|led|day|shift|training|bank|degree))",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"(?:^|(?<=[.!?,;:] )|(?<= and )|(?<= but )|(?<= when )|(?<= so )|(?<= because )|(?<= that )"
    r"|(?<= if ))(?:she|he)(?= [a-z])"
    r"|(?<= )(?:him|her)(?=[.,;!?]| (?:to|for|about|and|on|in|at|again|back|when|if|once|twice|every"
    r"|yesterday|today|last|but|because|why|what|how|with|that|this)\b)"
    r"|(?<= )(?:someone|somebody|nobody|no one|everyone)(?= [a-z])",
    re.IGNORECASE,
)
_OWNER = re.compile(r"(?<= )(?:her|his)(?= [a-z]{3,})")
_SEVERAL = re.compile(
    r"\b(?:my colleagues|the team|the girls|the managers|our managers|they|the seniors|the nurses"
    r"|the doctors|the lads|the educators)\b(?= [a-z])",
    re.IGNORECASE,
)

#: Words before and after a comment, as people thank, greet and sign; each * is a name.
_BEFORE = (
    "thanks to *, ", "thank you *. ", "shout out to *. ", "hi *, ", "Big thanks to *. ", "well done *! ",
    "*: ", "credit to *. ", "Kudos *. ", "* if you read this, ", "I owe *. ", "we miss *. ", "* left. ",
    "ask *. ", "bring back *. ", "*?? ", "more people like * please. ", "Cheers * xx ",
    "lost * to agency. ",
)
_AFTER = (
    " thanks *", " (ask *)", " - *", " cheers *", ", thank you *.", " Give * a medal.", " Like * does.",
    " Not like *.", " with * and *.", " * knows.", " Only * and * ever do.", " I told *.", " says *.",
    " said *.", " Same with *, * and *.", " Promote *.", " That was *.", " It was all *.", " because of *.",
    " until * came.", " since * left.", " * will tell you.", " Well, apart from *.", " even *.",
)

_TITLES = (
    "Dr", "Mr", "Mrs", "Ms", "Miss", "Prof", "Professor", "Sister", "Matron", "Nurse", "Staff nurse",
    "Charge nurse", "Sr", "Doctor", "Father", "Rev",
)

#: The mark around a name while a sentence is made; no comment holds it.
_START, _END = "\ue000", "\ue001"


@dataclass(frozen=True, slots=True)
class Named:
    """A sentence, the (start, end) of each name in it, without its title, and of what is no word."""

    text: str
    names: tuple[tuple[int, int], ...] = ()
    skipped: tuple[tuple[int, int], ...] = ()


def named(sentence: Marked) -> Named:
    """A marked sentence, with what redaction takes out before it looks for names."""
    names: list[tuple[int, int]] = []
    skipped: list[tuple[int, int]] = []
    for span in sorted(sentence.spans, key=lambda span: span.start):
        if span.kind == "PERSON":
            words = words_of_name(sentence.text, span)
            names.append((words[0][0], words[-1][1]))
        else:
            skipped.append((span.start, span.end))
    return Named(sentence.text, tuple(names), tuple(skipped))


@dataclass(frozen=True, slots=True)
class Names:
    """Names to draw from, in small letters: plain ones, ones that are words as often, and seldom."""

    plain: Sequence[str]
    both: Sequence[str]
    rare: Sequence[str]


class Placing:
    """Puts names into comments. The same `rng` gives the same sentences."""

    def __init__(self, names: Names, rng: random.Random) -> None:
        self._names = names
        self._rng = rng

    def place(self, comment: str) -> Named:
        """The comment with up to three names in it, or none, written as people type."""
        chance = self._rng.random
        text = comment
        if chance() < 0.75:
            text = self._inside(comment)
            likely = 0.1 if _START in text else 0.25
            if chance() < likely:
                text = self._filled(self._rng.choice(_BEFORE)) + text
            if chance() < likely:
                text = text.rstrip() + self._filled(self._rng.choice(_AFTER))
        return _read(self._as_typed(text))

    def _inside(self, comment: str) -> str:
        kinds: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
            (_SOMEONE, self._someone),
            (_PRONOUN, lambda _: self._name()),
            (_OWNER, lambda _: self._name() + self._rng.choice(("'s", "'s", "'s", "’s", "s"))),
            (_SEVERAL, lambda _: self._several()),
        )
        found = [(match, make) for pattern, make in kinds for match in pattern.finditer(comment)]
        self._rng.shuffle(found)
        most = self._rng.choice((1, 1, 2, 2, 3))
        chosen: list[tuple[re.Match[str], Callable[[str], str]]] = []
        for match, make in found:
            free = all(match.end() <= o.start() or match.start() >= o.end() for o, _ in chosen)
            if free and len(chosen) < most:
                chosen.append((match, make))
        for match, make in sorted(chosen, key=lambda pair: -pair[0].start()):
            comment = comment[: match.start()] + make(match.group()) + comment[match.end() :]
        return comment

    def _someone(self, role: str) -> str:
        way = self._rng.random()
        if way < 0.55:
            return self._name()
        if way < 0.75:
            return f"{role} {self._name()}"
        if way < 0.85:
            return f"{self._name()}, {role},"
        if way < 0.92:
            return f"{role} ({self._name()})"
        if way < 0.96:
            return f"{self._name()} and {self._name()}"
        return f"{self._name()} the {role.split()[-1]}"

    def _several(self) -> str:
        way, choice = self._rng.random(), self._rng.choice
        if way < 0.6:
            return self._name() + choice((" and ", " & ", " n ")) + self._name()
        if way < 0.9:
            return f"{self._name()}, {self._name()}{choice((' and ', ', and '))}{self._name()}"
        return f"{self._name()} and the rest"

    def _filled(self, words: str) -> str:
        return re.sub(r"\*", lambda _: self._name(), words)

    def _name(self) -> str:
        way, rng = self._rng.random(), self._rng
        title, name = "", self._word()
        if 0.62 <= way < 0.82:
            name = f"{name} {self._word()}"
        elif 0.82 <= way < 0.86:
            name = f"{name}-{self._word()}"
        elif 0.86 <= way < 0.9:
            name = f"{name} {rng.choice('ABCDEFGHJKLMNOPRSTW')}"
        elif way >= 0.9:
            title = rng.choice(_TITLES) + " "
            name = name if rng.random() < 0.8 else f"{name} {self._word()}"
        return f"{title}{_START}{name}{_END}"

    def _word(self) -> str:
        way, names = self._rng.random(), self._names
        pool = names.plain if way < 0.7 else names.both if way < 0.92 else names.rare
        word = self._rng.choice(pool)
        if word.startswith("mc") and len(word) > 4:
            return "Mc" + word[2:].capitalize()
        return re.sub(r"(?:^|(?<=[-' ]))\w", lambda first: first.group().upper(), word)

    def _as_typed(self, text: str) -> str:
        way = self._rng.random()
        if way < 0.5:
            return text
        if way < 0.88:
            return _each(text, str.lower)
        if way < 0.91:
            return _each(text, str.upper)
        if way < 0.96:
            return text[:1] + _each(text[1:], str.lower)
        return _each(text, lambda letter: letter.lower() if self._rng.random() < 0.5 else letter)


def _each(text: str, change: Callable[[str], str]) -> str:
    """Every letter changed whose other form is as long."""
    return "".join(new if len(new := change(letter)) == 1 else letter for letter in text)


def _read(marked: str) -> Named:
    pieces: list[str] = []
    names: list[tuple[int, int]] = []
    length = 0
    for piece in re.split(f"({_START}[^{_END}]*{_END})", marked):
        is_name = piece.startswith(_START)
        word = piece[1:-1] if is_name else piece
        if is_name:
            names.append((length, length + len(word)))
        pieces.append(word)
        length += len(word)
    return Named("".join(pieces), tuple(names))
