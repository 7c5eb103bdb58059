"""The staff list, one person at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from surveyapp.organisation import checks
from surveyapp.organisation.checks import OrganisationError
from surveyapp.organisation.models import Person, Unit, WorkingStatus
from surveyapp.organisation.services import subtree_ids


@dataclass(frozen=True, slots=True)
class StaffFilter:
    """Which people to list. Empty values mean any. A unit includes the units below it."""

    search: str = ""
    unit_id: int | None = None
    status: WorkingStatus | None = None
    #: Only people whose address does not work.
    is_undeliverable: bool = False


def people_page(
    session: Session, wanted: StaffFilter, *, page: int, size: int
) -> tuple[Sequence[Person], int]:
    """One page of the staff list by address, and how many match in all."""
    query = _matching(session, wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(joinedload(Person.unit))
        .order_by(Person.email)
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return rows, total


def person(session: Session, person_id: int) -> Person | None:
    return session.get(Person, person_id)


def spellings(session: Session) -> dict[str, str]:
    """Every staff group in use, by its folded spelling."""
    groups = session.scalars(select(Person.staff_group).distinct().order_by(Person.staff_group))
    return {checks.folded(group): group for group in groups}


def add_person(
    session: Session,
    *,
    email: str,
    unit_id: int,
    staff_group: str,
    status: WorkingStatus,
    mobile: str = "",
    prefers_texts: bool = False,
) -> Person:
    """Raises OrganisationError when the address is taken or a value cannot be used."""
    added = Person()
    _fill(session, added, email, unit_id, staff_group, status)
    _fill_mobile(added, mobile, prefers_texts=prefers_texts)
    session.add(added)
    session.flush()
    return added


def change_person(
    session: Session,
    changed: Person,
    *,
    email: str,
    unit_id: int,
    staff_group: str,
    status: WorkingStatus,
    mobile: str = "",
    prefers_texts: bool = False,
) -> None:
    """Raises OrganisationError as add_person does. Open waves keep the audience they froze."""
    _fill(session, changed, email, unit_id, staff_group, status)
    _fill_mobile(changed, mobile, prefers_texts=prefers_texts)
    session.flush()


def remove_person(session: Session, removed: Person) -> None:
    """Forget a person. Answers given before cannot be found and stay."""
    session.delete(removed)
    session.flush()


def _fill(
    session: Session,
    target: Person,
    email: str,
    unit_id: int,
    staff_group: str,
    status: WorkingStatus,
) -> None:
    address = checks.email_address(email)
    with session.no_autoflush:
        holder = session.scalar(select(Person.id).where(Person.email == address))
        group = checks.staff_group(staff_group, spellings(session))
        if not unit_id or session.get(Unit, unit_id) is None:  # a form may come without one
            raise OrganisationError("unit", "Select a unit from the list")
    if holder is not None and holder != target.id:
        raise OrganisationError(
            "email", f"Enter another address: {address} is already on the staff list"
        )
    if address != target.email:
        target.undeliverable_since = None  # nobody knows yet whether the new one works
    target.email, target.unit_id = address, unit_id
    target.staff_group, target.status = group, status


def _fill_mobile(target: Person, mobile: str, *, prefers_texts: bool) -> None:
    number = checks.mobile_number(mobile)
    if prefers_texts and number is None:
        raise OrganisationError("mobile", "Enter a mobile number to send texts to")
    if number != target.mobile:
        target.mobile_fails_since = None  # nobody knows yet whether the new one works
    target.mobile, target.prefers_texts = number, prefers_texts


def _matching(session: Session, wanted: StaffFilter) -> Select[Person]:
    query = select(Person)
    if wanted.search:
        query = query.where(Person.email.contains(wanted.search.strip().lower(), autoescape=True))
    if wanted.unit_id is not None:
        query = query.where(Person.unit_id.in_(subtree_ids(session, [wanted.unit_id])))
    if wanted.status is not None:
        query = query.where(Person.status == wanted.status)
    if wanted.is_undeliverable:
        query = query.where(Person.undeliverable_since.is_not(None))
    return query
