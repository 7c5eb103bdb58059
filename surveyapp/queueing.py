"""Queues, and the one way of putting a job on them.

The database row is the truth; a job is a nudge that may be lost or come twice. Jobs carry ids of
waves and batches, never text, addresses, tokens or response ids.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, ParamSpec

from flask import Flask, current_app, has_app_context
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, get_current_job
from rq.serializers import JSONSerializer

from surveyapp import logs
from surveyapp.errors import without_words
from surveyapp.extensions import db

CLOCK = "clock"
MAIL = "mail"
COUNT = "count"
ANALYSIS = "analysis"
REPORTS = "reports"

#: In the order in which a worker that listens to several looks at them.
QUEUES: tuple[str, ...] = (CLOCK, COUNT, MAIL, REPORTS, ANALYSIS)

#: Seconds a job may run. Analysis of a large import is the longest; the sweep resumes what is cut.
_TIME_LIMITS = {CLOCK: 120, COUNT: 1800, MAIL: 3600, REPORTS: 900, ANALYSIS: 7200}

#: Seconds after which a nudge that no worker took is dropped. The sweep gives new ones, and a
#: worker that comes back after days must not wade through all of them first.
_NUDGE_LASTS = 3600

_P = ParamSpec("_P")
_log = logging.getLogger(__name__)
_worker_app: Flask | None = None


class JobFailedError(RuntimeError):
    """A job did not end well. The sweep comes back to its work."""


def init_app(app: Flask) -> None:
    # A Redis that does not answer must not keep a page waiting.
    app.extensions["redis"] = Redis.from_url(
        app.config["SETTINGS"].redis_url, socket_connect_timeout=3, socket_timeout=5
    )


def queue(name: str) -> Queue:
    """The queue of that name on the application's Redis."""
    if name not in QUEUES:
        raise ValueError(f"No queue is called '{name}'.")
    return Queue(
        name,
        connection=current_app.extensions["redis"],
        serializer=JSONSerializer,
        default_timeout=_TIME_LIMITS[name],
    )


def enqueue_after_commit(queue_name: str, function: Callable[..., None], *ids: int) -> None:
    """Put a job on a queue. Call it only after the commit that made its work true.

    A queue that cannot be reached is no error for the person at the page: the sweep of the clock
    finds the work in the database and enqueues it again.
    """
    if db.session.new or db.session.dirty or db.session.deleted:
        raise RuntimeError("Commit before enqueueing: the job could start before its row exists.")
    try:
        queue(queue_name).enqueue(
            function,
            args=ids,
            ttl=_NUDGE_LASTS,
            result_ttl=0,
            failure_ttl=7 * 86400,
            meta=logs.carried(),
        )
    except RedisError:
        _log.warning("Queue %s cannot be reached; the sweep will find the work.", queue_name)


def job(function: Callable[_P, None]) -> Callable[_P, None]:
    """Give a job its application context and a session of its own.

    In a worker it raises JobFailedError, which quotes nothing but our own errors.
    """

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        if has_app_context():
            function(*args, **kwargs)
            return
        with worker_app().app_context(), logs.carried_by(get_current_job()):
            try:
                function(*args, **kwargs)
            except Exception as error:
                # RQ logs the text of an error and keeps it in Redis, and it could quote a row.
                own = type(error).__module__.startswith(("surveyapp.", "nlp."))
                named = f"{type(error).__name__}: {error}" if own else without_words(error)
                raise JobFailedError(named) from None

    return run


def worker_app() -> Flask:
    """The application of this worker process, made at its first job."""
    global _worker_app
    if _worker_app is None:
        from surveyapp import create_app
        from surveyapp.config import ProcessRole, Settings

        settings = Settings.from_environment(role=ProcessRole.WORKER)
        logs.set_up(settings)
        _worker_app = create_app(settings)
    return _worker_app


def rq_options() -> dict[str, Any]:
    """What every worker and scheduler of ours is started with."""
    return {"serializer": JSONSerializer}
