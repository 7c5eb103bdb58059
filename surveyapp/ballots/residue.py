"""What deleting leaves behind in the files of a database, and how to be rid of it.

PostgreSQL leaves deleted and overwritten rows in its files, with the number of the transaction that
wrote each, which would pair a voucher with a ballot; a plain VACUUM frees their place and leaves
most of their bytes, so the tables are written anew. SQLite overwrites what is deleted, as it is told
to at every connection, but not the copies that moving rows between pages leaves, nor its write-ahead
log: here the file is written anew and the log emptied.

The rows themselves say what has been deleted so far. What was so when it was last cleared is noted
in Redis; where the two differ, or the note is lost, it is done again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from surveyapp import queueing

_log = logging.getLogger(__name__)

#: Redis: for each group, what had been deleted when it was last cleared.
_NOTES = "residue"

#: Redis: there while the sweep lets people be.
_REST = "residue:rest"

#: Seconds from one try of the sweep to the next.
REST = 600

#: Longest that a table's lock is waited for. Whoever answers meanwhile waits behind it.
_PATIENCE = "1s"


@dataclass(frozen=True, slots=True)
class _Group:
    """Tables that lose rows together. The query's answer changes whenever they have."""

    name: str
    tables: tuple[str, ...]
    deleted_so_far: str


_GROUPS = (
    _Group(
        "box",
        ("voucher", "sealed_ballot", "spent_ticket", "wave_mail"),
        "SELECT id, state, erased_at FROM wave"
        " WHERE state IN ('counted', 'cannot_be_counted') ORDER BY id",
    ),
    _Group(
        "answers",
        ("response", "answer"),
        "SELECT id, erased_at FROM wave WHERE erased_at IS NOT NULL ORDER BY id",
    ),
    _Group(
        "words",
        (
            *("comment", "comment_analysis", "comment_correction", "comment_mention", "concern"),
            *("subtheme", "subtheme_comment"),
        ),
        "SELECT release, state, count(*), count(sealed_original), sum(length(text)) FROM comment"
        " GROUP BY release, state UNION ALL"
        " SELECT 'concern', '', count(*), 0, sum(length(text)) FROM concern ORDER BY 1, 2",
    ),
)


def clear(engine: Engine) -> bool:
    """Give up the remains of whatever has been deleted. Returns whether all are gone.

    What could not be cleared now, because someone was reading or writing, a later sweep clears.
    Journals and backups keep longer what they keep: see docs/threat-model.md.
    """
    try:
        with _patient(engine) as connection:
            due = {group: _deleted_so_far(connection, group) for group in _GROUPS}
            due = {group: found for group, found in due.items() if _note_of(group) != found}
            if engine.dialect.name == "postgresql":
                done = [group for group in due if _write_anew(connection, group)]
            else:
                done = list(due) if due and _empty_journal(connection) else []
    except SQLAlchemyError as error:
        _log.warning("Remains of deleted rows could not be looked for: %s", type(error).__name__)
        return False
    for group in done:
        _take_note(group, due[group])
    if len(done) < len(due):
        _log.warning("Remains of deleted rows could not be cleared yet; a sweep tries again.")
    return len(done) == len(due)


def clear_again(engine: Engine) -> None:
    """For the sweep: `clear`, if the last try is long enough ago."""
    if _with_redis(lambda redis: redis.set(_REST, 1, nx=True, ex=REST)):
        clear(engine)


@contextmanager
def _patient(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        postgres = engine.dialect.name == "postgresql"
        connection.exec_driver_sql(
            f"SET lock_timeout = '{_PATIENCE}'" if postgres else "PRAGMA busy_timeout = 1000"
        )
        try:
            yield connection
        finally:
            # The pool must not hand on a connection with a limit of ours.
            connection.invalidate()


def _deleted_so_far(connection: Connection, group: _Group) -> str:
    return repr(connection.exec_driver_sql(group.deleted_so_far).all())


def _write_anew(connection: Connection, group: _Group) -> bool:
    """PostgreSQL. Whether no dead row is left in any of the tables."""
    done = True
    with _heard(connection) as dead_rows:
        for table in group.tables:
            try:
                connection.exec_driver_sql(f"VACUUM (FULL, VERBOSE) {table}")
            except SQLAlchemyError:
                done = False  # locked by someone; the others may not be
    # A transaction that began before the rows were deleted could still see them, so they stay.
    return done and not any(dead_rows)


@contextmanager
def _heard(connection: Connection) -> Iterator[list[int]]:
    """How many dead rows PostgreSQL says that it had to keep, table by table."""
    driver: Any = connection.connection.driver_connection
    numbers: list[int] = []

    def hear(notice: Any) -> None:
        # '3 dead row versions cannot be removed yet', in whatever language.
        if found := re.match(r"\D*(\d+)", notice.message_detail or ""):
            numbers.append(int(found[1]))

    driver.add_notice_handler(hear)
    try:
        yield numbers
    finally:
        driver.remove_notice_handler(hear)


def _empty_journal(connection: Connection) -> bool:
    """SQLite. Whether nobody was reading or writing, so that it could be done.

    Overwriting what is deleted leaves a row's copy where a page was balanced, so the file is
    written anew before its log is emptied.
    """
    try:
        connection.exec_driver_sql("VACUUM")
    except OperationalError:
        return False
    busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy


def _note_of(group: _Group) -> str | None:
    return _with_redis(lambda redis: redis.hget(_NOTES, group.name))


def _take_note(group: _Group, found: str) -> None:
    _with_redis(lambda redis: redis.hset(_NOTES, group.name, found))


def _with_redis(ask: Callable[[Any], Any]) -> Any:
    """None where Redis is away: then nothing is known, and the work is done again."""
    try:
        answer = ask(queueing.queue(queueing.COUNT).connection)
    except RedisError:
        return None
    return answer.decode() if isinstance(answer, bytes) else answer
