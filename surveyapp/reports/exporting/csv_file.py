"""The numbers of a report as a file for any spreadsheet."""

from __future__ import annotations

import csv
import io

from surveyapp.reports.exporting.cells import as_number, as_text
from surveyapp.reports.exporting.tidy import HEAD, tidy_cells
from surveyapp.reports.view_models import UnitReport


def write(report: UnitReport) -> bytes:
    """One number a row."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(HEAD)
    for cells in tidy_cells(report):
        writer.writerow(
            [
                # A number below nought starts no formula.
                cell if name == "Value" and as_number(cell) is not None else as_text(cell)
                for name, cell in zip(HEAD, cells, strict=True)
            ]
        )
    # The mark at the start tells spreadsheets that this is UTF-8.
    return out.getvalue().encode("utf-8-sig")
