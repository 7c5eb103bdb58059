"""What is done about what staff said. No person stands in it: neither who said nor who wrote."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from surveyapp.extensions import Model


class Status(StrEnum):
    """How far an action has come."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    NOT_DOING = "not_doing"


class UnitAction(Model):
    """An action of a unit, with what was heard before it. It stays until someone deletes it.

    The names of its unit and its pulse are kept as they were when it was written.
    """

    __tablename__ = "unit_action"
    __table_args__ = (
        CheckConstraint("status IN ('planned', 'under_way', 'done', 'not_doing')", name="status_known"),
        CheckConstraint("(status = 'not_doing') = (reason <> '')", name="reason_if_not_doing"),
        CheckConstraint("status = 'not_doing' OR doing <> ''", name="says_what"),
        Index("ix_unit_action_unit_id", "unit_id"),
        Index("ix_unit_action_published_on", "published_on"),
        # SQLite would give a deleted action's id, and its address, to the next one.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", ondelete="SET NULL"))
    unit_name: Mapped[str]
    #: Whether the unit is the organisation itself.
    is_for_everyone: Mapped[bool]
    #: The factor that it answers, or 'other'.
    topic: Mapped[str]
    heard: Mapped[str]
    doing: Mapped[str]
    status: Mapped[str]
    #: Why nothing is done, where nothing is.
    reason: Mapped[str]
    #: A job title, never a person's name or address.
    owner: Mapped[str]
    due_on: Mapped[date | None]
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id", ondelete="SET NULL"))
    wave_title: Mapped[str]
    created_on: Mapped[date]
    changed_on: Mapped[date]
    #: Since when everyone can read it; none for a draft.
    published_on: Mapped[date | None]
