"""One link for all, on a poster or a shared tablet (A23).

There are no vouchers, so nobody knows how many could answer, and one person can take more than
one form. That is why results are of the whole organisation only, and of at least 20 ballots.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveyapp.ballots.models import SpentTicket
from surveyapp.ballots.paper import Ballot
from surveyapp.ballots.services import CastOutcome, LinkState, put_in_box
from surveyapp.pulses import services as pulses

_UNKNOWN_STATES = (pulses.WaveState.DRAFT, pulses.WaveState.LAUNCHING)


def open_link_wave(session: Session, reference: str) -> pulses.Wave | None:
    """The wave behind an open link's address; None for one that is sent out person by person."""
    wave = pulses.wave_by_reference(session, reference)
    return wave if wave is not None and wave.channel == pulses.Channel.OPEN_LINK else None


def paper_state(session: Session, wave: pulses.Wave | None) -> LinkState:
    """What to show to someone who opens the address of an open link."""
    if wave is None or wave.state in _UNKNOWN_STATES:
        return LinkState.UNKNOWN
    if wave.state == pulses.WaveState.SCHEDULED:
        return LinkState.NOT_OPEN_YET
    return LinkState.READY if pulses.is_open(session, wave.id) else LinkState.CLOSED


def is_spent(session: Session, ticket_hash: str) -> bool:
    """Whether a form has been sent, so that going back to a page of it shows nobody its answers."""
    return session.get(SpentTicket, ticket_hash) is not None


def cast_open(
    session: Session,
    wave: pulses.Wave,
    ticket_hash: str,
    *,
    answers: Mapping[str, int | None],
    comments: Mapping[str, str],
) -> CastOutcome:
    """Spend a ticket and put a sealed ballot into the box, in the caller's one transaction.

    The caller commits when the outcome is CAST and rolls back when it is any other.
    """
    if wave.public_key is None or wave.ballot_size is None:
        return CastOutcome.UNKNOWN
    # Nothing is held while the box is sealed tight or being counted; see `services.cast`.
    if not pulses.is_open(session, wave.id):
        return CastOutcome.CLOSED
    locks_rows = pulses.locks_rows(session)
    if locks_rows and not pulses.takes_ballots(session, wave.id):
        return CastOutcome.CLOSED
    try:
        # Of two posts at once the second waits here, and finds the number taken.
        session.execute(insert(SpentTicket), [{"ticket_hash": ticket_hash, "wave_id": wave.id}])
    except IntegrityError:
        return CastOutcome.ALREADY_CAST
    # SQLite has only its one writer: before it wrote, a count may have come and gone.
    if not locks_rows and not pulses.takes_ballots(session, wave.id):
        return CastOutcome.CLOSED
    tree = pulses.tree_of(pulses.wave_units(session, wave.id))
    put_in_box(session, wave, Ballot(tree.root, answers, comments))
    return CastOutcome.CAST
