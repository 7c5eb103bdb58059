"""Waves, the questions and units frozen with them, and the mail ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from surveyapp.extensions import Model
from surveyapp.timekeeping import UtcDateTime


class WaveState(StrEnum):
    """A wave only ever moves down this list."""

    DRAFT = "draft"
    LAUNCHING = "launching"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    COUNTED = "counted"
    CANNOT_BE_COUNTED = "cannot_be_counted"


#: A state in words, and the colour of its tag.
STATE_LABELS: dict[WaveState, tuple[str, str]] = {
    WaveState.DRAFT: ("Draft", "grey"),
    WaveState.LAUNCHING: ("Getting ready", "yellow"),
    WaveState.SCHEDULED: ("Scheduled", "blue"),
    WaveState.OPEN: ("Open", "green"),
    WaveState.CLOSED: ("Closed – being counted", "yellow"),
    WaveState.COUNTED: ("Results ready", "aqua-green"),
    WaveState.CANNOT_BE_COUNTED: ("Cannot be counted", "red"),
}


class WaveKind(StrEnum):
    PULSE = "pulse"
    IMPORTED = "imported"


class Channel(StrEnum):
    """How people reach the ballot paper."""

    PERSONAL = "personal"  # a link of their own by e-mail, good for one ballot
    OPEN_LINK = "open_link"  # one link for all, on a poster or a shared tablet (A23)


class Breakdown(StrEnum):
    """The one other way in which a wave's results are split, at organisation level only (A5)."""

    NONE = "none"
    STAFF_GROUP = "staff_group"
    #: Learners, supervisors and others, as people say of themselves: who learns or supervises gets
    #: questions of their own. Nothing keeps who said what.
    ROLE = "role"


#: In a wave's frozen tree the ids of reporting groups start here, above those of all units.
FIRST_GROUP_ID = 900_000_001


def is_reporting_group(unit_id: int) -> bool:
    """Whether a unit of a frozen tree is a reporting group (A21)."""
    return unit_id >= FIRST_GROUP_ID


@dataclass(frozen=True, slots=True)
class FrozenUnit:
    """A unit as it stood when the wave was launched. `invited` counts its own people only."""

    unit_id: int
    parent_id: int | None
    name: str
    invited: int

    @property
    def is_group(self) -> bool:
        return is_reporting_group(self.unit_id)


class Wave(Model):
    """One sending of a set of questions to a frozen audience."""

    __tablename__ = "wave"
    __table_args__ = (
        CheckConstraint("minimum_group BETWEEN 5 AND 20", name="minimum_group_allowed"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        # Whatever ticks twice, each turn of a series becomes one wave.
        Index("uq_wave_series_id_occurrence", "series_id", "occurrence", unique=True),
        Index("ix_wave_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Public part of an answering link; says nothing about the voucher behind it.
    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default=WaveKind.PULSE)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default=WaveState.DRAFT)
    library_version: Mapped[str]
    template_id: Mapped[str]
    #: Which of the template's sets of questions: 'A-1' is month 1 of rotation A.
    choice_key: Mapped[str]
    #: k of the methods: no result of a group smaller than this is shown to anyone.
    minimum_group: Mapped[int] = mapped_column(default=10)
    audience_unit_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    channel: Mapped[str] = mapped_column(
        default=Channel.PERSONAL, server_default=Channel.PERSONAL
    )
    breakdown: Mapped[str] = mapped_column(default=Breakdown.NONE, server_default=Breakdown.NONE)
    #: Whether units that would rarely reach k are shown together with units beside them (A21).
    groups_small_units: Mapped[bool] = mapped_column(default=True, server_default=false())
    #: Whether a reviewer reads every comment, not only those that A16 names.
    review_all: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Which text on privacy people were shown (A20).
    privacy_version: Mapped[str] = mapped_column(default="", server_default="")
    #: The part of its audience that it asks, above 0 and at most 1, to spare people (F7).
    share: Mapped[float] = mapped_column(default=1.0, server_default="1")
    #: The series it belongs to, the day on which it fell due there, and which of its waves it is.
    #: No foreign key, which SQLite could not add to a table that exists: series are never deleted.
    series_id: Mapped[int | None]
    occurrence: Mapped[date | None]
    number: Mapped[int | None]
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Whether invitations go out at any hour, because a person launched it to open at once.
    mails_at_once: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: When reminders are due, in UTC, as ISO 8601 has it.
    reminders_at: Mapped[list[str]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    #: Which of them went out last, from 1, or 0. Those before it never will.
    last_reminder: Mapped[int] = mapped_column(default=0, server_default="0")
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    #: Seals ballots. Its private half is in the key directory and never here.
    public_key: Mapped[bytes | None]
    #: Bytes to which every ballot of this wave is padded, so that length tells nothing.
    ballot_size: Mapped[int | None]
    invited: Mapped[int] = mapped_column(default=0)
    #: Ballots that did not open at the count; published with the results.
    set_aside: Mapped[int] = mapped_column(default=0)
    #: The organisation's response rate in a 5-point band, or null when too few. While the wave is
    #: open it is the one figure shown; after the count it is the published one.
    live_rate_band: Mapped[int | None]
    live_rate_on: Mapped[date | None]
    #: When ballots became results, and vouchers were destroyed with them.
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the keys that made links and opened ballots were destroyed.
    keys_destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When answers and comments were deleted for good (A19).
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    items: Mapped[list[WaveItem]] = relationship(
        cascade="all, delete-orphan", order_by="WaveItem.position", back_populates="wave"
    )
    units: Mapped[list[WaveUnit]] = relationship(cascade="all, delete-orphan")


class WaveItem(Model):
    """A question as it was worded in this wave."""

    __tablename__ = "wave_item"

    wave_id: Mapped[int] = mapped_column(
        ForeignKey("wave.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    text: Mapped[str]
    #: The same in Welsh; empty where nobody has put it into Welsh.
    text_cy: Mapped[str] = mapped_column(default="", server_default="")
    scale: Mapped[str]
    factor: Mapped[str]
    reverse: Mapped[bool] = mapped_column(default=False)
    anchor: Mapped[bool] = mapped_column(default=False)

    wave: Mapped[Wave] = relationship(back_populates="items")


class WaveUnit(Model):
    """The unit tree as it stood at launch; later changes of the organisation never reach it.

    Reporting groups stand in it like units, between the units they hold and the unit above (A21).
    """

    __tablename__ = "wave_unit"

    wave_id: Mapped[int] = mapped_column(
        ForeignKey("wave.id", ondelete="CASCADE"), primary_key=True
    )
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None]
    name: Mapped[str]
    #: People invited who belong to this very unit, not to those below it.
    invited: Mapped[int] = mapped_column(default=0)


    def frozen(self) -> FrozenUnit:
        return FrozenUnit(self.unit_id, self.parent_id, self.name, self.invited)


class MailState(StrEnum):
    """How far a mail is. `ledger` says what leads from one to the next."""

    WAITING = "waiting"
    SENDING = "sending"  # a job has taken it; the server has not
    HANDING_OVER = "handing_over"  # the server has all of it but the last line
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"  # perhaps it went. It never goes again
    FAILED = "failed"


class MailKind(StrEnum):
    INVITATION = "invitation"
    REMINDER_1 = "reminder_1"
    REMINDER_2 = "reminder_2"
    REMINDER_3 = "reminder_3"


class WaveMail(Model):
    """The mail ledger: one row a mail, purged when the wave closes."""

    __tablename__ = "wave_mail"
    __table_args__ = (
        UniqueConstraint("wave_id", "person_id", "kind"),
        Index("ix_wave_mail_wave_id_state", "wave_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(default=MailKind.INVITATION)
    state: Mapped[str] = mapped_column(default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    #: It goes out then or later, in the hours for mail; without one at once, at any hour.
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Which run of a job has it. A run that was thought dead must not send what another has taken.
    run: Mapped[int | None]


class MessageText(Model):
    """Words of L&D's own for a kind of message. What has no row is sent in the shipped words."""

    __tablename__ = "message_text"

    kind: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    #: With placeholders, as is the body. Empty for what is no mail.
    subject: Mapped[str]
    body: Mapped[str]
    changed_on: Mapped[date]
