"""Writing, publishing and finding actions. Who leads a unit writes for it and for all below it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, Reader, record_audit
from surveyapp.actions.drafting import (
    LONGEST_OWNER,
    LONGEST_TEXT,
    ActionError,
    Draft,
    doubts,
    problems,
    tidy,
)
from surveyapp.actions.models import Status, UnitAction
from surveyapp.actions.view_models import OPEN, STATUS_LABELS, ActionView, StatusGroup, by_status
from surveyapp.comments.services import FACTOR_LABELS, Factor
from surveyapp.organisation import services as organisation
from surveyapp.organisation.services import UnitRow
from surveyapp.pulses import services as pulses
from surveyapp.timekeeping import LOCAL_ZONE, database_now

__all__ = [
    "LONGEST_OWNER",
    "LONGEST_TEXT",
    "OTHER",
    "STATUS_LABELS",
    "TOPIC_LABELS",
    "ActionError",
    "ActionView",
    "Draft",
    "NotYoursError",
    "Status",
    "StatusGroup",
    "WaveChoice",
    "by_status",
    "change",
    "changed_for_everyone",
    "create",
    "delete",
    "doubts",
    "draft_of",
    "is_answered",
    "listed",
    "one",
    "open_for",
    "problems",
    "publish",
    "published",
    "pulse_without_action",
    "something_new_is_published",
    "tidy",
    "units_to_write_for",
    "unpublish",
    "waves_to_answer",
]

#: Stands for what is none of the seven factors.
OTHER = "other"

#: What an action can answer.
TOPIC_LABELS: dict[str, str] = {
    **{str(factor): FACTOR_LABELS[factor] for factor in Factor},
    OTHER: "Something else",
}


class NotYoursError(LookupError):
    """Not an action of this person's units, whether it exists or not."""


@dataclass(frozen=True, slots=True)
class WaveChoice:
    """A pulse that an action may answer."""

    wave_id: int
    title: str
    closed_on: date


# ---------------------------------------------------------------- who may write what


def units_to_write_for(session: Session, reader: Reader) -> list[UnitRow]:
    """The units whose actions the reader may write, in the order of the tree."""
    rows = organisation.unit_tree(session)
    if reader.reads_all_units:
        return rows
    within = organisation.subtree_ids(session, reader.unit_ids)
    return [row for row in rows if row.id in within]


def waves_to_answer(session: Session, reader: Reader) -> tuple[WaveChoice, ...]:
    """Counted pulses in which the reader has a unit, the newest first."""
    counted = pulses.counted_waves(session)
    if not reader.reads_all_units:
        within = pulses.wave_ids_with_units(session, reader.unit_ids)
        counted = [wave for wave in counted if wave.id in within]
    return tuple(
        WaveChoice(wave.id, wave.title, wave.closes_at.astimezone(LOCAL_ZONE).date()) for wave in counted
    )


def _own(session: Session, reader: Reader, action_id: int) -> UnitAction:
    """Raises NotYoursError for one that is not there too: an address must tell nothing."""
    action = session.get(UnitAction, action_id)
    if action is None:
        raise NotYoursError
    if reader.reads_all_units:
        return action
    if action.unit_id not in organisation.subtree_ids(session, reader.unit_ids):
        raise NotYoursError
    return action


# ---------------------------------------------------------------- writing


def create(session: Session, reader: Reader, draft: Draft) -> ActionView:
    """Keep a new action, as a draft. Raises ActionError when it cannot be kept as it is."""
    today = _today(session)
    action = UnitAction(created_on=today)
    _fill(session, reader, action, draft, today=today)
    session.add(action)
    session.flush()
    return _view(action, today)


def change(session: Session, reader: Reader, action_id: int, draft: Draft) -> None:
    """Change an action; a published one at once for everyone. Raises NotYoursError or ActionError."""
    action = _own(session, reader, action_id)
    _fill(session, reader, action, draft, today=_today(session))


def publish(session: Session, reader: Reader, action_id: int) -> None:
    """Let everyone read it. Audited. Raises NotYoursError."""
    action = _own(session, reader, action_id)
    if action.published_on is None:
        action.published_on = _today(session)
        _audit(session, Action.ACTION_PUBLISHED, reader, action)


def unpublish(session: Session, reader: Reader, action_id: int) -> None:
    """Make it a draft again. Audited. Raises NotYoursError."""
    action = _own(session, reader, action_id)
    if action.published_on is not None:
        action.published_on = None
        _audit(session, Action.ACTION_UNPUBLISHED, reader, action)


def delete(session: Session, reader: Reader, action_id: int) -> None:
    """Delete it for good. Audited. Raises NotYoursError."""
    action = _own(session, reader, action_id)
    _audit(session, Action.ACTION_DELETED, reader, action)
    session.delete(action)


def _fill(session: Session, reader: Reader, action: UnitAction, draft: Draft, *, today: date) -> None:
    unit = next((row for row in units_to_write_for(session, reader) if row.id == draft.unit_id), None)
    if unit is None:
        raise ActionError("unit", "Select a unit from the list")
    if draft.topic not in TOPIC_LABELS:
        raise ActionError("topic", "Select what this is about")
    titles = {wave.wave_id: wave.title for wave in waves_to_answer(session, reader)}
    if draft.wave_id is not None and draft.wave_id not in titles:
        raise ActionError("wave", "Select a pulse from the list")
    wrong = problems(draft)
    if wrong or draft.status is None:
        raise ActionError(*next(iter(wrong.items())))
    action.unit_id, action.unit_name = unit.id, unit.name
    action.is_for_everyone = unit.parent_id is None
    action.topic = draft.topic
    action.heard, action.doing, action.owner = draft.heard, draft.doing, draft.owner
    action.status = draft.status
    action.reason = draft.reason if draft.status is Status.NOT_DOING else ""
    action.due_on = draft.due_on
    action.wave_id, action.wave_title = draft.wave_id, titles.get(draft.wave_id or 0, "")
    action.changed_on = today


def _audit(session: Session, deed: Action, reader: Reader, action: UnitAction) -> None:
    record_audit(session, deed, actor_id=reader.user_id, action_id=action.id, unit_id=action.unit_id)


# ---------------------------------------------------------------- finding


def one(session: Session, reader: Reader, action_id: int) -> ActionView:
    """Raises NotYoursError."""
    return _view(_own(session, reader, action_id), _today(session))


def draft_of(session: Session, reader: Reader, action_id: int) -> Draft:
    """What was written of an action, to be changed. Raises NotYoursError."""
    action = _own(session, reader, action_id)
    return Draft(
        unit_id=action.unit_id or 0,
        topic=action.topic,
        heard=action.heard,
        doing=action.doing,
        status=Status(action.status),
        reason=action.reason,
        owner=action.owner,
        due_on=action.due_on,
        wave_id=action.wave_id,
    )


def listed(session: Session, reader: Reader, *, unit_id: int | None = None) -> list[ActionView]:
    """The actions that the reader may write, last changed first; of one unit and those below it.

    Actions of units that are gone are L&D's alone.
    """
    query = select(UnitAction).order_by(UnitAction.changed_on.desc(), UnitAction.id.desc())
    if unit_id is None and reader.reads_all_units:
        return _views(session, query)
    within = None if reader.reads_all_units else organisation.subtree_ids(session, reader.unit_ids)
    if unit_id is not None:
        below = organisation.subtree_ids(session, [unit_id])
        within = below if within is None else within & below
    return [view for view in _views(session, query) if within is None or view.unit_id in within]


def open_for(session: Session, unit_ids: Collection[int]) -> tuple[ActionView, ...]:
    """What is planned or under way in exactly these units, drafts too, the first due first.

    For those who may read of these units: it asks nobody who they are.
    """
    query = (
        select(UnitAction)
        .where(UnitAction.unit_id.in_(unit_ids), UnitAction.status.in_(OPEN))
        .order_by(UnitAction.due_on, UnitAction.id)
    )
    return tuple(_views(session, query))


def published(session: Session, limit: int) -> tuple[ActionView, ...]:
    """What everyone may read, the newest first."""
    return tuple(_view(action, None) for action in session.scalars(_PUBLISHED.limit(limit)))


def changed_for_everyone(session: Session, limit: int) -> tuple[ActionView, ...]:
    """Of that, what the organisation itself has done or is doing: the same wherever one works."""
    found = session.scalars(
        _PUBLISHED.where(
            UnitAction.is_for_everyone, UnitAction.status.in_((Status.DONE, Status.UNDER_WAY))
        ).limit(limit)
    )
    return tuple(_view(action, None) for action in found)


_PUBLISHED = (
    select(UnitAction)
    .where(UnitAction.published_on.is_not(None))
    .order_by(UnitAction.published_on.desc(), UnitAction.id.desc())
)


def something_new_is_published(session: Session) -> bool:
    """Whether an action was published since the last counted pulse closed, so that the next can ask
    about it. Without a counted pulse there is nothing to ask: nobody was heard.
    """
    last = _last_pulse(session)
    return last is not None and _published_since(session, last)


def pulse_without_action(session: Session) -> str:
    """The title of the last counted pulse if nothing was published since it closed (F9), or nothing."""
    last = _last_pulse(session)
    return "" if last is None or _published_since(session, last) else last.title


def is_answered(session: Session, wave: pulses.Wave) -> bool:
    """Whether something was published since a pulse closed (F9)."""
    return _published_since(session, wave)


def _last_pulse(session: Session) -> pulses.Wave | None:
    counted = pulses.counted_waves(session)
    return next((wave for wave in counted if wave.kind == pulses.WaveKind.PULSE), None)


def _published_since(session: Session, wave: pulses.Wave) -> bool:
    closed_on = wave.closes_at.astimezone(LOCAL_ZONE).date()
    return bool(session.scalar(select(exists().where(UnitAction.published_on >= closed_on))))


def _views(session: Session, query: Select[UnitAction]) -> list[ActionView]:
    today = _today(session)
    return [_view(action, today) for action in session.scalars(query)]


def _view(action: UnitAction, today: date | None) -> ActionView:
    """Without a day nobody is late: that is for those who write it."""
    status = Status(action.status)
    return ActionView(
        action_id=action.id,
        unit_id=action.unit_id,
        unit_name=action.unit_name,
        topic=action.topic,
        topic_label=TOPIC_LABELS[action.topic],
        heard=action.heard,
        doing=action.doing,
        reason=action.reason,
        owner=action.owner,
        due_on=action.due_on,
        is_late=status in OPEN and bool(today and action.due_on and action.due_on < today),
        status=status,
        wave_title=action.wave_title,
        changed_on=action.changed_on,
        published_on=action.published_on,
    )


def _today(session: Session) -> date:
    return database_now(session).astimezone(LOCAL_ZONE).date()
