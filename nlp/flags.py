"""What a person should know about a comment: a concern about harm, another language, too short.

Plain patterns, so that anyone can see why a comment was flagged. They err towards flagging.
"""

from __future__ import annotations

import re

from nlp.taxonomy import Flag

#: Fewer words than this carry no theme that could be trusted.
FEWEST_WORDS = 2

_CONCERN = re.compile(
    r"""\b(
        bull(y|ied|ies|ying) | harass\w* | intimidat\w* | threaten\w* | assault\w*
      | abus(e|ed|ive)\b
      | discriminat\w* | racis[mt]\w* | sexis[mt]\w* | homophob\w* | transphob\w* | victimis\w*
      | sexual(ly)?\s(comment|remark|advance|touch)\w* | grop(e|ed|ing) | touched\sme
      | suicid\w* | self[-\s]?harm\w* | kill\smyself | end\smy\slife | want(ed)?\sto\sdie
      | unsafe | not\ssafe | patient\s(harm|safety) | (patients?|people)\s(were|are|was|being|got)\s
        (harmed|hurt|put\sat\srisk|neglected) | neglect(ed|ful)? | danger(ous|ously)?
      | whistle[-\s]?blow\w* | cover(ed|ing)?[-\s]up | falsif\w* | fraud\w*
      | drunk | on\sdrugs | stealing | hit\sme | punched | slapped
    )""",
    re.IGNORECASE | re.VERBOSE,
)

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

#: The commonest words of English. Running English text is about half made of them.
_COMMON = frozenset(
    """the of and to a in is it you that he was for on are with as i his they be at one have this
    from or had by not but what all were we when your can said there use an each which she do how
    their if will up other about out many then them these so some her would make like him into time
    has look two more go see no way could people my than been who am its now get did our us me very
    good great well need needs more less never always nothing everything training staff team work
    manager support help feedback time don't doesn't isn't""".split()  # noqa: SIM905 - a list of strings would fill the page
)


def flags_of(text: str) -> tuple[Flag, ...]:
    """The flags that follow from the redacted text alone."""
    words = [word.casefold() for word in _WORD.findall(re.sub(r"\[[^\]]*\]", " ", text))]
    flags = []
    if _CONCERN.search(text):
        flags.append(Flag.CONCERN)
    if len(words) < FEWEST_WORDS:
        flags.append(Flag.TOO_SHORT)
    elif _is_foreign(text, words):
        flags.append(Flag.NOT_ENGLISH)
    return tuple(flags)


def _is_foreign(text: str, words: list[str]) -> bool:
    letters = [character for character in text if character.isalpha()]
    if letters and sum(ord(c) > 0x24F for c in letters) > len(letters) / 3:
        return True  # mostly another script than Latin
    # A short comment may hold no common word by chance.
    return len(words) >= 8 and sum(word in _COMMON for word in words) < len(words) * 0.1
