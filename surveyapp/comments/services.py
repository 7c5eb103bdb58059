"""Comments: what the count hands over, what the model read, what may be shown.

No function here returns text that has not been redacted and released. Comments that wait for a
person are in `review`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from nlp.taxonomy import FACTOR_LABELS, Factor, Flag, Sentiment
from nlp.types import CommentAnalysis as Reading
from surveyapp.comments import mentions
from surveyapp.comments.labels import Theme, stored_certainty
from surveyapp.comments.models import Comment, CommentAnalysis, CommentState, Concern, Release
from surveyapp.comments.reading import ReleasedComment, released
from surveyapp.pulses import services as pulses

__all__ = [
    "FACTOR_LABELS",
    "Factor",
    "Flag",
    "Placed",
    "ReleasedComment",
    "Sentiment",
    "Theme",
    "destroy_old_originals",
    "invited_at",
    "mark_unreadable",
    "next_batch",
    "progress",
    "released",
    "retry_unreadable",
    "save_readings",
    "shows_anything",
    "store",
    "waiting_wave_ids",
]

#: A16: below this many invited, every comment is read by a reviewer before anyone else.
REVIEW_BELOW_INVITED = 50

#: The original is destroyed when its review ends, and after this time whether it ended or not.
KEEP_ORIGINAL = timedelta(days=30)

#: Marks that send a comment to review wherever it comes from.
_REVIEWED_FLAGS = frozenset({Flag.CONCERN, Flag.NOT_ENGLISH})


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment as the count hands it over: sealed, and with the unit where it may be shown."""

    item_id: str
    unit_id: int | None
    sealed_original: bytes


# ---------------------------------------------------------------- from count to analysis


def store(session: Session, wave_id: int, placed: Iterable[Placed], *, today: date) -> None:
    """Keep sealed comments under fresh random ids, written in the order of those ids."""
    rows = [
        {
            "id": secrets.token_hex(16),
            "wave_id": wave_id,
            "item_id": comment.item_id,
            "unit_id": comment.unit_id,
            "sealed_original": comment.sealed_original,
            "original_expires_on": today + KEEP_ORIGINAL,
            "state": CommentState.WAITING,
            "release": Release.HELD,
        }
        for comment in placed
    ]
    rows.sort(key=lambda row: str(row["id"]))
    if rows:
        session.execute(insert(Comment), rows)


def waiting_wave_ids(session: Session) -> list[int]:
    """Waves with comments that have not been analysed."""
    return list(
        session.scalars(
            select(Comment.wave_id).where(Comment.state == CommentState.WAITING).distinct()
        )
    )


def next_batch(session: Session, wave_id: int, size: int) -> list[tuple[str, bytes]]:
    """(id, sealed original) of up to `size` comments that wait for analysis."""
    rows = session.execute(
        select(Comment.id, Comment.sealed_original)
        .where(Comment.wave_id == wave_id, Comment.state == CommentState.WAITING)
        .order_by(Comment.id)
        .limit(size)
    )
    return [(comment_id, sealed or b"") for comment_id, sealed in rows]


def mark_unreadable(session: Session, comment_ids: Collection[str]) -> None:
    """Comments that do not open or cannot be analysed: counted, and not tried by themselves again.

    The originals stay until they expire: a worker with the wrong key directory opens none of
    them, and that must not destroy what the right one could read (`retry_unreadable`).
    """
    if comment_ids:
        session.execute(
            update(Comment)
            .where(Comment.id.in_(comment_ids), Comment.state == CommentState.WAITING)
            .values(state=CommentState.FAILED)
        )


def retry_unreadable(session: Session, wave_id: int) -> int:
    """Put back what failed and still has its original. Returns how many comments that is."""
    found = session.scalars(
        update(Comment)
        .where(
            Comment.wave_id == wave_id,
            Comment.state == CommentState.FAILED,
            Comment.sealed_original.is_not(None),
        )
        .values(state=CommentState.WAITING)
        .returning(Comment.id)
    ).all()
    return len(found)


def shows_anything(session: Session, wave: pulses.Wave) -> bool:
    """Whether anything is shown of a wave that has comments.

    The count keeps none of a pulse that shows nothing. An import keeps all, and finds a place for
    each as soon as there are enough to show any.
    """
    if wave.kind == pulses.WaveKind.PULSE:
        return True
    placed = select(Comment.id).where(Comment.wave_id == wave.id, Comment.unit_id.is_not(None))
    return session.scalar(placed.limit(1)) is not None


def invited_at(session: Session, wave_id: int) -> dict[int, int]:
    """For each unit of the wave, how many invited people may have written what is read there.

    Those of the unit and of the units below it, but for units whose comments have a place of their
    own: they cannot have written what was passed up, and a reader can tell.
    """
    units = pulses.wave_units(session, wave_id)
    if not units:
        return {}
    tree = pulses.tree_of(units)
    own = {unit.unit_id: unit.invited for unit in units}
    placed = set(session.scalars(select(Comment.unit_id).where(Comment.wave_id == wave_id).distinct()))
    authors: dict[int, int] = {}
    for unit_id in reversed(tree.top_down):
        passed_up = (child for child in tree.children[unit_id] if child not in placed)
        authors[unit_id] = own[unit_id] + sum(authors[child] for child in passed_up)
    return authors


def save_readings(
    session: Session,
    readings: Mapping[str, Reading],
    *,
    invited: Mapping[int, int],
    review_all: bool = False,
    hand_on: bool = False,
) -> int:
    """Store redacted text and what the model read, by (comment, model version), and release (A16).

    `invited` comes from `invited_at`. With `hand_on`, for a wave that has published something,
    words that may speak of harm go to the named role too, wherever their comment may be shown and
    even if nowhere (A17). Returns how many comments were saved: one that another worker has saved
    meanwhile is left alone, for a reviewer may have edited it since.
    """
    if not readings:
        return 0
    # The first statement takes the rows: of two workers with the same batch only one goes on.
    claimed = session.execute(
        update(Comment)
        .where(Comment.id.in_(readings.keys()), Comment.state == CommentState.WAITING)
        .values(state=CommentState.ANALYSED)
        .returning(Comment.id, Comment.unit_id, Comment.wave_id)
        .execution_options(synchronize_session=False)
    ).all()
    analyses: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    concerns: list[dict[str, Any]] = []
    for comment_id, unit_id, wave_id in claimed:
        reading = readings[comment_id]
        release = _first_release(unit_id, reading.flags, invited, review_all=review_all)
        outcome: dict[str, Any] = {"id": comment_id, "release": release, "text": None}
        if unit_id is not None:
            # What may be shown nowhere is not kept in readable form either.
            outcome["text"] = reading.text
            analyses.append(_row(comment_id, reading))
        outcomes.append(outcome)
        if hand_on and Flag.CONCERN in reading.flags:
            concerns.append({"id": secrets.token_hex(16), "wave_id": wave_id, "text": reading.text})
    if analyses:
        session.execute(
            delete(CommentAnalysis).where(
                CommentAnalysis.comment_id.in_([row["comment_id"] for row in analyses]),
                CommentAnalysis.model_version.in_({row["model_version"] for row in analyses}),
            ),
            execution_options={"synchronize_session": False},
        )
        session.execute(insert(CommentAnalysis), analyses)
    if concerns:
        # In the order of their own ids, which is no order of the comments.
        session.execute(insert(Concern), sorted(concerns, key=lambda row: str(row["id"])))
    if outcomes:
        session.execute(update(Comment), outcomes)
    reviewed = {row["id"] for row in outcomes if row["release"] == Release.TO_REVIEW}
    done = [row["id"] for row in outcomes if row["id"] not in reviewed]
    if done:
        session.execute(
            update(Comment)
            .where(Comment.id.in_(done))
            .values(sealed_original=None, original_expires_on=None)
            .execution_options(synchronize_session=False)
        )
    for wave_id in {row.wave_id for row in claimed}:
        mentions.write(session, wave_id, [row.id for row in claimed if row.wave_id == wave_id])
    return len(outcomes)


def _row(comment_id: str, reading: Reading) -> dict[str, Any]:
    return {
        "comment_id": comment_id,
        "model_version": reading.model_version,
        "sentiment": str(reading.sentiment),
        "sentiment_probability": round(reading.sentiment_probability, 4),
        "certainty": round(stored_certainty(reading.certainty, reading.flags), 4),
        "flags": [str(flag) for flag in reading.flags],
        "findings": [
            {
                "factor": str(finding.factor),
                "probability": round(finding.probability, 4),
                "sentiment": str(finding.sentiment),
                "sentiment_probability": round(finding.sentiment_probability, 4),
                "quote_start": finding.quote_start,
                "quote_end": finding.quote_end,
            }
            for finding in reading.findings
        ],
    }


def _first_release(
    unit_id: int | None,
    flags: Sequence[Flag],
    invited: Mapping[int, int],
    *,
    review_all: bool,
) -> Release:
    if unit_id is None:
        return Release.WITHHELD
    small = invited.get(unit_id, 0) < REVIEW_BELOW_INVITED
    if small or review_all or _REVIEWED_FLAGS.intersection(flags):
        return Release.TO_REVIEW
    return Release.RELEASED


def destroy_old_originals(session: Session, *, today: date) -> None:
    """Destroy originals kept as long as they may be. Comments not yet analysed are lost then."""
    session.execute(
        update(Comment)
        .where(Comment.original_expires_on <= today)
        .values(
            sealed_original=None,
            original_expires_on=None,
        )
    )
    session.execute(
        update(Comment)
        .where(Comment.state == CommentState.WAITING, Comment.sealed_original.is_(None))
        .values(state=CommentState.FAILED)
    )


# ---------------------------------------------------------------- progress


def progress(session: Session, wave_id: int) -> Mapping[str, int]:
    """How many comments of a wave wait, are analysed and could not be read."""
    rows = session.execute(
        select(Comment.state, func.count())
        .where(Comment.wave_id == wave_id)
        .group_by(Comment.state)
    )
    return {state: count for state, count in rows}
