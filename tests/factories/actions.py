"""Actions, as the page sends them and as the services keep them."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.actions import services
from surveyapp.actions.models import UnitAction
from surveyapp.actions.services import ActionView, Draft, Status

HEARD = "Handover leaves no time for questions."
DOING = "Ten minutes of every handover are kept for questions."

#: Who may write for every unit. The audit log names no account by it.
EVERYWHERE = Reader(user_id=0, reads_all_units=True, unit_ids=frozenset())


def entries(unit_id: int, **changed: object) -> dict[str, object]:
    """A filled-in action, as the form sends it."""
    return {
        "unit": str(unit_id),
        "topic": "feedback",
        "wave": "0",
        "heard": HEARD,
        "status": "planned",
        "doing": DOING,
        "reason": "",
        "owner": "Ward manager",
        "due_on-day": "27",
        "due_on-month": "3",
        "due_on-year": "2099",
        **changed,
    }


def written(
    session: Session,
    unit_id: int,
    *,
    heard: str = HEARD,
    doing: str = DOING,
    status: Status = Status.PLANNED,
    reason: str = "",
    due_on: date | None = date(2099, 3, 27),
    published_on: date | None = None,
) -> ActionView:
    """An action, kept and committed; published where there is a day for it."""
    draft = Draft(
        unit_id=unit_id,
        topic="feedback",
        heard=heard,
        doing=doing,
        status=status,
        reason=reason,
        owner="Ward manager",
        due_on=due_on,
        wave_id=None,
    )
    kept = services.create(session, EVERYWHERE, draft)
    if published_on is not None:
        session.get_one(UnitAction, kept.action_id).published_on = published_on
    session.commit()
    return services.one(session, EVERYWHERE, kept.action_id)
