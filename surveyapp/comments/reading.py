"""Comments that leaders may read, with the labels that count."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from nlp.taxonomy import Flag
from surveyapp.comments.labels import Labels, Theme, themes_of, themes_said, version_key
from surveyapp.comments.models import Comment, CommentAnalysis, CommentCorrection, Release


@dataclass(frozen=True, slots=True)
class ReleasedComment:
    """A comment that may be read at its unit, with the labels that count. It has no date or origin.

    Its id is for the links of people who may correct it, and for nobody else.
    """

    item_id: str
    unit_id: int
    text: str
    sentiment: str
    needs_person: bool
    themes: tuple[Theme, ...]
    #: Whether a person has said what it speaks of.
    is_checked: bool = False
    comment_id: str = ""


def released(
    session: Session, wave_id: int, unit_ids: Collection[int]
) -> tuple[ReleasedComment, ...]:
    """All released comments with their place among `unit_ids`, in the wave's fixed random order.

    For workers: it reads everything. Pages go by `mentions`.
    """
    return _with_labels(session, Comment.wave_id == wave_id, Comment.unit_id.in_(unit_ids))


def released_of(
    session: Session, wave_id: int, comment_ids: Collection[str]
) -> dict[str, ReleasedComment]:
    """By id, those of these comments that are released."""
    found = _with_labels(session, Comment.wave_id == wave_id, Comment.id.in_(comment_ids))
    return {comment.comment_id: comment for comment in found}


def _with_labels(session: Session, *chosen: ColumnElement[bool]) -> tuple[ReleasedComment, ...]:
    """The one place where labels are chosen: what a person said last counts, else the newest reading."""
    rows = session.execute(
        select(
            Comment.id,
            Comment.item_id,
            Comment.unit_id,
            Comment.text,
            CommentAnalysis.model_version,
            CommentAnalysis.sentiment,
            CommentAnalysis.flags,
            CommentAnalysis.findings,
        )
        .join(CommentAnalysis, CommentAnalysis.comment_id == Comment.id)
        .where(
            *chosen,
            Comment.unit_id.is_not(None),
            Comment.release == Release.RELEASED,
            Comment.text.is_not(None),
        )
        .order_by(Comment.id)
    )
    latest: dict[str, Any] = {}
    for row in rows:
        kept = latest.get(row.id)
        if kept is None or version_key(row.model_version) > version_key(kept.model_version):
            latest[row.id] = row
    said = _said(session, *chosen)
    return tuple(_released(row, said.get(row.id)) for row in latest.values())


def _said(session: Session, *chosen: ColumnElement[bool]) -> dict[str, Labels]:
    """What people said of these comments; the last where several did."""
    rows = session.execute(
        select(CommentCorrection.comment_id, CommentCorrection.said)
        .join(Comment, Comment.id == CommentCorrection.comment_id)
        .where(*chosen)
        .order_by(CommentCorrection.number)
    )
    return {comment_id: Labels.from_json(said) for comment_id, said in rows}


def _released(row: Any, said: Labels | None) -> ReleasedComment:
    themes = themes_of(row.findings)
    return ReleasedComment(
        comment_id=row.id,
        item_id=row.item_id,
        unit_id=row.unit_id,
        text=row.text,
        sentiment=said.sentiment if said else row.sentiment,
        needs_person=said is None and Flag.NEEDS_PERSON in row.flags,
        is_checked=said is not None,
        themes=themes_said(said, themes) if said else themes,
    )
