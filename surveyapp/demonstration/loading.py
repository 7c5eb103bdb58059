"""Loads the demonstration the way a real organisation would fill: planned, launched, answered,
counted, read and reviewed by the application's own services and jobs.

Every step looks at what the database holds and goes on from there, so a load that was cut short
anywhere is finished by the next start. Nothing else may be running meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import update

from surveyapp import queueing
from surveyapp.accounts import services as accounts
from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.ballots import services as ballots
from surveyapp.ballots.paper import token_for
from surveyapp.comments import jobs as comment_jobs
from surveyapp.comments import review
from surveyapp.comments import services as comments
from surveyapp.config import Environment, Settings
from surveyapp.demonstration import planned_ahead, simulation, trust
from surveyapp.demonstration.calendar import Window, window_before, window_now
from surveyapp.demonstration.record import Record, record_file
from surveyapp.demonstration.simulation import Member
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation import staff
from surveyapp.organisation.models import Person, WorkingStatus
from surveyapp.pulses import drafts, invitations, mail_times
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Plan, Wave, WaveState
from surveyapp.reports import jobs as report_jobs
from surveyapp.timekeeping import LOCAL_ZONE, database_now

TEMPLATE = "monthly_pulse_5"
_REMINDERS = 2
ROTATION = ("A-1", "A-2", "A-3", "B-1", "B-2", "B-3", "C-1", "C-2", "C-3")
CLOSED_WAVES = 3

#: How far the open wave has come: about this part of those who will answer have done so.
SHARE_SO_FAR = 0.5

#: Comments left for whoever tries the review.
LEFT_TO_REVIEW = 8

#: Ballots in one transaction. Real ones have one each; nobody watches these.
_CASTS_AT_ONCE = 25

#: Flags that are no reason for a review.
_QUIET_FLAGS = frozenset({str(comments.Flag.TOO_SHORT), str(comments.Flag.NEEDS_PERSON)})


class CannotLoadError(RuntimeError):
    """There is no demonstration here. The message says why."""


class _Report(Protocol):
    def __call__(self, text: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Account:
    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What to tell. `link` answers the open wave with a voucher that nobody has spent."""

    organisation: str
    accounts: Sequence[Account]
    link: str | None


def load(report: _Report) -> Loaded:
    """Load the demonstration, or finish or renew it. Needs an application context.

    Raises CannotLoadError where there must or can be none.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if settings.environment is not Environment.DEVELOPMENT:
        raise CannotLoadError("The demonstration is only for development, so none is loaded.")
    record = _organisation(settings, report)
    session = db.session()
    actor_id = _user_id(trust.LEARNING)
    if not record.is_complete:
        last = window_now(date.fromisoformat(record.begun_on))
        for number in range(1, CLOSED_WAVES + 1):
            window = window_before(last, CLOSED_WAVES + 1 - number)
            report(f"Pulse {number} of {CLOSED_WAVES}, {window.month}")
            _run_wave(settings, number, window, actor_id, report)
    if not record.is_complete or not any(map(_is_open, pulses.waves(session))):
        _open_wave(settings, actor_id, report)
    if not record.is_complete:
        planned_ahead.plan_ahead(actor_id, template=TEMPLATE, turns=ROTATION, done=CLOSED_WAVES + 1)
        record.is_complete = True
        record.keep(record_file(settings))
    link = _unspent_link(settings)
    session.commit()
    return Loaded(
        organisation=trust.NAME,
        accounts=[
            Account(plan.label, email, record.passwords[email])
            for plan in trust.ACCOUNTS
            if (email := trust.address(plan.address)) in record.passwords
        ],
        link=link,
    )


# ---------------------------------------------------------------- the organisation


def _organisation(settings: Settings, report: _Report) -> Record:
    """Units, staff and sign-ins, in one transaction, and the record that belongs to them."""
    session = db.session()
    record = Record.read(record_file(settings))
    there = _user_id_or_none(trust.ADMINISTRATOR) is not None
    if there and record is not None:
        return record
    if there:
        raise CannotLoadError(
            f"The demonstration's passwords were in {record_file(settings)}, which is gone. To "
            "begin again, start with an empty database."
        )
    if organisation.frozen_tree(session):
        raise CannotLoadError(
            "This database holds an organisation already, so no demonstration is loaded."
        )
    today = database_now(session).astimezone(LOCAL_ZONE).date()
    record = Record.begin(today, [trust.address(plan.address) for plan in trust.ACCOUNTS])
    record.keep(record_file(settings))
    report(f"Setting up {trust.NAME}, which is invented (this takes a minute, once)")
    units = {trust.ROOT: organisation.ensure_root(session, trust.NAME).id}
    for unit in trust.UNITS:
        units[unit.key] = organisation.add_unit(
            session, name=unit.name, parent_id=units[unit.parent]
        ).id
    people = list(trust.staff())
    for person in people:
        staff.add_person(
            session,
            email=person.email,
            unit_id=units[person.unit],
            staff_group=person.staff_group,
            status=WorkingStatus.AWAY if person.is_away else WorkingStatus.WORKING,
        )
    for plan in trust.ACCOUNTS:
        email = trust.address(plan.address)
        accounts.create_user(
            session,
            email=email,
            name=plan.name,
            password=record.passwords[email],
            roles=[plan.role],
            led_unit_ids=[units[key] for key in plan.leads],
        )
    session.commit()
    report(f"{len(units)} units, {len(people)} staff, {len(trust.ACCOUNTS)} sign-ins")
    return record


def _user_id_or_none(plan: trust.AccountPlan) -> int | None:
    email = trust.address(plan.address)
    return next((user.id for user in accounts.users(db.session()) if user.email == email), None)


def _user_id(plan: trust.AccountPlan) -> int:
    user_id = _user_id_or_none(plan)
    if user_id is None:
        raise CannotLoadError(
            f"The demonstration's sign-in {trust.address(plan.address)} is gone, so it cannot be "
            "renewed."
        )
    return user_id


# ---------------------------------------------------------------- waves


def _run_wave(
    settings: Settings, number: int, window: Window, actor_id: int, report: _Report
) -> None:
    """A wave of the past, from its plan to its charts."""
    wave = _answerable(settings, number, window, actor_id)
    if wave.state == WaveState.OPEN:
        # Casting takes ballots until the closing time, which lies in the past in the end.
        wave.closes_at = database_now(db.session()) + timedelta(days=1)
        db.session.commit()
        cast = _cast_all(settings, wave, number, share=1.0)
        report(f"  {cast} of {wave.invited} people have answered; counting")
        wave.closes_at = _moment(window.closes_on, time(23, 59))
        db.session.commit()
        pulses.advance(db.session(), wave.id)
        db.session.commit()
    if wave.state == WaveState.CLOSED:
        ballot_jobs.count(wave.id)
    waiting = comments.progress(db.session(), wave.id).get("waiting", 0)
    if waiting:
        report(f"  reading {waiting} comments with the model")
        comment_jobs.analyse_wave(wave.id)
    _review(wave.id, leave=LEFT_TO_REVIEW if number == CLOSED_WAVES else 0)
    report("  drawing its charts and grouping its comments")
    report_jobs.draw_charts(wave.id)
    report_jobs.group_wave(wave.id)
    _forget_nudges(wave.id)


def _open_wave(settings: Settings, actor_id: int, report: _Report) -> None:
    """A wave that is open now. It is renewed when someone comes back after it has ended."""
    session = db.session()
    window = window_now(database_now(session).astimezone(LOCAL_ZONE).date())
    ended = [wave for wave in pulses.waves(session) if _has_ended(wave)]
    number = 1 + sum(wave.created_by == actor_id and wave.series_id is None for wave in ended)
    report(f"Pulse {number}, {window.month}, which stays open")
    wave = _answerable(settings, number, window, actor_id)
    wave.closes_at = _moment(window.closes_on, time(23, 59))
    reminders = mail_times.reminder_moments(wave.opens_at, wave.closes_at, _REMINDERS)
    wave.reminders_at = mail_times.stored(reminders)
    session.commit()
    cast = _cast_all(settings, wave, number, share=SHARE_SO_FAR)
    report(f"  {cast} of {wave.invited} people have answered so far")
    pulse_jobs.note_live_rates()
    queueing.enqueue_after_commit(queueing.MAIL, pulse_jobs.send_mail, wave.id)


def _answerable(settings: Settings, number: int, window: Window, actor_id: int) -> Wave:
    """The wave of that number, planned, launched and opened as far as it is not yet."""
    session = db.session()
    now = database_now(session)
    today = now.astimezone(LOCAL_ZONE).date()
    title = f"Learning pulse {number}, {window.month}"
    wave = next(
        (one for one in pulses.waves(session) if (one.title, one.created_by) == (title, actor_id)),
        None,
    )
    if wave is None:
        root = next(unit for unit, parent, _ in organisation.frozen_tree(session) if parent is None)
        plan = Plan(
            title=title,
            template_id=TEMPLATE,
            choice_key=ROTATION[(number - 1) % len(ROTATION)],
            audience_unit_ids=(root,),
            opens_on=today,
            closes_on=today + timedelta(days=28),
            breakdown=pulses.Breakdown.STAFF_GROUP,
        )
        wave = drafts.plan_wave(session, plan, actor_id=actor_id)
        session.commit()
    if wave.state == WaveState.DRAFT:
        # Its people have had no 28 days' rest from the wave before, if that was renewed early.
        session.execute(update(Person).values(last_invited_on=None))
        pulses.launch(session, wave.id, actor_id=actor_id)
        session.commit()
    if wave.state == WaveState.LAUNCHING:
        # Were it open already, its invitations would go out now, months after a closed wave.
        wave.opens_at = now + timedelta(hours=1)
        session.commit()
        pulse_jobs.prepare(wave.id)
        # Everyone was asked by the wave before; that was weeks earlier, as this one's window says.
        session.execute(
            update(Person)
            .where(Person.last_invited_on.is_not(None))
            .values(last_invited_on=window.opens_on, times_asked_in=window.opens_on.year)
        )
        session.commit()
    if wave.state == WaveState.SCHEDULED:
        # Plans begin today or later, and rightly so. Here the past is wanted.
        wave.opens_at = _moment(window.opens_on, time(8, 0))
        session.commit()
        pulses.advance(session, wave.id)
        session.commit()
    return wave


def _cast_all(settings: Settings, wave: Wave, number: int, *, share: float) -> int:
    """Cast the ballots of those who answer. Who has cast before a cut is told so, and that is all."""
    session = db.session()
    secret = ballots.key_directory(settings).wave_keys(wave.id).secret
    scored = [item for item in wave.items if item.scale != pulses.TEXT_SCALE]
    questions = [simulation.Question(item.item_id, item.factor) for item in scored]
    prompt = next((item.item_id for item in wave.items if item.scale == pulses.TEXT_SCALE), None)
    answering = simulation.who_answers(_members(wave), number, share=share)
    written = simulation.who_writes(answering, number)
    for done, member in enumerate(answering, start=1):
        comment = written.get(member.person_id)
        ballots.cast(
            session,
            wave,
            token_for(secret, member.person_id),
            answers=simulation.answers_of(
                member, questions, number, mood=comment.mood if comment else 0
            ),
            comments={prompt: comment.text} if comment and prompt else {},
        )
        if done % _CASTS_AT_ONCE == 0:
            session.commit()
    session.commit()
    return len(answering)


def _members(wave: Wave) -> list[Member]:
    """Everyone invited, with the key of their unit."""
    session = db.session()
    keys = {unit.name: unit.key for unit in trust.UNITS}
    places = {
        unit_id: keys[name]
        for unit_id, _, name in organisation.frozen_tree(session)
        if name in keys
    }
    return [
        Member(invitee.person_id, places[invitee.unit_id])
        for invitee in organisation.people_for_audience(session, wave.audience_unit_ids)
        # Whoever tries the demonstration may have added units and people of their own.
        if places.get(invitee.unit_id) in simulation.PLACES
    ]


def _review(wave_id: int, *, leave: int) -> None:
    """Release what waits for a person, as the demonstration's reviewer would, but for a few."""
    session = db.session()
    reviewer = accounts.user(session, _user_id(trust.REVIEWER))
    reader = accounts.reader_of(reviewer)
    surplus = review.left_to_review(session, wave_id) - leave
    cards, _ = review.review_queue(session, reader, limit=1000)
    wave = pulses.wave(session, wave_id)
    mine = [card for card in cards if wave is not None and card.wave_title == wave.title]
    # What is left shows why there is a review: comments with a flag first.
    mine.sort(key=lambda card: not set(card.flags) - _QUIET_FLAGS, reverse=True)
    for card in mine[: max(0, surplus)]:
        review.review(session, card.comment_id, review.Decision.RELEASE, reader=reader)
    session.commit()


def _forget_nudges(wave_id: int) -> None:
    """Take off the queues what the jobs above put there: their work has been done here."""
    try:
        for name in (queueing.ANALYSIS, queueing.REPORTS):
            for job in queueing.queue(name).get_jobs():
                if tuple(job.args) == (wave_id,):
                    job.delete()
    except RedisError:
        return  # whoever runs them finds nothing to do


# ---------------------------------------------------------------- the link


def _unspent_link(settings: Settings) -> str | None:
    """A link to an open wave that has not been used.

    Nobody may ask this of real staff. These are invented.
    """
    session = db.session()
    for wave in pulses.waves(session):
        if not _is_open(wave):
            continue
        secret = ballots.key_directory(settings).wave_keys(wave.id).secret
        for invitee in organisation.people_for_audience(session, wave.audience_unit_ids):
            token = token_for(secret, invitee.person_id)
            if ballots.link_state(session, wave, token) is ballots.LinkState.READY:
                return invitations.answering_link(settings, wave, token)
    return None


def _is_open(wave: Wave) -> bool:
    return wave.state == WaveState.OPEN and not _has_ended(wave)


def _has_ended(wave: Wave) -> bool:
    ended = {WaveState.CLOSED, WaveState.COUNTED, WaveState.CANNOT_BE_COUNTED}
    return wave.state in ended or (
        wave.state == WaveState.OPEN and wave.closes_at <= database_now(db.session())
    )


def _moment(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LOCAL_ZONE)
