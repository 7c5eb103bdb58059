"""Series: setting one up, changing what comes, and what the clock finds due."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, record_audit
from surveyapp.instruments import services as instruments
from surveyapp.organisation import services as organisation
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Breakdown, Channel, Wave
from surveyapp.series.models import BlackoutWindow, Series, SeriesChoice, SeriesState
from surveyapp.series.planning import Choice, LastWave, Turn, plan
from surveyapp.series.rotation import choices_of
from surveyapp.series.rules import SeriesRules, Window
from surveyapp.series.series_file import read_series, read_window
from surveyapp.timekeeping import LOCAL_ZONE, database_now

__all__ = [
    "SeriesError",
    "Setup",
    "blackouts",
    "change",
    "create",
    "decided",
    "listed",
    "move_one",
    "one",
    "pause",
    "put_back",
    "remove_blackout",
    "resume",
    "rules_of",
    "running_ids",
    "setup_of",
    "skip_one",
    "stop",
    "take_blackout",
    "turns_of",
    "waves_of",
]


class SeriesError(ValueError):
    """Something that cannot be done to a series. `field` names the form field it belongs to."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Setup:
    """A series as it is set up. `rules` are the keys of a series file."""

    rules: Mapping[str, Any]
    audience_unit_ids: tuple[int, ...]
    minimum_group: int
    channel: Channel = Channel.PERSONAL
    breakdown: Breakdown = Breakdown.NONE
    groups_small_units: bool = True
    review_all: bool = False
    asks_follow_up: bool = True
    waits_for_action: bool = True
    owner_id: int | None = None


# ---------------------------------------------------------------- setting up


def create(session: Session, setup: Setup, *, actor_id: int | None) -> Series:
    """Keep a new series. It runs from today on. Audited.

    Raises SeriesFileError for rules that cannot be, SeriesError for the rest.
    """
    series = Series(state=SeriesState.RUNNING)
    _fill(session, series, setup)
    session.add(series)
    session.flush()
    _audit(session, series, "made", actor_id)
    return series


def change(session: Session, series_id: int, setup: Setup, *, actor_id: int | None) -> Series:
    """Change what is still to come; waves that were launched stay as they are. Audited.

    Decisions about single waves go, for the days they speak of may be others now. Raises as `create`.
    """
    series = lock(session, series_id)
    if series.state == SeriesState.STOPPED:
        raise SeriesError("title", "This series has been stopped. Make a new one")
    _fill(session, series, setup)
    for choice in _choices(session, series_id):
        session.delete(choice)
    _audit(session, series, "changed", actor_id)
    return series


def _fill(session: Session, series: Series, setup: Setup) -> None:
    (read,) = read_series(_file(setup.rules), choices_of=choices_of)
    today = _today(session)
    parents = {unit_id: parent for unit_id, parent, _ in organisation.frozen_tree(session)}
    if not setup.audience_unit_ids or not parents.keys() >= set(setup.audience_unit_ids):
        raise SeriesError("audience", "Select units from the list")
    library = instruments.load_library()
    template = instruments.template(session, library, read.rules.template_id)
    if template is None:
        raise SeriesError("questions", "Select a set of questions from the list")
    if setup.breakdown is Breakdown.ROLE and not instruments.has_branches(library, template):
        raise SeriesError("breakdown", pulses.NO_BRANCHES)
    pulses.check_minimum_group(setup.minimum_group, setup.channel)
    if read.rules.until is not None and read.rules.until < today:
        raise SeriesError("until", "Last day must be in the future")
    series.rules = dict(setup.rules)
    series.audience_unit_ids = sorted(setup.audience_unit_ids)
    series.minimum_group = setup.minimum_group
    series.channel, series.breakdown = setup.channel, setup.breakdown
    series.groups_small_units, series.review_all = setup.groups_small_units, setup.review_all
    series.asks_follow_up, series.waits_for_action = setup.asks_follow_up, setup.waits_for_action
    series.owner_id = setup.owner_id
    series.since = _from_now_on(session, series)


def _from_now_on(session: Session, series: Series) -> date:
    """The first day on which an occurrence of new rules counts.

    One that falls due while people rest from the last wave would only push all that come after it.
    """
    today = _today(session)
    last = _last_wave(session, series) if series.id is not None else None
    return today if last is None else max(today, last.opens_on + rules_of(session, series).days_apart)


def setup_of(series: Series) -> Setup:
    """A series as it was set up, to be changed."""
    return Setup(
        rules=series.rules,
        audience_unit_ids=tuple(series.audience_unit_ids),
        minimum_group=series.minimum_group,
        channel=Channel(series.channel),
        breakdown=Breakdown(series.breakdown),
        groups_small_units=series.groups_small_units,
        review_all=series.review_all,
        asks_follow_up=series.asks_follow_up,
        waits_for_action=series.waits_for_action,
        owner_id=series.owner_id,
    )


# ---------------------------------------------------------------- finding


def listed(session: Session) -> Sequence[Series]:
    """All series, those that run first."""
    order = {SeriesState.RUNNING: 0, SeriesState.PAUSED: 1, SeriesState.STOPPED: 2}
    found = session.scalars(select(Series).order_by(Series.id)).all()
    return sorted(found, key=lambda series: order[SeriesState(series.state)])


def one(session: Session, series_id: int) -> Series | None:
    return session.get(Series, series_id)


def lock(session: Session, series_id: int) -> Series:
    """The series under an exclusive lock. Raises SeriesError when there is none."""
    if session.get_bind().dialect.name == "sqlite":
        # SQLite has no row locks, only its one writer. Whoever writes, if nothing new, is it.
        session.execute(
            update(Series).where(Series.id == series_id).values(state=Series.state),
            execution_options={"synchronize_session": False},
        )
    series = session.scalar(
        select(Series)
        .where(Series.id == series_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if series is None:
        raise SeriesError("title", "This series does not exist")
    return series


def running_ids(session: Session) -> list[int]:
    return list(
        session.scalars(select(Series.id).where(Series.state == SeriesState.RUNNING).order_by(Series.id))
    )


def waves_of(session: Session, series_id: int) -> Sequence[Wave]:
    """The waves that a series has had, the newest first."""
    return pulses.waves_of_series(session, series_id)


def rules_of(session: Session, series: Series) -> SeriesRules:
    """The rules of a series, with the windows of the whole organisation."""
    (read,) = read_series(_file(series.rules), choices_of=choices_of)
    return replace(read.rules, windows=(*read.rules.windows, *blackouts(session).values()))


def turns_of(session: Session, series: Series, *, until: date) -> list[Turn]:
    """What is still to come of a series up to a day, as far as it is known today."""
    if series.state == SeriesState.STOPPED:
        return []
    return list(
        plan(
            rules_of(session, series),
            until=until,
            last=_last_wave(session, series),
            choices={choice.occurrence: Choice(choice.opens_on) for choice in _choices(session, series.id)},
            since=series.since,
            not_before=_today(session),
        )
    )


def _last_wave(session: Session, series: Series) -> LastWave | None:
    newest = next(iter(waves_of(session, series.id)), None)
    if newest is None or newest.number is None or newest.occurrence is None:
        return None
    return LastWave(
        newest.number,
        newest.occurrence,
        newest.opens_at.astimezone(LOCAL_ZONE).date(),
        newest.closes_at.astimezone(LOCAL_ZONE).date(),
    )


def decided(session: Session, series_id: int) -> set[date]:
    """The occurrences about which a person decided."""
    return {choice.occurrence for choice in _choices(session, series_id)}


def _choices(session: Session, series_id: int) -> Sequence[SeriesChoice]:
    return session.scalars(select(SeriesChoice).where(SeriesChoice.series_id == series_id)).all()


# ---------------------------------------------------------------- changing what comes


def pause(session: Session, series_id: int, *, actor_id: int | None) -> None:
    """Launch no wave until someone resumes it. An open one stays open. Audited."""
    series = lock(session, series_id)
    if series.state != SeriesState.RUNNING:
        raise SeriesError("title", "Only a series that runs can be paused")
    series.state = SeriesState.PAUSED
    _audit(session, series, "paused", actor_id)


def resume(session: Session, series_id: int, *, actor_id: int | None) -> None:
    """Run again. What fell due in the pause is past. Audited."""
    series = lock(session, series_id)
    if series.state != SeriesState.PAUSED:
        raise SeriesError("title", "Only a series that is paused can be resumed")
    series.state = SeriesState.RUNNING
    series.since = _from_now_on(session, series)
    _audit(session, series, "resumed", actor_id)


def stop(session: Session, series_id: int, *, actor_id: int | None) -> None:
    """End it for good. An open wave stays open, and all results stay. Audited."""
    series = lock(session, series_id)
    if series.state == SeriesState.STOPPED:
        raise SeriesError("title", "This series has been stopped already")
    series.state = SeriesState.STOPPED
    _audit(session, series, "stopped", actor_id)


def skip_one(session: Session, series_id: int, occurrence: date, *, actor_id: int | None) -> None:
    """Leave out one wave that is still to come. Raises SeriesError when there is none. Audited."""
    series = lock(session, series_id)
    _turn(session, series, occurrence)
    session.merge(SeriesChoice(series_id=series_id, occurrence=occurrence, opens_on=None))
    _audit(session, series, "one left out", actor_id)


def move_one(
    session: Session, series_id: int, occurrence: date, opens_on: date, *, actor_id: int | None
) -> None:
    """Open one wave that is still to come on another day. Audited.

    Raises SeriesError when there is none, or when that day will not do, and says why.
    """
    series = lock(session, series_id)
    turn = _turn(session, series, occurrence)
    if opens_on <= _today(session):
        raise SeriesError("opens_on", "Opening date must be in the future")
    session.merge(SeriesChoice(series_id=series_id, occurrence=occurrence, opens_on=opens_on))
    session.flush()
    moved = _turn(session, series, occurrence)
    if moved.opens is None or moved.opens.date() != opens_on:
        raise SeriesError("opens_on", f"It cannot open then. {moved.reasons[-1].words}")
    if any(one.occurrence > turn.occurrence for one in turns_of(session, series, until=opens_on)):
        raise SeriesError("opens_on", "Choose a day before the next wave is due")
    _audit(session, series, "one moved", actor_id)


def put_back(session: Session, series_id: int, occurrence: date, *, actor_id: int | None) -> None:
    """Take back what was decided about one wave. Audited."""
    series = lock(session, series_id)
    found = session.get(SeriesChoice, (series_id, occurrence))
    if found is None:
        raise SeriesError("title", "Nothing was decided about this wave")
    session.delete(found)
    _audit(session, series, "one put back", actor_id)


def _turn(session: Session, series: Series, occurrence: date) -> Turn:
    for turn in turns_of(session, series, until=occurrence):
        if turn.occurrence == occurrence:
            return turn
    raise SeriesError("title", "This wave is not still to come, so it cannot be changed")


# ---------------------------------------------------------------- windows of the organisation


def blackouts(session: Session) -> dict[int, Window]:
    """The windows of the organisation by their ids, in the order in which they were made."""
    rows = session.scalars(select(BlackoutWindow).order_by(BlackoutWindow.id))
    return {row.id: read_window(row.name, row.first, row.last, is_hard=row.is_hard) for row in rows}


def take_blackout(
    session: Session, *, name: str, first: str, last: str, is_hard: bool, actor_id: int | None
) -> None:
    """Keep clear of some days from now on. Raises SeriesFileError for days that cannot be. Audited."""
    read_window(name, first, last, is_hard=is_hard)
    session.add(BlackoutWindow(name=name, first=first, last=last, is_hard=is_hard))
    record_audit(session, Action.BLACKOUT_CHANGED, actor_id=actor_id, change="made")


def remove_blackout(session: Session, window_id: int, *, actor_id: int | None) -> None:
    """Raises SeriesError when there is none of that id. Audited."""
    found = session.get(BlackoutWindow, window_id)
    if found is None:
        raise SeriesError("name", "This window has been removed already")
    session.delete(found)
    record_audit(session, Action.BLACKOUT_CHANGED, actor_id=actor_id, change="removed")


# ---------------------------------------------------------------- shared


def _file(rules: Mapping[str, Any]) -> bytes:
    # JSON is YAML, so the reader of files reads what the database keeps.
    return json.dumps(dict(rules), ensure_ascii=False).encode()


def _audit(session: Session, series: Series, deed: str, actor_id: int | None) -> None:
    record_audit(session, Action.SERIES_CHANGED, actor_id=actor_id, series_id=series.id, change=deed)


def _today(session: Session) -> date:
    return database_now(session).astimezone(LOCAL_ZONE).date()
