"""Who may see which unit, and the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_security.utils import hash_password
from sqlalchemy import select
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
    COMMENTS_IMPORTED = "comments_imported"
    REPORT_READ = "report_read"
    COMMENTS_READ = "comments_read"
    COMMENT_REVIEWED = "comment_reviewed"
    EXPORTED = "exported"


#: The exact keys of each action's details. None may hold an address, a token or an answer.
AUDIT_KEYS: dict[Action, frozenset[str]] = {
    Action.SIGNED_IN: frozenset(),
    Action.SIGN_IN_FAILED: frozenset(),
    Action.SIGNED_OUT: frozenset(),
    Action.ACCESS_GRANTED: frozenset({"user_id", "roles", "unit_ids"}),
    Action.ACCESS_CHANGED: frozenset({"user_id", "roles", "unit_ids", "active"}),
    Action.STAFF_IMPORTED: frozenset({"added", "changed", "unchanged", "refused"}),
    Action.UNITS_CHANGED: frozenset({"unit_id", "change"}),
    Action.WAVE_LAUNCHED: frozenset({"wave_id", "minimum_group"}),
    Action.WAVE_CLOSED_EARLY: frozenset({"wave_id"}),
    Action.COMMENTS_IMPORTED: frozenset({"wave_id", "imported", "refused"}),
    Action.REPORT_READ: frozenset({"wave_id", "unit_id"}),
    Action.COMMENTS_READ: frozenset({"wave_id", "unit_id", "factor"}),
    Action.COMMENT_REVIEWED: frozenset({"wave_id", "decision"}),
    Action.EXPORTED: frozenset({"wave_id", "unit_id", "format"}),
}


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
        raise ValueError(f"'{action}' is audited with {sorted(AUDIT_KEYS[action])} and nothing else.")
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

    Raises ValueError if the address is taken.
    """
    address = email.strip().lower()
    if session.scalar(select(User.id).where(User.email == address)) is not None:
        raise ValueError(f"{address} can already sign in. Change that person's access instead.")
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
