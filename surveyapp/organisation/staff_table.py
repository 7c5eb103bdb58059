"""A staff file as a table of text, whatever kind of file it was. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Rows that a file may have, its heading included. The largest NHS trusts employ under 30,000 people.
MAX_ROWS = 200_000

#: Columns that a file may have. An export of ESR has about 60.
MAX_COLUMNS = 200


class StaffFileError(ValueError):
    """The file as a whole cannot be read. The message says what to do."""


class DateCell(str):
    """A cell that its spreadsheet holds as a date: text such as '4/5' that was taken for one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class StaffTable:
    """`headings` are as the file spells them. `rows` can be walked through once.

    A row is its line, counted from 1 and including the heading as an editor or a spreadsheet shows
    it, and its values: DateCell or plain text. Rows without any value are left out. Walking raises
    StaffFileError at a row that cannot be read.
    """

    headings: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str]]]
    #: About how many rows there are, for a progress bar; 0 if the file does not say.
    size: int
    #: What to do about a row that has more or fewer values than there are headings.
    width_remedy: str


def too_long() -> StaffFileError:
    return StaffFileError(
        f"The file has more than {MAX_ROWS:,} rows. Split it, or take out the rows of people who left."
    )


def too_wide() -> StaffFileError:
    return StaffFileError(
        f"The file has more than {MAX_COLUMNS} columns. Take out those that are not needed."
    )
