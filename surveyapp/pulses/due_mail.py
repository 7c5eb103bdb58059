"""Mail that is due: how late it is, and what becomes of it when a backup is restored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from surveyapp.pulses.ledger import UNFINISHED, may_go
from surveyapp.pulses.mail_times import MailTimes
from surveyapp.pulses.models import MailState, Wave, WaveMail, WaveState

_MAILS = WaveMail.metadata.tables["wave_mail"]


def oldest_due(session: Session, *, now: datetime, times: MailTimes) -> datetime | None:
    """Since when the mail has been due that waits longest, of open waves, None where none is.

    Of mail that may go at any hour nobody wrote down when it fell due: it counts from the opening.
    """
    since: datetime | None = session.scalar(
        select(func.min(func.coalesce(WaveMail.not_before, Wave.opens_at)))
        .join(Wave, Wave.id == WaveMail.wave_id)
        .where(WaveMail.state == MailState.WAITING, Wave.state == WaveState.OPEN, may_go(now, times))
    )
    return since


def doubt(session: Session, *, now: datetime) -> int:
    """Call mails unconfirmed that were due before `now`. Returns how many.

    For a ledger that is older than what was sent: what it lets go again may have gone already.
    """
    due = (
        select(WaveMail.id)
        .join(Wave, Wave.id == WaveMail.wave_id)
        .where(
            WaveMail.state.in_(UNFINISHED),
            Wave.opens_at <= now,
            or_(WaveMail.not_before.is_(None), WaveMail.not_before <= now),
        )
    )
    moved = update(_MAILS).where(_MAILS.c.id.in_(due)).values(state=MailState.UNCONFIRMED)
    return session.connection().execute(moved).rowcount
