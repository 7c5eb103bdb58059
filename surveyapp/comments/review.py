"""Review: the only place from which text that is not released reaches a person (A16)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, selectinload

from surveyapp.accounts.services import Action, Reader, record_audit
from surveyapp.comments.models import Comment, CommentAnalysis, Release
from surveyapp.comments.services import Theme, themes_of, version_key
from surveyapp.organisation import services as organisation
from surveyapp.pulses import services as pulses

#: What stands for removed words: ours, and those that the redaction writes. No others, or a reviewer
#: could put words into someone's mouth between the brackets.
_MARK = re.compile(r"\[(?:removed|name|email|phone|NHS number)\]", re.IGNORECASE)
_WORD = re.compile(r"\w+")


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


def review_queue(session: Session, reader: Reader, *, limit: int) -> tuple[list[ReviewCard], int]:
    """Comments that this person may review, and how many there are in all."""
    mine = _open_to(session, reader)
    total = session.scalar(select(func.count()).select_from(Comment).where(mine)) or 0
    found = session.scalars(
        select(Comment)
        .where(mine)
        .order_by(Comment.id)
        .limit(limit)
        .options(selectinload(Comment.analyses))
    )
    return [_card(session, comment) for comment in found], total


def card_for(session: Session, reader: Reader, comment_id: str) -> ReviewCard | None:
    """One comment of this person's queue, or None: unknown, done, or in the reviewer's own line."""
    comment = session.scalar(
        select(Comment).where(Comment.id == comment_id, _open_to(session, reader))
    )
    return None if comment is None else _card(session, comment)


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
    text: str | None = None,
) -> int:
    """Release or withhold a comment, released with `text` where the reviewer has edited it.

    An edit only takes words out. The original is destroyed, the decision audited without any
    text. Returns the id of the wave. Raises ReviewError when the comment is not on the queue, the
    reviewer is in its line, or the edit adds words.
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
    wave_id, before = comment.wave_id, comment.text or ""
    after = before
    if decision is Decision.RELEASE and text is not None:
        after = "\n".join(text.split("\r\n")).strip()
        if _same(before, after):
            after = before  # browsers change line ends; that is no edit
        else:
            _check_edit(before, after)
    # SQLite has no row locks: this condition decides between two reviewers at once.
    done = session.scalar(
        update(Comment)
        .where(Comment.id == comment_id, Comment.release == Release.TO_REVIEW)
        .values(
            release=Release.RELEASED if decision is Decision.RELEASE else Release.WITHHELD,
            text=after,
            sealed_original=None,
            original_expires_on=None,
        )
        .returning(Comment.id)
    )
    if done is None:
        raise ReviewError("This comment has been reviewed already.")
    edited = after != before
    if edited:
        _move_quotes(comment.analyses, before, after)
    record_audit(
        session,
        Action.COMMENT_REVIEWED,
        actor_id=reader.user_id,
        wave_id=wave_id,
        decision="release_edited" if edited else str(decision),
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


def _same(before: str, after: str) -> bool:
    return " ".join(before.split()) == " ".join(after.split())


def _check_edit(before: str, after: str) -> None:
    if not _WORD.search(_MARK.sub(" ", after)):
        raise ReviewError("Leave some words to release, or withhold the comment")
    rest = iter(_WORD.findall(before))
    if not all(word in rest for word in _WORD.findall(_MARK.sub(" ", after))):
        raise ReviewError(
            "Only take words out, or put a mark like [removed] in their place. "
            "The other words must stay as the person wrote them"
        )


def _move_quotes(analyses: list[CommentAnalysis], before: str, after: str) -> None:
    """Find each quote again; where it was edited itself, the whole comment carries the theme."""
    for analysis in analyses:
        moved = []
        for finding in analysis.findings:
            start = after.find(before[finding["quote_start"] : finding["quote_end"]])
            length = finding["quote_end"] - finding["quote_start"]
            place = (start, start + length) if start >= 0 else (0, len(after))
            moved.append({**finding, "quote_start": place[0], "quote_end": place[1]})
        analysis.findings = moved
