"""Opening the ballot box: which of the sealed bytes in it are ballots that somebody cast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nacl.public import PrivateKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.ballots.keys import SealBrokenError, open_sealed
from surveyapp.ballots.models import SealedBallot, Voucher
from surveyapp.ballots.paper import BadBallotError, Ballot, decode
from surveyapp.pulses import services as pulses


def open_box(
    session: Session,
    wave: pulses.Wave,
    key: PrivateKey,
    *,
    item_ids: frozenset[str],
    prompt_ids: frozenset[str],
) -> tuple[list[Ballot], int]:
    """The ballots of a wave, and how many were set aside, for none is a reason to stop."""
    units = {unit.unit_id: unit.invited for unit in pulses.wave_units(session, wave.id)}
    ballots: list[Ballot] = []
    set_aside = 0
    seen: set[bytes] = set()
    rows = session.scalars(select(SealedBallot.ciphertext).where(SealedBallot.wave_id == wave.id))
    for ciphertext in rows:
        if ciphertext in seen:  # a copy: no two seals are ever alike
            set_aside += 1
            continue
        seen.add(ciphertext)
        try:
            plain = open_sealed(key, ciphertext)
            ballots.append(decode(plain, item_ids=item_ids, prompt_ids=prompt_ids))
        except (SealBrokenError, BadBallotError):
            set_aside += 1
    stuffed = _stuffed_units(session, wave.id, ballots, invited=units)
    honest = [ballot for ballot in ballots if ballot.unit_id not in stuffed]
    return honest, set_aside + len(ballots) - len(honest)


def _stuffed_units(
    session: Session, wave_id: int, ballots: Iterable[Ballot], *, invited: dict[int, int]
) -> set[int]:
    """Units with more ballots than were cast there: none of theirs can be trusted.

    Whoever can write to the database could add so many known ballots to a team that it is shown,
    and see what the one real ballot among them says.
    """
    vouchers = session.execute(
        select(Voucher.unit_id, func.count().filter(Voucher.spent))
        .where(Voucher.wave_id == wave_id)
        .group_by(Voucher.unit_id)
    )
    # Where the keys were lost once, the vouchers have gone.
    most = {unit_id: spent for unit_id, spent in vouchers} or invited
    cast = Counter(ballot.unit_id for ballot in ballots)
    return {unit_id for unit_id, count in cast.items() if count > most.get(unit_id, 0)}
