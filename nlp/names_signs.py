"""Whether a word is a name, weighed by signs whose weights were learnt from sentences.

The rules (`nlp.names_judge`) find what they were written for; the signs find more of what they leave.
`gazetteer/name_signs.csv` holds each sign's weight, for anyone to read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from nlp.names_context import AUXILIARY, NEVER
from nlp.names_evidence import NO_NAME, Evidence, Led
from nlp.names_lexicon import Known, Lexicon
from nlp.names_words import Shape, Words

_FILE = Path(__file__).parent / "gazetteer" / "name_signs.csv"

_KIND = {
    Known.UNKNOWN: "U",
    Known.WORD: "W",
    Known.NAME: "N",
    Known.BOTH: "B",
    Known.RARE: "R",
    Known.PLACE: "P",
}

#: Before a verb, and after one that tells somebody what to do.
_WE = frozenset({"i", "we", "they"})
_TOLD = frozenset({"my", "your", "it", "them", "us", "me", "you", "a", "an"})

_DIGIT = re.compile(r"\d")

#: What stands between two words, if it is one of these; otherwise its first character.
_GAPS = frozenset({"", "-", ",", ".", ":", "&", "(", ")", "!", "?", "/"})

#: A line break or an end of the text, and a number.
_BREAK = "end"
_DIGITS = "digits"


class Signs:
    """Weighs the words of a text. One is enough for all threads."""

    def __init__(self, lexicon: Lexicon, weights: Mapping[str, float] | None = None) -> None:
        self._lexicon = lexicon
        self._weights = read_weights() if weights is None else weights

    def odds(self, words: Words, evidence: Evidence, verdicts: Sequence[int], place: int) -> float:
        """The log-odds, as learnt, that a word is a name. Above 0 it is likelier than not."""
        known = self._weights.get
        return sum([known(sign, 0.0) for sign in self.of(words, evidence, verdicts, place)])

    def of(self, words: Words, evidence: Evidence, verdicts: Sequence[int], place: int) -> list[str]:
        """The signs of a word: `verdicts` are 1 where the rules see a name, a number for each word."""
        key, known = words.keys[place], words.known[place]
        kind = _KIND[known]
        cell = f"{kind}{words.written[place]:d}{words.shapes[place]:d}"
        likeness = max(-4, min(4, round(2 * self._lexicon.likeness(key))))
        slip = self._lexicon.slip(key) if known is Known.UNKNOWN else False
        led, followed = int(evidence.led(place)), evidence.followed(place)
        noun = int(evidence.after_determiner(place)) + 2 * int(evidence.after_noun_marker(place))
        gap_left, gap_right = _gap(words, place - 1), _gap(words, place)
        left = "^" if gap_left == _BREAK else _word(words, place - 1)
        right = "$" if gap_right == _BREAK else _word(words, place + 1)
        left2, right2 = _word(words, place - 2), _word(words, place + 2)
        on_left = verdicts[place - 1] if place else 0
        on_right = verdicts[place + 1] if place + 1 < len(verdicts) else 0
        signs = [
            "any",
            f"cell {cell}",
            f"cell {cell} {words.caseless:d}",
            f"left is name {on_left}{gap_left}",
            f"left is name {on_left}{gap_left} {cell}",
            f"right is name {on_right}{gap_right}",
            f"right is name {on_right}{gap_right} {cell}",
            f"led {led} {kind}",
            f"led {led} {cell}",
            f"followed {followed} {kind}",
            f"followed {followed} {cell}",
            f"both {led}{followed} {cell}",
            f"like {likeness} {cell}",
            f"like {likeness} {slip:d} {cell}",
            f"letters {min(len(key), 12)} {kind}",
            f"noun {noun} {kind}",
            f"noun {noun} {cell}",
            f"left {left}",
            f"left {left} {kind}{words.written[place]:d}",
            f"left2 {left2}",
            f"left2 {left2} {left}",
            f"left3 {_word(words, place - 3)}",
            f"right {right}",
            f"right {right} {kind}{words.written[place]:d}",
            f"right2 {right2}",
            f"right2 {right} {right2}",
            f"right3 {_word(words, place + 3)}",
            f"between {left} {right}",
            f"gap left {gap_left} {cell}",
            f"gap right {gap_right} {cell}",
            f"left ends {left[-2:]} {kind}",
            f"right ends {right[-2:]} {kind}",
            f"right ends {right[-1:]} {kind}",
        ]
        if known is Known.UNKNOWN or known is Known.NAME:
            signs += [f"ends {key[-3:]} {kind}", f"ends {key[-2:]} {kind}", f"begins {key[:3]} {kind}"]
        if known is not Known.UNKNOWN and known is not Known.NAME:
            signs += [
                f"word {key}",
                f"word {key} {words.written[place]:d}{words.shapes[place]:d}",
                f"word {key} led {led >= Led.DEALT_WITH:d}",
                f"word {key} followed {followed > 0:d}",
                f"word {key} noun {noun}",
            ]
        return signs


def places_to_weigh(words: Words, evidence: Evidence, verdicts: Sequence[int]) -> list[int]:
    """What the rules have left and could be a name: no lone letter, no month and nothing that bears a
    name, no verb, and no ordinary word unless it has a capital within a sentence or is a name now and
    then."""
    if words.is_foreign:
        return []
    return [
        place
        for place, known in enumerate(words.known)
        if known is not Known.WORD or words.shapes[place] is not Shape.SMALL
        if not verdicts[place] and len(key := words.keys[place]) > 1
        if not (known is Known.RARE and key in NEVER)
        if not (key in AUXILIARY and words.written[place] is Shape.SMALL)
        if not (known in (Known.BOTH, Known.RARE) and _is_verb(words, place))
        if not (known is Known.UNKNOWN and NO_NAME.search(key))
        if not evidence.is_month(place) and not evidence.is_thing(place)
    ]


def _is_verb(words: Words, place: int) -> bool:
    """'we bill', 'they chase', 'Mark my work', 'Ring 0161'."""
    if words.shapes[place] is not Shape.SMALL:
        return False
    if words.joined(place - 1):
        return words.key(place - 1) in _WE
    is_told = words.joined(place) and words.key(place + 1) in _TOLD
    return is_told or words.gap(place)[:2].strip("( +")[:1].isdigit()


def read_weights(path: Path = _FILE) -> dict[str, float]:
    """Weights by sign, from a file of lines `weight,sign` under a heading of comments."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        return {sign: float(weight) for weight, sign in rows}


def _word(words: Words, place: int) -> str:
    """An ordinary word as it is; of any other its kind, lest the weights know people."""
    if not 0 <= place < len(words):
        return "$" if place >= 0 else "^"
    known = words.known[place]
    written = words.written[place]
    if known is Known.WORD or (written is Shape.SMALL and known in (Known.BOTH, Known.RARE)):
        return words.keys[place]
    return f"<{_KIND[known]}{written:d}>"


def _gap(words: Words, place: int) -> str:
    gap = words.gap(place)
    if gap in _GAPS:
        return gap
    if "\n" in gap:
        return _BREAK
    return _DIGITS if _DIGIT.search(gap) else gap[:1]
