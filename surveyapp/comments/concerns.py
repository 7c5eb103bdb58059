"""Words that may speak of harm, for the speak-up guardian: text, and no way to who wrote it (A17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.accounts import services as accounts
from surveyapp.accounts.services import Action
from surveyapp.comments.models import Concern
from surveyapp.comments.services import waiting_wave_ids
from surveyapp.permissions import RoleName
from surveyapp.pulses import services as pulses


class ConcernGoneError(LookupError):
    """There is no such concern any more."""


@dataclass(frozen=True, slots=True)
class ConcernCard:
    """What was written, and in which pulse. It names no unit, question or time."""

    concern_id: str
    wave_title: str
    text: str


@dataclass(frozen=True, slots=True)
class Guardian:
    user_id: int
    email: str


def listed(session: Session, *, handled: bool, limit: int) -> tuple[list[ConcernCard], int]:
    """Concerns that are dealt with or not, those of the newest pulse first, and how many in all."""
    chosen = Concern.is_handled.is_(handled)
    total = session.scalar(select(func.count()).select_from(Concern).where(chosen)) or 0
    titles = {wave.id: wave.title for wave in pulses.waves(session)}
    found = session.scalars(
        select(Concern).where(chosen).order_by(Concern.wave_id.desc(), Concern.id).limit(limit)
    )
    return [ConcernCard(one.id, titles.get(one.wave_id, ""), one.text) for one in found], total


def mark(session: Session, concern_id: str, *, handled: bool, actor_id: int) -> None:
    """Say that a concern is dealt with, or that it is not after all. Raises ConcernGoneError."""
    concern = session.get(Concern, concern_id, with_for_update=True)
    if concern is None:
        raise ConcernGoneError
    if concern.is_handled == handled:
        return
    concern.is_handled = handled
    accounts.record_audit(
        session,
        Action.CONCERN_MARKED,
        actor_id=actor_id,
        wave_id=concern.wave_id,
        handled=handled,
    )


def wait_for_nobody(session: Session) -> bool:
    """Whether concerns wait, and nobody has the role that reads them."""
    return bool(_waves_that_wait(session)) and not _guardians(session)


def waves_to_alert(session: Session) -> list[int]:
    """Waves, read to their end, with concerns of which some guardian has not been told."""
    if not _guardians(session):
        return []
    unread = set(waiting_wave_ids(session))
    return [
        wave_id
        for wave_id in _waves_that_wait(session)
        if wave_id not in unread and to_alert(session, wave_id)
    ]


def to_alert(session: Session, wave_id: int) -> list[Guardian]:
    """Guardians who have not been told of the concerns of a wave: each is told once."""
    told = {
        details["user_id"]
        for details in accounts.audited(session, Action.CONCERNS_ALERTED)
        if details["wave_id"] == wave_id
    }
    return [guardian for guardian in _guardians(session) if guardian.user_id not in told]


def mark_alerted(session: Session, wave_id: int, user_id: int, *, sent: bool) -> None:
    """Write down that a guardian was told, or cannot be: then nobody tries again."""
    accounts.record_audit(
        session,
        Action.CONCERNS_ALERTED,
        actor_id=None,
        wave_id=wave_id,
        user_id=user_id,
        sent=sent,
    )


def _guardians(session: Session) -> list[Guardian]:
    return [
        Guardian(user.id, user.email)
        for user in accounts.holders_of(session, RoleName.SPEAK_UP_GUARDIAN)
    ]


def _waves_that_wait(session: Session) -> Sequence[int]:
    return session.scalars(
        select(Concern.wave_id).where(Concern.is_handled.is_(False)).distinct().order_by(Concern.wave_id)
    ).all()
