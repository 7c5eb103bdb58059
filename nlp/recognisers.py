"""Presidio recognisers for British health and care: names in context, telephones, NHS numbers."""

from __future__ import annotations

import re

from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from presidio_analyzer.predefined_recognizers import (
    NhsRecognizer,
    PhoneRecognizer,
    SpacyRecognizer,
)

#: Words of health and care, and others, that a general name finder takes for people.
_NOT_NAMES = frozenset(
    """band datix nhs trust ward matron manager managers nurse nurses doctor doctors consultant
    consultants sister esr cqc cpd hr it gp icu itu ccu aau amu mau sdec theatre theatres radiology
    pharmacy physio ot slt bank agency covid christmas easter monday tuesday wednesday thursday
    friday saturday sunday january february march april may june july august september october
    november december teams zoom outlook systmone emis rio lorenzo epic cerner prevent als bls ils
    pils mentor mentorship appraisal training induction preceptorship leadership management staff
    supervisor team feedback oliver mcgowan schwartz freedom speak guardian unison rcn bma hcp hca
    hcpc nmc gmc in charge welsh gaelic scots english irish polish naloxone eve this that they
    there everyone nobody he she we you who what when where why how if but and so then also all not
    no yes my our the day night is was has i'm i've it's thank thanks please director lead
    practice education development clinical senior deputy head chief executive board
    somebody someone anyone anybody everybody people others seniors colleagues trainer trainers boss
    engineer chef porter porters domestics another""".split()  # noqa: SIM905 - a list of strings would fill the page
)

#: A place is not a person, whoever it is named after.
_PLACES = frozenset("ward unit house court suite clinic hospital road centre wing lodge".split())  # noqa: SIM905 - a list of strings would fill the page

_TITLE_WORDS = frozenset(
    "dr doctor mr mrs ms miss mx prof professor sister matron nurse sir dame lady lord rev".split()  # noqa: SIM905 - a list of strings would fill the page
)
_TITLE = (
    r"(?:Dr|Doctor|Mr|Mrs|Ms|Miss|Mx|Prof|Professor|Sister|Matron|Nurse|Sir|Dame|Lady|Lord|Rev)"
)
_NAME = r"[A-Z][\w’'\-]*\w"
_FULL_NAME = rf"{_NAME}(?: {_NAME})?"

#: Turns of phrase beside which a capital starts a name. The general finder misses many names that
#: are rare in American news, on which it was trained: those are just the ones at risk here.
_IN_CONTEXT = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_TITLE}\.? {_FULL_NAME}",
        (
            r"\b(?:[Tt]hanks|[Tt]hank you|[Kk]udos|[Ss]hout[ -]?out|[Cc]redit|[Cc]heers|[Pp]raise)"
            rf"(?: (?:so much|also|especially))?(?: to| for)? (?P<name>{_FULL_NAME})"
            rf"(?:(?:, | and |, and )(?P<second>{_NAME}))?"
        ),
        (
            r"\b(?:[Mm]y|[Oo]ur|[Tt]he) (?:\w+ )?(?:manager|mentor|supervisor|matron|sister|"
            r"boss|lead|"
            r"preceptor|buddy|assessor|tutor|educator|consultant|colleague|coach|appraiser),? "
            rf"(?P<name>{_FULL_NAME})"
        ),
        rf"\b(?:named|called|name is|name's) (?P<name>{_FULL_NAME})",
        (
            rf"\b(?P<name>{_NAME}) (?:who|helped|told me|taught|showed me|supported me|listens|"
            r"listened|explained|mentored|is (?:the best|such a|so kind|so patient)|"
            r"was (?:my|the best|such a|so kind))\b"
        ),
    )
)


class NameInContext(EntityRecognizer):
    """Names after a title, after thanks, after a role, or of whom a person's deed is told."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["PERSON"], name="NameInContext")

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """The names that some turn of phrase gives away. A title goes with its name."""
        found = []
        for pattern in _IN_CONTEXT:
            for match in pattern.finditer(text):
                places = [match.span(name) for name in match.groupdict() if match[name]]
                found += [
                    RecognizerResult("PERSON", start, end, 0.8)
                    for start, end in places or [match.span()]
                ]
        return found


def person_place(text: str, start: int, end: int) -> tuple[int, int] | None:
    """What of a find is a person's name: its capitalised words. None when nothing is.

    The general finder takes in what follows a name, and any capital at the start of a sentence.
    """
    words = list(re.finditer(r"[^\W\d_][\w’'\-]*", text[start:end]))
    capital = [word for word in words if word[0][0].isupper()]
    if not capital or words[-1][0].casefold() in _PLACES:
        return None
    names = [
        word[0]
        for word in capital
        if word[0].casefold() not in _NOT_NAMES | _TITLE_WORDS
        # Short words in capitals are the sector's abbreviations.
        and not (word[0].isupper() and len(word[0]) <= 4)
    ]
    if not names:
        return None
    if len(capital) < len(words) and len(capital) == 1 and _starts_sentence(text, start):
        return None  # 'Broken ceiling': an ordinary word with its capital
    return start + capital[0].start(), start + capital[-1].end()


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'“‘")
    return not before or before[-1] in ".!?\n:;-–—•"


def british_recognisers() -> list[EntityRecognizer]:
    """All recognisers of the redaction, in no order."""
    return [
        SpacyRecognizer(supported_language="en", supported_entities=["PERSON"]),
        NameInContext(),
        # Presidio's own checks the ending against a list that it fetches from the network.
        PatternRecognizer(
            "EMAIL_ADDRESS",
            name="Email",
            patterns=[Pattern("email", r"[\w.+'%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}", 1.0)],
        ),
        PhoneRecognizer(supported_language="en", supported_regions=("GB",), leniency=1),
        # Numbers not in use at present, or with a slip of the pen, are somebody's all the same.
        PatternRecognizer(
            "PHONE_NUMBER",
            name="LooksBritish",
            patterns=[
                Pattern(
                    "phone",
                    r"(?<!\w)(?:\+44 ?(?:\(0\) ?)?|0)[127]\d{1,4}[ -]?\d{3,4}[ -]?\d{3,4}(?!\d)",
                    0.6,
                )
            ],
        ),
        NhsRecognizer(supported_language="en"),  # ten digits whose last checks the others
        PatternRecognizer(
            "UK_NHS",
            name="SaidToBeNhsNumber",
            patterns=[
                Pattern(
                    "said",
                    r"\bNHS\s{0,3}(?:no\.?|num(?:ber)?)\s{0,3}(?:is|was|:|=)?\s{0,3}"
                    r"\d{3}[ -]?\d{3}[ -]?\d{4}\b",
                    1.0,
                )
            ],
        ),
    ]
