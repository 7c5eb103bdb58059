"""The numbers of a report as an Excel workbook: what to know first, then one number a row."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time

from surveyapp.reports.exporting.cells import as_number, one_line
from surveyapp.reports.exporting.csv_file import HEAD
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.exporting.tidy import tidy_rows
from surveyapp.reports.view_models import UnitReport

_COLUMNS = {
    "Pulse": "the name of the pulse",
    "Closed on": "the day it closed",
    "Unit": "whose numbers these are; after a colon the staff group, for the whole organisation",
    "Part": "whether the row is about the unit, a question, an area or a theme",
    "Name": "the question, area or theme",
    "Measure": "what was counted",
    "Value": "the figure as the report shows it, or ‘Not shown’",
    "Note": "how sure we are, how it was rounded, or why it is not shown",
}
#: Letters that fit on a line of 'Read me'.
_LINE = 75

_WIDTHS = (24, 12, 28, 12, 60, 30, 14, 80)


def write(report: UnitReport) -> bytes:
    """Two sheets: 'Read me' and 'Figures'."""
    import xlsxwriter

    out = io.BytesIO()
    # Words stay words, whatever they look like.
    never = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **never}) as book:
        first = opening(report)
        closed = datetime.combine(report.wave.closed_on, time(), tzinfo=UTC).replace(tzinfo=None)
        book.set_properties({"title": one_line(first.title), "created": closed})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        percent = book.add_format({"num_format": "0%", "align": "left", "valign": "top"})
        number = book.add_format({"num_format": "0", "align": "left", "valign": "top"})

        about = book.add_worksheet("Read me")
        about.set_column(0, 0, _LINE)
        about.write_string(0, 0, one_line(first.title), heading)
        lines = [*first.words, *first.cautions, *first.how, "The columns of the other sheet:"]
        lines += [f"{name}: {meaning}." for name, meaning in _COLUMNS.items()]
        for at, line in enumerate(lines, start=1):
            about.write_string(at, 0, one_line(line), wrapped)
            # Not every program makes a row as high as its words.
            about.set_row(at, 15 * (1 + len(line) // _LINE))

        sheet = book.add_worksheet("Figures")
        for column, (name, width) in enumerate(zip(HEAD, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, heading)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        for each in (about, sheet):
            each.set_paper(9)  # A4
            each.fit_to_pages(1, 0)
        wave = (report.wave.title, report.wave.closed_on.isoformat())
        last = 0
        for last, row in enumerate(tidy_rows(report), start=1):
            cells = (*wave, row.unit, row.part, row.name, row.measure, row.value, row.note)
            for column, cell in enumerate(cells):
                exact = as_number(cell) if HEAD[column] == "Value" else None
                if exact is None:
                    sheet.write_string(last, column, one_line(cell), wrapped)
                else:
                    shape = percent if cell.endswith("%") else number
                    sheet.write_number(last, column, exact, shape)
        sheet.autofilter(0, 0, last, len(HEAD) - 1)
    return out.getvalue()
