"""Staff files as organisations have them: of any encoding, separator, order and kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

#: As an export of ESR names them.
ESR = ("Employee Number", "Work Email", "Division", "Ward/Dept", "Staff Group", "Assignment Status")


def text_file(
    rows: Sequence[Sequence[str]],
    *,
    separator: str = ",",
    encoding: str = "utf-8",
    says_separator: bool = False,
) -> bytes:
    out = io.StringIO(newline="")
    if says_separator:
        out.write(f"sep={separator}\r\n")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def workbook(rows: Sequence[Sequence[Any]], *, others: Sequence[str] = ()) -> bytes:
    """A workbook with these rows on its first sheet. `others` are sheets with a note on each."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    for name in others:
        book.create_sheet(name).append(["A note"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
