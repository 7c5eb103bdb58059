"""Whom a wave asks: of today's staff, until its launch freezes them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from sqlalchemy.orm import Session

from surveyapp.organisation import services as organisation
from surveyapp.organisation.services import Invitee
from surveyapp.pulses import allocation
from surveyapp.pulses.grouping import with_reporting_groups
from surveyapp.pulses.models import Channel, FrozenUnit, Wave, WaveState, WaveUnit
from surveyapp.pulses.planning import SQLITE_CEILING
from surveyapp.timekeeping import LOCAL_ZONE, database_now

#: A share is kept as a number with a point. The fraction that was meant has no larger denominator.
_LARGEST_DENOMINATOR = 10_000


def audience_size(session: Session, wave: Wave) -> int:
    """People who will be invited (a draft) or were invited (any later state)."""
    if wave.state in {WaveState.DRAFT, WaveState.LAUNCHING}:
        return len(people_to_ask(session, wave))
    return wave.invited


def people_to_ask(session: Session, wave: Wave) -> list[Invitee]:
    """Whom a draft would ask if it were launched now: its share of those who have had 28 days' rest.

    Where not everyone is asked, who it is falls differently each time; how many does not.
    """
    return allocation.choose(
        organisation.people_for_audience(session, wave.audience_unit_ids),
        opens_on=_opening_day(wave),
        share=Fraction(wave.share).limit_denominator(_LARGEST_DENOMINATOR),
        chance=random.SystemRandom(),
    )


def resting(session: Session, wave: Wave) -> int:
    """People of a draft's audience whom it leaves out because another wave asks them too close to it."""
    people = organisation.people_for_audience(session, wave.audience_unit_ids)
    return allocation.left_alone_too_short(people, _opening_day(wave))


def launch_obstacle(session: Session, wave: Wave) -> str:
    """Why a draft cannot be launched as it is, and what to do; empty when it can."""
    if wave.closes_at <= database_now(session):
        return "The closing date has passed. Plan the pulse again with new dates."
    if wave.channel == Channel.OPEN_LINK:
        return ""  # nobody is invited, and nobody knows how many will come by
    people = audience_size(session, wave)
    if people >= wave.minimum_group:
        return too_many(session, people)
    invited = "person" if people == 1 else "people"
    asked = resting(session, wave)
    left_out = (
        f" {asked} are left out, because another pulse asks them less than {allocation.REST.days} days "
        "before or after. Plan the pulse again for a later day."
        if asked
        else " Add staff, or plan the pulse again for more units."
    )
    return (
        f"Only {people} {invited} would be invited. At least {wave.minimum_group} are needed, "
        f"or nothing could ever be shown.{left_out}"
    )


def too_many(session: Session, people: int) -> str:
    """Why a wave cannot ask so many people, and what to do; empty where it can."""
    if people <= SQLITE_CEILING or session.get_bind().dialect.name != "sqlite":
        return ""
    return (
        f"{people:,} people would be invited. The database of this system, SQLite, is for small "
        f"organisations: a pulse can ask {SQLITE_CEILING:,} people at most. Ask the people who run this "
        "system to move to PostgreSQL, or ask fewer people at a time."
    )


def freeze_audience(session: Session, wave: Wave) -> Sequence[Invitee]:
    """Copy the unit tree, note who is asked, and return the invited.

    An open link invites nobody, and its tree is the organisation alone (A23). The caller holds the
    wave's lock and finds it in state 'launching'.
    """
    if wave.channel == Channel.OPEN_LINK:
        wave.units = [
            WaveUnit(unit_id=unit_id, parent_id=None, name=name)
            for unit_id, parent_id, name in organisation.frozen_tree(session)
            if parent_id is None
        ]
        return ()
    # Of two waves that freeze at once the second must see whom the first has taken.
    organisation.lock_organisation(session)
    invitees = people_to_ask(session, wave)
    wave.units = [
        WaveUnit(
            unit_id=unit.unit_id,
            parent_id=unit.parent_id,
            name=unit.name,
            invited=unit.invited,
        )
        for unit in units_to_freeze(session, wave, invitees)
    ]
    wave.invited = len(invitees)
    ids = sorted(invitee.person_id for invitee in invitees)
    organisation.mark_asked(session, ids, on=_opening_day(wave))
    return invitees


def units_to_freeze(session: Session, wave: Wave, invitees: Iterable[Invitee]) -> list[FrozenUnit]:
    """Today's units with how many of these people are in each, and the wave's reporting groups."""
    own = Counter(invitee.unit_id for invitee in invitees)
    units = [
        FrozenUnit(unit_id, parent_id, name, own[unit_id])
        for unit_id, parent_id, name in organisation.frozen_tree(session)
    ]
    if not wave.groups_small_units:
        return units
    return with_reporting_groups(session, units, k=wave.minimum_group)


def _opening_day(wave: Wave) -> date:
    return wave.opens_at.astimezone(LOCAL_ZONE).date()
