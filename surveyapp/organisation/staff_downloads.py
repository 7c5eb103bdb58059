"""What an import found, as CSV files that a spreadsheet opens and never runs. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from surveyapp.organisation.checks import for_a_sheet

#: (heading, key in the report) of each file's columns.
_BAD_ROWS = (("line", "line"), ("column", "column"), ("value", "value"), ("what to do", "remedy"))
_MOVES = (("email", "email"), ("unit now", "from_unit"), ("unit in the file", "to_unit"))
_LEAVERS = (("email", "email"), ("unit", "unit"))


def bad_rows_file(report: Mapping[str, Any]) -> bytes:
    """Every fault of every row, in the file's order."""
    return _file(_BAD_ROWS, report["bad_rows"])


def moves_file(report: Mapping[str, Any]) -> bytes:
    return _file(_MOVES, report["moves"])


def leavers_file(report: Mapping[str, Any]) -> bytes:
    return _file(_LEAVERS, report["leavers"])


def _file(columns: Sequence[tuple[str, str]], rows: Iterable[Mapping[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heading for heading, _ in columns)
    writer.writerows([for_a_sheet(str(row[key])) for _, key in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")
