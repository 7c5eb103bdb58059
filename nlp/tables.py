"""Comments in and out of files: CSV and JSON lines, a row at a time, every row accounted for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from nlp.types import CommentAnalysis

OUTPUT_COLUMNS = (
    "id",
    "text",
    "sentiment",
    "factors",
    "factor_sentiments",
    "quotes",
    "flags",
    "model_version",
)

#: A spreadsheet would run a cell that starts with one of these.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

#: Characters of one cell. The csv module's own limit is lower and would stop the whole file.
_LONGEST_CELL = 10_000_000


class TableError(ValueError):
    """A file that cannot be read or written as a whole. The message says what to do."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row with a comment. `values` are all its columns; `line` counts from 1."""

    line: int
    id: str
    text: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class BlankRow:
    """A row whose comment is empty."""

    line: int
    id: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, and what to do about it."""

    line: int
    reason: str
    remedy: str


Row = TextRow | BlankRow | BadRow


def read_rows(path: Path, *, text_column: str, id_column: str = "id") -> Iterator[Row]:
    """Every row of a .csv or .jsonl file, in order, in constant memory.

    Without the id column the number of the row serves. Raises TableError when the file is not
    there, is of another kind, or has no such text column.
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
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader((line.replace("\x00", "\ufffd") for line in file), strict=False)
    header = next(reader, None)
    if header is None:
        raise TableError(f"{name} is empty")
    if text_column not in header:
        raise TableError(
            f"{name} has no column '{text_column}'. Its columns are: {', '.join(header)}"
        )
    place = header.index(text_column)
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            number += 1
            yield BadRow(line, f"not CSV: {error}", "Check the quotes in this row")
            continue
        if cells is None:
            return
        if not cells:
            continue  # an empty line is no row of CSV
        number += 1
        if len(cells) != len(header):
            yield BadRow(
                line,
                f"{len(cells)} values instead of {len(header)}",
                "Put quotes around values that contain a comma",
            )
            continue
        values = dict(zip(header, cells, strict=True))
        yield _row(line, values.get(id_column) or str(number), cells[place], values)


def _json_rows(file: TextIO, name: str, text_column: str, id_column: str) -> Iterator[Row]:
    seen_column = False
    number = 0
    for line, content in enumerate(file, start=1):
        if not content.strip():
            continue
        number += 1
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            yield BadRow(line, "not JSON", "Write one JSON object on each line")
            continue
        if not isinstance(data, dict) or text_column not in data:
            if not seen_column and number == 1 and isinstance(data, dict):
                raise TableError(
                    f"{name}, line {line}: no '{text_column}'. It has: {', '.join(map(str, data))}"
                )
            yield BadRow(line, f"no '{text_column}'", f"Give the object a '{text_column}'")
            continue
        seen_column = True
        text = data[text_column]
        if text is not None and not isinstance(text, str):
            yield BadRow(line, f"'{text_column}' is not text", "Put the comment in quotes")
            continue
        values = {str(key): str(value) for key, value in data.items()}
        row_id = data.get(id_column)
        yield _row(line, str(number) if row_id in (None, "") else str(row_id), text or "", values)


def _row(line: int, row_id: str, text: str, values: dict[str, str]) -> Row:
    if any("\udc80" <= character <= "\udcff" for character in text):
        return BadRow(line, "not UTF-8 text", "Save the file as 'CSV UTF-8' and try again")
    if not text.strip():
        return BlankRow(line, row_id)
    return TextRow(line, row_id, text, values)


class Writer:
    """Writes analyses as CSV or JSON lines to a file that appears when it is complete."""

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in {".csv", ".jsonl"}:
            raise TableError(f"{path.name}: the name of the result must end in .csv or .jsonl")
        self._path = path
        self._partial = path.with_name(f".{path.name}.partial")
        try:
            self._file = self._partial.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise TableError(f"{path}: {error.strerror}") from None
        self._csv = csv.writer(self._file) if path.suffix.lower() == ".csv" else None
        if self._csv:
            self._csv.writerow(OUTPUT_COLUMNS)

    def write(self, row_id: str, analysis: CommentAnalysis | None) -> None:
        """One row; `None` for a comment that was blank."""
        record = _record(row_id, analysis)
        if self._csv:
            self._csv.writerow([_cell(record[column]) for column in OUTPUT_COLUMNS])
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


def _record(row_id: str, analysis: CommentAnalysis | None) -> dict[str, Any]:
    if analysis is None:
        return dict.fromkeys(OUTPUT_COLUMNS) | {"id": row_id, "text": ""}
    return {
        "id": row_id,
        "text": analysis.text,
        "sentiment": str(analysis.sentiment),
        "factors": [str(finding.factor) for finding in analysis.findings],
        "factor_sentiments": {str(f.factor): str(f.sentiment) for f in analysis.findings},
        "quotes": {
            str(f.factor): analysis.text[f.quote_start : f.quote_end] for f in analysis.findings
        },
        "flags": [str(flag) for flag in analysis.flags],
        "model_version": analysis.model_version,
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = "; ".join(value)
    elif isinstance(value, dict):
        value = " | ".join(f"{key}: {part}" for key, part in value.items())
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
