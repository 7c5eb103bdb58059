"""Review: the only place from which text that is not released reaches a person (A16)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, selectinload

from surveyapp.accounts.services import Action, Reader, record_audit
from surveyapp.comments import mentions, words
from surveyapp.comments.labels import Theme, themes_of, version_key
from surveyapp.comments.models import Comment, CommentAnalysis, Release
from surveyapp.organisation import services as organisation
from surveyapp.pulses import services as pulses


class Decision(StrEnum):
    RELEASE = "release"
    WITHHOLD = "withhold"


class ReviewError(ValueError):
    """A review that cannot be done. The message says why in words for the reviewer."""


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """A comment on the review queue. It names no unit: that could be a very small one."""

    comment_id: str
    wave_title: str
    text: str
    sentiment: str
    themes: tuple[Theme, ...]
    flags: tuple[str, ...]

    @property
    def pieces(self) -> list[words.Piece]:
        """The text word by word, so that words can be taken out."""
        return words.pieces(self.text)


def review_queue(
    session: Session, reader: Reader, *, limit: int, after: str = ""
) -> tuple[list[ReviewCard], int]:
    """Comments that this person may review, and how many there are in all.

    They stand in a fixed order, those that follow the id `after` first.
    """
    mine = _open_to(session, reader)
    total = session.scalar(select(func.count()).select_from(Comment).where(mine)) or 0
    found = session.scalars(
        select(Comment)
        .where(mine)
        .order_by(Comment.id <= after, Comment.id)
        .limit(limit)
        .options(selectinload(Comment.analyses))
    )
    return [_card(session, comment) for comment in found], total


def left_to_review(session: Session, wave_id: int) -> int:
    """Comments of a wave that still wait for any reviewer."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Comment)
            .where(Comment.wave_id == wave_id, Comment.release == Release.TO_REVIEW)
        )
        or 0
    )


def own_line(session: Session, wave_id: int, reader: Reader) -> frozenset[int]:
    """Units of a wave whose comments this person may not review.

    Those the person leads, all below them, and all above them too: a comment that was passed up
    may come from the very team the reviewer leads. Both the wave's frozen tree and today's count,
    so that a move of units opens nothing.
    """
    if not reader.unit_ids:
        return frozenset()
    line = set(organisation.subtree_ids(session, reader.unit_ids))
    line |= organisation.units_above(session, reader.unit_ids)
    units = pulses.wave_units(session, wave_id)
    if units:
        tree = pulses.tree_of(units)
        for unit_id in reader.unit_ids.intersection(tree.parents):
            line |= tree.subtree(unit_id)
            line.update(tree.path_up(unit_id))
    return frozenset(line)


def review(
    session: Session,
    comment_id: str,
    decision: Decision,
    *,
    reader: Reader,
    taken_out: Collection[int] = (),
) -> int:
    """Release a comment, without the words of the numbers `taken_out`, or withhold it.

    What is withheld is destroyed, and so is the original of what is released. The decision is
    audited with the number of words taken out, and without any text. Returns the id of the wave.
    Raises ReviewError when the comment is not on the queue, the reviewer is in its line, a word is
    not in it, or no word would be left.
    """
    comment = session.scalar(
        select(Comment)
        .where(Comment.id == comment_id, Comment.release == Release.TO_REVIEW)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if comment is None:
        raise ReviewError("This comment has been reviewed already.")
    if comment.unit_id in own_line(session, comment.wave_id, reader):
        raise ReviewError("This comment may come from a team you lead, so someone else reviews it.")
    wave_id, shortened = comment.wave_id, None
    if decision is Decision.RELEASE:
        try:
            shortened = words.without(comment.text or "", taken_out)
        except IndexError:
            raise ReviewError("That word is not in this comment.") from None
        except ValueError:
            raise ReviewError("Leave some words to release, or withhold the comment.") from None
    # SQLite has no row locks: this condition decides between two reviewers at once.
    done = session.scalar(
        update(Comment)
        .where(Comment.id == comment_id, Comment.release == Release.TO_REVIEW)
        .values(
            release=Release.RELEASED if shortened else Release.WITHHELD,
            text=shortened.text if shortened else None,
            sealed_original=None,
            original_expires_on=None,
        )
        .returning(Comment.id)
    )
    if done is None:
        raise ReviewError("This comment has been reviewed already.")
    if shortened is None:
        session.execute(delete(CommentAnalysis).where(CommentAnalysis.comment_id == comment_id))
    elif taken_out:
        _move_quotes(comment.analyses, shortened)
    mentions.write(session, wave_id, [comment_id])
    removed = len(set(taken_out)) if shortened else 0
    record_audit(
        session,
        Action.COMMENT_REVIEWED,
        actor_id=reader.user_id,
        wave_id=wave_id,
        decision="release_edited" if removed else str(decision),
        words_removed=removed,
    )
    return wave_id


def _open_to(session: Session, reader: Reader) -> ColumnElement[bool]:
    waiting = Comment.release == Release.TO_REVIEW
    if not reader.unit_ids:
        return and_(waiting, Comment.unit_id.is_not(None))
    waves = session.scalars(select(Comment.wave_id).where(waiting).distinct()).all()
    return and_(
        waiting,
        Comment.unit_id.is_not(None),
        or_(
            # `false` first, so that no wave means no comment rather than no condition.
            Comment.wave_id == -1,
            *(
                and_(
                    Comment.wave_id == wave_id,
                    Comment.unit_id.not_in(own_line(session, wave_id, reader)),
                )
                for wave_id in waves
            ),
        ),
    )


def _card(session: Session, comment: Comment) -> ReviewCard:
    wave = pulses.wave(session, comment.wave_id)
    analysis = max(comment.analyses, key=lambda one: version_key(one.model_version), default=None)
    return ReviewCard(
        comment_id=comment.id,
        wave_title=wave.title if wave else "",
        text=comment.text or "",
        sentiment=analysis.sentiment if analysis else "",
        themes=themes_of(analysis.findings) if analysis else (),
        flags=tuple(analysis.flags) if analysis else (),
    )


def _move_quotes(analyses: list[CommentAnalysis], shortened: words.Shortened) -> None:
    for analysis in analyses:
        analysis.findings = [
            {
                **finding,
                "quote_start": shortened.place_of(finding["quote_start"]),
                "quote_end": shortened.place_of(finding["quote_end"], is_end=True),
            }
            for finding in analysis.findings
        ]
