"""Who is still to be sent the summary of a wave: each reader who wants it, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts import services as accounts
from surveyapp.accounts.services import Action, Reader, reader_of
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.permissions import Permission, permissions_of
from surveyapp.pulses import services as pulses
from surveyapp.reports import scope, storage
from surveyapp.reports.models import SummaryMail
from surveyapp.timekeeping import database_now

#: How long after its close a pulse is news. Who becomes a leader later reads it on the pages.
NEWS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Recipient:
    user_id: int
    email: str
    reader: Reader


def waves_to_send(session: Session) -> list[int]:
    """Pulses with nothing left to draw or to read, of which some reader has had no summary."""
    finished = {wave_id for wave_id, (is_complete, _) in storage.drawn(session).items() if is_complete}
    since = database_now(session) - NEWS
    return [
        wave.id
        for wave in pulses.counted_waves(session)
        if wave.id in finished
        and wave.kind == pulses.WaveKind.PULSE
        and wave.closes_at > since
        and waiting(session, wave.id)
    ]


def waiting(session: Session, wave_id: int) -> list[int]:
    """Ids of the accounts that are still to be sent the summary of a wave."""
    settled = set(
        session.scalars(select(SummaryMail.user_id).where(SummaryMail.wave_id == wave_id))
    )
    tree, _ = scope.frozen(session, wave_id)
    return [
        user.id
        for user in accounts.users(session)
        if user.id not in settled and _gets_it(user, tree)
    ]


def recipient(session: Session, wave_id: int, user_id: int) -> Recipient | None:
    """To whom and for whom the summary is made; None if they are not to get it, or not any more."""
    user = accounts.user(session, user_id)
    if user is None or session.get(SummaryMail, (wave_id, user_id)) is not None:
        return None
    tree, _ = scope.frozen(session, wave_id)
    return Recipient(user.id, user.email, reader_of(user)) if _gets_it(user, tree) else None


def mark(session: Session, wave_id: int, user_id: int, *, sent: bool) -> None:
    """Write down that the summary went out, or cannot: then nobody tries again. Audited."""
    session.add(SummaryMail(wave_id=wave_id, user_id=user_id, is_sent=sent))
    accounts.record_audit(
        session, Action.SUMMARY_MAILED, actor_id=None, wave_id=wave_id, user_id=user_id, sent=sent
    )


def _gets_it(user: Any, tree: Tree) -> bool:
    # Whoever may not sign in any more holds no permission.
    return (
        user.wants_summaries
        and Permission.READ_REPORTS in permissions_of(user)
        and bool(scope.readable(tree, reader_of(user)))
    )
