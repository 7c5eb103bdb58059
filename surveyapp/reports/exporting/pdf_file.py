"""A report as a PDF for everyone: tagged for screen readers (PDF/UA), with the page's own charts.

The web process loads WeasyPrint at the first PDF, not at its start.
"""

from __future__ import annotations

import functools
import io
import logging
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from surveyapp.config import PROJECT_ROOT
from surveyapp.reports.exporting.cells import one_line
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.exporting.sections import sections
from surveyapp.reports.view_models import UnitReport

_MISSING = (
    "PDFs need the Pango library, which this computer does not have. On Debian its packages are "
    "libpango-1.0-0 and libpangoft2-1.0-0."
)


#: Bars of a drawing that can still be read when it is put on one page. A line has room for more.
_MOST_BARS = 16


class CannotWriteError(Exception):
    """This computer lacks what a format takes. Says what, for whoever runs it."""


def write(report: UnitReport) -> bytes:
    """The report as PDF/UA-1. Raises CannotWriteError."""
    try:
        from weasyprint import HTML, urls
    except OSError as error:
        raise CannotWriteError(_MISSING) from error

    # Its warnings quote what is written.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    text, drawings = as_html(report)

    class OnlyDrawings(urls.URLFetcher):
        """Gives this report's drawings and refuses every other address, in files or elsewhere."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in drawings:
                raise ValueError("A report fetches nothing.")
            return urls.URLFetcherResponse(url, drawings[url], {"Content-Type": "image/svg+xml"})

    out = io.BytesIO()
    html = HTML(string=text, url_fetcher=OnlyDrawings(fail_on_errors=True))
    html.write_pdf(out, pdf_variant="pdf/ua-1")
    return out.getvalue()


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
