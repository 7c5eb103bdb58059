"""Changing sets of questions of the organisation's own. Pulses keep what they asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, record_audit
from surveyapp.instruments.models import OwnTemplate, OwnTemplateItem
from surveyapp.instruments.questions import Library
from surveyapp.instruments.sets import PREFIX, Entry, number_in, on_offer, set_of
from surveyapp.timekeeping import LOCAL_ZONE, database_now

MOST_SCORED = 12
MOST_PROMPTS = 2
LONGEST_NAME = 60


class QuestionSetError(ValueError):
    """A set that cannot be kept as asked. The message says what to do."""


def create(session: Session, name: str, *, actor_id: int | None) -> int:
    """Make an empty set and return its number. Audited. Raises QuestionSetError for a name that is taken."""
    _check_name(session, name)
    row = OwnTemplate(name=name, created_on=_today(session))
    session.add(row)
    session.flush()
    _audit(session, row, actor_id)
    return row.id


def rename(session: Session, set_id: int, name: str, *, actor_id: int | None) -> None:
    """Audited. Raises QuestionSetError when it is not there or the name is taken."""
    row = _locked(session, set_id)
    _check_name(session, name, besides=set_id)
    row.name = name
    _audit(session, row, actor_id)


def add(
    session: Session, library: Library, set_id: int, keys: Collection[str], *, actor_id: int | None
) -> None:
    """Put questions at the end of a set; those that it has are left where they are. Audited.

    Raises QuestionSetError when it is not there, for a question that is not on offer, and when there
    would be too many.
    """
    row = _locked(session, set_id)
    offered = {entry.key: entry for entry in on_offer(session, library)}
    if not offered.keys() >= set(keys):
        raise QuestionSetError("Select questions from the list")
    has = {_key(item) for item in row.items}
    chosen = [entry for key, entry in offered.items() if key in keys and key not in has]
    last = max((item.position for item in row.items), default=0)
    for position, entry in enumerate(chosen, start=last + 1):
        item = OwnTemplateItem(position=position)
        if entry.key.startswith(PREFIX):
            item.question_id = number_in(entry.key)
        else:
            item.library_item = entry.key
        row.items.append(item)
    entries = set_of(session, library, row).entries
    _check_room(entries)
    _audit(session, row, actor_id)
    session.flush()


def move(
    session: Session, library: Library, set_id: int, key: str, *, by: int, actor_id: int | None
) -> None:
    """Move a question by so many places among those of its kind, as far as there is room. Audited.

    A question that is no longer there is left. Raises QuestionSetError when the set is not there.
    """
    row = _locked(session, set_id)
    found = set_of(session, library, row)
    kinds = {entry.key: entry.is_open for entry in found.entries}
    if key not in kinds:
        return
    peers = [entry.key for entry in found.entries if entry.is_open == kinds[key]]
    place = peers.index(key)
    peers.insert(min(max(place + by, 0), len(peers) - 1), peers.pop(place))
    others = [entry.key for entry in found.entries if entry.is_open != kinds[key]]
    order = {each: number for number, each in enumerate((*peers, *others))}
    for item in row.items:
        item.position = order.get(_key(item), len(order))
    _audit(session, row, actor_id)
    _renewed(session, row)


def take_out(session: Session, set_id: int, key: str, *, actor_id: int | None) -> None:
    """Take a question out, if it is there. Audited. Raises QuestionSetError when the set is not there."""
    row = _locked(session, set_id)
    for item in [item for item in row.items if _key(item) == key]:
        row.items.remove(item)
    _audit(session, row, actor_id)
    session.flush()


def set_retired(session: Session, set_id: int, *, is_retired: bool, actor_id: int | None) -> None:
    """Offer a set no longer, or again. Audited. Raises QuestionSetError when it is not there."""
    row = _locked(session, set_id)
    row.retired_on = _today(session) if is_retired else None
    _audit(session, row, actor_id)


def _renewed(session: Session, row: OwnTemplate) -> None:
    """Rows are in the order of their positions again."""
    session.flush()
    session.expire(row, ["items"])


def _check_name(session: Session, name: str, *, besides: int = 0) -> None:
    taken = session.scalar(
        select(OwnTemplate.id).where(OwnTemplate.name == name, OwnTemplate.id != besides)
    )
    if taken is not None:
        raise QuestionSetError("Another set has this name. Enter another one")


def _check_room(entries: Sequence[Entry]) -> None:
    prompts = sum(entry.is_open for entry in entries)
    scored = len(entries) - prompts
    if scored > MOST_SCORED:
        raise QuestionSetError(
            f"A set holds up to {MOST_SCORED} questions with a score. Choose {scored - MOST_SCORED} fewer"
        )
    if prompts > MOST_PROMPTS:
        raise QuestionSetError(
            f"A set holds up to {MOST_PROMPTS} open questions. Choose {prompts - MOST_PROMPTS} fewer"
        )


def _locked(session: Session, set_id: int) -> OwnTemplate:
    """The set when nobody else can change it. On SQLite whoever writes, if nothing new, is alone."""
    session.execute(
        update(OwnTemplate)
        .where(OwnTemplate.id == set_id)
        .values(created_on=OwnTemplate.created_on)
        .execution_options(synchronize_session=False)
    )
    row = session.get(OwnTemplate, set_id, populate_existing=True)
    if row is None:
        raise QuestionSetError("This set of questions does not exist")
    session.expire(row, ["items"])
    return row


def _key(item: OwnTemplateItem) -> str:
    return item.library_item or f"{PREFIX}{item.question_id}"


def _audit(session: Session, row: OwnTemplate, actor_id: int | None) -> None:
    record_audit(session, Action.QUESTION_SET_CHANGED, actor_id=actor_id, set_id=row.id)


def _today(session: Session) -> date:
    return database_now(session).astimezone(LOCAL_ZONE).date()
