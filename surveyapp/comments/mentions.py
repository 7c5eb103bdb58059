"""Which released comments speak of which factor: written when labels change, asked by pages.

A page costs what its own comments are, whatever the size of the wave.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from nlp.taxonomy import Factor
from surveyapp.comments.models import Comment, CommentMention, Release, SubthemeComment
from surveyapp.comments.reading import ReleasedComment, released_of

#: Stands for a sub-theme where the comments in none are wanted.
IN_NO_SUBTHEME = 0

#: How many are at hand of those that stand for most others, lest the first was withdrawn.
_SPARE = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Comments on a factor, or on none, at a unit and below it: `unit_ids` are all of these.

    With `words`, only those whose text has each of them, in any case.
    """

    wave_id: int
    unit_id: int
    unit_ids: frozenset[int]
    factor: Factor | None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A comment, and whether it is one of those that stand for others."""

    comment: ReleasedComment
    is_typical: bool


def write(session: Session, wave_id: int, comment_ids: Collection[str]) -> None:
    """Write anew what these comments of a wave speak of. Whatever changes a label or a release calls it."""
    session.execute(
        delete(CommentMention)
        .where(CommentMention.comment_id.in_(comment_ids))
        .execution_options(synchronize_session=False)
    )
    rows = [
        {
            "wave_id": wave_id,
            "factor": factor,
            "unit_id": comment.unit_id,
            "comment_id": comment.comment_id,
            "stance": stance,
        }
        for comment in released_of(session, wave_id, comment_ids).values()
        for factor, stance in _spoken_of(comment).items()
    ]
    if rows:
        session.execute(insert(CommentMention), rows)


def counts(session: Session, place: Place) -> Mapping[tuple[int, str], int]:
    """How many comments there are, by sub-theme, or IN_NO_SUBTHEME, and stance."""
    own = (
        select(_number(place).label("number"), CommentMention.stance)
        .where(*_within(place))
        .subquery()
    )
    rows = session.execute(
        select(own.c.number, own.c.stance, func.count()).group_by(own.c.number, own.c.stance)
    )
    return {(subtheme, stance): count for subtheme, stance, count in rows}


def page(
    session: Session,
    place: Place,
    *,
    stance: str | None = None,
    subtheme: int | None = None,
    named: Collection[int] = (),
    offset: int = 0,
    limit: int,
) -> list[Found]:
    """Those that stand for others first, then the rest in the wave's fixed random order.

    IN_NO_SUBTHEME are those in none of the `named`.
    """
    chosen = _within(place)
    if stance is not None:
        chosen.append(CommentMention.stance == stance)
    if subtheme == IN_NO_SUBTHEME:
        chosen.append(_number(place).not_in(named))
    elif subtheme is not None:
        chosen.append(_number(place) == subtheme)
    own = (
        select(CommentMention.comment_id, _grouped_as(place, SubthemeComment.place).label("place"))
        .where(*chosen)
        .subquery()
    )
    rows = session.execute(
        select(own.c.comment_id, own.c.place)
        .order_by(own.c.place.is_(None), own.c.place, own.c.comment_id)
        .offset(offset)
        .limit(limit)
    ).all()
    comments = released_of(session, place.wave_id, [row.comment_id for row in rows])
    return [
        Found(comments[row.comment_id], row.place is not None)
        for row in rows
        if row.comment_id in comments
    ]


def most_typical(session: Session, wave_id: int, unit_id: int, factor: Factor) -> Found | None:
    """The comment on a factor that stands for most others at a unit, or None.

    It looks at few, however many there are.
    """
    ids = session.scalars(
        select(SubthemeComment.comment_id)
        .where(
            SubthemeComment.wave_id == wave_id,
            SubthemeComment.unit_id == unit_id,
            SubthemeComment.factor == factor,
            SubthemeComment.place.is_not(None),
        )
        .order_by(SubthemeComment.place)
        .limit(_SPARE)
    ).all()
    comments = released_of(session, wave_id, ids)
    for comment_id in ids:
        comment = comments.get(comment_id)
        # One that was corrected or withdrawn since they were grouped stands for nothing here.
        if comment and factor in {theme.factor for theme in comment.themes}:
            return Found(comment, is_typical=True)
    return None


def _spoken_of(comment: ReleasedComment) -> dict[str, str]:
    """Stance by factor; that of the whole comment where it speaks of none, so that none is lost."""
    return {str(theme.factor): theme.sentiment for theme in comment.themes} or {"": comment.sentiment}


def _within(place: Place) -> list[ColumnElement[bool]]:
    chosen = [
        CommentMention.wave_id == place.wave_id,
        CommentMention.factor == (place.factor or ""),
        CommentMention.unit_id.in_(place.unit_ids),
    ]
    if place.words:
        has_all = [Comment.text.icontains(word, autoescape=True) for word in place.words]
        chosen.append(
            select(Comment.id)
            .where(
                Comment.id == CommentMention.comment_id,
                # Written again here: a search must find nothing in what may not be read.
                Comment.release == Release.RELEASED,
                *has_all,
            )
            .exists()
        )
    return chosen


def _number(place: Place) -> ColumnElement[int]:
    return func.coalesce(_grouped_as(place, SubthemeComment.number), IN_NO_SUBTHEME)


def _grouped_as(
    place: Place, column: InstrumentedAttribute[int | None]
) -> ScalarSelect[int | None]:
    """That of a mentioned comment, or null.

    Asked comment by comment, which is always a look into an index: of a join PostgreSQL makes
    minutes as long as it has not counted the rows of a new pulse.
    """
    return (
        select(column)
        .where(
            SubthemeComment.wave_id == place.wave_id,
            SubthemeComment.unit_id == place.unit_id,
            SubthemeComment.factor == (place.factor or ""),
            SubthemeComment.comment_id == CommentMention.comment_id,
        )
        .correlate(CommentMention)
        .scalar_subquery()
    )
