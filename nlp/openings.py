"""How the matches of a regular expression can begin: an index for many of them.

Hundreds of expressions tried at each word of a text cost more than all else that is done with it.
Most can only begin with a few letters, so each word needs to try but a handful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Letters of an opening. Longer ones tell more apart and take longer to list.
LETTERS = 3

_QUANTIFIER = re.compile(r"[?*+]|\{\d*,?\d*\}")
_LOOK = re.compile(r"\?<?[=!]")


def openings(pattern: str) -> frozenset[str]:
    """Beginnings, of up to LETTERS characters, of which each match of `pattern` has at least one.

    Knows what wordings are written with: letters, groups, alternatives, sets without ranges,
    quantifiers, `\\w`, `\\b` and looking around. `""`, with which everything begins, stands where
    a match can begin anyhow. Raises ValueError when brackets do not match.
    """
    found, place = _alternatives(pattern, 0)
    if place != len(pattern):
        raise ValueError(f"A bracket too many in {pattern!r}")
    beginnings = {prefix for prefix, _ in found}
    return frozenset(
        prefix
        for prefix in beginnings
        if not any(prefix[:length] in beginnings for length in range(len(prefix)))
    )


#: A beginning, and whether what follows still belongs to it.
_Begun = set[tuple[str, bool]]


def _alternatives(pattern: str, place: int) -> tuple[_Begun, int]:
    """What `a|b|c` begins with, from `place` to a closing bracket or the end."""
    found: _Begun = set()
    while True:
        part, place = _sequence(pattern, place)
        found |= part
        if place == len(pattern) or pattern[place] != "|":
            return found, place
        place += 1


def _sequence(pattern: str, place: int) -> tuple[_Begun, int]:
    begun: _Begun = {("", True)}
    while place < len(pattern) and pattern[place] not in "|)":
        element, place = _element(pattern, place)
        quantifier = _QUANTIFIER.match(pattern, place)
        can_be_absent = False
        if quantifier:
            place = quantifier.end()
            sign = quantifier.group()
            can_be_absent = sign in ("?", "*") or sign.startswith(("{0", "{,"))
            if sign != "?":  # it may come again: what follows is not known
                element = {(prefix, False) for prefix, _ in element}
        following = set(_joined(begun, element))
        begun = following | begun if can_be_absent else following
    return begun, place


def _element(pattern: str, place: int) -> tuple[_Begun, int]:
    character = pattern[place]
    if character == "(":
        if _LOOK.match(pattern, place + 1):
            return {("", True)}, _closing(pattern, place)
        start = place + 3 if pattern.startswith("(?:", place) else place + 1
        found, end = _alternatives(pattern, start)
        if end == len(pattern):
            raise ValueError(f"A bracket is missing in {pattern!r}")
        return found, end + 1
    if character == "[":
        end = pattern.index("]", place)
        letters = pattern[place + 1 : end]
        is_plain = letters.isalpha()
        return ({(letter, True) for letter in letters} if is_plain else {("", False)}), end + 1
    if character == "\\":
        is_border = pattern[place + 1] == "b"
        return {("", is_border)}, place + 2
    if character == ".":
        return {("", False)}, place + 1
    return {(character, True)}, place + 1


def _closing(pattern: str, place: int) -> int:
    """After the bracket that closes the one at `place`."""
    depth = 0
    for here in range(place, len(pattern)):
        depth += {"(": 1, ")": -1}.get(pattern[here], 0)
        if depth == 0:
            return here + 1
    raise ValueError(f"A bracket is missing in {pattern!r}")


def _joined(begun: _Begun, element: _Begun) -> Iterator[tuple[str, bool]]:
    for prefix, goes_on in begun:
        if not goes_on or len(prefix) == LETTERS:
            yield prefix, False
            continue
        for more, is_open in element:
            joined = (prefix + more)[:LETTERS]
            yield joined, is_open and len(joined) < LETTERS
