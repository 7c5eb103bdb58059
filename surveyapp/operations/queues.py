"""What Redis says of queues, workers and the clock. Never what a job was about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis import Redis
from rq.cron import CronScheduler
from rq.exceptions import DeserializationError, InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.queue import Queue
from rq.registry import FailedJobRegistry
from rq.worker import Worker

from surveyapp import endings, queueing

#: A worker or a clock that has said nothing for so long is taken for dead. Both speak more often
#: than once a minute, whatever they do.
SILENCE = timedelta(minutes=2)

#: Failed jobs that the page lists of each queue, the newest first.
MOST_FAILED = 20

_JOB_ID = re.compile(r"[0-9a-f-]{36}")

_FUNCTION = re.compile(r"surveyapp\.(?P<feature>\w+)\.jobs\.(?P<name>\w+)\Z")

#: What a job raised, as `queueing.job` puts it: the class first.
_OF_A_JOB = re.compile(r"surveyapp\.queueing\.JobFailedError: (?P<kind>[A-Za-z_]\w*)(?:: | at \S+:\d+\Z)")

#: What RQ raised about a job.
_OF_RQ = re.compile(r"(?:[A-Za-z_]\w*\.)+(?P<kind>[A-Za-z_]\w*)(?::|\Z)")

_HEAD = "Traceback (most recent call last):"


@dataclass(frozen=True, slots=True)
class QueueState:
    """`workers` listen to it and are alive."""

    name: str
    waiting: int
    failed: int
    workers: int


@dataclass(frozen=True, slots=True)
class FailedJob:
    """`reason` is the class of an error: its text could quote a row."""

    queue: str
    job_id: str
    name: str
    reason: str
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A job that the clock starts, and when it last ended well."""

    name: str
    ended_at: datetime


def queue_states(redis: Redis, *, now: datetime) -> list[QueueState]:
    """Every queue, in the order in which workers look at them."""
    workers = live_workers(redis, now=now)
    return [
        QueueState(
            name=name,
            waiting=_queue(redis, name).count,
            failed=FailedJobRegistry(queue=_queue(redis, name)).get_job_count(cleanup=False),
            workers=sum(name in worker.queue_names() for worker in workers),
        )
        for name in queueing.QUEUES
    ]


def live_workers(redis: Redis, *, now: datetime, hostname: str | None = None) -> list[Worker]:
    """Workers that have been heard of lately; with `hostname` those of one machine."""
    return [
        worker
        for worker in Worker.all(connection=redis, serializer=queueing.rq_options()["serializer"])
        if isinstance(worker, Worker)
        and worker.last_heartbeat is not None
        and now - worker.last_heartbeat.astimezone(UTC) < SILENCE
        and hostname in (None, worker.hostname)
    ]


def clock_is_alive(redis: Redis, *, now: datetime) -> bool:
    heard = [clock.last_heartbeat for clock in CronScheduler.all(redis, cleanup=False)]
    return any(moment is not None and now - moment < SILENCE for moment in heard)


def ticks(redis: Redis) -> list[Tick]:
    """When each job of the clock last ended well, the latest first."""
    ended = [Tick(name_of(function), moment) for function, moment in endings.last(redis).items()]
    return sorted(ended, key=lambda tick: tick.ended_at, reverse=True)


def failed_jobs(redis: Redis) -> list[FailedJob]:
    """The newest failed jobs of each queue."""
    found: list[FailedJob] = []
    for name in queueing.QUEUES:
        registry = FailedJobRegistry(queue=_queue(redis, name))
        ids = registry.get_job_ids(0, MOST_FAILED - 1, desc=True, cleanup=False)
        found += _described(name, [_queue(redis, name).fetch_job(job_id) for job_id in ids])
    return found


def retry(redis: Redis, queue: str, job_id: str) -> str | None:
    """Put a failed job back on its queue. Its name, or None where it is not there any more.

    All jobs may run twice: each looks in the database for what is left to do.
    """
    if queue not in queueing.QUEUES or not _JOB_ID.fullmatch(job_id):
        return None
    try:
        job = FailedJobRegistry(queue=_queue(redis, queue)).requeue(job_id)
    except (NoSuchJobError, InvalidJobOperation):
        return None
    return _name(job)


def name_of(function: str) -> str:
    """'pulses.tick' of 'surveyapp.pulses.jobs.tick'. What is no job of ours has no name."""
    found = _FUNCTION.match(function)
    return f"{found['feature']}.{found['name']}" if found else "unknown"


def reason_of(traceback: str) -> str:
    """The class of the error that a traceback ends with, and not a word of its text."""
    lines = traceback.rpartition(_HEAD)[2].splitlines()
    # The first line after the frames: its text may go over more.
    line = next((line for line in lines if line and not line[0].isspace()), "")
    found = _OF_A_JOB.match(line) or _OF_RQ.match(line)
    return found["kind"] if found else "unknown"


def _described(queue: str, jobs: Iterable[Job | None]) -> list[FailedJob]:
    found = []
    for job in jobs:
        if job is None:
            continue  # expired meanwhile
        result = job.latest_result()
        found.append(
            FailedJob(
                queue=queue,
                job_id=job.id,
                name=_name(job),
                reason=reason_of((result and result.exc_string) or ""),
                failed_at=job.ended_at and job.ended_at.astimezone(UTC),
            )
        )
    return found


def _name(job: Job) -> str:
    try:
        return name_of(job.func_name or "")
    except DeserializationError:
        return "unknown"


def _queue(redis: Redis, name: str) -> Queue:
    return Queue(name, connection=redis, **queueing.rq_options())
