"""Wordings that tell of harm: the part of spotting a concern that anyone can read and check.

The wordings are lines of the files in `wordings/`, whose README says how they are written. Each
matches a text of bounded length, so that the time to read a comment grows with its length and no
faster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from nlp.openings import LETTERS, openings

_WORDINGS = Path(__file__).with_name("wordings")


class Harm(StrEnum):
    """What a wording is a sign of."""

    PATIENT_SAFETY = "patient_safety"
    BULLYING = "bullying"
    HARASSMENT = "harassment"
    SELF_HARM = "self_harm"
    VIOLENCE = "harm_to_others"
    DISCRIMINATION = "discrimination"
    FRAUD = "fraud"


@dataclass(frozen=True, slots=True)
class Sign:
    """Why a comment was flagged: the harm, and the plain words that tell of it."""

    harm: Harm
    words: str


_PEOPLE = {
    "<whom>": ("(me|us|him|her|them|you|people|staff|colleagues?|students?|juniors?|nurses?|someone)"),
    "<someone>": (
        "(she|he|they|boss|manager|matron|sister|deputy|supervisor|lead|leader|consultant"
        "|registrar|surgeon|mentor|educator|gaffer|director|doctors?|nurses?|seniors?|managers?"
        "|colleagues?)"
    ),
    "<cared for>": (
        "(patients?|residents?|clients?|service users?|lad(y|ies)|gentlem[ae]n|old (man|men|people"
        "|folks?|lady|ladies|woman|women|girl|boy)|elderly( people)?|vulnerable( people)?"
        "|bab(y|ies)|child(ren)?|kids?|mums?|mothers?)"
    ),
}

#: Before a topic: it is denied, with only such words between ("no sign of any bullying").
_DENIED = re.compile(
    r"\b(?:no|not|never|without|zero|fewer|nobody|no one|none|hasnt|havent|isnt|wasnt|arent|dont|didnt"
    r"|doesnt|free (?:from|of)|not once|nor) (?:(?:any|a|an|the|been|seen|felt|feel|heard|or|and|of"
    r"|come|across|experienced|witnessed|known|kind|sorts?|forms?|signs?|hint|such|thing|as|is|ever"
    r"|once|tolerance|tolerate|here|i|have|has|for|one|about|like|at|was|longer|made|different|work|bullying|bullied"
    r"|harassment|harassed|discrimination|racism|sexism|abuse|violence|fraud|unsafe|really|had|to|by"
    r"|anybody|anyone|us|me) ){0,7}$"
)
#: Before a topic: it is what a course or a policy is about, or what those who are helped went through.
_TAUGHT = re.compile(
    r"\b(?:training|course|session|workshop|module|talk|polic(?:y|ies)|lecture|teaching|awareness"
    r"|study day|refresher|powerpoint|slides|e ?learning|learn\w{0,3}|dealing|victims?|survivors?"
    r"|prevent\w{0,3}|recogni[sz]\w{1,3}|(?:people|patients?|women|children) (?:with|who(?:ve|s)?)|spotting"
    r"|spot|counter|anti|tackl\w{1,3}) (?:(?:on|about|for|in|against|of|from|how|to|spot|handle"
    r"|recogni[sz]e|deal|with|manag\w{1,3}|the|what|and|so|much|lots|loads|have|been|has|is|are|were|domestic|racial"
    r"|sexual|workplace|identif\w{1,4}|dealing|day|people|e|violence) ){0,6}$"
)
#: After a topic: it is the name of a course, a policy or a service.
_TITLED = re.compile(
    r"^(?: (?:and|or|at work|work|workplace|harassment|bullying|abuse|racism|prevention|risk|fraud"
    r"|discrimination|violence|mental|health|safety|e|self|harm|suicide|aggression|support|speak"
    r"|up)){0,5} (?:training|days?|role play|courses?|modules?|elearning|learning|workshops?|sessions?"
    r"|awareness|polic(?:y|ies)|prevention|weeks?|posters?|talks?|certificates?|quiz|lectures?|procedures?"
    r"|champions?|guardians?|specialists?|departments?|teams?|package|unit|services?|helpline"
    r"|pathway)\b"
)
#: After a topic: a thing that bothers or attacks in a manner of speaking.
_OF_THINGS = re.compile(
    r"^(?: (?:by|with|that|the|my|all|these|those|overdue|constant|good|an?|about|over|of|to|for"
    r"|into|on|from|amounts?|doing|get|our|car|staff|human)){0,4} (?:e ?mails?|hr|payroll|it|texts"
    r"|reminders|e ?learning|printers?|photocopiers?|computers?|system|surveys?|amounts?|inbox"
    r"|weather|rain|vending|microwave|barrier|rights|certificates?|cakes?|bean|flapjacks)\b"
)

_APOSTROPHE = re.compile(r"(?<=\w)['’‘`](?=\w)")
_PIECE = re.compile(r"[^\W_]{1,30}|[.!?;:\n]")


def plain_words(text: str) -> str:
    """`text` as lower-case words with one space between, sentences parted by ` . `."""
    pieces = _PIECE.findall(_APOSTROPHE.sub("", text.casefold()))
    return " ".join(piece if piece.isalnum() else "." for piece in pieces)


def as_pattern(wording: str) -> str:
    """The regular expression of one line."""
    for name, people in _PEOPLE.items():
        wording = wording.replace(name, people)
    wording = re.sub(r"\((?!\?)", "(?:", wording)
    wording = wording.replace("... ", r"(?:[^ .]{1,30} ){0,4}")
    return re.sub(r"(?<=[a-z)?\]])\*", r"\\w{0,8}", wording)


def read_wordings(kind: str) -> dict[Harm, list[str]]:
    """The wordings of each harm; `kind` is "topics" or "accounts"."""
    return {harm: _section(_WORDINGS / f"{harm}.txt", kind) for harm in Harm}


def _section(path: Path, kind: str) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    section = lines[lines.index(f"[{kind}]") + 1 :]
    end = next((place for place, line in enumerate(section) if line.startswith("[")), len(section))
    return [line for line in section[:end] if line]


@dataclass(frozen=True, slots=True)
class _Wordings:
    """Some wordings of one harm. `rank` orders the signs: topics before accounts, by harm."""

    rank: int
    harm: Harm
    are_topics: bool
    pattern: re.Pattern[str]


def _by_opening() -> dict[str, tuple[_Wordings, ...]]:
    """What to try at a word that begins so."""
    lines: dict[str, dict[tuple[int, Harm, bool], list[str]]] = {}
    rank = 0
    for kind in ("topics", "accounts"):
        for harm, wordings in read_wordings(kind).items():
            for pattern in map(as_pattern, wordings):
                for opening in openings(pattern):
                    key = rank, harm, kind == "topics"
                    lines.setdefault(opening, {}).setdefault(key, []).append(pattern)
            rank += 1
    return {
        opening: tuple(
            _Wordings(*key, re.compile(r"(?:" + "|".join(patterns) + r")\b"))
            for key, patterns in kinds.items()
        )
        for opening, kinds in lines.items()
    }


_BY_OPENING = _by_opening()


@lru_cache(maxsize=4096)
def _to_try(opening: str) -> tuple[_Wordings, ...]:
    """What can match where the next letters are these. Keeps a few letters at a time, never a word."""
    lengths = range(len(opening) + 1)
    return tuple(each for length in lengths for each in _BY_OPENING.get(opening[:length], ()))


def signs_of_harm(text: str) -> Iterator[Sign]:
    """Every wording in `text` that tells of harm, with what it is a sign of."""
    words = plain_words(text)
    signs = []
    start = 0
    for word in words.split(" "):
        for wordings in _to_try(words[start : start + LETTERS]):
            found = wordings.pattern.match(words, start)
            if found and not _does_not_count(words, found, is_topic=wordings.are_topics):
                signs.append((wordings.rank, start, Sign(wordings.harm, found.group())))
        start += len(word) + 1
    signs.sort(key=lambda sign: sign[:2])
    return iter([sign for _, _, sign in signs])


def _does_not_count(words: str, found: re.Match[str], *, is_topic: bool) -> bool:
    if is_topic:
        return _is_excused(words, found)
    return bool(_DENIED.search(_before(words, found)))


def _before(words: str, found: re.Match[str]) -> str:
    return words[max(0, found.start() - 80) : found.start()]


def _is_excused(words: str, found: re.Match[str]) -> bool:
    """Whether the words around a topic say that it is denied, taught or a manner of speaking."""
    before, after = _before(words, found), words[found.end() : found.end() + 80]
    return bool(
        _DENIED.search(before) or _TAUGHT.search(before) or _TITLED.search(after) or _OF_THINGS.search(after)
    )
