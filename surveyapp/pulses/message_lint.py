"""What is wrong with the words of a message, and why. Pure.

It finds the promises that are commonly made and not kept. It cannot find all: whoever writes a message
answers for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from surveyapp.plain_english import reading_age
from surveyapp.pulses.message_kinds import (
    LINKS,
    LONGEST_BODY,
    LONGEST_SUBJECT,
    PLACEHOLDERS,
    Rules,
    Words,
)

#: The upper end of what everyone can be expected to read.
OLDEST_READER = 11

#: Words below which an estimate of how hard they are says nothing.
_FEW_WORDS = 20

_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_PLAIN_NAME = re.compile(r"[a-z_]+")
_ADDRESS = re.compile(r"[\w.+'’-]+@[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(r"(?:https?://|\bwww\.)\S+", re.IGNORECASE)
_CAPITALISED = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

_ANYTHING = r"[^.!?\n]{0,80}?"
_TOTALLY = (
    r"(?:completely|totally|fully|entirely|wholly|truly|absolutely|strictly|perfectly|utterly|always"
    r"|guaranteed(?:\s+to\s+be)?|100\s*(?:%|per\s*cent)|hundred\s+per\s*cent)"
)
_NOBODY = r"(?:nobody|no[\s-]?one|no\s+person|none\s+of\s+us)"
_LEARN = r"(?:know|see|tell|find|trace|identif|learn|discover|work\s+out|guess|link)\w*"
_ANSWERED = r"(?:answered|replied|responded|taken\s+part|took\s+part|takes\s+part|completed|filled)"

Field = Literal["subject", "body"]


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong and what to do. What `is_error` must be mended; the rest may be meant."""

    field: Field
    message: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class _Promise:
    """Words that promise what is not kept. `of` names the pulses in which it is not."""

    pattern: re.Pattern[str]
    why: str
    is_error: bool = True
    of: Literal["all", "personal", "open_link"] = "all"


def _promise(pattern: str, why: str, **more: object) -> _Promise:
    # Whoever writes breaks lines where they like, and writes either apostrophe.
    spaced = pattern.replace("'", "['’]").replace(" ", r"\s+")
    return _Promise(re.compile(rf"(?<!\w){spaced}", re.IGNORECASE), why, **more)  # type: ignore[arg-type]


_TOO_MUCH = (
    "promises more than is kept. Until the pulse closes, whoever holds both the database and the keys "
    "could find out more. Say what is sure: ‘Your name is not kept with your answers’"
)
_WHO_ANSWERED = (
    "is not so. Until the pulse closes, the system notes which links were used. Say: ‘We do not look "
    "up who has answered’"
)
_NOT_EVERYWHERE = (
    "is not so for every pulse, because each has a smallest group of its own. Write {smallest_group} in "
    "place of the number"
)
_NOT_ONE_EACH = (
    "is not so for an open link: one person can send more than one form, and the link is for all. "
    "You can ask: ‘Please answer only once’"
)

_PROMISES = (
    _promise(
        rf"{_TOTALLY}\W+(?:\w+\W+(?:and|or)\W+)?(?:anonym|confidential|private|secret|untrace|unident)\w*",
        _TOO_MUCH,
    ),
    _promise(rf"anonym\w*\W+{_ANYTHING}(?:even|also|including) (?:to|for|from|by)?\W*\w+", _TOO_MUCH),
    _promise(rf"(?:guarantee|promise|assure|vouch)\w*\W+{_ANYTHING}anonym\w*", _TOO_MUCH),
    _promise(rf"anonym\w*\W+{_ANYTHING}(?:guaranteed|assured|for ever|forever|at all times)", _TOO_MUCH),
    _promise(
        rf"{_NOBODY}\W+{_ANYTHING}(?:ever|at all|any ?time|anyhow|in any way)\W+{_ANYTHING}{_LEARN}",
        _TOO_MUCH,
    ),
    _promise(rf"{_NOBODY}\W+{_ANYTHING}{_LEARN}\W+{_ANYTHING}(?:ever|at all|in any way)(?!\w)", _TOO_MUCH),
    _promise(
        rf"never\W+{_ANYTHING}(?:trac|identif|recognis|linked|found out|known|find out|know who)\w*",
        _TOO_MUCH,
    ),
    _promise(r"impossible (?:for \w+ )?(?:to|that)(?!\w)", _TOO_MUCH),
    _promise(r"(?:untraceable|unidentifiable)", _TOO_MUCH),
    # The same in Welsh: ‘wholly anonymous’, and ‘nobody can ever’.
    _promise(r"(?:hollol|cwbl|gwbl|llwyr|100\s*%(?: yn)?)\s+(?:ddi|di)enw", _TOO_MUCH),
    _promise(r"(?:ni all|all|fydd|ni fydd) neb (?:byth|fyth)(?!\w)", _TOO_MUCH),
    _promise(
        r"(?:cannot|can not|can't|could not|couldn't) (?:possibly )?be (?:trac|identif|link|recognis)\w*",
        _TOO_MUCH,
        is_error=False,
    ),
    _promise(
        r"(?:at least|fewer than|less than|under|minimum of|groups? of) "
        r"(?:\d+|five|six|seven|eight|nine|ten|twelve|fifteen|twenty) "
        r"(?:people|persons|staff|colleagues|answers|replies|responses|forms)",
        _NOT_EVERYWHERE,
    ),
    _promise(
        rf"{_NOBODY}\W+{_ANYTHING}{_LEARN}\W+{_ANYTHING}(?:who|if|whether)\W+(?:\w+\W+){{0,3}}{_ANSWERED}",
        _WHO_ANSWERED,
        of="personal",
    ),
    _promise(
        rf"(?:not|cannot|never|don't|doesn't|can't|won't) (?:know|see|tell|find out|record|store|track)\W+"
        rf"{_ANYTHING}(?:who|if|whether)\W+(?:\w+\W+){{0,3}}{_ANSWERED}",
        _WHO_ANSWERED,
        of="personal",
    ),
    _promise(
        r"anonym\w* (?:\w+ )?(?:survey|pulse|link|questionnaire|form|invitation|e-?mail)s?",
        "says too much for a pulse in which each person has a link. Say what is anonymous: the answers",
        is_error=False,
        of="personal",
    ),
    _promise(
        r"confidential\w*",
        "says that someone knows who answered what and tells nobody. Here it is not known at all. Say: "
        "‘Your name is not kept with your answers’",
        is_error=False,
    ),
    _promise(
        r"(?:one|1|a single) (?:form|answer|reply|response|vote|go|survey)s? "
        r"(?:per|for each|for every|from each|from every|a|each)",
        _NOT_ONE_EACH,
        of="open_link",
    ),
    _promise(
        r"(?:works?|used|opens?|valid|good) (?:only |just )?(?:once|one time)(?!\w)",
        _NOT_ONE_EACH,
        of="open_link",
    ),
    _promise(
        rf"(?:can|may|could) (?:only|just) {_ANYTHING}(?:once|one time|one form|one answer)(?!\w)",
        _NOT_ONE_EACH,
        of="open_link",
    ),
    _promise(
        rf"(?:{_NOBODY}|cannot|can't|can not|not possible to)\W+{_ANYTHING}"
        r"(?:twice|two forms|more than once|more than one)",
        _NOT_ONE_EACH,
        of="open_link",
    ),
    _promise(
        r"(?:only for you|just for you|your own link|link of your own|your personal link|counts? once)",
        _NOT_ONE_EACH,
        of="open_link",
    ),
)


def issues_of(
    words: Words,
    rules: Rules,
    examples: Mapping[str, str],
    *,
    is_english: bool = True,
    staff: Collection[str] = (),
) -> list[Issue]:
    """Everything that is wrong, errors first.

    `examples` has a value for each placeholder, for what depends on how long they are. `staff` holds
    those of `addresses_in` and `name_pairs_in` that belong to people on the staff list.
    """
    found = [*_placeholders(words, rules), *_lengths(words, rules, examples), *_people(words, staff)]
    found += _links(words)
    for field, text in _fields(words):
        found += _promises(field, text, rules)
    if is_english:
        found += _reading(words, examples)
    unique = list(dict.fromkeys(found))
    return sorted(unique, key=lambda issue: not issue.is_error)


def promise_not_kept(text: str) -> str:
    """The first words of a line that no pulse keeps, or nothing."""
    for promise in _PROMISES:
        if promise.of == "all" and promise.is_error and (found := promise.pattern.search(text)):
            return found[0]
    return ""


def addresses_in(words: Words) -> frozenset[str]:
    """E-mail addresses in small letters."""
    return frozenset(
        found.lower().strip(".'’-") for _, text in _fields(words) for found in _ADDRESS.findall(text)
    )


def name_pairs_in(words: Words) -> frozenset[str]:
    """'anna smith' for each two words beside each other that begin with a capital."""
    found = set()
    for _, text in _fields(words):
        for line in _IN_BRACES.sub("\n", text).splitlines():
            parts = list(_CAPITALISED.finditer(line))
            for first, second in pairwise(parts):
                between = line[first.end() : second.start()]
                if between.strip(" ") == "" and first[0][0].isupper() and second[0][0].isupper():
                    found.add(f"{first[0]} {second[0]}".lower().replace("’", "'"))
    return frozenset(found)


def _fields(words: Words) -> tuple[tuple[Field, str], ...]:
    return (("subject", words.subject), ("body", words.body))


def _placeholders(words: Words, rules: Rules) -> Iterator[Issue]:
    for field, text in _fields(words):
        for name in dict.fromkeys(_IN_BRACES.findall(text)):
            if _PLAIN_NAME.fullmatch(name) is None or name not in PLACEHOLDERS:
                yield Issue(field, f"There is no placeholder {_quoted('{' + name + '}')}. Check its spelling")
            elif name not in rules.takes:
                yield Issue(field, f"Take out {{{name}}}: this message has none")
            elif field == "subject" and name in LINKS:
                yield Issue(field, f"Take {{{name}}} out of the subject: programs show subjects to others")
        if set(_IN_BRACES.sub("", text)) & set("{}"):
            yield Issue(field, "Take out the curly bracket that stands alone")
    for name in sorted(rules.needs):
        lines = [line for line in words.body.splitlines() if f"{{{name}}}" in line]
        if not lines:
            yield Issue("body", f"Put in {{{name}}}, {PLACEHOLDERS[name]}. Without it the message is no use")
        elif any(line.strip() != f"{{{name}}}" for line in lines):
            yield Issue("body", f"Put {{{name}}} on a line of its own, so that it can be tapped whole")


def _lengths(words: Words, rules: Rules, examples: Mapping[str, str]) -> Iterator[Issue]:
    if rules.is_mail:
        subject = words.filled(examples).subject
        if not subject.strip():
            yield Issue("subject", "Enter a subject")
        elif len(subject) > LONGEST_SUBJECT:
            yield Issue(
                "subject",
                f"Make the subject shorter: with an example in each placeholder it has {len(subject)} "
                f"characters, and may have {LONGEST_SUBJECT}",
            )
    if not words.body.strip():
        yield Issue("body", "Enter the words of the message")
    elif len(words.body) > LONGEST_BODY:
        yield Issue("body", f"Take out {len(words.body) - LONGEST_BODY} characters or more: it is too long")


def _people(words: Words, staff: Collection[str]) -> Iterator[Issue]:
    for field, text in _fields(words):
        here = Words("", text)
        for address in sorted(addresses_in(here)):
            if address in staff:
                yield Issue(field, f"Take out {_quoted(address)}: someone on the staff list has that address")
            else:
                yield Issue(
                    field,
                    f"{_quoted(address)} is an e-mail address. Keep it only if a team reads it, and nobody "
                    "has to say who they are",
                    is_error=False,
                )
        for name in sorted(name_pairs_in(here)):
            if name in staff:
                yield Issue(
                    field,
                    f"{_quoted(name.title())} looks like someone on the staff list. Write as a team: one "
                    "name may keep some people from saying what they think",
                    is_error=False,
                )


def _links(words: Words) -> Iterator[Issue]:
    for field, text in _fields(words):
        for address in dict.fromkeys(_WEB.findall(text)):
            yield Issue(
                field,
                f"{_quoted(address)} is another link. People may follow it in place of their own, or trust "
                "neither",
                is_error=False,
            )


def _promises(field: Field, text: str, rules: Rules) -> Iterator[Issue]:
    here = "open_link" if rules.is_open_link else "personal"
    for promise in _PROMISES:
        if promise.of in ("all", here) and (found := promise.pattern.search(text)):
            yield Issue(field, f"{_quoted(found[0])} {promise.why}", promise.is_error)


def _reading(words: Words, examples: Mapping[str, str]) -> Iterator[Issue]:
    values = {name: "" if name in LINKS else value for name, value in examples.items()}
    body = words.filled(values).body
    if len(body.split()) < _FEW_WORDS:
        return
    age = reading_age(body)
    if age > OLDEST_READER:
        yield Issue(
            "body",
            f"These words are read with ease from about {age} years. Aim at {OLDEST_READER}: shorter "
            "sentences and shorter words let more people answer",
            is_error=False,
        )


def _quoted(text: str) -> str:
    short = " ".join(text.split())
    return f"‘{short[:59]}…’" if len(short) > 60 else f"‘{short}’"
