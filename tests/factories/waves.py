"""Waves in every state, made through the real services and jobs.

All of these commit, and want an application context with a key directory.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.ballots import services as ballots
from surveyapp.ballots.models import SealedBallot, SpentTicket
from surveyapp.ballots.open_link import cast_open
from surveyapp.ballots.paper import token_for
from surveyapp.ballots.services import CastOutcome
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses import drafts
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Breakdown, Channel, Plan, Wave
from surveyapp.timekeeping import LOCAL_ZONE, utc_now

Answers = Mapping[str, int | None]

MONTHLY = ("monthly_pulse_5", "A-1")


def draft_wave(
    unit_ids: Iterable[int],
    *,
    title: str = "Spring pulse",
    questions: tuple[str, str] = MONTHLY,
    minimum_group: int = 10,
    opens_in: timedelta = timedelta(minutes=-5),
    channel: Channel = Channel.PERSONAL,
    breakdown: Breakdown = Breakdown.NONE,
    groups_small_units: bool = False,
    asks_follow_up: bool = False,
) -> Wave:
    """A planned wave. Its times are moved after the plan's own checks: no test waits for 8:00.

    Unlike on the plan's page, small units stay apart unless a test asks for reporting groups.
    """
    today = utc_now().astimezone(LOCAL_ZONE).date()
    plan = Plan(
        title=title,
        template_id=questions[0],
        choice_key=questions[1],
        audience_unit_ids=tuple(unit_ids),
        opens_on=today,
        closes_on=today + timedelta(days=14),
        minimum_group=minimum_group,
        channel=channel,
        breakdown=breakdown,
        groups_small_units=groups_small_units,
        asks_follow_up=asks_follow_up,
    )
    wave = drafts.plan_wave(db.session(), plan, actor_id=None)
    wave.opens_at = utc_now() + opens_in
    wave.closes_at = wave.opens_at + timedelta(days=14)
    # A test that makes several waves makes them weeks apart, or nobody could be asked again.
    db.session.execute(update(Person).values(last_invited_on=None))
    db.session.commit()
    return wave


def launched_wave(unit_ids: Iterable[int], **plan: object) -> Wave:
    """A wave that has been launched and not prepared."""
    wave = draft_wave(unit_ids, **plan)  # type: ignore[arg-type]
    pulses.launch(db.session(), wave.id, actor_id=None)
    db.session.commit()
    return wave


def open_wave(unit_ids: Iterable[int], **plan: object) -> Wave:
    """A wave with keys and vouchers that takes ballots (or waits, with `opens_in` ahead)."""
    wave = launched_wave(unit_ids, **plan)
    pulse_jobs.prepare(wave.id)
    db.session.refresh(wave)
    return wave


def open_link_wave(root: int, **plan: object) -> Wave:
    """A wave with one link for all that takes ballots (or waits, with `opens_in` ahead)."""
    return open_wave([root], **{"minimum_group": 20, **plan, "channel": Channel.OPEN_LINK})


def cast_openly(
    wave: Wave, answers: Answers | None = None, *, comment: str | None = None, form: str = ""
) -> CastOutcome:
    """Send one form of an open link. Without `form`, its number, a fresh one."""
    if answers is None:
        answers = dict.fromkeys(scored_items(wave), 4)
    comments = {} if comment is None else {prompts(wave)[0]: comment}
    number = form or secrets.token_hex(32)
    outcome = cast_open(db.session(), wave, number, answers=answers, comments=comments)
    if outcome is CastOutcome.CAST:
        db.session.commit()
    else:
        db.session.rollback()
    return outcome


def ballots_and_tickets(session: Session) -> tuple[int, int]:
    """(ballots in the box, tickets of open links that are spent)"""
    session.rollback()
    ballots = session.scalar(select(func.count()).select_from(SealedBallot)) or 0
    spent = session.scalar(select(func.count()).select_from(SpentTicket)) or 0
    return ballots, spent


def tokens_of(wave: Wave) -> dict[int, str]:
    """Token by person, as the mail job makes them from the key directory."""
    keys = ballots.key_directory(current_app.config["SETTINGS"]).wave_keys(wave.id)
    invited = organisation.people_for_audience(db.session(), wave.audience_unit_ids)
    return {person.person_id: token_for(keys.secret, person.person_id) for person in invited}


def scored_items(wave: Wave) -> list[str]:
    return [item.item_id for item in wave.items if item.scale != pulses.TEXT_SCALE]


def prompts(wave: Wave) -> list[str]:
    return [item.item_id for item in wave.items if item.scale == pulses.TEXT_SCALE]


def cast(
    wave: Wave, token: str, answers: Answers | None = None, *, comment: str | None = None
) -> CastOutcome:
    """Cast one ballot as the page does. Without `answers`, fours throughout."""
    if answers is None:
        answers = dict.fromkeys(scored_items(wave), 4)
    comments = {} if comment is None else {prompts(wave)[0]: comment}
    outcome = ballots.cast(db.session(), wave, token, answers=answers, comments=comments)
    if outcome is CastOutcome.CAST:
        db.session.commit()
    else:
        db.session.rollback()
    return outcome


def cast_for(
    wave: Wave,
    people: Iterable[int],
    *,
    comment: Callable[[int], str | None] = lambda _person: None,
    seed: int = 1,
) -> dict[int, dict[str, int | None]]:
    """Cast a ballot for each person, in that order, with varied answers. Returns them by person."""
    chance = random.Random(seed)
    tokens, items = tokens_of(wave), scored_items(wave)
    given: dict[int, dict[str, int | None]] = {}
    for person in people:
        given[person] = {item: chance.choice([1, 2, 3, 4, 4, 5, None]) for item in items}
        given[person][items[0]] = chance.randint(1, 5)
        outcome = cast(wave, tokens[person], given[person], comment=comment(person))
        assert outcome is CastOutcome.CAST
    return given


def close(wave: Wave) -> None:
    pulses.close_now(db.session(), wave.id, actor_id=None)
    db.session.commit()


def close_and_count(wave: Wave) -> None:
    """Close a wave and run its count here, as a worker would."""
    close(wave)
    ballot_jobs.count(wave.id)
    db.session.refresh(wave)
