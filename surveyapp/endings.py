"""When the clock's jobs last ended well, as workers note it in Redis. Times of ours, not of people."""

from __future__ import annotations

from datetime import datetime

from redis import Redis

from surveyapp.timekeeping import utc_now

#: Redis: the time by the full name of a function.
_KEY = "endings"


def note(redis: Redis, function: str) -> None:
    """A job ended well, now. Only for jobs without ids: those that the clock starts."""
    redis.hset(_KEY, function, utc_now().isoformat(timespec="seconds"))


def last(redis: Redis) -> dict[str, datetime]:
    """When each last ended well, by the full name of its function."""
    kept: dict[bytes, bytes] = redis.hgetall(_KEY)  # type: ignore[assignment]
    return {name.decode(): datetime.fromisoformat(moment.decode()) for name, moment in kept.items()}
