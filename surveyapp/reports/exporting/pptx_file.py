"""A report as a few slides for a team meeting: charts that PowerPoint can edit, and what to say."""

from __future__ import annotations

import io
from datetime import datetime, time

from surveyapp.reports.exporting import zipped
from surveyapp.reports.exporting.cells import one_line
from surveyapp.reports.exporting.deck import slides
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.view_models import UnitReport


def write(report: UnitReport) -> bytes:
    """The slides, dated by the day that the pulse closed."""
    from surveyapp.reports.exporting import drawn_slides

    deck = drawn_slides.empty_deck()
    closed = datetime.combine(report.wave.closed_on, time())
    drawn_slides.describe(deck, one_line(opening(report).title), closed)
    for slide in slides(report):
        drawn_slides.add(deck, slide)
    out = io.BytesIO()
    deck.save(out)
    return zipped.dated(out.getvalue(), report.wave.closed_on)
