"""A pulse whose answers have been kept long enough."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.ballots import erasure as ballot_rows
from surveyapp.comments import erasure as comment_rows
from surveyapp.comments.models import (
    Comment,
    CommentCorrection,
    Concern,
    Subtheme,
    SubthemeComment,
)
from surveyapp.extensions import db
from surveyapp.pulses.models import Wave
from tests.factories.reports import Trust, counted_trust, read_and_draw


def old_trust(session: Session) -> Trust:
    """A wave that was counted, read, corrected, drawn and grouped, with a concern, closed 25 months ago."""
    made = counted_trust(session)
    read_and_draw(made.wave_id)
    session.add(Concern(id="c" * 32, wave_id=made.wave_id, text="They hurt people."))
    first = session.scalars(select(Comment.id).where(Comment.wave_id == made.wave_id)).first()
    group = {"wave_id": made.wave_id, "unit_id": made.units["Maple"], "factor": "feedback", "number": 1}
    session.add(Subtheme(**group, name="handover"))
    session.add(SubthemeComment(**group, comment_id=first, place=1))
    said = {"factors": {"mentorship": "positive"}, "sentiment": "positive"}
    session.add(
        CommentCorrection(
            comment_id=first,
            number=1,
            model_version="stand-in-1",
            read={"factors": {}, "sentiment": "negative"},
            said=said,
            picked="unsure",
            said_in=date(2026, 1, 1),
            reader="f" * 16,
        )
    )
    age(made.wave_id)
    return made


def age(wave_id: int, days: int = 760) -> None:
    """Move a wave's times into the past."""
    wave = db.session.get_one(Wave, wave_id)
    wave.opens_at -= timedelta(days=days)
    wave.closes_at -= timedelta(days=days)
    db.session.commit()


def kept(session: Session, wave_id: int) -> int:
    """Rows of a wave that came from people."""
    rows = {**ballot_rows.rows_kept(session, wave_id), **comment_rows.rows_kept(session, wave_id)}
    session.rollback()
    return sum(rows.values())
