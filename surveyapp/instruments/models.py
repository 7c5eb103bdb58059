"""Questions that the organisation wrote itself, each wording that they had, and sets of questions."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from surveyapp.extensions import Model

#: How the codes of own questions begin.
CODE = "OWN"


class OwnQuestion(Model):
    """A question of the organisation's own. It is never deleted: pulses that asked it name its code."""

    __tablename__ = "own_question"
    # SQLite would give the number of a question that is gone, and so its trend, to the next one.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    created_on: Mapped[date]
    #: Since when no new set may ask it.
    retired_on: Mapped[date | None]

    versions: Mapped[list[OwnQuestionVersion]] = relationship(
        cascade="all, delete-orphan", order_by="OwnQuestionVersion.version"
    )

    @property
    def code(self) -> str:
        """'OWN1', as people read it."""
        return f"{CODE}{self.id}"


class OwnQuestionVersion(Model):
    """One wording. Once a launched pulse used it, its words and its scale stay as they are (B5)."""

    __tablename__ = "own_question_version"
    __table_args__ = (CheckConstraint("version >= 1", name="version_from_one"),)

    question_id: Mapped[int] = mapped_column(
        ForeignKey("own_question.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    #: The id under which pulses ask it: the code, and from the second version on its number.
    item_id: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    #: The Welsh words, or empty.
    text_cy: Mapped[str]
    #: A scale of the library, or 'text' for an open question.
    scale: Mapped[str]
    #: A factor of the library, or empty.
    factor: Mapped[str]
    cipd: Mapped[list[str]] = mapped_column(JSON)
    hee: Mapped[list[str]] = mapped_column(JSON)
    made_on: Mapped[date]
    is_used: Mapped[bool]


class OwnTemplate(Model):
    """A set of questions that the organisation put together. Pulses that asked it name its id."""

    __tablename__ = "own_template"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_on: Mapped[date]
    #: Since when no new pulse may be planned with it.
    retired_on: Mapped[date | None]

    items: Mapped[list[OwnTemplateItem]] = relationship(
        cascade="all, delete-orphan", order_by="OwnTemplateItem.position, OwnTemplateItem.id"
    )


class OwnTemplateItem(Model):
    """A question in a set: one of the library, by its id, or one of the organisation's own."""

    __tablename__ = "own_template_item"
    __table_args__ = (
        CheckConstraint("(library_item IS NULL) <> (question_id IS NULL)", name="one_question"),
        UniqueConstraint("template_id", "library_item"),
        UniqueConstraint("template_id", "question_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("own_template.id", ondelete="CASCADE"))
    position: Mapped[int]
    library_item: Mapped[str | None]
    question_id: Mapped[int | None] = mapped_column(ForeignKey("own_question.id"))
