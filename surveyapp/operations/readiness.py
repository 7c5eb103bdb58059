"""Whether this machine can serve people: what a load balancer asks before it sends any."""

from __future__ import annotations

import logging
import threading
import time
from enum import StrEnum
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import NullPool, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from surveyapp import revisions
from surveyapp.config import Settings

#: Seconds that a part may take to answer. Load balancers wait about five.
PATIENCE = 2

#: Seconds for which an answer holds: a flood of questions is one question to the database.
HOLDS = 1.0

_log = logging.getLogger(__name__)


class Part(StrEnum):
    """What can keep a machine from serving."""

    DATABASE = "database"
    MIGRATION = "migration"
    REDIS = "redis"


class Readiness:
    """Looks at the parts, one look at a time. Whoever asks meanwhile gets the last answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._looking = threading.Lock()
        self._until = 0.0
        self._last: Part | None = Part.DATABASE

    def fault(self) -> Part | None:
        """The first part that is not ready, or None."""
        if self._looking.acquire(blocking=False):
            try:
                if time.monotonic() >= self._until:
                    self._remember(look(self._settings))
            finally:
                self._looking.release()
        return self._last

    def _remember(self, found: Part | None) -> None:
        if found is not None and found is not self._last:
            _log.error("Not ready: %s.", found)
        self._last, self._until = found, time.monotonic() + HOLDS


def look(settings: Settings) -> Part | None:
    """The first part that is not ready, or None. Takes PATIENCE a part at the most."""
    try:
        if revisions.is_behind(_revision(settings.database_url)):
            return Part.MIGRATION
    except SQLAlchemyError:
        return Part.DATABASE
    return None if _redis_answers(settings.redis_url) else Part.REDIS


def _revision(url: str) -> str | None:
    """By a connection of its own: all those of the pool may wait for a database that hangs."""
    milliseconds = PATIENCE * 1000
    is_postgres = url.startswith("postgresql")
    limits = {"connect_timeout": PATIENCE, "tcp_user_timeout": milliseconds} if is_postgres else {}
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=limits)
    with engine.connect() as connection:
        for limit in (
            [f"SET statement_timeout = {milliseconds}", f"SET lock_timeout = {milliseconds}"]
            if is_postgres
            else [f"PRAGMA busy_timeout = {milliseconds}"]
        ):
            connection.exec_driver_sql(limit)
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return None if found is None else str(found)


def _redis_answers(url: str) -> bool:
    limits: dict[str, Any] = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    try:
        with Redis.from_url(url, retry=Retry(NoBackoff(), 0), **limits) as redis:
            return bool(redis.ping())
    except RedisError:
        return False
