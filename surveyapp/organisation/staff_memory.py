"""Which column is which, as someone said for an earlier file with the same headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.organisation.models import StaffFileColumns, WorkingStatus
from surveyapp.organisation.staff_columns import StaffColumns, exact, fingerprint


@dataclass(frozen=True, slots=True)
class Known:
    """`statuses` are meanings by `plain_heading`."""

    columns: StaffColumns
    statuses: Mapping[str, WorkingStatus]


def known(session: Session, headings: Sequence[str]) -> Known | None:
    """As remembered, or as the headings plainly say; None when a person has to be asked."""
    kept = session.get(StaffFileColumns, fingerprint(headings))
    if kept is not None:
        columns = StaffColumns.from_dict(kept.columns).spelt_as_in(headings)
        return Known(columns, meanings(kept.statuses))
    as_ours = exact(headings)
    return Known(as_ours, {}) if as_ours else None


def remember(
    session: Session,
    headings: Sequence[str],
    columns: StaffColumns,
    statuses: Mapping[str, WorkingStatus],
) -> None:
    """For the next file with these headings, in whatever order."""
    session.merge(
        StaffFileColumns(
            fingerprint=fingerprint(headings),
            columns=columns.as_dict(),
            statuses={word: str(status) for word, status in statuses.items()},
        )
    )


def meanings(stored: Mapping[str, str]) -> dict[str, WorkingStatus]:
    return {word: WorkingStatus(status) for word, status in stored.items()}
