"""Staff files that are Excel workbooks. Nothing in them is run, and what is too large is not opened.

Pure, and the only module that loads openpyxl.
"""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from surveyapp.organisation.staff_table import (
    MAX_COLUMNS,
    MAX_ROWS,
    DateCell,
    StaffFileError,
    StaffTable,
    too_long,
    too_wide,
)

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

#: How files begin that are archives, as .xlsx is, and old or encrypted workbooks.
ZIP = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: Bytes that a workbook may unpack to, and its table of texts, which is held in memory. 50,000 rows
#: of 60 columns unpack to about 120 MB.
_MOST_UNPACKED = 300 * 1024 * 1024
_MOST_TEXTS = 60 * 1024 * 1024
_MOST_PARTS = 2_000

#: A cell with a formula and no result. An empty text is one: its cell is of the type 'str'.
_NO_RESULT = re.compile(
    rb'<c(?![^>]*\st="str")(?:\s[^>]*)?><f(?:\s[^>]*)?(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>'
)

#: Bytes of a sheet that are looked through at once, and of the longest cell across a cut.
_PIECE = 1024 * 1024
_LONGEST_CELL = 10_000

_SAVE = "In Excel choose 'Save as' and 'Excel Workbook (.xlsx)'"


def read_workbook(content: bytes) -> StaffTable:
    """The table on the one visible sheet that holds something. Formulas count as their last result.

    Raises StaffFileError for whatever is no such workbook, or is too large.
    """
    if content.startswith(OLD_OFFICE):
        raise StaffFileError(
            "This workbook has a password, or is of the old kind (.xls). "
            f"{_SAVE} and without a password."
        )
    _refuse_what_is_no_plain_workbook(content)
    with _understood():
        import openpyxl

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and rules, which nobody asks for
            # Read as it is walked through: a book of 50,000 rows is never in memory as a whole.
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        sizes = {sheet.title: sheet.max_row or 0 for sheet in sheets}
        filled = [sheet for sheet in sheets if _first_row(sheet)]
    if not filled:
        raise StaffFileError("The workbook has nothing in it. Save your sheet again and choose it.")
    if len(filled) > 1:
        names = ", ".join(f"'{sheet.title}'" for sheet in filled[:8])
        raise StaffFileError(
            f"The workbook has {len(filled)} sheets with something in them: {names}. Keep the one with "
            "the staff list and delete or hide the others."
        )
    (sheet,) = filled
    _refuse_formulas_without_result(content, sheet)
    line, values = _first_row(sheet) or (1, ())
    if len(values) > MAX_COLUMNS:
        raise too_wide()
    said = sizes[sheet.title]
    return StaffTable(
        headings=tuple(values),
        rows=_below(sheet, line, len(values)),
        size=said if said <= MAX_ROWS else 0,
        width_remedy="Delete what stands to the right of the last heading, or give that column a heading",
    )


def _refuse_what_is_no_plain_workbook(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {part.filename: part for part in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise _broken() from None
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        raise StaffFileError(f"This workbook holds macros, which are not let in. {_SAVE}.")
    if "xl/workbook.xml" not in parts and "[Content_Types].xml" not in parts:
        raise StaffFileError(f"This is not an Excel workbook. {_SAVE}, or 'CSV UTF-8'.")
    if any(name.startswith("xl/") and name.endswith("workbook.bin") for name in parts):
        raise StaffFileError(f"This is a binary workbook (.xlsb). {_SAVE}.")
    if any(part.flag_bits & 1 for part in parts.values()):
        raise StaffFileError(f"This workbook has a password. {_SAVE} and without a password.")
    texts = sum(part.file_size for name, part in parts.items() if "sharedstrings" in name.lower())
    # The archive's own word is good enough: no part is unpacked further than it says.
    unpacked = sum(part.file_size for part in parts.values())
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or texts > _MOST_TEXTS:
        raise StaffFileError(
            "The workbook is too large once it is unpacked. Copy the columns that are needed to a new "
            "workbook, or save the sheet as 'CSV UTF-8'."
        )


def _refuse_formulas_without_result(content: bytes, sheet: ReadOnlyWorksheet) -> None:
    """Such a cell would count as empty, and a row of them would be lost without a word."""
    with _understood(), zipfile.ZipFile(io.BytesIO(content)) as archive:
        path = sheet._worksheet_path.removeprefix("/")
        with archive.open(path) as part:
            before = b""
            while piece := part.read(_PIECE):
                if _NO_RESULT.search(before + piece):
                    raise StaffFileError(
                        "The workbook has formulas whose results were never saved. Open it in Excel, save "
                        "it, and choose it again."
                    )
                before = piece[-_LONGEST_CELL:]


def _first_row(sheet: ReadOnlyWorksheet) -> tuple[int, Sequence[str]] | None:
    """The first row that holds something, with its line."""
    return next(_walk(sheet, 1), None)


def _below(sheet: ReadOnlyWorksheet, heading: int, width: int) -> Iterator[tuple[int, Sequence[str]]]:
    with _understood():
        for line, values in _walk(sheet, heading + 1):
            if line > MAX_ROWS:
                raise too_long()
            # A row ends with its last value; what is missing is empty.
            yield line, [*values, *[""] * (width - len(values))]


def _walk(sheet: ReadOnlyWorksheet, start: int) -> Iterator[tuple[int, Sequence[str]]]:
    # Many programs write the size of a sheet wrongly; without it rows are as wide as they are.
    sheet.reset_dimensions()
    # One row more than is allowed, so that a longer sheet is noticed. Some reach to row 1,048,576
    # and are empty from where the list ends.
    rows = sheet.iter_rows(min_row=start, max_row=MAX_ROWS + 1, values_only=True)
    for line, cells in enumerate(rows, start=start):
        values = [_text(cell) for cell in cells]
        while values and not values[-1].strip():
            values.pop()
        if values:
            yield line, values


def _text(cell: Any) -> str:
    """A cell as a person reads it."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and math.isfinite(cell) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return DateCell(cell.date().isoformat())
    if isinstance(cell, datetime | date | time | timedelta):
        return DateCell(cell)
    return str(cell)


@contextmanager
def _understood() -> Iterator[None]:
    """A damaged workbook fails inside openpyxl in as many ways as there are to damage one."""
    try:
        yield
    except StaffFileError:
        raise
    except Exception:
        raise _broken() from None


def _broken() -> StaffFileError:
    return StaffFileError(
        f"This workbook is damaged and cannot be read. Open it in Excel. {_SAVE}, and choose it again."
    )
