"""The numbers of a report as an Excel workbook: what to know first, then one number a row."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time

from surveyapp.reports.exporting.cells import as_number, one_line
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.exporting.tidy import GOES_WITH, HEAD, SCORE_OVER_TIME, tidy_cells
from surveyapp.reports.view_models import UnitReport

_COLUMNS = {
    "Pulse": "the name of the pulse that the number is of",
    "Closed on": "the day it closed",
    "Unit": "whose numbers these are; after a colon the staff group, for the whole organisation",
    "Part": "whether the row is about the unit, a question, an area, a theme, a question over time, "
    "or what an area goes with",
    "Name": "the question, area or theme",
    "Measure": "what was counted",
    "Value": "the figure as the report shows it, or ‘Not shown’",
    "Note": "how sure we are, how it was rounded, or why it is not shown",
}
#: Measures that do not explain themselves.
_MEASURES = {
    SCORE_OVER_TIME: "the score of a question in each pulse that asked it, one a row. Pulse and Closed "
    "on say which. Those of this pulse stand among the other rows too, as ‘Score, 0 to 100’. Where "
    "the note says that the question was worded anew, do not compare with the pulses before",
    GOES_WITH: "for the whole organisation, how far the score of an area goes with ‘I would tell a "
    "friend that this is a good place to learn’, as a rank correlation from −1 to 1. 1 is always, 0 is "
    "not at all, and below 0 it goes against it. It does not show what causes what",
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
        tenths = book.add_format({"num_format": "0.0", "align": "left", "valign": "top"})
        rows = list(tidy_cells(report))

        about = book.add_worksheet("Read me")
        about.set_column(0, 0, _LINE)
        about.write_string(0, 0, one_line(first.title), heading)
        lines = [*first.words, *first.cautions, *first.how, "The columns of the other sheet:"]
        lines += [f"{name}: {meaning}." for name, meaning in _COLUMNS.items()]
        held = {cells[HEAD.index("Measure")] for cells in rows}
        lines += [f"{name}: {meaning}." for name, meaning in _MEASURES.items() if name in held]
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
        for at, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                exact = as_number(cell) if HEAD[column] == "Value" else None
                if exact is None:
                    sheet.write_string(at, column, one_line(cell), wrapped)
                else:
                    shape = percent if cell.endswith("%") else tenths if "." in cell else number
                    sheet.write_number(at, column, exact, shape)
        sheet.autofilter(0, 0, len(rows), len(HEAD) - 1)
    return out.getvalue()
