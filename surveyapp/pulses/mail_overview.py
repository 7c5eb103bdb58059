"""What L&D reads about the mails of a wave. Says how many, and never to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy.orm import Session

from surveyapp.organisation import services as organisation
from surveyapp.pulses import ledger
from surveyapp.pulses.ledger import REMINDERS, MailProgress
from surveyapp.pulses.mail_times import MailTimes, parsed, reminder_moments
from surveyapp.pulses.models import MailKind, Wave, WaveState


@dataclass(frozen=True, slots=True)
class MailPlan:
    """When the mails of a wave go out. `first_at` is of invitations that do not go at once."""

    at_once: bool
    first_at: datetime
    reminders: tuple[datetime, ...]
    from_hour: time
    to_hour: time
    spread_minutes: int


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """`words` say how far it is; where it `is_to_come`, `at` is when it goes out."""

    number: int
    words: str
    at: datetime
    is_to_come: bool = False


@dataclass(frozen=True, slots=True)
class Mails:
    """The mails of an open wave. Numbers of people that could point at one are words (F1)."""

    invitations: MailProgress
    unconfirmed: int
    reminders: tuple[ReminderRow, ...]
    undeliverable: str
    without_reminders: str


def mail_plan(wave: Wave, *, now: datetime, times: MailTimes) -> MailPlan:
    """The plan as it is; of a draft, as it would be if it were launched now."""
    moments = parsed(wave.reminders_at)
    if wave.state == WaveState.DRAFT:
        moments = reminder_moments(max(wave.opens_at, now), wave.closes_at, len(moments))
    return MailPlan(
        at_once=wave.mails_at_once,
        first_at=times.next_moment(wave.opens_at),
        reminders=tuple(times.next_moment(moment) for moment in moments),
        from_hour=times.first,
        to_hour=times.last,
        spread_minutes=int(times.spread.total_seconds() // 60),
    )


def mails(
    session: Session, wave: Wave, *, now: datetime, times: MailTimes, by_text: bool = False
) -> Mails:
    """`by_text` is whether texts reach people whom mail does not."""
    return Mails(
        invitations=ledger.progress(session, wave.id, MailKind.INVITATION),
        unconfirmed=ledger.progress(session, wave.id).unconfirmed,
        reminders=tuple(
            _reminder(session, wave, number, moment, now=now, times=times)
            for number, moment in enumerate(parsed(wave.reminders_at), start=1)
        ),
        undeliverable=organisation.banded(
            organisation.undeliverable(session, ledger.people(wave.id), by_text=by_text)
        ),
        without_reminders=organisation.banded(organisation.without_reminders(session)),
    )


def _reminder(
    session: Session, wave: Wave, number: int, moment: datetime, *, now: datetime, times: MailTimes
) -> ReminderRow:
    at = times.next_moment(moment)
    if number > wave.last_reminder:
        if now < moment or ledger.reminder_due(wave, now=now, times=times) == number:
            return ReminderRow(number, "Goes out from", at, is_to_come=True)
        return ReminderRow(number, "Left out", at)
    progress = ledger.progress(session, wave.id, REMINDERS[number])
    if progress.waiting:
        return ReminderRow(number, "Is going out", at)
    is_left_out = number < wave.last_reminder and not progress.done
    return ReminderRow(number, "Left out" if is_left_out else "Sent", at)
