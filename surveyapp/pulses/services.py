"""Planning, launching, opening and closing waves, and the mail ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, record_audit
from surveyapp.config import MailSettings
from surveyapp.disclosure.figures import rounded_rate
from surveyapp.instruments import services as instruments
from surveyapp.organisation import services as organisation
from surveyapp.pulses import due_mail, mail_times
from surveyapp.pulses.audiences import (
    audience_size,
    freeze_audience,
    launch_obstacle,
    people_to_ask,
    resting,
    too_many,
    units_to_freeze,
)
from surveyapp.pulses.grouping import expected_rate, with_reporting_groups
from surveyapp.pulses.models import (
    STATE_LABELS,
    Breakdown,
    Channel,
    FrozenUnit,
    Wave,
    WaveItem,
    WaveKind,
    WaveMail,
    WaveState,
    WaveUnit,
    is_reporting_group,
)
from surveyapp.pulses.planning import (
    MINIMUM_GROUP_DEFAULT,
    NO_BRANCHES,
    REFERENCE_LENGTH,
    SQLITE_CEILING,
    Plan,
    PlanError,
    check_minimum_group,
    new_reference,
)
from surveyapp.pulses.reading import (
    WaveStateError,
    comparable_waves,
    counted_waves,
    is_open,
    latest_asking,
    lock_for_count,
    lock_for_launch,
    lock_wave,
    locks_rows,
    quarter_ending_with,
    takes_ballots,
    tree_of,
    wave,
    wave_by_reference,
    wave_ids_in,
    wave_ids_with_units,
    wave_units,
    waves,
    waves_of_series,
)
from surveyapp.timekeeping import LOCAL_ZONE, database_now

__all__ = [
    "K_IS_LOCKED",
    "MINIMUM_GROUP_DEFAULT",
    "NO_BRANCHES",
    "REFERENCE_LENGTH",
    "SQLITE_CEILING",
    "STATE_LABELS",
    "TEXT_SCALE",
    "Breakdown",
    "Channel",
    "FrozenUnit",
    "Plan",
    "PlanError",
    "Wave",
    "WaveItem",
    "WaveKind",
    "WaveState",
    "WaveStateError",
    "advance",
    "audience_size",
    "box_is_ready",
    "check_minimum_group",
    "close_now",
    "comparable_waves",
    "counted_waves",
    "create_imported_wave",
    "doubt_due_mail",
    "due_wave_ids",
    "expected_rate",
    "freeze_audience",
    "is_open",
    "is_reporting_group",
    "latest_asking",
    "launch",
    "launch_obstacle",
    "lock_for_count",
    "lock_for_launch",
    "lock_wave",
    "locks_rows",
    "mark_counted",
    "mark_uncountable",
    "note_live_rate",
    "oldest_due_mail",
    "open_if_due",
    "people_to_ask",
    "quarter_ending_with",
    "reminders_of",
    "resting",
    "reword_drafts",
    "running",
    "takes_ballots",
    "too_many",
    "tree_of",
    "units_to_freeze",
    "wave",
    "wave_by_reference",
    "wave_ids_in",
    "wave_ids_with_units",
    "wave_units",
    "waves",
    "waves_of_series",
    "with_reporting_groups",
]

#: The scale of an open prompt, beside the instrument's rating scales.
TEXT_SCALE = "text"

K_IS_LOCKED = (
    "The smallest group is locked at the launch: small teams are put together by it, and people "
    "are told it before they answer."
)


# ---------------------------------------------------------------- launching


def launch(
    session: Session, wave_id: int, *, actor_id: int | None, by_clock: bool = False
) -> Wave:
    """Freeze a draft. Keys, vouchers and invitations follow in a worker.

    A person who launches a pulse that opens at once wants its invitations to go at once, whatever
    the hour; what the clock launches keeps to the hours for mail.

    Raises WaveStateError when it is no draft, has nobody to invite, or would end before it opens.
    """
    wave = lock_wave(session, wave_id)
    if wave.state != WaveState.DRAFT:
        raise WaveStateError("This pulse has been launched already.")
    obstacle = launch_obstacle(session, wave)
    if obstacle:
        raise WaveStateError(obstacle)
    wave.state = WaveState.LAUNCHING
    instruments.mark_used(session, [item.item_id for item in wave.items])
    now = database_now(session)
    wave.mails_at_once = not by_clock and wave.opens_at <= now
    if wave.series_id is None:
        # A draft may have waited since before its opening day: the days count from today then.
        begins_at = max(wave.opens_at, now)
        wave.reminders_at = mail_times.stored(
            mail_times.reminder_moments(begins_at, wave.closes_at, len(wave.reminders_at))
        )
    record_audit(
        session,
        Action.WAVE_LAUNCHED,
        actor_id=actor_id,
        wave_id=wave.id,
        minimum_group=wave.minimum_group,
    )
    return wave


def box_is_ready(session: Session, wave: Wave, *, public_key: bytes, ballot_size: int) -> None:
    """The ballot box has been proved to open: the wave may receive ballots when its time comes."""
    wave.public_key = public_key
    wave.ballot_size = ballot_size
    wave.state = WaveState.SCHEDULED
    open_if_due(session, wave)


def open_if_due(session: Session, wave: Wave) -> bool:
    """Open a scheduled wave whose opening time has come. Returns whether it did."""
    if wave.state == WaveState.SCHEDULED and wave.opens_at <= database_now(session):
        wave.state = WaveState.OPEN
        return True
    return False


def reword_drafts(
    session: Session, item_id: str, *, text: str, text_cy: str, scale: str, factor: str
) -> None:
    """Drafts that ask a question take its new words. Pulses that are launched keep theirs (B5)."""
    drafts = select(Wave.id).where(Wave.state == WaveState.DRAFT)
    session.execute(
        update(WaveItem)
        .where(WaveItem.item_id == item_id, WaveItem.wave_id.in_(drafts))
        .values(text=text, text_cy=text_cy, scale=scale, factor=factor)
        .execution_options(synchronize_session=False)
    )


def reminders_of(wave: Wave) -> tuple[datetime, ...]:
    """When its reminders are due, in UTC."""
    return mail_times.parsed(wave.reminders_at)


# ---------------------------------------------------------------- closing


def close_now(session: Session, wave_id: int, *, actor_id: int | None) -> None:
    """Close an open wave before its time. Audited. Raises WaveStateError when it is not open."""
    wave = lock_wave(session, wave_id)
    if wave.state != WaveState.OPEN:
        raise WaveStateError("This pulse is not open, so it cannot be closed.")
    wave.state = WaveState.CLOSED
    wave.closes_at = max(database_now(session), wave.opens_at + timedelta(seconds=1))
    record_audit(session, Action.WAVE_CLOSED_EARLY, actor_id=actor_id, wave_id=wave.id)


def due_wave_ids(session: Session) -> list[int]:
    """Waves whose opening or closing time has come."""
    now = database_now(session)
    return list(
        session.scalars(
            select(Wave.id).where(
                or_(
                    and_(Wave.state == WaveState.SCHEDULED, Wave.opens_at <= now),
                    and_(Wave.state == WaveState.OPEN, Wave.closes_at <= now),
                )
            )
        )
    )


def advance(session: Session, wave_id: int) -> WaveState:
    """Open or close a wave if its time has come, and return its state."""
    wave = lock_wave(session, wave_id)
    open_if_due(session, wave)
    if wave.state == WaveState.OPEN and wave.closes_at <= database_now(session):
        wave.state = WaveState.CLOSED
    return WaveState(wave.state)


def note_live_rate(session: Session, wave_id: int, *, ballots: int) -> None:
    """Renew the one banded figure shown while a wave is open, at most once a day (A8)."""
    wave = lock_wave(session, wave_id)
    today = _today(session)
    if wave.state != WaveState.OPEN or wave.live_rate_on == today:
        return
    if wave.channel == Channel.OPEN_LINK:
        return  # nobody knows how many could answer, so there is no rate
    wave.live_rate_on = today
    enough = min(ballots, wave.invited) >= wave.minimum_group
    wave.live_rate_band = (
        rounded_rate(ballots, wave.invited, k=wave.minimum_group) if enough else None
    )


def oldest_due_mail(session: Session, mail: MailSettings) -> datetime | None:
    """Since when the mail has been due that waits longest; None where none is due."""
    times = mail_times.times_of(mail)
    return due_mail.oldest_due(session, now=database_now(session), times=times)


def doubt_due_mail(session: Session) -> int:
    """After a restore: due mail may have gone since the backup, so it never goes again.

    Returns of how many mails nobody knows that now. Reminders carry the same links.
    """
    return due_mail.doubt(session, now=database_now(session))


def running(session: Session) -> list[Wave]:
    """Waves that were launched and are not over, the newest first."""
    over = (WaveState.DRAFT, WaveState.COUNTED, WaveState.CANNOT_BE_COUNTED)
    return [wave for wave in waves(session) if wave.state not in over]


def mark_counted(
    session: Session, wave: Wave, *, set_aside: int, response_rate: int | None
) -> None:
    """The count is done; the mail ledger goes with it (F6).

    `response_rate` is the organisation's, as published: the next forecast goes by it.
    """
    wave.state = WaveState.COUNTED
    wave.counted_at = database_now(session)
    wave.set_aside = set_aside
    _purge_ledger(session, wave)
    wave.live_rate_band = response_rate


def mark_uncountable(session: Session, wave: Wave) -> None:
    """The keys are lost: say so plainly and stop trying."""
    wave.state = WaveState.CANNOT_BE_COUNTED
    _purge_ledger(session, wave)


def _purge_ledger(session: Session, wave: Wave) -> None:
    session.execute(delete(WaveMail).where(WaveMail.wave_id == wave.id))
    wave.live_rate_band = None


# ---------------------------------------------------------------- imports


def create_imported_wave(
    session: Session,
    *,
    title: str,
    unit_counts: Mapping[int, int],
) -> Wave:
    """A closed wave for comments collected elsewhere. It has no scores and was sent to nobody.

    `unit_counts` are comments by unit; each comment stands for one person, in `invited` too.
    """
    now = database_now(session)
    wave = Wave(
        reference=new_reference(),
        kind=WaveKind.IMPORTED,
        title=title.strip(),
        state=WaveState.COUNTED,
        library_version=instruments.current_version(),
        template_id="imported",
        choice_key="imported",
        minimum_group=MINIMUM_GROUP_DEFAULT,
        opens_at=now - timedelta(seconds=1),
        closes_at=now,
        invited=sum(unit_counts.values()),
    )
    wave.units = [
        WaveUnit(
            unit_id=unit_id, parent_id=parent_id, name=name, invited=unit_counts.get(unit_id, 0)
        )
        for unit_id, parent_id, name in organisation.frozen_tree(session)
    ]
    session.add(wave)
    session.flush()
    return wave


def _today(session: Session) -> date:
    return database_now(session).astimezone(LOCAL_ZONE).date()
