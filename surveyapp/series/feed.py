"""The planner as an iCalendar feed (RFC 5545), and the address of it that each planner has.

A calendar program cannot sign in, so the address is the permission. It says which pulses open and
close, and nothing about people or answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from surveyapp.accounts import services as accounts
from surveyapp.permissions import Permission, permissions_of
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Wave, WaveKind, WaveState
from surveyapp.series import year
from surveyapp.series.models import SeriesState
from surveyapp.series.planning import Turn
from surveyapp.series.year import Ahead
from surveyapp.timekeeping import LOCAL_ZONE, database_now

#: What has been, and what is to come, in days.
_BACK, _AHEAD = timedelta(days=366), timedelta(days=366)

_DOMAIN = "learning-pulse"

#: Databases take no larger id.
_IDS = 2**31


def token_for(secret_key: str, user_id: int) -> str:
    """Names an account and nothing else. It works as long as that account may plan pulses."""
    return _serializer(secret_key).dumps(user_id)  # type: ignore[no-any-return]


def may_read(session: Session, secret_key: str, token: str) -> bool:
    """Whether a token was made here, for an account that is active and may plan pulses."""
    try:
        user_id = _serializer(secret_key).loads(token)
    except BadData:
        return False
    is_id = isinstance(user_id, int) and 0 < user_id < _IDS
    user = accounts.user(session, user_id) if is_id else None
    return user is not None and user.active and Permission.PLAN_WAVES in permissions_of(user)


def _serializer(secret_key: str) -> URLSafeSerializer:
    """An HMAC of what is signed, compared in constant time."""
    return URLSafeSerializer(
        secret_key,
        # Nothing else that this key has signed is taken for such an address, or the other way round.
        salt="planner-calendar",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def calendar_of(session: Session, *, organisation_name: str) -> bytes:
    """Every pulse of the year before and the year to come, as a calendar."""
    now = database_now(session)
    today = now.astimezone(LOCAL_ZONE).date()
    ahead = [
        one
        for one in year.all_ahead(session, until=today + _AHEAD)
        if one.series.state == SeriesState.RUNNING
    ]
    calendar = Calendar()
    calendar.add("prodid", "-//Learning Pulse//Planner//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Pulses of {organisation_name}")
    events = [
        *_past(pulses.waves(session), since=now - _BACK),
        *(event for one in ahead for turn in one.turns if turn.runs for event in _to_come(one, turn)),
        *_clear(session, ahead, today - _BACK, today + _AHEAD),
    ]
    for event in events:
        event.add("dtstamp", now)
        event.add("transp", "TRANSPARENT")  # nobody is busy while a pulse is open
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _past(waves: Iterable[Wave], *, since: datetime) -> Iterator[Event]:
    """Waves that were launched. One of a series keeps the name that it had before its launch."""
    for wave in waves:
        if wave.kind == WaveKind.IMPORTED or wave.state == WaveState.DRAFT or wave.closes_at < since:
            continue
        uid = f"wave-{wave.id}"
        if wave.series_id is not None and wave.occurrence is not None:
            uid = _uid(wave.series_id, wave.occurrence)
        opens, closes = wave.opens_at.astimezone(LOCAL_ZONE), wave.closes_at.astimezone(LOCAL_ZONE)
        yield _event(uid, wave.title, opens, closes, "CONFIRMED")
        yield from _reminders(uid, wave.title, pulses.reminders_of(wave), "CONFIRMED")


def _to_come(one: Ahead, turn: Turn) -> Iterator[Event]:
    if turn.opens is None or turn.closes is None:
        return
    uid = _uid(one.series.id, turn.occurrence)
    title = f"{one.rules.title}, {turn.opens:%B %Y}"
    event = _event(uid, title, turn.opens, turn.closes, "TENTATIVE")
    words = [reason.words for reason in (*turn.reasons, *turn.warnings)]
    if words:
        event.add("description", ". ".join(words))
    yield event
    yield from _reminders(uid, title, turn.reminders, "TENTATIVE")


def _reminders(uid: str, title: str, moments: Iterable[datetime], status: str) -> Iterator[Event]:
    for number, moment in enumerate(moments, start=1):
        at = moment.astimezone(LOCAL_ZONE)
        name = f"Reminder {number}: {title}"
        yield _event(f"{uid}-reminder-{number}", name, at, at + timedelta(minutes=15), status)


def _clear(session: Session, ahead: Iterable[Ahead], since: date, until: date) -> Iterator[Event]:
    for window in year.windows_of(session, ahead):
        mark = hashlib.sha256(f"{window.name}|{window.is_hard}".encode()).hexdigest()[:12]
        kind = "pulses keep clear" if window.is_hard else "pulses may run"
        for first, last in window.spans(since, until):
            # Of a whole day iCalendar names the day after as the end.
            uid = f"clear-{mark}-{first:%Y%m%d}"
            yield _event(uid, f"{window.name}: {kind}", first, last + timedelta(days=1), "CONFIRMED")


def _event(uid: str, summary: str, start: date, end: date, status: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@{_DOMAIN}")
    event.add("summary", summary)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("status", status)
    return event


def _uid(series_id: int, occurrence: date) -> str:
    return f"series-{series_id}-{occurrence:%Y%m%d}"
