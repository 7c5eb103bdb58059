"""Contact details and numbers of people in Britain: addresses, telephones, NHS and NI numbers.

Plain patterns with bounded repetition, each started by a character that few comments hold. Presidio
is asked only about numbers: its telephone metadata know the countries' plans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from nlp.names_context import word_set

#: (kind, start, end)
Find = tuple[str, int, int]

#: What an address of any kind holds.
_HOST_LIKE = re.compile(r"\w\.\w|://")
_SAID_AT = re.compile(r"[(\[{ ][aA][tT][)\]} ] ?[\w-]{1,63}(?:\.\w| ?[(\[{ ][dD][oO][tT][)\]} ])")

_LABEL = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)"
_HOST = _LABEL + "{1,5}"
#: Endings of web addresses that are written without 'www'. None is a word that could follow a full stop.
_ENDINGS = (
    r"(?:nhs\.uk|nhs\.net|nhs\.scot|nhs\.wales|gov\.uk|ac\.uk|co\.uk|org\.uk|me\.uk|uk|com|net|org|info|"
    r"scot|wales|cymru|ie|eu|io|edu|gov|biz|health|care|online|app)"
)
#: Short addresses end in what could be a word, so they need a path.
_SHORT_ENDINGS = r"(?:ly|me|gl|be|gle|to|cc|co|tv|link|page|site|xyz|dev|us|fm|gg)"

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%'’-]{1,64}@[^\W_][\w-]{0,62}(?:\.[\w-]{1,63}){1,6}"
    # 'jo.bloggs (at) nhs.net', 'jo dot bloggs at nhs dot net'
    rf"|(?<![\w.+%-])[\w.+%-]{{1,64}} ?[(\[{{]at[)\]}}] ?[\w-]{{1,63}}"
    r"(?: ?(?:\.|[(\[{]dot[)\]}]| dot ) ?[\w-]{1,63}){1,4}"
    r"|(?<![\w.+%-])[\w.+%-]{1,64}(?: (?:dot|dash|hyphen|underscore) [\w-]{1,40}){0,3}"
    r" at [\w-]{1,63}(?: dot [\w-]{1,20}){1,4}(?!\w)"
    r"|(?<![\w.+%-])[\w+%-]{1,40}(?:[._][\w+%-]{1,40}){1,4}"
    rf" at (?:[\w-]{{1,63}}\.){{1,4}}{_ENDINGS}(?!\w)",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?<!\w)(?:"
    r"(?:https?|ftp)://[^\s<>\"”\]]{1,2000}"
    r"|www\.[^\s<>\"”\]]{2,2000}"
    rf"|{_HOST}{_ENDINGS}(?![\w-])(?!\.[^\W\d_])(?:[/?#:][^\s<>\"”\]]{{0,2000}})?"
    rf"|{_HOST}{_SHORT_ENDINGS}/[^\s<>\"”\]]{{1,2000}}"
    # any other ending, where neither 'his/her' nor the end of a sentence could look so
    rf"|(?!(?:e\.g|i\.e)\.){_LABEL}{{2,5}}[a-z]{{2,12}}/[^\s<>\"”\]]{{1,2000}}"
    r")",
    re.IGNORECASE,
)
#: What looks like an address and is the name of a product.
_NOT_LINKS = frozenset({"asp.net", "ado.net", "vb.net", "node.io"})
_TRAILING = ".,;:!?'’)*_"

_HANDLE = re.compile(
    r"(?<![\w@/.+-])@[^\W\d][\w.]{1,29}(?<!\.)|(?<![\w/])u/[A-Za-z0-9_-]{3,20}|(?<!\w)[\w.]{2,32}#\d{4}(?!\w)"
)
_NAMED_HANDLE = re.compile(
    r"\b(?:instagram|insta|ig|twitter|tiktok|tik tok|snapchat|snap|threads|bluesky|mastodon|facebook|fb|"
    r"linkedin|telegram|discord|username|user name|handle|skype|(?:tweet|follow|message|find|dm) me)\b"
    r"[ ,]{0,2}(?:account|handle|username|user name|name|page|profile)?[ ]?"
    r"(?:is|are|as|was|at|on|=|:|-|–)?[ :]{0,2}"
    r"(?P<handle>(?=[\w.-]{0,29}(?:[\d_]|\.\w))[^\W\d][\w.-]{2,29}(?<![.-]))",
    re.IGNORECASE,
)
#: '@ work': a time or a place.
_NOT_HANDLES = word_set(
    "work home night nights least times the all my our this that me us lunch weekend weekends hospital "
    "ward uni university school college present moment end start break handover noon midnight him her "
    "them you your a an any every each night-time once first last"
)

_NI_NUMBER = re.compile(
    r"(?<![\w])[A-Z]{2}[ .-]?\d{2}[ .-]?\d{2}[ .-]?\d{2}(?:[ .-]?[A-D])?(?!\w)", re.IGNORECASE
)
_NI_SAID = re.compile(r"\b(?:ni|nino|national insurance)\b[^\n]{0,25}$", re.IGNORECASE)

#: The areas of British postcodes.
_AREAS = word_set(
    """
    AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY
    E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE
    LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL
    SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
    """
)
_POSTCODE = re.compile(
    r"(?<![\w])(?P<area>[A-Z]{1,2})\d[A-Z\d]?(?P<gap> {0,2})(?P<unit>\d[ABD-HJLNP-UW-Z]{2})(?!\w)"
    r"|(?<!\w)GIR ?0AA(?!\w)",
    re.IGNORECASE,
)
_POSTCODE_SAID = re.compile(
    r"\bpost ?code\b(?: (?:is|was|of)| ?[:=])? ?(?P<code>[A-Z]{1,2}\d[A-Z\d]?)(?![\w ]{0,1}\d)", re.IGNORECASE
)
#: '2nd', '8hr': ends of a postcode in small letters that are more often something else.
_NOT_UNITS = word_set("st nd rd th hr am pm wk yr ft ll xx")

#: The letter for the digit: 'o7700 9oo', and not '2 o'clock' or '2oclock'.
_LETTERS_FOR_ZEROS = re.compile(r"(?<![^\W\d_])[oO]{1,3}(?=\d)|(?<=\d)[oO]{1,3}(?![^\W\d_])")

#: Digits with no more between them than numbers have; may be several numbers side by side.
_NUMBERS = re.compile(r"(?<!\w)(?<!\d\.)(?:\+ ?|\(\+?)?\d(?:[ ().‐‑–—-]{0,3}\+?\d)*")
_GROUP = re.compile(r"[+(]{0,2}\d+")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 17
_TIMES = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d(?:[ –-]{1,3}(?:[01]\d|2[0-4])[0-5]\d)+")
_DIGITS = re.compile(r"\D+")
_DIGIT = re.compile(r"\d")
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}")
_YEARS = re.compile(r"(?:19|20)\d\d[ /–-]{1,3}(?:19|20)?\d\d")
_GROUPED_AS_NHS = re.compile(r"\d{3}[ .-]\d{3}[ .-]\d{4}")
_NHS_SAID = re.compile(r"\b(?:nhs|patient|hospital|chi|h&c)\b[^\n\d]{0,25}$", re.IGNORECASE)
_PHONE_SAID = re.compile(
    r"\b(?:ring|call|phone|telephone|tel|mobile|mob|whatsapp|text|fax|dial|contact|reach|number|no)\b"
    r"[^\n\d]{0,30}$",
    re.IGNORECASE,
)
_SHORT_PHONE = re.compile(
    r"\b(?:(?:ext|extn|extension|bleep|pager|dect)(?:\.|\b)|x(?=\d))(?: ?(?:number|no\.?|is|on|:|=|#)){0,2} ?"
    r"(?P<number>\d{3,6})(?!\w)",
    re.IGNORECASE,
)
#: What is before a number tells what it is; no more is looked at.
_BEFORE = 45


class Recognisers:
    """Finds all kinds but names. Takes time linear in the text."""

    def find(self, text: str) -> Iterator[Find]:
        """Finds in no order; they may overlap."""
        # Most comments hold nothing of the kind: what is cheap to see is looked for first.
        has_digit = any(map(text.__contains__, "0123456789"))
        has_host = _HOST_LIKE.search(text) is not None
        if "@" in text or _SAID_AT.search(text):
            yield from (("EMAIL_ADDRESS", *match.span()) for match in _EMAIL.finditer(text))
        if has_host:
            yield from _links(text)
        if "@" in text or "u/" in text or "#" in text:
            for match in _HANDLE.finditer(text):
                if match[0][1:].lower() not in _NOT_HANDLES:
                    yield "SOCIAL_HANDLE", *match.span()
        if has_digit or has_host or "_" in text:
            for match in _NAMED_HANDLE.finditer(text):
                yield "SOCIAL_HANDLE", *match.span("handle")
        if has_digit:
            yield from self._with_digits(text)

    def _with_digits(self, text: str) -> Iterator[Find]:
        for match in _NI_NUMBER.finditer(text):
            if match[0][-1].isalpha() or _NI_SAID.search(_before(text, match.start())):
                yield "UK_NINO", *match.span()
        for match in _POSTCODE.finditer(text):
            if _is_postcode(match):
                yield "UK_POSTCODE", *match.span()
        for match in _POSTCODE_SAID.finditer(text):
            yield "UK_POSTCODE", *match.span("code")
        for match in _SHORT_PHONE.finditer(text):
            yield "PHONE_NUMBER", *match.span("number")
        text = _LETTERS_FOR_ZEROS.sub(lambda letters: "0" * len(letters[0]), text)
        for start, end in _numbers(text):
            kind = self._kind_of_number(text, start, end)
            if kind:
                yield kind, start, end

    def _kind_of_number(self, text: str, start: int, end: int) -> str | None:
        number = text[start:end]
        digits = _DIGITS.sub("", number)
        before = _before(text, start)
        if (
            _DATE.search(number)
            or (len(digits) % 4 == 0 and _TIMES.fullmatch(number))
            or (_YEARS.fullmatch(number) and not _PHONE_SAID.search(before))
        ):
            return None
        if len(digits) in (9, 10) and _NHS_SAID.search(before) and "phone" not in before.lower():
            return "UK_NHS"
        is_ten = len(digits) == 10 and digits[0] != "0" and number[0] not in "+("
        if is_ten and (_GROUPED_AS_NHS.fullmatch(number) or _is_nhs_number(digits)):
            return "UK_NHS"
        if _looks_dialled(number, digits):
            return "PHONE_NUMBER"
        if _PHONE_SAID.search(before) and 6 < len(digits) < 16:
            return "PHONE_NUMBER"
        if len(digits) > 8 and self._is_phone(number):
            return "PHONE_NUMBER"
        return None

    @cached_property
    def _phones(self) -> PhoneRecognizer:
        return PhoneRecognizer(supported_language="en", supported_regions=("GB",), leniency=1)

    def _is_phone(self, number: str) -> bool:
        return bool(self._phones.analyze(number, ["PHONE_NUMBER"]))


def _has_enough(text: str, start: int, end: int) -> bool:
    """Whether a number's digits stand there. Looks no further than it must: a run can be very long."""
    digits = islice(_DIGIT.finditer(text, start, end), _FEWEST_DIGITS)
    return len([*digits]) == _FEWEST_DIGITS


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what may be one number each."""
    for run in _NUMBERS.finditer(text):
        start, end, digits = run.start(), run.start(), 0
        for group in _GROUP.finditer(text, *run.span()):
            first = group[0]
            more = len(first.strip("+("))
            begins = first[0] == "+" or (first[0] in "(0" and digits + more > _longest(text, start))
            # A last group that is too short to be a number belongs to the one before it.
            if begins and digits >= _FEWEST_DIGITS and _has_enough(text, group.start(), run.end()):
                yield from _one_number(text, start, end, digits)
                start, digits = group.start(), 0
            end = group.end()
            digits += more
        yield from _one_number(text, start, end, digits)


def _longest(text: str, start: int) -> int:
    """The digits of a number that starts so: from abroad, in Britain, or another."""
    if text.startswith("00", start):
        return 15
    if text.startswith("+", start) and "(0)" in text[start : start + 8]:
        return 15
    return 13 if text[start] == "+" or text.startswith(("44", "(+"), start) else 11


def _one_number(text: str, start: int, end: int, digits: int) -> Iterator[tuple[int, int]]:
    if _FEWEST_DIGITS <= digits <= _MOST_DIGITS and not text[end : end + 1].isalnum():
        if text[start] == "(" and ")" not in text[start:end]:
            start += 1  # the bracket is the sentence's
        yield start, end


def _is_nhs_number(digits: str) -> bool:
    """Ten digits whose last checks the others, modulo 11."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True))
    return total % 11 == 0


def _before(text: str, start: int) -> str:
    return text[max(0, start - _BEFORE) : start]


def _links(text: str) -> Iterator[Find]:
    for match in _LINK.finditer(text):
        link = match[0].rstrip(_TRAILING)
        if link.lower() not in _NOT_LINKS:
            yield "URL", match.start(), match.start() + len(link)


def _is_postcode(match: re.Match[str]) -> bool:
    area, unit = match["area"], match["unit"]
    if area is None:
        return True
    if area.upper() not in _AREAS:
        return False
    in_capitals = match[0].isupper()
    # 'b15 2th': no ordinal is written so
    no_ordinal = bool(match["gap"]) and unit[1:].lower() == "th" and unit[0] in "123"
    return in_capitals or no_ordinal or unit[1:].lower() not in _NOT_UNITS


def _looks_dialled(number: str, digits: str) -> bool:
    """Whether a number starts and counts as one that is dialled in Britain or from abroad.

    Numbers not in use at present, or with a slip of the pen, are somebody's all the same.
    """
    if number.startswith(("+", "(+")):
        return 8 <= len(digits) <= 16
    if digits.startswith("00"):
        return 10 <= len(digits) <= 17 and not digits.startswith("000")
    if digits.startswith("44") and len(digits) in (12, 13):
        return digits[2] in "0123789"
    if digits.startswith("0"):
        return digits[1] in "1235789" and len(digits) in (10, 11, 12)
    return len(digits) == 10 and digits.startswith("7") and digits[1] in "3456789"
