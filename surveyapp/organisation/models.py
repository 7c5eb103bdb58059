"""The unit tree and the staff list. Nothing here knows about answers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    false,
    text,
    true,
)
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


class UploadState(StrEnum):
    """Where a staff file is on its way. A worker does what is to be done in two of these states."""

    CHECKING = "checking"
    COLUMNS = "columns"  # a person has to say which column is which
    CHECKED = "checked"  # a person has to decide
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"


class StaffUpload(Model):
    """A staff file on its way to the staff list: an hour at most, one for each owner."""

    __tablename__ = "staff_upload"
    __table_args__ = (
        CheckConstraint(
            "state IN ('checking', 'columns', 'checked', 'importing', 'done', 'failed')",
            name="state_known",
        ),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    #: A new random number with each change of state by a person. A worker that still has an older
    #: one works for nobody.
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(default=UploadState.CHECKING)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When a worker last showed a sign of life. A sweep comes back to what is quiet for too long.
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    #: 0 as long as it is not known.
    rows_in_all: Mapped[int] = mapped_column(default=0)
    make_units: Mapped[bool]
    apply_moves: Mapped[bool] = mapped_column(default=False)
    remove_leavers: Mapped[bool] = mapped_column(default=False)
    #: `StaffColumns.as_dict()`, once a person or an earlier file has said so.
    columns: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    #: What words for a status mean, by `plain_heading`.
    statuses: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    #: Why it failed, in words for its owner.
    problem: Mapped[str] = mapped_column(default="")


class StaffUploadFile(Model):
    """The large parts of an upload. Apart, because SQLite writes a whole row when one figure changes."""

    __tablename__ = "staff_upload_file"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("staff_upload.user_id", ondelete="CASCADE"), primary_key=True
    )
    #: Empty once it is imported.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    #: Its headings, and the first values below each: for the page that asks which column is which.
    sheet: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    #: `ImportReport.as_dict()` of the newest check, or of the import.
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class StaffFileColumns(Model):
    """Which column was which in files with these headings. Holds nothing of any person."""

    __tablename__ = "staff_file_columns"

    #: `staff_columns.fingerprint` of the headings.
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    statuses: Mapped[dict[str, str]] = mapped_column(JSON)


class OrganisationChoice(Model):
    """Something that the organisation has switched on or off. What has no row is off."""

    __tablename__ = "organisation_choice"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
