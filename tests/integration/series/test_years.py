"""Years of overlapping series, with people who come, go and move, and a system that is killed.

What is printed is what was covered; `pytest -s` shows it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from surveyapp.config import PROJECT_ROOT
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses.models import MailKind, MailState, Wave, WaveMail, WaveState
from surveyapp.series import services
from surveyapp.series.models import Series
from surveyapp.timekeeping import LOCAL_ZONE
from surveyapp.working_days import is_working_day
from tests.integration.series.conftest import MakeSeries
from tests.support.servers import MailServer
from tests.support.simulated_clock import SimulatedClock

#: The hours of a day at which the clock is looked at: before, in and after those of mail.
HOURS = (7, 9, 16)

_GROUPS = ("Nursing", "Medical", "Estates")

#: Six series of the same people. The second asks everyone in the same weeks as the first.
SERIES: tuple[Mapping[str, object], ...] = (
    {"title": "Monthly", "every": "month", "on": "first tuesday"},
    {"title": "Second", "every": "month", "on": "third wednesday", "starts_with": "B-1"},
    {"title": "Quarter", "questions": "quarterly_12", "every": "quarter", "on": "day 31", "open_days": 21},
    {"title": "Four weeks", "every": "4 weeks", "on": "monday", "sample": 25, "bank_holidays": "wales"},
    {"title": "Weekly", "questions": "quarterly_12", "every": "week", "on": "friday", "sample": 25},
    {"title": "Year", "questions": "annual_full", "every": "year", "on": "day 1", "open_days": 28},
)


@dataclass
class Killable:
    """The system's process."""

    environ: Mapping[str, str]
    clock_file: Path
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.simulated_system", str(self.clock_file)],
            env={**os.environ, **self.environ},
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def step(self) -> None:
        assert self.process is not None and self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n", "The system died of itself."

    def step_and_die(self, after: float) -> None:
        """Killed so many seconds into a step, wherever it is then."""
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(after)
        self.kill()

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            self.process = None


@dataclass
class History:
    """What happened from outside: who was on the list, and how often the system died."""

    kills: int = 0
    steps: int = 0
    days_down: int = 0
    joined: int = 0
    left: dict[str, datetime] = field(default_factory=dict)
    moved: int = 0
    longest_step: float = 0.0
    #: By wave, whose invitation was being handed over when the system died: it may have gone, and never
    #: goes again.
    in_doubt: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


def moments(first: date, days: int) -> Iterator[datetime]:
    for number in range(days):
        day = datetime.combine(first + timedelta(days=number), datetime.min.time(), LOCAL_ZONE)
        for hour in HOURS:
            yield day.replace(hour=hour, minute=40)


def hire(session: Session, units: list[int], number: int, history: History, chance: random.Random) -> None:
    for _ in range(number):
        history.joined += 1
        session.add(
            Person(
                email=f"p{history.joined}@staff.example",
                unit_id=chance.choice(units),
                staff_group=chance.choice(_GROUPS),
            )
        )


def stir(session: Session, units: list[int], history: History, now: datetime, chance: random.Random) -> None:
    """A week's joiners, leavers and moves: one in a hundred of each."""
    people = list(session.scalars(select(Person).order_by(Person.id)))
    some = max(1, len(people) // 100)
    waiting = set(session.scalars(select(WaveMail.person_id)))
    for person in chance.sample(people, some):
        if person.id not in waiting:  # else it could not be told which mails were to come
            history.left[person.email] = now
            session.execute(delete(Person).where(Person.id == person.id))
    for person in chance.sample(people, some):
        if person.email not in history.left:
            person.unit_id = chance.choice(units)
            history.moved += 1
    hire(session, units, some, history, chance)
    session.commit()


def simulate(
    session: Session,
    environ: Mapping[str, str],
    redis_url: str,
    clock: SimulatedClock,
    clock_file: Path,
    *,
    days: int,
    staff: int,
    kills: int,
    seed: int,
) -> History:
    chance = random.Random(seed)
    history = History()
    root = organisation.ensure_root(session, "Trust").id
    units = [
        organisation.make_path(session, [f"Division {number % 4}", f"Ward {number}"]).id
        for number in range(16)
    ]
    hire(session, units, staff, history, chance)
    session.commit()
    planned = list(moments(clock.now.astimezone(LOCAL_ZONE).date(), days))
    deadly = set(chance.sample(range(len(planned)), kills))
    system = Killable(environ, clock_file)
    system.start()
    down_until = planned[0]
    try:
        for number, moment in enumerate(planned):
            clock.set(moment)
            if number % (7 * len(HOURS)) == 0:
                stir(session, units, history, moment, chance)
            if moment < down_until:
                continue
            if system.process is None:
                _locks_have_run_out(redis_url)
                system.start()
                note_doubts(session, history)
            history.steps += 1
            if number in deadly:
                history.kills += 1
                # Most steps do nothing; where mail goes out they take seconds.
                system.step_and_die(chance.choice([0.05, 0.2, 0.5, 1.0, 2.0]) * chance.random())
                if chance.random() < 0.3:
                    down = timedelta(hours=chance.choice([6, 24, 48]))
                    history.days_down += down.days
                    down_until = moment + down
            else:
                began = time.monotonic()
                system.step()
                history.longest_step = max(history.longest_step, time.monotonic() - began)
    finally:
        system.kill()
    assert root
    return history


def note_doubts(session: Session, history: History) -> None:
    """Before the system goes on: what it does not know is gone with the wave's end."""
    session.rollback()
    rows = session.execute(
        select(WaveMail.wave_id, Person.email)
        .join(Person, Person.id == WaveMail.person_id)
        .where(WaveMail.state == MailState.HANDING_OVER, WaveMail.kind == MailKind.INVITATION)
    )
    for wave_id, email in rows:
        history.in_doubt[wave_id].add(email)
    session.rollback()


def _locks_have_run_out(redis_url: str) -> None:
    """Locks last two minutes of real time. In the clock's time that is nothing."""
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter("mailing:*"):
            redis.delete(key)


def check(session: Session, smtp: MailServer, history: History, series: list[Series]) -> str:
    """Everything that must hold, and what was covered, in words."""
    session.rollback()
    waves = list(session.scalars(select(Wave).order_by(Wave.opens_at)))
    by_series: defaultdict[int, list[Wave]] = defaultdict(list)
    for wave in waves:
        by_series[wave.series_id or 0].append(wave)
    # Every wave once, in its turn, in its days.
    for one in series:
        rules = services.rules_of(session, one)
        mine = by_series[one.id]
        assert [wave.number for wave in mine] == list(range(1, len(mine) + 1))
        assert [wave.choice_key for wave in mine] == [rules.choice(wave.number or 0) for wave in mine]
        assert len({wave.occurrence for wave in mine}) == len(mine)
        for wave in mine:
            opens_on = wave.opens_at.astimezone(LOCAL_ZONE).date()
            closes_on = wave.closes_at.astimezone(LOCAL_ZONE).date()
            assert is_working_day(opens_on, rules.nation)
            assert closes_on - opens_on == timedelta(days=rules.open_days)
            for window in rules.windows:
                assert not (window.is_hard and window.spans(opens_on, closes_on)), (wave.title, window)
        for before, after in pairwise(mine):
            assert after.opens_at.date() - before.opens_at.date() >= rules.days_apart
    # Every mail at most once, and none missed but those that the system counts as unconfirmed.
    mails = Counter(str(message["Message-ID"]) for _, message in smtp.received)
    doubled = [message_id for message_id, count in mails.items() if count > 1]
    assert doubled == []
    doubts = sum(map(len, history.in_doubt.values()))
    assert doubts <= history.kills  # one mail is handed over at a time
    invited: defaultdict[str, list[str]] = defaultdict(list)
    reminded: Counter[str] = Counter()
    for address, message in smtp.received:
        text = str(message.get_content())
        wave_of_mail = next(wave for wave in waves if f"/a/{wave.reference}/" in text)
        if "List-Unsubscribe" in message:
            reminded[wave_of_mail.reference] += 1
        else:
            invited[wave_of_mail.reference].append(address)
    ended = {WaveState.COUNTED, WaveState.CLOSED}
    for wave in waves:
        addresses = invited[wave.reference]
        assert len(addresses) == len(set(addresses))
        if wave.state in ended:
            accounted_for = history.in_doubt[wave.id].union(addresses)
            assert len(accounted_for) == wave.invited, (wave.title, len(accounted_for), wave.invited)
    # Nobody twice in 28 days.
    asked: defaultdict[str, list[date]] = defaultdict(list)
    for wave in waves:
        for address in invited[wave.reference]:
            asked[address].append(wave.opens_at.astimezone(LOCAL_ZONE).date())
    for days in asked.values():
        assert all(later - earlier >= timedelta(days=28) for earlier, later in pairwise(sorted(days)))
    people = session.scalar(select(func.count()).select_from(Person))
    loads = [len(days) for days in asked.values()]
    of_series = ", ".join(f"{one.rules['title']} {len(by_series[one.id])}" for one in series)
    return (
        f"{history.steps} steps, {history.kills} kills ({doubts} while an "
        f"invitation was handed over), {history.days_down} days down, longest step "
        f"{history.longest_step:.1f} s; {people} staff at the end, {history.joined} joined, "
        f"{len(history.left)} left, {history.moved} moved; {len(waves)} waves "
        f"({of_series}), "
        f"{sum(map(len, invited.values()))} invitations, {sum(reminded.values())} reminders, "
        f"a person asked {min(loads, default=0)} to {max(loads, default=0)} times"
    )


def _run(
    session: Session,
    environ: dict[str, str],
    redis_url: str,
    clock: SimulatedClock,
    tmp_path: Path,
    smtp: MailServer,
    make_series: MakeSeries,
    *,
    days: int,
    staff: int,
    kills: int,
    seed: int,
    windows: bool,
) -> History:
    surveys = None if windows else []
    series = [make_series(**{"on": None, **rules, "national_surveys": surveys}) for rules in SERIES]
    history = simulate(
        session, environ, redis_url, clock, tmp_path / "clock", days=days, staff=staff, kills=kills, seed=seed
    )
    print(check(session, smtp, history, series))  # noqa: T201 - says what was covered
    return history


def test_seven_weeks_with_five_kills(
    app: Flask,
    session: Session,
    environ: dict[str, str],
    redis_url: str,
    clock: SimulatedClock,
    tmp_path: Path,
    smtp: MailServer,
    make_series: MakeSeries,
) -> None:
    history = _run(
        session, environ, redis_url, clock, tmp_path, smtp, make_series,
        days=49, staff=120, kills=5, seed=20261, windows=False,
    )  # fmt: skip
    assert history.kills >= 3


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_three_years_with_two_hundred_kills(
    app: Flask,
    session: Session,
    environ: dict[str, str],
    redis_url: str,
    clock: SimulatedClock,
    tmp_path: Path,
    smtp: MailServer,
    make_series: MakeSeries,
    seed: int,
) -> None:
    history = _run(
        session, environ, redis_url, clock, tmp_path, smtp, make_series,
        days=3 * 365 + 1, staff=2000, kills=200, seed=seed, windows=True,
    )  # fmt: skip
    assert history.kills >= 150
    assert db.session is not None
