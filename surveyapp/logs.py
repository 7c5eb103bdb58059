"""Log lines: in production one JSON object each, with the number of the request that led to them.

Only requests of people who sign in have a number. Those of staff who answer have none and leave no
line: a number that a proxy knows too would tie its time and address to what happened here.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol

from surveyapp.config import Environment, Settings
from surveyapp.errors import without_words

#: What a proxy may have made up: long enough to be told apart, and nothing that a log could misread.
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}")

#: Under which name a job carries the number of the request that put it on its queue.
_CARRIED = "request"

_number: ContextVar[str | None] = ContextVar("request_number", default=None)


class _Job(Protocol):
    meta: dict[str, Any]


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON. Of an error it gives the type and the place, never the text."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = without_words(record.exc_info[1])
        if number := _number.get():
            line["request"] = number
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(settings: Settings) -> None:
    """In production, have this process write JSON lines to its error output. Call it before
    `create_app`. Elsewhere lines stay plain, for people.
    """
    if settings.environment is not Environment.PRODUCTION:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    # Of the libraries only what is wrong: SQLAlchemy's details would be statements.
    for name in ("surveyapp", "nlp"):
        logging.getLogger(name).setLevel(logging.INFO)


def number_of(named: str | None) -> str:
    """The number of a request: what it names itself if that is well-formed, else a new one."""
    return named if named and _WELL_FORMED.fullmatch(named) else secrets.token_hex(8)


@contextmanager
def numbered(number: str | None) -> Iterator[None]:
    """Log lines meanwhile carry that number."""
    before = _number.set(number)
    try:
        yield
    finally:
        _number.reset(before)


def begin(number: str | None) -> None:
    """From here on log lines of this thread carry that number, or none."""
    _number.set(number)


def current() -> str | None:
    return _number.get()


def carried() -> dict[str, str]:
    """What a job that is put on a queue now takes along."""
    number = _number.get()
    return {_CARRIED: number} if number else {}


@contextmanager
def carried_by(job: _Job | None) -> Iterator[None]:
    """Log lines meanwhile carry the number that the job brought, if it is one."""
    number = job.meta.get(_CARRIED) if job is not None else None
    with numbered(number if isinstance(number, str) and _WELL_FORMED.fullmatch(number) else None):
        yield
