"""Who may see which unit, and the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_security.utils import hash_password
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent, LedUnit, Role, User
from surveyapp.permissions import Permission, RoleName, permissions_of


class Action(StrEnum):
    """What is written to the audit log."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    ACCESS_GRANTED = "access_granted"
    ACCESS_CHANGED = "access_changed"
    STAFF_IMPORTED = "staff_imported"
    UNITS_CHANGED = "units_changed"
    WAVE_LAUNCHED = "wave_launched"
    WAVE_CLOSED_EARLY = "wave_closed_early"
    SMALLEST_GROUP_CHANGED = "smallest_group_changed"
    MESSAGE_CHANGED = "message_changed"
    COMMENTS_IMPORTED = "comments_imported"
    REPORT_READ = "report_read"
    UNITS_COMPARED = "units_compared"
    COMMENTS_READ = "comments_read"
    COMMENT_REVIEWED = "comment_reviewed"
    THEMES_CORRECTED = "themes_corrected"
    ORGANISATION_CHOSE = "organisation_chose"
    CONCERNS_ALERTED = "concerns_alerted"
    CONCERNS_READ = "concerns_read"
    CONCERN_MARKED = "concern_marked"
    EXPORTED = "exported"
    SUMMARY_MAILED = "summary_mailed"
    ACTION_PUBLISHED = "action_published"
    ACTION_UNPUBLISHED = "action_unpublished"
    ACTION_DELETED = "action_deleted"
    SERIES_CHANGED = "series_changed"
    ACTION_WAIVED = "action_waived"
    BLACKOUT_CHANGED = "blackout_changed"
    QUESTION_WRITTEN = "question_written"
    QUESTION_RETIRED = "question_retired"
    QUESTION_SET_CHANGED = "question_set_changed"
    JOB_RETRIED = "job_retried"


ACTION_LABELS: dict[Action, str] = {
    Action.SIGNED_IN: "Signed in",
    Action.SIGN_IN_FAILED: "Sign-in failed",
    Action.SIGNED_OUT: "Signed out",
    Action.ACCESS_GRANTED: "Gave access",
    Action.ACCESS_CHANGED: "Changed access",
    Action.STAFF_IMPORTED: "Imported a staff list",
    Action.UNITS_CHANGED: "Changed a unit",
    Action.WAVE_LAUNCHED: "Launched a pulse",
    Action.WAVE_CLOSED_EARLY: "Closed a pulse early",
    Action.SMALLEST_GROUP_CHANGED: "Changed a smallest group",
    Action.MESSAGE_CHANGED: "Changed the words of a message",
    Action.COMMENTS_IMPORTED: "Imported comments",
    Action.REPORT_READ: "Read a report",
    Action.UNITS_COMPARED: "Looked at units side by side",
    Action.COMMENTS_READ: "Read comments",
    Action.COMMENT_REVIEWED: "Reviewed a comment",
    Action.THEMES_CORRECTED: "Checked a comment's themes",
    Action.ORGANISATION_CHOSE: "Changed a choice of the organisation",
    Action.CONCERNS_ALERTED: "Told someone of concerns",
    Action.CONCERNS_READ: "Read concerns",
    Action.CONCERN_MARKED: "Marked a concern",
    Action.EXPORTED: "Exported results",
    Action.SUMMARY_MAILED: "Mailed a summary of results",
    Action.ACTION_PUBLISHED: "Published an action",
    Action.ACTION_UNPUBLISHED: "Took back a published action",
    Action.ACTION_DELETED: "Deleted an action",
    Action.SERIES_CHANGED: "Changed a series of pulses",
    Action.ACTION_WAIVED: "Let a pulse open without an action",
    Action.BLACKOUT_CHANGED: "Changed the days that pulses keep clear of",
    Action.QUESTION_WRITTEN: "Wrote a question",
    Action.QUESTION_RETIRED: "Retired a question, or took it back",
    Action.QUESTION_SET_CHANGED: "Changed a set of questions",
    Action.JOB_RETRIED: "Started a failed job again",
}

#: The exact keys of each action's details. None may hold an address, a token or an answer.
AUDIT_KEYS: dict[Action, frozenset[str]] = {
    Action.SIGNED_IN: frozenset(),
    Action.SIGN_IN_FAILED: frozenset(),
    Action.SIGNED_OUT: frozenset(),
    Action.ACCESS_GRANTED: frozenset({"user_id", "roles", "unit_ids"}),
    Action.ACCESS_CHANGED: frozenset({"user_id", "roles", "unit_ids", "active"}),
    Action.STAFF_IMPORTED: frozenset(
        {"added", "changed", "moved", "removed", "unchanged", "refused"}
    ),
    Action.UNITS_CHANGED: frozenset({"unit_id", "change"}),
    Action.WAVE_LAUNCHED: frozenset({"wave_id", "minimum_group"}),
    Action.WAVE_CLOSED_EARLY: frozenset({"wave_id"}),
    Action.SMALLEST_GROUP_CHANGED: frozenset({"wave_id", "minimum_group"}),
    Action.MESSAGE_CHANGED: frozenset({"message", "language", "is_shipped"}),
    Action.COMMENTS_IMPORTED: frozenset({"wave_id", "imported", "refused"}),
    Action.REPORT_READ: frozenset({"wave_id", "unit_id"}),
    Action.UNITS_COMPARED: frozenset({"wave_id"}),
    Action.COMMENTS_READ: frozenset({"wave_id", "unit_id", "factor", "searched"}),
    Action.COMMENT_REVIEWED: frozenset({"wave_id", "decision", "words_removed"}),
    Action.THEMES_CORRECTED: frozenset({"wave_id", "decision"}),
    Action.ORGANISATION_CHOSE: frozenset({"choice", "is_on"}),
    Action.CONCERNS_ALERTED: frozenset({"wave_id", "user_id", "sent"}),
    Action.CONCERNS_READ: frozenset(),
    Action.CONCERN_MARKED: frozenset({"wave_id", "handled"}),
    Action.EXPORTED: frozenset({"wave_id", "unit_id", "format"}),
    Action.SUMMARY_MAILED: frozenset({"wave_id", "user_id", "sent"}),
    Action.ACTION_PUBLISHED: frozenset({"action_id", "unit_id"}),
    Action.ACTION_UNPUBLISHED: frozenset({"action_id", "unit_id"}),
    Action.ACTION_DELETED: frozenset({"action_id", "unit_id"}),
    Action.SERIES_CHANGED: frozenset({"series_id", "change"}),
    Action.ACTION_WAIVED: frozenset({"series_id", "wave_id"}),
    Action.BLACKOUT_CHANGED: frozenset({"change"}),
    Action.QUESTION_WRITTEN: frozenset({"question_id", "version"}),
    Action.QUESTION_RETIRED: frozenset({"question_id", "is_retired"}),
    Action.QUESTION_SET_CHANGED: frozenset({"set_id"}),
    Action.JOB_RETRIED: frozenset({"job"}),
}


class AccessError(ValueError):
    """A change of access that cannot be made. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What reports need to know of a signed-in person.

    `unit_ids` are the units the person leads; everything below them is included by the reports.
    """

    user_id: int
    reads_all_units: bool
    unit_ids: frozenset[int]


def reader_of(user: Any) -> Reader:
    """The reading scope of a signed-in user."""
    return Reader(
        user_id=user.id,
        reads_all_units=Permission.READ_ALL_UNITS in permissions_of(user),
        unit_ids=frozenset(led.unit_id for led in user.led_units),
    )


def record_audit(session: Session, action: Action, *, actor_id: int | None, **details: Any) -> None:
    """Add an audit event to the caller's transaction.

    Raises ValueError when the details are not exactly the keys that the action declares.
    """
    if details.keys() != AUDIT_KEYS[action]:
        raise ValueError(
            f"'{action}' is audited with {sorted(AUDIT_KEYS[action])} and nothing else."
        )
    session.add(AuditEvent(action=action, actor_id=actor_id, details=details))


def ensure_roles(session: Session) -> None:
    """Make the roles that the code knows exist in the database."""
    present = set(session.scalars(select(Role.name)))
    session.add_all(Role(name=name) for name in RoleName if name not in present)
    session.flush()


def create_user(
    session: Session,
    *,
    email: str,
    name: str,
    password: str,
    roles: Iterable[RoleName],
    led_unit_ids: Iterable[int] = (),
) -> User:
    """Add someone who may sign in. The caller has checked the password's strength.

    Raises AccessError if the address is taken.
    """
    address = email.strip().lower()
    if session.scalar(select(User.id).where(User.email == address)) is not None:
        raise AccessError(f"{address} can already sign in. Change that person's access instead.")
    ensure_roles(session)
    wanted = set(roles)
    user = User(
        email=address,
        name=name.strip(),
        password=hash_password(password),
        fs_uniquifier=secrets.token_hex(32),
        roles=list(session.scalars(select(Role).where(Role.name.in_(wanted)))),
        led_units=[LedUnit(unit_id=unit_id) for unit_id in sorted(set(led_unit_ids))],
    )
    session.add(user)
    session.flush()
    return user


def users(session: Session) -> Sequence[User]:
    """Everyone who has ever been given access, by name."""
    return session.scalars(select(User).order_by(User.name, User.email)).all()


def holders_of(session: Session, role: RoleName) -> Sequence[User]:
    """Everyone who may sign in and has that role."""
    holds = User.roles.any(Role.name == role)
    return session.scalars(select(User).where(User.active, holds).order_by(User.id)).all()


def audited(session: Session, action: Action) -> Sequence[Mapping[str, Any]]:
    """The details of all events of that kind, for what must be done once."""
    return session.scalars(select(AuditEvent.details).where(AuditEvent.action == action)).all()


def user(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def choose_summaries(session: Session, user_id: int, *, wanted: bool) -> None:
    """Whether someone gets summaries of reports by e-mail. Saying it twice changes nothing."""
    session.execute(update(User).where(User.id == user_id).values(wants_summaries=wanted))


def change_user(
    session: Session,
    user: User,
    *,
    actor_id: int,
    name: str,
    roles: Iterable[RoleName],
    led_unit_ids: Iterable[int],
    active: bool,
) -> None:
    """Change what someone may do. Audited.

    Raises AccessError when administrators would lock themselves out.
    """
    wanted = set(roles)
    if user.id == actor_id and (not active or RoleName.ADMINISTRATOR not in wanted):
        raise AccessError("Another administrator must take this role or sign-in from you")
    user.name = name.strip()
    user.active = active
    user.roles = list(session.scalars(select(Role).where(Role.name.in_(wanted))))
    kept = {led.unit_id: led for led in user.led_units}
    user.led_units = [kept.get(i) or LedUnit(unit_id=i) for i in sorted(set(led_unit_ids))]
    record_audit(
        session,
        Action.ACCESS_CHANGED,
        actor_id=actor_id,
        user_id=user.id,
        roles=sorted(wanted),
        unit_ids=sorted(set(led_unit_ids)),
        active=active,
    )


def audit_page(
    session: Session, *, action: Action | None, page: int, size: int
) -> tuple[Sequence[AuditEvent], int]:
    """One page of the audit log, the newest first, and how many events match in all."""
    query = select(AuditEvent)
    if action is not None:
        query = query.where(AuditEvent.action == action)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    events = session.scalars(
        query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return events, total
