"""Whom mail can reach: addresses that do not work, and who wants no reminders. Used through `services`.

Nothing here says or could say who has answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, not_, or_, select, update
from sqlalchemy.orm import Session

from surveyapp.organisation.models import Person

#: Values in one statement: below SQLite's limit of variables.
_CHUNK = 5000

#: Up to here a number could point at people, and is not shown.
_FEW = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Where messages for someone go, and whether mail has worked so far.

    `mobile` is where texts go in the place of mails, and empty for everyone who gets mails.
    """

    email: str
    works: bool
    mobile: str = ""


def addresses_of(
    session: Session, person_ids: Collection[int], *, by_text: bool = False
) -> dict[int, Address]:
    """Address by person, of those who are still on the staff list. For a handful of people.

    `by_text` is whether texts can be sent at all.
    """
    rows = session.execute(
        select(
            Person.id,
            Person.email,
            Person.undeliverable_since.is_(None),
            case((_gets_texts(), Person.mobile), else_="") if by_text else literal(""),
        ).where(Person.id.in_(person_ids))
    )
    return {person_id: Address(*values) for person_id, *values in rows}


def _gets_texts() -> ColumnElement[bool]:
    return and_(_mobile_works(), or_(Person.prefers_texts, Person.undeliverable_since.is_not(None)))


def _mobile_works() -> ColumnElement[bool]:
    return and_(Person.mobile.is_not(None), Person.mobile_fails_since.is_(None))


# ---------------------------------------------------------------- addresses that do not work


def mark_undeliverable(session: Session, person_id: int, *, on: date) -> None:
    """The mail server will never take mail for this address. The first such day is kept."""
    session.execute(
        update(Person)
        .where(Person.id == person_id, Person.undeliverable_since.is_(None))
        .values(undeliverable_since=on)
    )


def mark_mobile_failing(session: Session, person_id: int, *, on: date) -> None:
    """No text will ever arrive at this number. The first such day is kept."""
    session.execute(
        update(Person)
        .where(Person.id == person_id, Person.mobile_fails_since.is_(None))
        .values(mobile_fails_since=on)
    )


def mark_came_back(
    session: Session, *, emails: Collection[str], mobiles: Collection[str], on: date
) -> int:
    """Messages to these addresses and numbers have come back for good. Returns how many are news.

    What nobody on the staff list has is left out. Which message it was is not kept.
    """
    news = 0
    spelt = sorted({email.strip().lower() for email in emails})
    for column, since, values in (
        (Person.email, Person.undeliverable_since, spelt),
        (Person.mobile, Person.mobile_fails_since, sorted(set(mobiles))),
    ):
        for start in range(0, len(values), _CHUNK):
            found = session.execute(
                update(Person)
                .where(column.in_(values[start : start + _CHUNK]), since.is_(None))
                .values({since: on})
                .returning(Person.id),
                execution_options={"synchronize_session": False},
            )
            news += len(found.all())
    return news


def mark_deliverable(session: Session, person_ids: Collection[int]) -> None:
    """The mail server took mail for them after all. For a handful of people."""
    session.execute(
        update(Person).where(Person.id.in_(person_ids)).values(undeliverable_since=None),
        execution_options={"synchronize_session": False},
    )


def undeliverable(
    session: Session, among: Select[int] | None = None, *, by_text: bool = False
) -> int:
    """How many people have an address that does not work; `among` selects ids of people.

    Where texts can be sent (`by_text`), those are left out whose mobile works.
    """
    query = select(func.count()).where(Person.undeliverable_since.is_not(None))
    if by_text:
        query = query.where(not_(_mobile_works()))
    if among is not None:
        query = query.where(Person.id.in_(among))
    return session.scalar(query) or 0


# ---------------------------------------------------------------- reminders


def to_remind(session: Session, among: Select[int], *, by_text: bool = False) -> list[int]:
    """Ids of those who have not stopped reminders and whose address works, or, where texts can be
    sent (`by_text`), whose mobile does.
    """
    works = Person.undeliverable_since.is_(None)
    return list(
        session.scalars(
            select(Person.id).where(
                Person.id.in_(among),
                Person.wants_reminders,
                or_(works, _mobile_works()) if by_text else works,
            )
        )
    )


def without_reminders(session: Session) -> int:
    """How many people have stopped reminders."""
    return session.scalar(select(func.count()).where(Person.wants_reminders.is_(False))) or 0


def stop_token(secret_key: str, person_id: int) -> str:
    """Names a person of the staff list to this server. It has nothing to do with their voucher.

    It does not run out: old mails must be stoppable too.
    """
    return _serializer(secret_key).dumps(person_id)  # type: ignore[no-any-return]


def choose_reminders(session: Session, secret_key: str, token: str, *, wanted: bool) -> None:
    """Do as the link of a reminder says. A token that was not made here changes nothing."""
    try:
        person_id = _serializer(secret_key).loads(token)
    except BadData:
        return
    session.execute(update(Person).where(Person.id == person_id).values(wants_reminders=wanted))


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret_key,
        # Nothing else that this key has signed is taken for such a link, or the other way round.
        salt="stop-reminders",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


# ---------------------------------------------------------------- numbers that point at nobody


def banded(count: int) -> str:
    """A number of people in words that point at nobody: 'none', 'fewer than 5', 'about 15'."""
    if not count:
        return "none"
    return "fewer than 5" if count < _FEW else f"about {_FEW * ((count + _FEW // 2) // _FEW)}"
