"""The unit tree and the staff list. Nothing here knows about answers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from surveyapp.extensions import Model
from surveyapp.timekeeping import UtcDateTime


class WorkingStatus(StrEnum):
    WORKING = "working"
    AWAY = "away"


class Unit(Model):
    """A part of the organisation. Exactly one unit has no parent: the organisation itself."""

    __tablename__ = "unit"
    __table_args__ = (
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_own_parent"),
        Index("uq_unit_parent_id_name", "parent_id", "name", unique=True),
        Index(
            "uq_unit_single_root",
            text("(parent_id IS NULL)"),
            unique=True,
            sqlite_where=text("parent_id IS NULL"),
            postgresql_where=text("parent_id IS NULL"),
        ),
        # SQLite would give a deleted unit's id to the next one, and with it the old one's reports.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]

    parent: Mapped[Unit | None] = relationship(remote_side="Unit.id", back_populates="children")
    children: Mapped[list[Unit]] = relationship(back_populates="parent", order_by="Unit.name")


class Person(Model):
    """Someone who may be invited. `last_invited_on`, a date only, protects from over-asking.

    It is the opening day of the newest wave that asks them, from its launch on. Which wave that was
    is not kept. `times_asked` counts waves of the calendar year `times_asked_in`.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("status IN ('working', 'away')", name="status_known"),
        Index("ix_person_unit_id", "unit_id"),
        # SQLite would give a removed person's id, and so their link, to the next one.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    staff_group: Mapped[str]
    status: Mapped[str] = mapped_column(default=WorkingStatus.WORKING)
    last_invited_on: Mapped[date | None]
    times_asked: Mapped[int] = mapped_column(default=0, server_default="0")
    times_asked_in: Mapped[int | None]
    #: Since when the mail server has refused the address for good.
    undeliverable_since: Mapped[date | None]
    wants_reminders: Mapped[bool] = mapped_column(default=True, server_default=true())
    #: In the form of E.164, such as +447700900123. It gets texts where mail does not arrive.
    mobile: Mapped[str | None]
    #: Whether texts go there in any case, in the place of mails.
    prefers_texts: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Since when no text has arrived there.
    mobile_fails_since: Mapped[date | None]

    unit: Mapped[Unit] = relationship()


class StaffUpload(Model):
    """A staff file that waits for its owner's decision: an hour at most, one for each owner."""

    __tablename__ = "staff_upload"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(LargeBinary)
    make_units: Mapped[bool]
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrganisationChoice(Model):
    """Something that the organisation has switched on or off. What has no row is off."""

    __tablename__ = "organisation_choice"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
