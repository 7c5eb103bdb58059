"""How long answers are kept, their deletion, and its proof (A19).

Deleted are the rows that came from people: answers, comments and what was read in them. The
figures of a report stay as they were frozen: they say nothing of anyone (A2, A8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.ballots import erasure as ballots
from surveyapp.comments import erasure as comments
from surveyapp.privacy.models import DeletionCertificate
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import WaveState
from surveyapp.timekeeping import LOCAL_ZONE

#: A19: calendar months after the close.
KEPT_MONTHS = 24

#: Every text of the page ‘What we store’ that was ever shown, the oldest first (A20). A text is
#: never changed and never taken away: a new one gets a directory of its own in
#: `templates/privacy/texts/`.
TEXT_VERSIONS: tuple[str, ...] = ("2026-11", "2026-12", "2027-01", "2027-02", "2027-03")

#: Those of them that are in Welsh as well, in `templates/privacy/texts-cy/`. A draft, to be corrected.
WELSH_TEXT_VERSIONS: tuple[str, ...] = ("2027-02", "2027-03")

#: What is shown with waves that are planned from now on.
PRIVACY_VERSION = TEXT_VERSIONS[-1]

#: Only these hold anything to delete. One that waits for its count so long is never counted.
_ENDED = frozenset({WaveState.CLOSED, WaveState.COUNTED, WaveState.CANNOT_BE_COUNTED})


def has_welsh_words(version: str) -> bool:
    """Whether that text of the page ‘What we store’ is in Welsh too."""
    return version in WELSH_TEXT_VERSIONS


class NotDueError(RuntimeError):
    """Answers that are still kept, because their time is not over."""


class Kept(Protocol):
    """What decides whether the answers of a wave are due for deletion."""

    @property
    def state(self) -> str: ...
    @property
    def closes_at(self) -> datetime: ...
    @property
    def erased_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Retention:
    """A wave in the list of what is kept until when. `deleted_at` is None while it is kept."""

    wave_id: int
    title: str
    has_ended: bool
    closes_at: datetime
    delete_on: date
    deleted_at: datetime | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof that the answers of a wave were deleted: numbers and times only."""

    wave_id: int
    title: str
    closed_at: datetime
    due_on: date
    deleted_at: datetime
    counts: tuple[tuple[str, int], ...]

    @property
    def rows(self) -> int:
        return sum(number for _, number in self.counts)


# ---------------------------------------------------------------- when


def text_version(wave: pulses.Wave) -> str:
    """The text that people were shown in this wave. Waves from before it had a version: the first."""
    return wave.privacy_version or TEXT_VERSIONS[0]


def deletion_date(closes_at: datetime) -> date:
    """The day on which answers are deleted: the same day of the month, 24 months after the close.

    Of a wave that closed on 29 February it is the 28th, as rows go within 24 months, not after.
    """
    day: date = closes_at.astimezone(LOCAL_ZONE).date() + relativedelta(months=KEPT_MONTHS)
    return day


def is_due(wave: Kept, *, today: date) -> bool:
    """Whether the answers of a wave have been kept as long as they may be."""
    return wave.state in _ENDED and wave.erased_at is None and deletion_date(wave.closes_at) <= today


def due_waves(session: Session, *, now: datetime) -> list[pulses.Wave]:
    """Waves whose answers are to be deleted now, the oldest first."""
    today = _local(now)
    return [wave for wave in reversed(pulses.waves(session)) if is_due(wave, today=today)]


# ---------------------------------------------------------------- deleting


def rows_kept(session: Session, wave: pulses.Wave) -> dict[str, int]:
    """How many rows of each kind `erase` would delete."""
    return {**ballots.rows_kept(session, wave.id), **comments.rows_kept(session, wave.id)}


def erase(session: Session, wave: pulses.Wave, now: datetime) -> Certificate:
    """Delete answers and comments of a wave that is due, in the caller's one transaction.

    Doing it twice deletes nothing more and gives the same certificate. Raises NotDueError when
    the wave is not due.
    """
    wave = pulses.lock_wave(session, wave.id)
    made = session.get(DeletionCertificate, wave.id)
    if made is None:
        if not is_due(wave, today=_local(now)):
            raise NotDueError(f"Wave {wave.id} is kept until {deletion_date(wave.closes_at)}.")
        if wave.state == WaveState.CLOSED:
            pulses.mark_uncountable(session, wave)
        counts = {**ballots.erase(session, wave.id), **comments.erase(session, wave.id)}
        made = DeletionCertificate(wave_id=wave.id, deleted_at=now, counts=counts)
        wave.erased_at = now
        session.add(made)
        session.flush()
    return _certificate(wave, made)


# ---------------------------------------------------------------- reading


def retentions(session: Session, *, now: datetime) -> list[Retention]:
    """Every wave that was launched or imported, the newest first, and until when it is kept."""
    today = _local(now)
    return [
        Retention(
            wave_id=wave.id,
            title=wave.title,
            has_ended=wave.state in _ENDED,
            closes_at=wave.closes_at,
            delete_on=deletion_date(wave.closes_at),
            deleted_at=wave.erased_at,
            is_due=is_due(wave, today=today),
        )
        for wave in pulses.waves(session)
        if wave.state != WaveState.DRAFT
    ]


def certificates(session: Session) -> list[Certificate]:
    """All certificates, the newest first."""
    made: Sequence[DeletionCertificate] = session.scalars(
        select(DeletionCertificate).order_by(
            DeletionCertificate.deleted_at.desc(), DeletionCertificate.wave_id.desc()
        )
    ).all()
    waves = {wave.id: wave for wave in pulses.waves(session)}
    return [_certificate(waves[each.wave_id], each) for each in made]


def certificate(session: Session, wave_id: int) -> Certificate | None:
    """The certificate of a wave, or None where nothing was deleted."""
    made = session.get(DeletionCertificate, wave_id)
    wave = pulses.wave(session, wave_id)
    return None if made is None or wave is None else _certificate(wave, made)


def _certificate(wave: pulses.Wave, made: DeletionCertificate) -> Certificate:
    return Certificate(
        wave_id=wave.id,
        title=wave.title,
        closed_at=wave.closes_at,
        due_on=deletion_date(wave.closes_at),
        deleted_at=made.deleted_at,
        counts=tuple((kind, int(number)) for kind, number in made.counts.items()),
    )


def _local(now: datetime) -> date:
    return now.astimezone(LOCAL_ZONE).date()
