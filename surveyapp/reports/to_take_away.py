"""What a file of a report holds: the report's page, and the page beside it on time."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.reports import services
from surveyapp.reports.view_models import UnitReport


def report_to_take_away(
    session: Session, reader: Reader, wave_id: int, unit_id: int
) -> UnitReport:
    """The report of one unit with its questions over time, each as its page has them.

    Raises NotYoursError or NoResultsYetError.
    """
    report = services.report_for(session, reader, wave_id, unit_id)
    # Comments that were brought in have no scores to follow, and their page leads to none.
    if not report.is_shown or report.wave.is_import:
        return report
    return replace(report, over_time=services.trends_for(session, reader, wave_id, unit_id))
