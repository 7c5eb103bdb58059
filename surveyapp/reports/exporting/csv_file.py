"""The numbers of a report as a file for any spreadsheet."""

from __future__ import annotations

import csv
import io

from surveyapp.reports.exporting.cells import as_text
from surveyapp.reports.exporting.tidy import tidy_rows
from surveyapp.reports.view_models import UnitReport

HEAD = ("Pulse", "Closed on", "Unit", "Part", "Name", "Measure", "Value", "Note")


def write(report: UnitReport) -> bytes:
    """One number a row."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(HEAD)
    wave = (report.wave.title, report.wave.closed_on.isoformat())
    for row in tidy_rows(report):
        cells = (*wave, row.unit, row.part, row.name, row.measure, row.value, row.note)
        writer.writerow([as_text(cell) for cell in cells])
    # The mark at the start tells spreadsheets that this is UTF-8.
    return out.getvalue().encode("utf-8-sig")
