"""A staff file between its upload and the decision to import it.

It waits in a row of its own, one for each person who imports, and goes with the decision or soon
after. It is never in a cookie, a log or a job.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from surveyapp.organisation.models import StaffUpload
from surveyapp.timekeeping import utc_now

#: How long a file waits for a decision.
KEPT_FOR = timedelta(hours=1)


def keep(session: Session, *, user_id: int, content: bytes, make_units: bool) -> None:
    """Keep a file in the place of any other of this person."""
    forget(session, user_id)
    session.add(
        StaffUpload(user_id=user_id, content=content, make_units=make_units, uploaded_at=utc_now())
    )
    session.flush()


def waiting(session: Session, user_id: int) -> StaffUpload | None:
    """The file that this person has yet to decide on."""
    upload = session.get(StaffUpload, user_id)
    return upload if upload is not None and upload.uploaded_at > utc_now() - KEPT_FOR else None


def forget(session: Session, user_id: int) -> None:
    session.execute(delete(StaffUpload).where(StaffUpload.user_id == user_id))


def forget_old(session: Session) -> None:
    """Drop every file that has waited too long."""
    session.execute(delete(StaffUpload).where(StaffUpload.uploaded_at <= utc_now() - KEPT_FOR))
