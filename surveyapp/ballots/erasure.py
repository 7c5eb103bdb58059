"""Deleting what the ballot box keeps of a wave, when its time is over (A19)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp import erasing
from surveyapp.ballots.models import Answer, Response, SealedBallot, SpentTicket, Voucher


def rows_kept(session: Session, wave_id: int) -> dict[str, int]:
    """How many rows of each kind are kept of a wave."""
    return erasing.count_rows(session, _rows(wave_id))


def erase(session: Session, wave_id: int) -> dict[str, int]:
    """Delete them all. Returns how many of each kind there were."""
    return erasing.delete_rows(session, _rows(wave_id))


def _rows(wave_id: int) -> erasing.Rows:
    """Answers before the responses that they hang on.

    The last three are empty after a count; a wave that cannot be counted still has its ballots.
    """
    responses = select(Response.id).where(Response.wave_id == wave_id)
    return [
        (Answer, Answer.response_id.in_(responses)),
        (Response, Response.wave_id == wave_id),
        (SealedBallot, SealedBallot.wave_id == wave_id),
        (Voucher, Voucher.wave_id == wave_id),
        (SpentTicket, SpentTicket.wave_id == wave_id),
    ]
