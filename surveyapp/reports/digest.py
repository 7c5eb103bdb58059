"""The summary of a report that goes out by e-mail: what it says.

It holds no comment. An e-mail is kept and passed on where nobody can take back a comment that is
reviewed or deleted later (A16, A19); figures of a counted wave never change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.actions import services as actions
from surveyapp.actions.services import ActionView
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.reports import scope, services
from surveyapp.reports.view_models import UnitLink, UnitReport, WaveRow

#: A summary of more units would not be read. A link leads to the rest.
MOST_UNITS = 3


@dataclass(frozen=True, slots=True)
class UnitDigest:
    """A unit in a summary. Where it is not shown, its name is all that is said of it."""

    name: str
    report: UnitReport
    actions: tuple[ActionView, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What one reader is told of a wave. `has_more` where they may read more units than these."""

    wave: WaveRow
    units: tuple[UnitDigest, ...]
    has_more: bool


def digest_for(session: Session, reader: Reader, wave_id: int) -> Digest:
    """The summary for one reader. Raises NotYoursError or NoResultsYetError."""
    view = services.wave_for(session, reader, wave_id)
    tree, _ = scope.frozen(session, wave_id)
    chosen = highest(tree, view.units)[:MOST_UNITS]
    return Digest(
        wave=view.wave,
        units=tuple(_unit(session, reader, wave_id, unit) for unit in chosen),
        has_more=len(view.units) > len(chosen),
    )


def highest(tree: Tree, units: Sequence[UnitLink]) -> list[UnitLink]:
    """The top of a reader's line, and the highest units that are shown; those that are come first."""
    by_id = {unit.unit_id: unit for unit in units}
    found = []
    for unit in units:
        above = [by_id[one] for one in tree.path_up(unit.unit_id)[1:] if one in by_id]
        if not above or (unit.is_shown and not any(one.is_shown for one in above)):
            found.append(unit)
    return sorted(found, key=lambda unit: not unit.is_shown)


def _unit(session: Session, reader: Reader, wave_id: int, unit: UnitLink) -> UnitDigest:
    report = services.report_for(session, reader, wave_id, unit.unit_id)
    if not report.is_shown:
        return UnitDigest(unit.name, report)
    return UnitDigest(unit.name, report, actions.open_for(session, [unit.unit_id]))
