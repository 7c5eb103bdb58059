"""What whoever runs the system may know: the state of its parts. Nothing of who answered, or how many."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveyapp import revisions
from surveyapp.config import Settings
from surveyapp.operations import queues
from surveyapp.operations.queues import FailedJob, QueueState, Tick
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import WaveState
from surveyapp.release import release
from surveyapp.timekeeping import database_now

_GIGABYTE = 10**9

#: Waves in these states will not change any more.
_OVER = frozenset({WaveState.COUNTED, WaveState.CANNOT_BE_COUNTED})


@dataclass(frozen=True, slots=True)
class RedisState:
    """What Redis says: queues, clock and failed jobs."""

    queues: Sequence[QueueState]
    clock_is_alive: bool
    ticks: Sequence[Tick]
    failed: Sequence[FailedJob]


@dataclass(frozen=True, slots=True)
class RunningWave:
    title: str
    state: WaveState
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """The page for whoever runs the system. `redis` is None where Redis cannot be reached.

    `disk_left` is in whole gigabytes: finer, it would shrink with each ballot.
    """

    redis: RedisState | None
    waves: Sequence[RunningWave]
    waves_over: int
    mail_due_since: datetime | None
    release: str
    database: str
    revision: str
    is_behind: bool
    disk_left: int
    now: datetime


def overview(session: Session, redis: Redis, settings: Settings) -> Overview:
    now = database_now(session)
    waves = pulses.waves(session)
    running = [wave for wave in waves if WaveState(wave.state) not in _OVER]
    revision = stored_revision(session)
    return Overview(
        redis=redis_says(redis, now=now),
        waves=[RunningWave(each.title, WaveState(each.state), each.closes_at) for each in running],
        waves_over=len(waves) - len(running),
        mail_due_since=pulses.oldest_due_mail(session, settings.mail),
        release=release(),
        database="PostgreSQL" if session.get_bind().dialect.name == "postgresql" else "SQLite",
        revision=revision or "none",
        is_behind=revisions.is_behind(revision),
        disk_left=shutil.disk_usage(_existing(settings.instance)).free // _GIGABYTE,
        now=now,
    )


def redis_says(redis: Redis, *, now: datetime) -> RedisState | None:
    try:
        return RedisState(
            queues=queues.queue_states(redis, now=now),
            clock_is_alive=queues.clock_is_alive(redis, now=now),
            ticks=queues.ticks(redis),
            failed=queues.failed_jobs(redis),
        )
    except RedisError:
        return None


def waves_by_state(session: Session) -> dict[WaveState, int]:
    """How many waves are in each state, zeros included."""
    found = Counter(WaveState(wave.state) for wave in pulses.waves(session))
    return {state: found[state] for state in WaveState}


def mail_is_late_by(session: Session, settings: Settings) -> timedelta:
    """For how long the mail has been due that waits longest; nothing where none is due."""
    since = pulses.oldest_due_mail(session, settings.mail)
    return timedelta() if since is None else max(timedelta(), database_now(session) - since)


def stored_revision(session: Session) -> str | None:
    found = session.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _existing(directory: Path) -> Path:
    """The directory, or the nearest above it: production has no instance directory."""
    return next(path for path in (directory, *directory.parents) if path.exists())
