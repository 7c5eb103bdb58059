"""Opening the ballot box: which of the sealed bytes in it are ballots that somebody cast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nacl.public import PrivateKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.ballots.keys import SealBrokenError, open_sealed
from surveyapp.ballots.models import SealedBallot, SpentTicket, Voucher
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
    if wave.channel == pulses.Channel.OPEN_LINK:
        stuffed = _stuffed_open_link(session, wave, ballots, units=set(units))
    else:
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
        select(Voucher.unit_id, Voucher.staff_group, func.count().filter(Voucher.spent))
        .where(Voucher.wave_id == wave_id)
        .group_by(Voucher.unit_id, Voucher.staff_group)
    )
    most = {(unit_id, group): spent for unit_id, group, spent in vouchers}
    if most:
        cast = Counter((ballot.unit_id, ballot.group) for ballot in ballots)
        return {cell[0] for cell, count in cast.items() if count > most.get(cell, 0)}
    # Where the keys were lost once, the vouchers have gone.
    by_unit = Counter(ballot.unit_id for ballot in ballots)
    return {unit_id for unit_id, count in by_unit.items() if count > invited.get(unit_id, 0)}


def _stuffed_open_link(
    session: Session, wave: pulses.Wave, ballots: Iterable[Ballot], *, units: set[int]
) -> set[int]:
    """The same for an open link, each of whose ballots spent a ticket."""
    cast = Counter(ballot.unit_id for ballot in ballots)
    unknown = cast.keys() - units
    if wave.state == pulses.WaveState.CANNOT_BE_COUNTED:
        return unknown  # the keys were lost once, and the tickets have gone
    spent = session.scalar(
        select(func.count()).select_from(SpentTicket).where(SpentTicket.wave_id == wave.id)
    )
    return set(cast) if cast.total() > (spent or 0) else unknown
