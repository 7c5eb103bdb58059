"""A report beside the pulses before it: fetches them, and has `changes` put it into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from surveyapp.disclosure.snapshot import UnitResult
from surveyapp.pulses import services as pulses
from surveyapp.reports import changes, contents, drawing, storage
from surveyapp.reports.changes import LastQuarter
from surveyapp.reports.history import Moment
from surveyapp.reports.view_models import QuarterRow, UnitReport
from surveyapp.reports.wording import answered_less


def look_back(
    session: Session,
    wave: pulses.Wave,
    report: UnitReport,
    result: UnitResult,
    rates: Iterable[tuple[str, int | None]],
) -> UnitReport:
    """The report with its quarter, what changed, and who answered less.

    `rates` are the shown response rates of the units right below and of the groups of the breakdown.
    The cost is that of a unit's row in each of some pulses, whatever the number of answers.
    """
    moments = drawing.moments(session, wave, report.unit_id, result)
    quarter = _quarter(session, wave, report.unit_id)
    last = _last_quarter(session, moments) if quarter else None
    report = changes.with_changes(replace(report, quarter=quarter), moments, last)
    if report.overview is None:
        return report
    less = answered_less(result.response_rate, rates)
    return replace(report, overview=replace(report.overview, answered_less=less))


def _quarter(session: Session, wave: pulses.Wave, unit_id: int) -> tuple[QuarterRow, ...]:
    waves = pulses.quarter_ending_with(session, wave)
    # A reporting group is another one in every wave, whatever its id.
    if not waves or pulses.is_reporting_group(unit_id):
        return ()
    shown = storage.unit_results(session, [each.id for each in waves], unit_id)
    return contents.quarter(waves, [shown.get(each.id) for each in waves])


def _last_quarter(session: Session, moments: Sequence[Moment]) -> LastQuarter | None:
    """The newest quarter before that asked the same questions.

    Other quarters asked others in turn, whose scores lie higher or lower for everybody.
    """
    now = moments[-1]
    asked = (now.wave.template_id, now.wave.choice_key, now.wave.library_version)
    for moment in reversed(moments[:-1]):
        earlier = moment.wave
        if (
            moment.result is not None
            and (earlier.template_id, earlier.choice_key, earlier.library_version) == asked
        ):
            rows = _quarter(session, earlier, moment.result.unit_id)
            return LastQuarter(earlier.closes_at, rows) if rows else None
    return None
