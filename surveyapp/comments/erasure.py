"""Deleting the comments of a wave, when their time is over (A19)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp import erasing
from surveyapp.comments.models import (
    Comment,
    CommentAnalysis,
    CommentCorrection,
    CommentMention,
    Concern,
    Subtheme,
    SubthemeComment,
)


def rows_kept(session: Session, wave_id: int) -> dict[str, int]:
    """How many rows of each kind are kept of a wave."""
    return erasing.count_rows(session, _rows(wave_id))


def erase(session: Session, wave_id: int) -> dict[str, int]:
    """Delete them all. Returns how many of each kind there were."""
    return erasing.delete_rows(session, _rows(wave_id))


def _rows(wave_id: int) -> erasing.Rows:
    """Whatever hangs on comments before the comments."""
    comments = select(Comment.id).where(Comment.wave_id == wave_id)
    return [
        (SubthemeComment, SubthemeComment.wave_id == wave_id),
        (Subtheme, Subtheme.wave_id == wave_id),
        (CommentMention, CommentMention.wave_id == wave_id),
        (CommentCorrection, CommentCorrection.comment_id.in_(comments)),
        (CommentAnalysis, CommentAnalysis.comment_id.in_(comments)),
        (Comment, Comment.wave_id == wave_id),
        (Concern, Concern.wave_id == wave_id),
    ]
