"""A report as a PDF for everyone: tagged for screen readers (PDF/UA), with the page's own charts."""

from __future__ import annotations

import functools
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from surveyapp.config import PROJECT_ROOT
from surveyapp.design.pdf import as_pdf
from surveyapp.reports.exporting.cells import one_line
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.exporting.sections import sections
from surveyapp.reports.view_models import UnitReport

#: Bars of a drawing that can still be read when it is put on one page. A line has room for more.
_MOST_BARS = 16


def write(report: UnitReport) -> bytes:
    """The report as PDF/UA-1. Raises CannotWriteError."""
    return as_pdf(*as_html(report))


def as_html(report: UnitReport) -> tuple[str, dict[str, str]]:
    """The page to be printed, and its drawings by the addresses that it uses for them."""
    parts = sections(report)
    charts = [table.chart for part in parts for table in part.tables if table.chart]
    drawings = {
        f"drawing:{number}": chart.drawing
        for number, chart in enumerate(charts)
        if chart.drawing and (chart.breaks or len(chart.names) <= _MOST_BARS)
    }
    text = _template().render(
        opening=opening(report),
        closed_on=report.wave.closed_on.isoformat(),
        sections=parts,
        address_of={drawing: address for address, drawing in drawings.items()},
    )
    return text, drawings


@functools.cache
def _template() -> Any:
    # Not the application's own environment: documents are also written outside a request.
    environment = Environment(
        loader=FileSystemLoader(PROJECT_ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: one_line(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("reports/export/report.html")
