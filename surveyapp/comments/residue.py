"""What is left in a database's files of text that a review took out, and how to be rid of it."""

from __future__ import annotations

import logging

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger(__name__)

#: Writes the two tables anew, which keeps readers of comments waiting for about a second per
#: 100,000 of them. A plain VACUUM would leave the words on the page until another row needs it.
_POSTGRES = ("SET lock_timeout = '3s'", "VACUUM (FULL) comment", "VACUUM (FULL) comment_analysis")

#: What is overwritten is zeroed in the file, but old pages stay in the write-ahead log.
_SQLITE = ("PRAGMA wal_checkpoint(TRUNCATE)",)


def clear(engine: Engine) -> None:
    """Give up the old versions of comments. Best effort: the next night tries again.

    What the journals and backups of the database server keep longer is for whoever runs it.
    """
    statements = _POSTGRES if engine.dialect.name == "postgresql" else _SQLITE
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            # The pool must not hand on a connection with a limit of ours.
            connection.invalidate()
    except SQLAlchemyError as error:
        _log.warning("Old comments could not be cleared yet: %s", type(error).__name__)
