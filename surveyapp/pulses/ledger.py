"""The mail ledger: which mail of a wave waits, is on its way, went out or failed.

The database row is the truth, and no mail is sent that it does not allow. A mail goes

* from `waiting` to `sending` when a job claims it. If that job dies, the mail has not gone, and
  waits again;
* to `handing_over` when the server has read all of it but its last line, and before that line is
  written. If the job dies now, the server may have taken it: the mail becomes `unconfirmed`, which
  is counted and never sent again. SMTP cannot tell (RFC 1047), the last line almost always arrives,
  a second invitation would look like a second link to the same person, and a reminder carries the
  link again;
* to `sent` when the server has said that it took it. That is written in the transaction that hands
  over the next mail, so that there is one commit a mail.

Whichever job claims mails writes its number beside them. What it does with a mail later it only
does where that number still stands, so that a job that stood still for a while, and was thought
dead, sends nothing that another one has taken.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from surveyapp.pulses.mail_times import LAST_HOURS, LONGEST_DELAY, MailTimes, due_reminder, parsed
from surveyapp.pulses.models import MailKind, MailState, Wave, WaveMail, WaveState

#: A mail that the server has refused this often, for good, is given up and shown as failed.
MOST_ATTEMPTS = 3

#: Reminders by their number, from 1.
REMINDERS = {1: MailKind.REMINDER_1, 2: MailKind.REMINDER_2, 3: MailKind.REMINDER_3}

#: Rows written or deleted in one statement.
_CHUNK = 1000

_MAILS, _WAVES = (WaveMail.metadata.tables[name] for name in ("wave_mail", "wave"))

#: States of a mail that still needs a job: to send it, or to settle what became of it.
UNFINISHED = (MailState.WAITING, MailState.SENDING, MailState.HANDING_OVER)


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    mail_id: int
    person_id: int
    kind: MailKind


@dataclass(frozen=True, slots=True)
class MailProgress:
    """How far mails have come. Of those `unconfirmed` nobody knows whether they arrived."""

    waiting: int = 0
    sent: int = 0
    unconfirmed: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.done

    @property
    def done(self) -> int:
        """Mails with which no job will do anything any more."""
        return self.sent + self.unconfirmed + self.failed


# ---------------------------------------------------------------- writing mails


def write(
    session: Session,
    wave_id: int,
    kind: MailKind,
    person_ids: Collection[int],
    *,
    secret: bytes,
    times: MailTimes,
    start: datetime | None,
) -> None:
    """Note a mail to each person: from `start` on, spread out, or without one at once.

    The rows come in an order that tells nothing.
    """
    shuffled = list(person_ids)
    random.SystemRandom().shuffle(shuffled)
    for first in range(0, len(shuffled), _CHUNK):
        session.execute(
            insert(WaveMail),
            [
                {
                    "wave_id": wave_id,
                    "person_id": person_id,
                    "kind": kind,
                    "not_before": start
                    and times.place(start, secret=secret, identity=f"{wave_id}:{kind}:{person_id}"),
                }
                for person_id in shuffled[first : first + _CHUNK]
            ],
        )


def reminder_due(wave: Wave, *, now: datetime, times: MailTimes) -> int | None:
    """The number of the reminder that is to be written now, if one is."""
    if wave.state != WaveState.OPEN:
        return None
    return due_reminder(
        parsed(wave.reminders_at),
        last=wave.last_reminder,
        now=now,
        closes_at=wave.closes_at,
        times=times,
    )


def waves_to_remind(session: Session, *, now: datetime, times: MailTimes) -> list[int]:
    """Open waves of which a reminder is due."""
    waves = session.scalars(select(Wave).where(Wave.state == WaveState.OPEN).order_by(Wave.id))
    return [wave.id for wave in waves if reminder_due(wave, now=now, times=times)]


def invited(wave_id: int) -> Select[int]:
    """Ids of the people whose invitation has been dealt with: it went, perhaps went, or failed.

    Who still waits for the invitation itself needs no reminder of it.
    """
    return select(WaveMail.person_id).where(
        WaveMail.wave_id == wave_id,
        WaveMail.kind == MailKind.INVITATION,
        WaveMail.state.in_([MailState.SENT, MailState.UNCONFIRMED, MailState.FAILED]),
    )


def people(wave_id: int) -> Select[int]:
    """Ids of all people who are mailed."""
    return select(WaveMail.person_id).where(
        WaveMail.wave_id == wave_id, WaveMail.kind == MailKind.INVITATION
    )


def drop_late_reminders(session: Session, wave: Wave, *, now: datetime) -> None:
    """Take out reminders that wait and are not worth sending any more.

    They waited too long, the pulse closes soon, or a later reminder has been written.
    """
    is_late: ColumnElement[bool] = or_(
        WaveMail.not_before < now - LONGEST_DELAY,
        WaveMail.kind.not_in([MailKind.INVITATION, *_kind_of(wave.last_reminder)]),
    )
    # Else all of them are: the pulse closes soon.
    chosen = [is_late] if wave.closes_at - now > LAST_HOURS else []
    session.execute(
        delete(WaveMail).where(
            WaveMail.wave_id == wave.id,
            WaveMail.kind != MailKind.INVITATION,
            WaveMail.state == MailState.WAITING,
            *chosen,
        ),
        execution_options={"synchronize_session": False},
    )


# ---------------------------------------------------------------- sending them


def new_run() -> int:
    """A number for a run of a job, which no other run has."""
    return secrets.randbelow(2**31)


def put_back(session: Session, wave_id: int) -> int:
    """Let mails wait again that certainly did not go. Returns how many.

    Call it only while holding the wave's mailing lock.
    """
    return _move(session, wave_id, MailState.SENDING, MailState.WAITING)


def settle(session: Session, wave_id: int) -> None:
    """Give up on mails whose job died while it handed them over.

    Call it only while holding the wave's mailing lock.
    """
    _move(session, wave_id, MailState.HANDING_OVER, MailState.UNCONFIRMED)


def claim(
    session: Session, wave_id: int, *, run: int, now: datetime, times: MailTimes, size: int
) -> list[ClaimedMail]:
    """Take up to `size` mails of an open wave that may go out now, and mark them as on their way.

    The least tried come first, so that mails which never go hold up no others.
    """
    rows = session.execute(
        select(WaveMail.id, WaveMail.person_id, WaveMail.kind)
        .join(Wave, Wave.id == WaveMail.wave_id)
        .where(
            WaveMail.wave_id == wave_id,
            WaveMail.state == MailState.WAITING,
            Wave.state == WaveState.OPEN,
            may_go(now, times),
        )
        .order_by(WaveMail.attempts, WaveMail.id)
        .limit(size)
        .with_for_update(of=WaveMail, skip_locked=True)
    ).all()
    session.execute(
        update(WaveMail)
        .where(WaveMail.id.in_([row.id for row in rows]))
        .values(state=MailState.SENDING, run=run),
        execution_options={"synchronize_session": False},
    )
    return [ClaimedMail(row.id, row.person_id, MailKind(row.kind)) for row in rows]


def hand_over(session: Session, mail: ClaimedMail, *, run: int, now: datetime) -> bool:
    """Mark a mail just before its last line is written.

    False where it must not be written: the wave has closed, the person has left the staff list, or
    another job has taken the mail.
    """
    return _run(
        session, _HAND_OVER, mail, run, MailState.SENDING, MailState.HANDING_OVER, now=now
    )


def mark_sent(session: Session, mail: ClaimedMail, *, run: int) -> None:
    """The server took it, even where another job has settled it as unconfirmed meanwhile."""
    if not _mark(session, mail, run, MailState.HANDING_OVER, MailState.SENT):
        _mark(session, mail, run, MailState.UNCONFIRMED, MailState.SENT)


def mark_unconfirmed(session: Session, mail: ClaimedMail, *, run: int) -> None:
    """No answer came to its last line."""
    _mark(session, mail, run, MailState.HANDING_OVER, MailState.UNCONFIRMED)


def mark_refused(session: Session, mail: ClaimedMail, *, run: int, final: bool) -> bool:
    """The server would not take it. Returns whether it is given up.

    It stays on its way, and out of this job's reach, until `put_back`, and is given up once
    MOST_ATTEMPTS have failed and the last refusal was `final`.
    """
    attempts = session.scalar(
        update(WaveMail)
        .where(_is_mine(mail, run), WaveMail.state.in_([MailState.SENDING, MailState.HANDING_OVER]))
        .values(state=MailState.SENDING, attempts=WaveMail.attempts + 1)
        .returning(WaveMail.attempts)
    )
    if not final or attempts is None or attempts < MOST_ATTEMPTS:
        return False
    return _mark(session, mail, run, MailState.SENDING, MailState.FAILED)


# ---------------------------------------------------------------- looking


def progress(session: Session, wave_id: int, *kinds: MailKind) -> MailProgress:
    """How far the mails of a wave have come, of some kinds or of all."""
    chosen = [WaveMail.kind.in_(kinds)] if kinds else []
    rows = session.execute(
        select(WaveMail.state, func.count())
        .where(WaveMail.wave_id == wave_id, *chosen)
        .group_by(WaveMail.state)
    )
    counts = {state: count for state, count in rows}
    return MailProgress(
        waiting=sum(counts.get(state, 0) for state in UNFINISHED),
        sent=counts.get(MailState.SENT, 0),
        unconfirmed=counts.get(MailState.UNCONFIRMED, 0),
        failed=counts.get(MailState.FAILED, 0),
    )


def waves_with_waiting_mail(session: Session, *, now: datetime, times: MailTimes) -> list[int]:
    """Open waves with mail that may go out now, or of which nobody knows yet whether it went."""
    return list(
        session.scalars(
            select(WaveMail.wave_id)
            .join(Wave, Wave.id == WaveMail.wave_id)
            .where(
                WaveMail.state.in_(UNFINISHED),
                or_(may_go(now, times), WaveMail.state == MailState.HANDING_OVER),
                Wave.state == WaveState.OPEN,
            )
            .distinct()
            .order_by(WaveMail.wave_id)
        )
    )


def may_go(now: datetime, times: MailTimes) -> ColumnElement[bool]:
    """Which mails may go out now, as far as the hour is concerned."""
    at_any_hour = WaveMail.not_before.is_(None)
    return or_(at_any_hour, WaveMail.not_before <= now) if times.allow(now) else at_any_hour


def _kind_of(reminder: int) -> Sequence[MailKind]:
    return [REMINDERS[reminder]] if reminder else []


def _is_mine(mail: ClaimedMail, run: int) -> ColumnElement[bool]:
    return and_(WaveMail.id == mail.mail_id, WaveMail.run == run)


#: Leads one mail on. Made once: two of these are run for each mail.
_MARK = (
    update(_MAILS)
    .where(
        _MAILS.c.id == bindparam("mail_id"),
        _MAILS.c.run == bindparam("mine"),
        _MAILS.c.state == bindparam("before"),
    )
    .values(state=bindparam("after"))
)
_HAND_OVER = _MARK.where(
    select(_WAVES.c.id)
    .where(
        _WAVES.c.id == _MAILS.c.wave_id,
        _WAVES.c.state == WaveState.OPEN,
        _WAVES.c.closes_at > bindparam("now"),
    )
    .exists()
)


def _mark(
    session: Session, mail: ClaimedMail, run: int, before: MailState, after: MailState
) -> bool:
    """Lead one mail on. Returns whether it was there to be led."""
    return _run(session, _MARK, mail, run, before, after)


def _run(
    session: Session,
    statement: Update,
    mail: ClaimedMail,
    run: int,
    before: MailState,
    after: MailState,
    **more: datetime,
) -> bool:
    values = {"mail_id": mail.mail_id, "mine": run, "before": before, "after": after}
    return session.connection().execute(statement, {**values, **more}).rowcount > 0


def _move(session: Session, wave_id: int, before: MailState, after: MailState) -> int:
    """Lead all mails of a wave from one state to another. Returns how many."""
    moved = (
        update(_MAILS)
        .where(_MAILS.c.wave_id == wave_id, _MAILS.c.state == before)
        .values(state=after)
    )
    return session.connection().execute(moved).rowcount
