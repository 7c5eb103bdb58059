"""Which comments are found under a theme: always those whose labels say so."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.taxonomy import Factor, Sentiment
from surveyapp.accounts.services import Reader
from surveyapp.comments import mentions, reading, review
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Comment, CommentMention, Release
from tests.factories.corrections import Correct, id_of
from tests.factories.told import ODD, told_trust


def as_read(session: Session, wave_id: int) -> set[tuple[str, str, str]]:
    """What the released comments speak of, worked out from their labels."""
    units = [unit for unit in session.scalars(select(Comment.unit_id).distinct()) if unit is not None]
    return {
        (comment.comment_id, factor, stance)
        for comment in reading.released(session, wave_id, units)
        for factor, stance in (
            [(str(theme.factor), theme.sentiment) for theme in comment.themes]
            or [("", comment.sentiment)]
        )
    }


def as_written(session: Session, wave_id: int) -> set[tuple[str, str, str]]:
    session.expire_all()
    rows = session.scalars(select(CommentMention).where(CommentMention.wave_id == wave_id))
    return {(row.comment_id, row.factor, row.stance) for row in rows}


def test_what_is_found_follows_reviews_and_corrections(session: Session, correct: Correct) -> None:
    told = told_trust(session)
    assert as_written(session, told.wave_id) == as_read(session, told.wave_id)
    comment = session.scalars(select(Comment).where(Comment.text == ODD[1])).one()
    comment_id, comment.release = comment.id, Release.TO_REVIEW
    mentions.write(session, told.wave_id, [comment_id])
    session.commit()
    assert comment_id not in {row[0] for row in as_written(session, told.wave_id)}
    reviewer = Reader(2, False, frozenset())
    review.review(session, comment_id, review.Decision.RELEASE, reader=reviewer, taken_out=[1])
    session.commit()
    assert comment_id in {row[0] for row in as_written(session, told.wave_id)}
    assert as_written(session, told.wave_id) == as_read(session, told.wave_id)
    correct(comment_id, Labels({Factor.FEEDBACK: Sentiment.POSITIVE}, Sentiment.POSITIVE))
    assert (comment_id, Factor.FEEDBACK, "positive") in as_written(session, told.wave_id)
    correct(id_of(session, ODD[0]), Labels({}, Sentiment.NEGATIVE), by=2)
    assert as_written(session, told.wave_id) == as_read(session, told.wave_id)
    (none,) = (row for row in as_written(session, told.wave_id) if row[1] == "")
    assert none[2] == "negative"
