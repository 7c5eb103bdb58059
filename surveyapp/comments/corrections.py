"""People correct what the model read: whose comments they see, in which order, and what is kept.

Whoever may review comments may correct them, and of the same comments: those outside their own line
(A16). Only what is released is corrected, for of nothing else are themes shown.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, Reader, record_audit
from surveyapp.comments import mentions
from surveyapp.comments.labels import (
    ASKS_FOR_PERSON,
    Labels,
    Theme,
    of_reading,
    themes_of,
    version_key,
)
from surveyapp.comments.models import Comment, CommentAnalysis, CommentCorrection, Picked, Release
from surveyapp.comments.review import own_line
from surveyapp.organisation import services as organisation
from surveyapp.pulses import services as pulses

#: A20: people are told of corrections from this version of ‘What we store’ on. Comments of pulses
#: that were planned under older words are not corrected. Imports were planned under none of ours.
TOLD_SINCE = "2026-12"

#: So many comments drawn by chance are read for the figures of the quality page.
SAMPLE = 100


class CorrectionError(ValueError):
    """A comment that this person may not correct, or that is not there. It does not say which."""


class NotAgreedError(RuntimeError):
    """The organisation has not chosen to learn from corrections."""


@dataclass(frozen=True, slots=True)
class Card:
    """A comment to correct. It names no unit: that could be a very small one."""

    comment_id: str
    wave_id: int
    wave_title: str
    text: str
    labels: Labels
    themes: tuple[Theme, ...]
    asks_for_person: bool

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The whole text in pieces, each with whether it carries a theme."""
        edges = {0, len(self.text)}
        for theme in self.themes:
            edges |= {theme.quote_start, theme.quote_end}
        places = sorted(edges)
        return [
            (
                self.text[start:end],
                any(theme.quote_start <= start and end <= theme.quote_end for theme in self.themes),
            )
            for start, end in pairwise(places)
        ]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many comments of the kind in question have been read, of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a correction: `differs` says whether it is another reading than the model's."""

    wave_id: int
    differs: bool


# ---------------------------------------------------------------- whose comments


def may_be_corrected(wave: pulses.Wave) -> bool:
    """Whether the people who wrote were told, or wrote elsewhere (A20)."""
    return wave.kind == pulses.WaveKind.IMPORTED or wave.privacy_version >= TOLD_SINCE


def closed_units(session: Session, reader: Reader, wave_id: int) -> frozenset[int] | None:
    """Units of a wave whose comments this person may not correct; None where nobody may."""
    wave = pulses.wave(session, wave_id)
    if wave is None or not may_be_corrected(wave):
        return None
    return own_line(session, wave_id, reader)


def _open_to(session: Session, reader: Reader) -> ColumnElement[bool]:
    waves = [wave.id for wave in pulses.counted_waves(session) if may_be_corrected(wave)]
    is_shown = and_(
        Comment.release == Release.RELEASED, Comment.text.is_not(None), Comment.unit_id.is_not(None)
    )
    if not reader.unit_ids:
        return and_(is_shown, Comment.wave_id.in_(waves))
    return and_(
        is_shown,
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


# ---------------------------------------------------------------- the queue


def next_card(session: Session, reader: Reader, picked: Picked, *, after: str = "") -> Card | None:
    """The comment to read next: the least certain one, or one by chance.

    What follows the id `after` comes first, so that a comment can be skipped. Ids are random, so
    their order is one by chance, whatever is in the comments and however certain their readings are.
    """
    rows = _certainties(session, reader).subquery()
    is_read = _is_read(rows.c.id, Picked.RANDOM if picked is Picked.RANDOM else None)
    query = select(rows.c.id).where(~is_read)
    if picked is Picked.RANDOM:
        query = query.order_by(rows.c.id <= after, rows.c.id)
    else:
        last = session.scalar(select(rows.c.certainty).where(rows.c.id == after))
        if last is not None:
            same = and_(rows.c.certainty == last, rows.c.id <= after)
            query = query.order_by(or_(rows.c.certainty < last, same))
        query = query.order_by(rows.c.certainty, rows.c.id)
    found = session.scalar(query.limit(1))
    return None if found is None else _card(session, session.get_one(Comment, found), said=None)


def progress(session: Session, reader: Reader, picked: Picked) -> Progress:
    """For the least certain: of those that ask for a person. By chance: of the sample."""
    rows = _certainties(session, reader).subquery()
    asked = select(func.count()).select_from(rows)
    if picked is Picked.RANDOM:
        done = session.scalar(asked.where(_is_read(rows.c.id, Picked.RANDOM))) or 0
        return Progress(done, max(done, min(SAMPLE, session.scalar(asked) or 0)))
    asked = asked.where(rows.c.certainty < ASKS_FOR_PERSON)
    return Progress(session.scalar(asked.where(_is_read(rows.c.id, None))) or 0, session.scalar(asked) or 0)


def card_of(session: Session, reader: Reader, comment_id: str) -> Card:
    """One comment, with the labels that count now. Raises CorrectionError."""
    comment = session.scalar(select(Comment).where(Comment.id == comment_id, _open_to(session, reader)))
    if comment is None:
        raise CorrectionError("There is no such comment.")
    said = session.scalar(
        select(CommentCorrection.said)
        .where(CommentCorrection.comment_id == comment_id)
        .order_by(CommentCorrection.number.desc())
        .limit(1)
    )
    return _card(session, comment, said=None if said is None else Labels.from_json(said))


def _certainties(session: Session, reader: Reader) -> Select[str, float]:
    """(id, certainty) of every comment that may be corrected by this person."""
    return (
        select(Comment.id, func.min(CommentAnalysis.certainty).label("certainty"))
        .join(CommentAnalysis, CommentAnalysis.comment_id == Comment.id)
        .where(_open_to(session, reader))
        .group_by(Comment.id)
    )


def _is_read(comment_id: ColumnElement[str], picked: Picked | None) -> ColumnElement[bool]:
    wanted = [CommentCorrection.comment_id == comment_id]
    if picked is not None:
        wanted.append(CommentCorrection.picked == picked)
    return exists().where(*wanted)


def _card(session: Session, comment: Comment, *, said: Labels | None) -> Card:
    wave = pulses.wave(session, comment.wave_id)
    analysis = _newest(comment)
    return Card(
        comment_id=comment.id,
        wave_id=comment.wave_id,
        wave_title=wave.title if wave else "",
        text=comment.text or "",
        labels=said or of_reading(analysis.sentiment, analysis.findings),
        themes=themes_of(analysis.findings),
        asks_for_person=analysis.certainty < ASKS_FOR_PERSON,
    )


def _newest(comment: Comment) -> CommentAnalysis:
    return max(comment.analyses, key=lambda one: version_key(one.model_version))


# ---------------------------------------------------------------- correcting


def reader_mark(secret: str, comment_id: str, user_id: int) -> str:
    """Tells the people who read one comment apart; another mark for each comment.

    Without the secret nothing leads from it to an account, nor from one comment to another.
    """
    said = f"correction:{comment_id}:{user_id}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()[:16]


def correct(
    session: Session,
    comment_id: str,
    said: Labels,
    *,
    reader: Reader,
    picked: Picked,
    secret: str,
    today: date,
) -> Kept:
    """Keep what a person says of a comment, beside what the model read. Audited without any text.

    Someone who says it again takes back what they said before; what others said stays. Raises
    CorrectionError.
    """
    comment = session.scalar(
        select(Comment).where(Comment.id == comment_id, _open_to(session, reader)).with_for_update()
    )
    if comment is None or not comment.analyses:
        raise CorrectionError("There is no such comment.")
    analysis = _newest(comment)
    read = of_reading(analysis.sentiment, analysis.findings)
    mark = reader_mark(secret, comment_id, reader.user_id)
    # The first change: SQLite lets nobody else number a correction from here on.
    taken_back = session.execute(
        delete(CommentCorrection)
        .where(CommentCorrection.comment_id == comment_id, CommentCorrection.reader == mark)
        .returning(CommentCorrection.number, CommentCorrection.picked)
        .execution_options(synchronize_session=False)
    ).all()
    if any(row.picked == Picked.RANDOM for row in taken_back):
        picked = Picked.RANDOM  # it was drawn by chance, whatever led here now
    numbers = [row.number for row in taken_back]
    numbers += session.scalars(
        select(CommentCorrection.number).where(CommentCorrection.comment_id == comment_id)
    )
    session.add(
        CommentCorrection(
            comment_id=comment_id,
            number=max(numbers, default=0) + 1,
            model_version=analysis.model_version,
            read=read.to_json(),
            said=said.to_json(),
            picked=picked,
            said_in=today.replace(day=1),
            reader=mark,
        )
    )
    mentions.write(session, comment.wave_id, [comment_id])
    record_audit(
        session,
        Action.THEMES_CORRECTED,
        actor_id=reader.user_id,
        wave_id=comment.wave_id,
        decision="confirmed" if said == read else "corrected",
    )
    return Kept(comment.wave_id, said != read)


def corrections_made(session: Session) -> dict[int, int]:
    """For each wave with corrections a number that differs after each: what was counted is old."""
    rows = session.execute(
        select(Comment.wave_id, func.sum(CommentCorrection.number))
        .join(Comment, Comment.id == CommentCorrection.comment_id)
        .group_by(Comment.wave_id)
    )
    return {wave_id: int(total) for wave_id, total in rows}


# ---------------------------------------------------------------- learning from them


def to_learn_from(session: Session) -> Iterator[dict[str, Any]]:
    """Corrected comments in the format of `nlp.labelled`: redacted text and labels, nothing else.

    Only what is shown and still kept, in an order by chance. Raises NotAgreedError.
    """
    if not organisation.has_chosen(session, organisation.Choice.LEARN_FROM_CORRECTIONS):
        raise NotAgreedError(
            "The organisation has not chosen to learn from corrections. It can do so on the page "
            "'Units', under 'Learning from corrections'."
        )
    waves = [wave.id for wave in pulses.waves(session) if may_be_corrected(wave)]
    rows = session.execute(
        select(Comment.id, Comment.text, CommentCorrection.said)
        .join(CommentCorrection, CommentCorrection.comment_id == Comment.id)
        .where(
            Comment.release == Release.RELEASED,
            Comment.text.is_not(None),
            Comment.unit_id.is_not(None),
            Comment.wave_id.in_(waves),
        )
        .order_by(Comment.id, CommentCorrection.number)
    )
    last = {comment_id: (text, said) for comment_id, text, said in rows}
    for text, said in last.values():
        yield {
            "text": text,
            "factors": list(said["factors"]) or ["none"],
            "sentiment": said["sentiment"],
            "factor_sentiment": said["factors"],
        }
