"""The series of the demonstration, so that its planner has something to show."""

from __future__ import annotations

from collections.abc import Sequence

from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.pulses import services as pulses
from surveyapp.pulses.allocation import REST
from surveyapp.series import services as series
from surveyapp.timekeeping import LOCAL_ZONE, database_now


def plan_ahead(actor_id: int, *, template: str, turns: Sequence[str], done: int) -> None:
    """A series that goes on where the pulses end that are `done`. Made once."""
    session = db.session()
    if series.listed(session):
        return  # a load that was cut short had come this far
    # Everyone rests from the pulse that is open.
    first = database_now(session).astimezone(LOCAL_ZONE).date() + REST
    root = next(unit for unit, parent, _ in organisation.frozen_tree(session) if parent is None)
    rules = {
        "title": "Learning pulse",
        "questions": template,
        "starts_with": turns[done % len(turns)],
        "every": "month",
        "on": "first tuesday",
        "first": first.isoformat(),
    }
    setup = series.Setup(
        rules=rules, audience_unit_ids=(root,), minimum_group=pulses.MINIMUM_GROUP_DEFAULT, owner_id=actor_id
    )
    series.create(session, setup, actor_id=actor_id)
    session.commit()
