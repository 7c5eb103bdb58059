"""What is wrong with the words of a question, or may be (B6). Pure.

Errors must be put right. Warnings are what nothing but a person can tell; the question can be used
all the same. None of it is proof that people understand a question: only asking some of them is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from surveyapp.plain_english import HARDEST_GRADE, grade, reading_age

#: The scale of an open question, which has no points.
TEXT_SCALE = "text"

#: A scale whose points say how often something happens. The points of others say how far people agree.
FREQUENCY_SCALE = "freq5"

MOST_WORDS = 20

#: The upper end of the reading ages that we write for.
_OLDEST = 11

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_CONDITION = re.compile(r"\b(?:if|when)\b[^,.?!]*", re.IGNORECASE)
_TITLED_NAME = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor)\.?\s+[A-Z]\w+")
_ADDRESS = re.compile(r"\S@\S")

#: What would have people say who they are, on a form that promises not to ask.
_WHO = re.compile(
    r"\bwho are you\b"
    r"|\byour (?:full |own |first |last )?(?:name|age|e-?mail|phone|job title|date of birth|home address)\b"
    r"|\b(?:which|what) (?:team|ward|unit|site|department) (?:do you work|are you)\b"
    r"|\bhow old are you\b",
    re.IGNORECASE,
)

_JOINING = frozenset({"and", "or"})
_NEGATIONS = frozenset(
    {"not", "never", "cannot", "no", "none", "nobody", "nothing", "nowhere", "neither", "nor"}
)
#: Whoever agrees with a sentence about these speaks of something bad.
_BAD = frozenset(
    {
        *("afraid", "bullied", "bullying", "difficult", "fear", "hard", "ignored", "lack", "lacks"),
        *("struggle", "struggles", "unfair", "worried", "worries", "worry", "wrong"),
    }
)
_JOINING_CY = frozenset({"a", "ac", "neu"})
_NEGATIONS_CY = frozenset({"ddim", "nid"})


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Rule(StrEnum):
    LENGTH = "length"
    ONE_IDEA = "one_idea"
    NEGATION = "negation"
    REVERSED = "reversed"
    GRADE = "grade"
    ENDING = "ending"
    NAME = "name"
    WHO = "who"
    DOUBLE = "double"
    WELSH = "welsh"


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` say what is wrong and what to do, without a full stop at the end."""

    rule: Rule
    severity: Severity
    words: str


@dataclass(frozen=True, slots=True)
class Lint:
    """All that was found in a question, in the order in which it is best read."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def mark(self) -> str:
        """Stands for exactly these warnings, so that accepting them accepts no others."""
        return hashlib.sha256("\n".join(one.words for one in self.warnings).encode()).hexdigest()[:16]


def lint(
    text: str, *, scale: str, text_cy: str = "", others: Iterable[tuple[str, str]] = ()
) -> Lint:
    """Look through a question. `others` are (code, words) of the questions that there are already."""
    found = [
        *_length(text),
        *_ending(text, scale),
        *_double(text, others),
        *_one_idea(text),
        *_negation(text),
        *_name(text),
        *_who(text),
        *(_reversed(text) if scale != TEXT_SCALE else ()),
        *_grade(text),
        *(_welsh(text_cy, text) if text_cy else ()),
    ]
    return Lint(
        errors=tuple(one for one in found if one.severity is Severity.ERROR),
        warnings=tuple(one for one in found if one.severity is Severity.WARNING),
    )


def same_words(text: str) -> str:
    """The words alone, so that two wordings can be told to be the same."""
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _length(text: str) -> Iterator[Finding]:
    count = len(_words(text))
    if count == 0:
        yield Finding(Rule.LENGTH, Severity.ERROR, "Enter the question in words")
    elif count > MOST_WORDS:
        yield Finding(
            Rule.LENGTH,
            Severity.ERROR,
            f"Use {MOST_WORDS} words or fewer: these are {count}",
        )


def _ending(text: str, scale: str) -> Iterator[Finding]:
    ending = text.rstrip()[-1:]
    if scale == TEXT_SCALE:
        if ending not in {".", "?"}:
            yield Finding(Rule.ENDING, Severity.ERROR, "End it with a question mark or a full stop")
    elif scale == FREQUENCY_SCALE:
        if ending != "?" or "how often" not in same_words(text):
            yield Finding(
                Rule.ENDING,
                Severity.ERROR,
                "Ask ‘how often’, and end with a question mark, to go with answers from ‘Never’ to "
                "‘Very often’",
            )
    elif ending == "?":
        yield Finding(
            Rule.ENDING,
            Severity.ERROR,
            "Say it as a statement that people can agree with, not as a question",
        )
    elif ending != ".":
        yield Finding(Rule.ENDING, Severity.ERROR, "End it with a full stop")


def _double(text: str, others: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    words = same_words(text)
    for code, other in others:
        if words and same_words(other) == words:
            yield Finding(
                Rule.DOUBLE,
                Severity.ERROR,
                f"{code} asks this in the same words. Use that question instead",
            )
            return


def _one_idea(text: str) -> Iterator[Finding]:
    joined = [word for word in _words(text) if word in _JOINING]
    sign = re.search(r"\w\s*/\s*\w|\s&\s", text)
    if joined or sign:
        shown = joined[0] if joined else "&" if sign and "&" in sign[0] else "/"
        yield Finding(
            Rule.ONE_IDEA,
            Severity.ERROR,
            f"Ask about one thing. With ‘{shown}’ nobody knows which of two things an answer is about",
        )
    if len(_SENTENCE_END.findall(text.strip())) > 1:
        yield Finding(
            Rule.ONE_IDEA,
            Severity.WARNING,
            "There is more than one sentence. Check that it asks about one thing",
        )


def _negation(text: str) -> Iterator[Finding]:
    for word in _words(text):
        if word in _NEGATIONS or word.endswith("n't"):
            yield Finding(
                Rule.NEGATION,
                Severity.ERROR,
                f"Say it without ‘{word}’. To disagree with a ‘not’ is hard to get right",
            )
            return


def _reversed(text: str) -> Iterator[Finding]:
    # What stands in a condition is no claim: 'I know who to go to if I find things hard.'
    claimed = _words(_CONDITION.sub(" ", text))
    for word in claimed:
        if word in _BAD:
            yield Finding(
                Rule.REVERSED,
                Severity.WARNING,
                f"‘{word}’ may make the top answer a bad one. In all our questions the top answer is "
                "good, and the score counts it so",
            )
            return


def _name(text: str) -> Iterator[Finding]:
    if _TITLED_NAME.search(text) or _ADDRESS.search(text):
        yield Finding(
            Rule.NAME, Severity.ERROR, "Take the name or address out. Ask about a role instead"
        )
        return
    for sentence in _SENTENCE_END.split(text):
        for word in _WORD.findall(sentence)[1:]:
            # 'I', 'I'm' and all capitals, like NHS, are no names.
            if word[0].isupper() and word[1:2].islower() and word.lower() not in {"i"}:
                yield Finding(
                    Rule.NAME,
                    Severity.WARNING,
                    f"‘{word}’ may be a name. Check that the question names no person",
                )
                return


def _who(text: str) -> Iterator[Finding]:
    if _WHO.search(text):
        yield Finding(
            Rule.WHO,
            Severity.ERROR,
            "Do not ask who people are or where they work. They were promised that we do not want to know",
        )


def _grade(text: str) -> Iterator[Finding]:
    if grade(text) > HARDEST_GRADE:
        age = reading_age(text)
        guess = f"about {age}" if age > _OLDEST else f"a little over {_OLDEST}"
        yield Finding(
            Rule.GRADE,
            Severity.WARNING,
            f"It may be hard to read. We guess that it takes a reading age of {guess}. Try shorter words",
        )


def _welsh(text_cy: str, text: str) -> Iterator[Finding]:
    words = _words(text_cy)
    if same_words(text_cy) == same_words(text):
        yield Finding(Rule.WELSH, Severity.WARNING, "The Welsh words are the same as the English ones")
        return
    joined = next((word for word in words if word in _JOINING_CY), "")
    if joined:
        yield Finding(
            Rule.WELSH,
            Severity.WARNING,
            f"In the Welsh words, ‘{joined}’ may join two things. Check that they ask about one",
        )
    if any(word in _NEGATIONS_CY for word in words):
        yield Finding(
            Rule.WELSH, Severity.WARNING, "The Welsh words may hold a ‘not’. Check that they do not"
        )
    if text_cy.rstrip()[-1:] != text.rstrip()[-1:]:
        yield Finding(
            Rule.WELSH, Severity.WARNING, "The Welsh words end with another sign than the English ones"
        )
