"""The mail ledger: which mail of a wave waits, is on its way, went out or failed.

The database row is the truth. A mail that was on its way when its worker died is sent again: the
same link twice does no harm, none at all would.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyapp.pulses.models import MailState, Wave, WaveMail, WaveState

#: A mail that the server has refused this often, for good, is given up and shown as failed.
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    mail_id: int
    person_id: int


@dataclass(frozen=True, slots=True)
class MailProgress:
    """How far the mails of a wave have come."""

    waiting: int
    sent: int
    failed: int

    @property
    def total(self) -> int:
        return self.waiting + self.sent + self.failed


def put_back(session: Session, wave_id: int) -> int:
    """Let mails wait again that did not go or whose worker died. Returns how many.

    Call it only while holding the wave's mailing lock.
    """
    found = session.scalars(
        update(WaveMail)
        .where(WaveMail.wave_id == wave_id, WaveMail.state == MailState.SENDING)
        .values(state=MailState.WAITING)
        .returning(WaveMail.id)
    ).all()
    return len(found)


def claim(session: Session, wave_id: int, *, size: int) -> list[ClaimedMail]:
    """Take up to `size` waiting mails of an open wave and mark them as on their way.

    The least tried come first, so that mails which never go hold up no others.
    """
    rows = session.scalars(
        select(WaveMail)
        .join(Wave, Wave.id == WaveMail.wave_id)
        .where(
            WaveMail.wave_id == wave_id,
            WaveMail.state == MailState.WAITING,
            Wave.state == WaveState.OPEN,
        )
        .order_by(WaveMail.attempts, WaveMail.id)
        .limit(size)
        .with_for_update(of=WaveMail, skip_locked=True)
    ).all()
    for row in rows:
        row.state = MailState.SENDING
    return [ClaimedMail(row.id, row.person_id) for row in rows]


def mark_sent(session: Session, mail_id: int) -> None:
    _set_state(session, mail_id, MailState.SENT)


def mark_refused(session: Session, mail_id: int, *, final: bool) -> None:
    """The server would not take it. It stays on its way, and out of this job's reach, until
    `put_back`, and is given up once MOST_ATTEMPTS have failed and the last refusal was `final`.
    """
    attempts = session.scalar(
        update(WaveMail)
        .where(WaveMail.id == mail_id)
        .values(attempts=WaveMail.attempts + 1)
        .returning(WaveMail.attempts)
    )
    if final and attempts is not None and attempts >= MOST_ATTEMPTS:
        _set_state(session, mail_id, MailState.FAILED)


def progress(session: Session, wave_id: int) -> MailProgress:
    rows = session.execute(
        select(WaveMail.state, func.count()).where(WaveMail.wave_id == wave_id).group_by(WaveMail.state)
    )
    counts = {state: count for state, count in rows}
    return MailProgress(
        waiting=counts.get(MailState.WAITING, 0) + counts.get(MailState.SENDING, 0),
        sent=counts.get(MailState.SENT, 0),
        failed=counts.get(MailState.FAILED, 0),
    )


def waves_with_waiting_mail(session: Session) -> list[int]:
    """Open waves with mail that still has to go out, whether or not a job is at it."""
    return list(
        session.scalars(
            select(WaveMail.wave_id)
            .join(Wave, Wave.id == WaveMail.wave_id)
            .where(
                WaveMail.state.in_([MailState.WAITING, MailState.SENDING]),
                Wave.state == WaveState.OPEN,
            )
            .distinct()
            .order_by(WaveMail.wave_id)
        )
    )


def _set_state(session: Session, mail_id: int, state: MailState) -> None:
    session.execute(update(WaveMail).where(WaveMail.id == mail_id).values(state=state))
