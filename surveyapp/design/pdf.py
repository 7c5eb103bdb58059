"""Pages as PDFs for everyone: tagged for screen readers (PDF/UA), without anything from elsewhere.

The web process loads WeasyPrint at the first PDF, not at its start.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from typing import Any

_MISSING = (
    "PDFs need the Pango library, which this computer does not have. On Debian its packages are "
    "libpango-1.0-0 and libpangoft2-1.0-0."
)


class CannotWriteError(Exception):
    """This computer lacks what a format takes. Says what, for whoever runs it."""


def as_pdf(html: str, drawings: Mapping[str, str]) -> bytes:
    """The page as PDF/UA-1. `drawings` are its SVGs, by the addresses that it uses for them.

    Raises CannotWriteError.
    """
    try:
        from weasyprint import HTML, urls
    except OSError as error:
        raise CannotWriteError(_MISSING) from error

    # Its warnings quote what is written.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)

    class OnlyDrawings(urls.URLFetcher):
        """Gives this page's drawings and refuses every other address, in files or elsewhere."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in drawings:
                raise ValueError("A document fetches nothing.")
            return urls.URLFetcherResponse(url, drawings[url], {"Content-Type": "image/svg+xml"})

    out = io.BytesIO()
    page = HTML(string=html, url_fetcher=OnlyDrawings(fail_on_errors=True))
    page.write_pdf(out, pdf_variant="pdf/ua-1")
    return out.getvalue()
