"""What a person should know about a comment: a concern about harm, another language, too short.

A concern is flagged when either a wording tells of it (`nlp.concerns`, which anyone can check) or
the trained head gives it a chance over its threshold. They err towards flagging.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlp.concerns import Sign, signs_of_harm
from nlp.language import other_language, words_of
from nlp.taxonomy import Flag

#: Fewer words than this carry no theme that could be trusted, unless the word is a theme's name.
FEWEST_WORDS = 2

#: The trained head's chance from which a comment is flagged, where its model names none.
CONCERN_THRESHOLD = 0.5

#: Single words that say what a comment is about: "Appraisals" is read, "Parking" is too short.
_NAMES_OF_THEMES = frozenset(
    """appraisal appraisals feedback review reviews supervision one-to-ones training induction
    inductions learning courses simulation teaching education cpd leadership management managers
    micromanagement micromanaged favouritism communication teamwork handover handovers collaboration
    recognition appreciation appreciated unappreciated undervalued valued thanks mentor mentors
    mentoring mentorship preceptor preceptors preceptorship coaching shadowing buddy promotion
    promotions progression development career careers""".split()  # noqa: SIM905 - a list of strings would fill the page
)


@dataclass(frozen=True, slots=True)
class Flagged:
    """The flags of a comment and why: the first wording that tells of harm, where one does, and
    the language in ISO 639, where it is not English and can be told."""

    flags: tuple[Flag, ...]
    sign: Sign | None = None
    language: str | None = None


def flags_of(
    text: str,
    *,
    concern_chance: float | None = None,
    concern_threshold: float = CONCERN_THRESHOLD,
) -> tuple[Flag, ...]:
    """The flags that follow from the redacted text and the trained head's chance of a concern."""
    return look_for_flags(text, concern_chance=concern_chance, concern_threshold=concern_threshold).flags


def look_for_flags(
    text: str,
    *,
    concern_chance: float | None = None,
    concern_threshold: float = CONCERN_THRESHOLD,
) -> Flagged:
    """As `flags_of`, with the reasons. `concern_chance` is None where there is no trained head."""
    flags = []
    sign = next(signs_of_harm(text), None)
    if sign or (concern_chance is not None and concern_chance >= concern_threshold):
        flags.append(Flag.CONCERN)
    words = words_of(text)
    foreign = other_language(text)
    if foreign:
        flags.append(Flag.NOT_ENGLISH)
    elif len(words) < FEWEST_WORDS and not _NAMES_OF_THEMES.intersection(words):
        flags.append(Flag.TOO_SHORT)
    return Flagged(tuple(flags), sign, foreign.code if foreign else None)
