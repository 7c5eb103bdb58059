"""The figures at `/metrics`, in the text format of Prometheus.

Read from the database and Redis at each scrape, so that all machines give the same. None of them
moves when someone answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from surveyapp.config import Settings
from surveyapp.operations import services
from surveyapp.operations.services import RedisState
from surveyapp.timekeeping import database_now, utc_now


def exposition(
    session: Session, redis: Redis, settings: Settings, counts: CollectorRegistry
) -> bytes:
    """Everything at `/metrics`. What cannot be reached is left out, and said to be down."""
    state = CollectorRegistry()
    state.register(_State(list(_state(session, redis, settings))))
    return bytes(generate_latest(counts) + generate_latest(state))


class _State(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def _state(session: Session, redis: Redis, settings: Settings) -> Iterator[Metric]:
    up = GaugeMetricFamily("learning_pulse_up", "Whether a part can be reached.", labels=["part"])
    try:
        from_database = list(_of_database(session, settings))
    except SQLAlchemyError:
        from_database = []
    said = services.redis_says(redis, now=database_now(session) if from_database else utc_now())
    up.add_metric(["database"], float(bool(from_database)))
    up.add_metric(["redis"], float(said is not None))
    yield up
    yield from from_database
    if said is not None:
        yield from _of_redis(said)


def _of_database(session: Session, settings: Settings) -> Iterator[Metric]:
    waves = GaugeMetricFamily("learning_pulse_waves", "Pulses, by their state.", labels=["state"])
    for state, number in services.waves_by_state(session).items():
        waves.add_metric([state], number)
    yield waves
    yield GaugeMetricFamily(
        "learning_pulse_oldest_due_mail_seconds",
        "For how long the mail has been due that waits longest.",
        services.mail_is_late_by(session, settings).total_seconds(),
    )


def _of_redis(said: RedisState) -> Iterator[Metric]:
    labels = ["queue"]
    waiting = GaugeMetricFamily("learning_pulse_queue_jobs", "Jobs that wait.", labels=labels)
    failed = GaugeMetricFamily("learning_pulse_failed_jobs", "Jobs that failed.", labels=labels)
    workers = GaugeMetricFamily("learning_pulse_workers", "Workers that listen.", labels=labels)
    for queue in said.queues:
        waiting.add_metric([queue.name], queue.waiting)
        failed.add_metric([queue.name], queue.failed)
        workers.add_metric([queue.name], queue.workers)
    yield from (waiting, failed, workers)
    yield GaugeMetricFamily(
        "learning_pulse_clock_up", "Whether the clock runs.", float(said.clock_is_alive)
    )
    ended = GaugeMetricFamily(
        "learning_pulse_tick_timestamp_seconds",
        "When a job of the clock last ended well.",
        labels=["job"],
    )
    for tick in said.ticks:
        ended.add_metric([tick.name], tick.ended_at.timestamp())
    yield ended
