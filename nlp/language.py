"""Which language a comment is in, where that is not English, by CLD2. Works offline."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pycld2

#: Characters looked at. Enough for any language, and bounds the time for any text.
MOST_CHARACTERS = 2000

#: A Latin text of fewer words is called foreign only when it has a letter that English has not:
#: "Brak szkoleń", but not "appraisals r a joke".
FEWEST_WORDS = 5

#: Letters beyond this one are no Latin letters of a western or central European language.
_LAST_LATIN = "\u024f"

#: Share of words that only English has, from which a text is English without another look.
ENOUGH_ENGLISH = 0.2

#: Common words of English that other languages in Latin script do not share.
_ONLY_ENGLISH = frozenset(
    """the of and my is are was were we our us you your they their them it its he she his this that
    these those with for from not but what when where who why how would could should will can have
    has had been be being by there here all any some more most very good great too much many need
    needs want get got getting about after before again always never only just than then when if
    or because while i'm don't doesn't isn't can't won't it's we're they're i've know think feel
    work working people day every other one two new old no-one nobody nothing everything everyone
    something which into out up over""".split()  # noqa: SIM905 - a list of strings would fill the page
)

#: What CLD2 calls English of a region, or an alphabet instead of a language.
_ENGLISH = frozenset({"en", "sco", "un"})
#: What CLD2 answers where it does not know the language: Hindi in Latin letters is "Basque" to it.
_GUESSWORK = frozenset({"eu", "la", "ia", "ie", "vo", "jbo", "rm", "kl", "fy", "rw", "xh", "zzp", "tlh"})
_TODAYS_CODES = {"iw": "he", "jw": "jv", "mo": "ro", "sh": "sr", "no": "nb"}

_WORD = re.compile(r"[^\W\d_]{1,40}(?:['’][^\W\d_]{1,40})?")


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """That a text is not English. `code` is the language in ISO 639, or None when it is unclear."""

    code: str | None


def words_of(text: str) -> list[str]:
    """The words of `text` in lower case, without what redaction put in the place of others."""
    plain = re.sub(r"\[[^\]\[]{0,40}\]", " ", text).replace("’", "'")
    return [word.casefold() for word in _WORD.findall(plain)]


def other_language(text: str) -> OtherLanguage | None:
    """The language of `text`, or None where it is English or too little to tell.

    A text that mixes English with another language counts as the other when that prevails.
    """
    text = text[:MOST_CHARACTERS]
    if _is_mostly_in_another_script(text):
        return OtherLanguage(_code(_detected(text)))
    words = words_of(text)
    if len(words) < FEWEST_WORDS and all(map(str.isascii, words)):
        return None
    if sum(word in _ONLY_ENGLISH for word in words) >= len(words) * ENOUGH_ENGLISH:
        return None
    detected = _detected(" ".join(words))
    return None if detected in _ENGLISH else OtherLanguage(_code(detected))


def _is_mostly_in_another_script(text: str) -> bool:
    if text.isascii():
        return False
    letters = [character for character in text if character.isalpha()]
    return sum(character > _LAST_LATIN for character in letters) > len(letters) / 3


def _detected(text: str) -> str:
    # CLD2 refuses control characters and halves of surrogate pairs.
    printable = "".join(character if character.isprintable() else " " for character in text)
    _, _, guesses = pycld2.detect(printable, bestEffort=True)
    return str(guesses[0][1])


def _code(detected: str) -> str | None:
    code = detected.partition("-")[0]
    code = _TODAYS_CODES.get(code, code)
    return code if re.fullmatch("[a-z]{2,3}", code) and code not in _GUESSWORK | _ENGLISH else None
