"""Staff files that are text: in which encoding, and what stands between the values. Pure."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from surveyapp.organisation.staff_table import (
    MAX_COLUMNS,
    MAX_ROWS,
    StaffFileError,
    StaffTable,
    too_long,
    too_wide,
)

#: What may stand between values. Where two are as frequent, the first is meant.
_SEPARATORS = (",", ";", "\t")

#: Excel writes and reads a first line like 'sep=;'.
_SAYS_SEPARATOR = re.compile(r"sep=(.)[,;\t]*(?:\r\n|\r|\n|$)", re.IGNORECASE)

#: Letters beyond ASCII as UTF-8 spells them. In Windows-1252 they would read 'Ã©', which nobody means.
_UTF8_LETTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

#: Bytes at the head of a file that show what it is.
_HEAD = 4096

_NOT_TEXT = (
    "This is not a staff list that can be read. Choose an Excel workbook (.xlsx), or save the sheet as "
    "'CSV UTF-8'."
)


def read_text(content: bytes) -> StaffTable:
    """A table out of CSV in UTF-8, UTF-16 or Windows-1252 with commas, semicolons or tabs.

    Raises StaffFileError when it is no text, or its first line cannot be read.
    """
    text = decoded(content)
    said = _SAYS_SEPARATOR.match(text)
    body = text[said.end() :] if said else text
    separator = said[1] if said and said[1] in _SEPARATORS else _separator(body)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    lines_before = 1 if said else 0
    headings = _first_row(reader, lines_before)
    if len(headings) > MAX_COLUMNS:
        raise too_wide()
    name = {",": "comma", ";": "semicolon", "\t": "tab"}[separator]
    return StaffTable(
        headings=tuple(headings),
        rows=_rows(reader, lines_before, len(headings)),
        size=body.count("\n") or body.count("\r"),
        width_remedy=(
            f"Give {len(headings)} values, as in the first line. Put quotation marks around a value "
            f"that holds a {name}"
        ),
    )


def decoded(content: bytes) -> str:
    """The text of a file, by its byte order mark or else by what its bytes can only be."""
    try:
        if content.startswith(codecs.BOM_UTF8):
            text = content.decode("utf-8-sig")
        elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode("utf-16")
        elif wide := _unmarked_utf16(content):
            text = content.decode(wide)
        else:
            text = _of_single_bytes(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise StaffFileError(
            f"Line {line} holds letters that cannot be read. Open the file in your spreadsheet, choose "
            "'Save as' and 'CSV UTF-8'."
        ) from None
    if "\x00" in text:
        raise StaffFileError(_NOT_TEXT)
    return text


def _unmarked_utf16(content: bytes) -> str:
    """Plain letters in UTF-16 have a zero as every other byte, and no other text has any."""
    head = content[:_HEAD]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    if even > len(head) // 4 and not odd:
        return "utf-16-be"
    return ""


def _of_single_bytes(content: bytes) -> str:
    """UTF-8, or what Excel on Windows writes as plain 'CSV'."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # A file that is mostly UTF-8 has a broken place: read otherwise, its names would be garbled.
        if _UTF8_LETTER.search(content):
            raise
    text = content.decode("cp1252")
    if _CONTROLS.search(text[:_HEAD]):
        raise StaffFileError(_NOT_TEXT)
    return text


def _separator(text: str) -> str:
    """The one that the first line with something in it has most of, outside quotation marks."""
    line = next((line for line in io.StringIO(text) if line.strip()), "")
    outside = re.sub(r'"[^"]*"?', "", line)
    return max(_SEPARATORS, key=outside.count)


def _first_row(reader: Iterator[list[str]], lines_before: int) -> list[str]:
    try:
        return next((row for row in reader if _has_value(row)), [])
    except csv.Error as error:
        raise _unreadable(lines_before + 1, error) from None


def _rows(reader: Any, lines_before: int, width: int) -> Iterator[tuple[int, Sequence[str]]]:
    line = lines_before + reader.line_num + 1
    try:
        for number, values in enumerate(reader, start=2):
            if number > MAX_ROWS:
                raise too_long()
            if _has_value(values):
                # Spreadsheets write empty columns on the right of a sheet that once held something.
                yield line, values if _has_value(values[width:]) else values[:width]
            # A quoted value may run over several lines: a row's line is its first.
            line = lines_before + reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(line, error) from None


def _has_value(values: Sequence[str]) -> bool:
    return any(value.strip() for value in values)


def _unreadable(line: int, error: csv.Error) -> StaffFileError:
    return StaffFileError(f"The row at line {line} cannot be read: {error}. Check its quotation marks.")
