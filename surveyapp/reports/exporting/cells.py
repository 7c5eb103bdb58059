"""What may stand in one cell of a file, and how."""

from __future__ import annotations

import re

#: Ends of lines, and what XML cannot hold.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")

#: Where a spreadsheet could start to read a formula: at the start of a cell, or after something
#: that its owner's settings take for the end of one.
_FORMULA = re.compile(r"(?:^|(?<=[,;|\"']))(?=\s*[=+\-@＝＋－＠])")

_NUMBER = re.compile(r"(-?\d+(\.\d+)?)(%?)\Z", re.ASCII)


def one_line(cell: str) -> str:
    """The cell without ends of lines and other characters that only machines see."""
    return _CONTROL.sub(" ", cell)


def as_text(cell: str) -> str:
    """The cell as a spreadsheet will show it and never run it."""
    return _FORMULA.sub("'", one_line(cell))


def as_number(cell: str) -> float | None:
    """The number that a cell is in full: 62 for '62', 0.6 for '60%', −0.3 for '-0.3'.

    None for '90% or more'.
    """
    found = _NUMBER.match(cell)
    if found is None:
        return None
    number = float(found[1]) if found[2] else int(found[1])
    return number / 100 if found[3] else number
