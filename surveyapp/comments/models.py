"""Comments and what the model read in them. No row leads to a response."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from surveyapp.extensions import Model


class CommentState(StrEnum):
    WAITING = "waiting"  # not yet redacted and analysed: nobody can read it
    ANALYSED = "analysed"
    FAILED = "failed"  # the original could not be opened


class Release(StrEnum):
    HELD = "held"  # not analysed yet
    TO_REVIEW = "to_review"
    RELEASED = "released"
    WITHHELD = "withheld"


class Comment(Model):
    """A comment. The random id is also its fixed place in the order of its wave."""

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_wave_id_state", "wave_id", "state"),
        Index("ix_comment_wave_id_unit_id", "wave_id", "unit_id"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    item_id: Mapped[str]
    #: Where it may be shown, or null when it may be shown nowhere.
    unit_id: Mapped[int | None]
    #: The original, sealed to the comment key; destroyed when review ends, after 30 days at most.
    sealed_original: Mapped[bytes | None] = mapped_column(LargeBinary)
    original_expires_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(default=CommentState.WAITING)
    release: Mapped[str] = mapped_column(default=Release.HELD)
    text: Mapped[str | None]

    analyses: Mapped[list[CommentAnalysis]] = relationship(
        cascade="all, delete-orphan", back_populates="comment"
    )


class Concern(Model):
    """Words that may speak of harm, for the named role: text only, and no way to the comment (A17)."""

    __tablename__ = "concern"
    __table_args__ = (Index("ix_concern_wave_id", "wave_id"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    text: Mapped[str]
    is_handled: Mapped[bool] = mapped_column(default=False)


class CommentAnalysis(Model):
    """What one version of the model read in one comment."""

    __tablename__ = "comment_analysis"

    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    model_version: Mapped[str] = mapped_column(primary_key=True)
    sentiment: Mapped[str]
    sentiment_probability: Mapped[float]
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    #: 0 to 1; what asks for a person lies below a half (`labels.stored_certainty`).
    certainty: Mapped[float] = mapped_column(default=0.75, server_default=text("0.75"))
    #: One object a factor: factor, probability, sentiment, sentiment_probability, quote_start,
    #: quote_end (offsets into the comment's redacted text).
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    comment: Mapped[Comment] = relationship(back_populates="analyses")


class Picked(StrEnum):
    """How a comment came before the person who corrected it."""

    UNSURE = "unsure"  # the least certain readings first
    RANDOM = "random"  # by chance, so that figures from it hold for all
    REPORT = "report"  # someone who read the report found its theme wrong


class CommentCorrection(Model):
    """What one person said of one comment, beside what the model had read. Both stay as they were."""

    __tablename__ = "comment_correction"
    __table_args__ = ({"sqlite_with_rowid": False},)

    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    #: 1 for the first of a comment; the highest one counts.
    number: Mapped[int] = mapped_column(primary_key=True)
    model_version: Mapped[str]
    #: `labels.Labels` of the model and of the person.
    read: Mapped[dict[str, Any]] = mapped_column(JSON)
    said: Mapped[dict[str, Any]] = mapped_column(JSON)
    picked: Mapped[str]
    #: The first day of the month: nothing here is finer.
    said_in: Mapped[date]
    #: Tells the readers of this one comment apart, and no more (`corrections.reader_mark`).
    reader: Mapped[str] = mapped_column(String(16))


class CommentMention(Model):
    """That a released comment speaks of a factor, by the labels that count now.

    Written from readings and corrections, and says no more than they do: a page finds the comments
    of a theme by it without reading all of a wave.
    """

    __tablename__ = "comment_mention"
    __table_args__ = (
        Index("ix_comment_mention_comment_id", "comment_id"),
        {"sqlite_with_rowid": False},
    )

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    #: Empty where the comment speaks of no factor.
    factor: Mapped[str] = mapped_column(primary_key=True)
    #: The comment's own.
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    stance: Mapped[str]


class Subtheme(Model):
    """A name for what several comments on one factor speak of, at one shown unit and below it."""

    __tablename__ = "subtheme"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    factor: Mapped[str] = mapped_column(primary_key=True)
    #: From 1, the largest first.
    number: Mapped[int] = mapped_column(primary_key=True)
    #: Key phrases; each word is in several of its comments.
    name: Mapped[str]


class SubthemeComment(Model):
    """A comment as it was grouped last with the others on its factor, at one shown unit."""

    __tablename__ = "subtheme_comment"
    __table_args__ = (
        Index("ix_subtheme_comment_comment_id", "comment_id"),
        {"sqlite_with_rowid": False},
    )

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    factor: Mapped[str] = mapped_column(primary_key=True)
    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    #: The sub-theme that it belongs to, or null.
    number: Mapped[int | None]
    #: From 1 for those that speak for many others and are read first; null for the rest.
    place: Mapped[int | None]
