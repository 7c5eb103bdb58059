"""Comments in and out of files: CSV and JSON lines, a row at a time, every row accounted for."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

#: A spreadsheet would run a cell that starts with one of these.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

#: Characters of one comment, and of one cell: the csv module's own limit is lower and would stop the
#: whole file.
LONGEST = 5_000_000

#: How a file's reader marks bytes that are not UTF-8.
_UNDECODABLE = re.compile("[\udc80-\udcff]")

#: What the rows are called: text or a number, as the file has it.
Id = str | int | float


class TableError(ValueError):
    """A file that cannot be read or written as a whole. The message says what to do."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row with a comment. `values` are all its columns; `line` counts from 1.

    `id` is what the file has, a number as a number; None without one.
    """

    line: int
    id: Id | None
    text: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class BlankRow:
    """A row whose comment is empty, or white space alone."""

    line: int
    id: Id | None
    text: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, and what to do about it."""

    line: int
    reason: str
    remedy: str


Row = TextRow | BlankRow | BadRow


def read_rows(path: Path, *, text_column: str = "text", id_column: str = "id") -> Iterator[Row]:
    """Every row of a .csv or .jsonl file, in order, in constant memory.

    Raises TableError when the file is not there, is of another kind, or has no such text column.
    """
    kind = path.suffix.lower()
    if kind not in {".csv", ".jsonl"}:
        raise TableError(f"{path.name}: use a file that ends in .csv or .jsonl")
    try:
        # Undecodable bytes become marks, so that one bad row does not cost all that follow it.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = _csv_rows if kind == ".csv" else _json_rows
            yield from reader(file, path.name, text_column, id_column)
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}") from None


def _csv_rows(file: TextIO, name: str, text_column: str, id_column: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST)
    reader = csv.reader((line.replace("\x00", "\ufffd") for line in file), strict=False)
    header = next(reader, None)
    if header is None:
        raise TableError(f"{name} is empty")
    if text_column not in header:
        raise TableError(
            f"{name} has no column '{text_column}'. Its columns are: {', '.join(header)}. "
            "Name the one that holds the comments: --text-column NAME"
        )
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield BadRow(line, f"not CSV: {error}", "Check the quotes in this row")
            continue
        if cells is None:
            return
        if not cells:
            continue  # an empty line is no row of CSV
        if len(cells) != len(header):
            yield BadRow(
                line,
                f"{len(cells)} values instead of {len(header)}",
                "Put quotes around values that contain a comma",
            )
            continue
        values = dict(zip(header, cells, strict=True))
        row_id, text = values.get(id_column) or None, values[text_column]
        if _UNDECODABLE.search(text) or _UNDECODABLE.search(row_id or ""):
            yield _unreadable(line)
        else:
            yield _row(line, row_id, text, values)


def _json_rows(file: TextIO, name: str, text_column: str, id_column: str) -> Iterator[Row]:
    is_first = True
    for line, content in enumerate(file, start=1):
        if not content.strip():
            continue
        try:
            data = json.loads(content, parse_constant=_refuse)
        except (ValueError, RecursionError):
            yield BadRow(line, "not JSON", "Write one JSON object on each line")
            continue
        if is_first and isinstance(data, dict) and text_column not in data:
            raise TableError(
                f"{name}, line {line}: no '{text_column}'. It has: {', '.join(map(str, data))}. "
                "Name what holds the comments: --text-column NAME"
            )
        is_first = False
        if not isinstance(data, dict) or text_column not in data:
            yield BadRow(line, f"no '{text_column}'", f"Give the object a '{text_column}'")
            continue
        row_id, text = data.get(id_column), data[text_column]
        if text is not None and not isinstance(text, str):
            yield BadRow(line, f"'{text_column}' is not text", "Put the comment in quotes")
        elif row_id is not None and not isinstance(row_id, Id):
            yield BadRow(line, f"'{id_column}' is not one value", "Make it text or a number")
        elif _UNDECODABLE.search(content) and _UNDECODABLE.search(f"{text}{row_id}"):
            yield _unreadable(line)
        else:
            values = {str(key): str(value) for key, value in data.items()}
            yield _row(line, None if row_id == "" else row_id, text or "", values)


def _row(line: int, row_id: Id | None, text: str, values: dict[str, str]) -> Row:
    if len(text) > LONGEST:
        return BadRow(line, f"longer than {LONGEST:,} characters", "Cut the comment into several")
    if not text.strip():
        return BlankRow(line, row_id, text)
    return TextRow(line, row_id, text, values)


def _unreadable(line: int) -> BadRow:
    return BadRow(line, "not UTF-8 text", "Save the file as 'CSV UTF-8' and try again")


def _refuse(constant: str) -> None:
    """JSON has no NaN and no infinity, though Python reads them."""
    raise ValueError(constant)


class Writer:
    """Writes rows as CSV or JSON lines to a file that appears when it is complete.

    A CSV file gets `columns`; a JSON line whatever it is given.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        if path.suffix.lower() not in {".csv", ".jsonl"}:
            raise TableError(f"{path.name}: the name of the result must end in .csv or .jsonl")
        self._path = path
        self._columns = columns
        self._partial = path.with_name(f".{path.name}.partial")
        try:
            # Half a surrogate pair, which an id may hold, has no UTF-8: it stays as JSON writes it.
            self._file = self._partial.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        except OSError as error:
            raise TableError(f"{path}: {error.strerror}") from None
        self._csv = csv.writer(self._file) if path.suffix.lower() == ".csv" else None
        if self._csv:
            self._csv.writerow(columns)

    @property
    def is_flat(self) -> bool:
        """Whether rows are cells rather than JSON."""
        return self._csv is not None

    def write(self, record: Mapping[str, Any]) -> None:
        """One row. A cell is text; a list's parts are joined; None is empty."""
        if self._csv:
            self._csv.writerow([_cell(record[column]) for column in self._columns])
        else:
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def finish(self) -> None:
        """Make the file appear under its name."""
        self._file.close()
        self._partial.replace(self._path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = "; ".join(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
