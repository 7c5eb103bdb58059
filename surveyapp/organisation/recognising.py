"""Whether words name someone on the staff list. Says nothing of who it is."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.organisation.models import Person

#: Addresses, and names, that are looked for in the words of one message.
_MOST_ADDRESSES, _MOST_NAMES = 500, 50


def of_staff(session: Session, addresses: Collection[str], names: Collection[str]) -> set[str]:
    """Those of the addresses that are on the staff list, and of the names ('anna smith') that its
    addresses are made of ('anna.smith@…').
    """
    looked_for = list(addresses)[:_MOST_ADDRESSES]
    found = set(session.scalars(select(Person.email).where(Person.email.in_(looked_for))))
    starts = {name.replace(" ", "."): name for name in list(names)[:_MOST_NAMES]}
    for start, name in starts.items():
        begins = Person.email.startswith(f"{start}@", autoescape=True)
        if session.scalar(select(Person.id).where(begins).limit(1)) is not None:
            found.add(name)
    return found
