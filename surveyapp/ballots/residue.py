"""What deleting leaves behind in the files of a database, and how to be rid of it."""

from __future__ import annotations

import logging

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger(__name__)

#: Writes the two tables anew, which hold no more than the waves that are open. Nobody who answers
#: one of those may wait long for it.
_POSTGRES = ("SET lock_timeout = '3s'", "VACUUM (FULL) voucher", "VACUUM (FULL) sealed_ballot")

_SQLITE = ("PRAGMA wal_checkpoint(TRUNCATE)",)


def clear(engine: Engine) -> None:
    """Give up the remains of deleted vouchers and ballots. Best effort: the next count tries again.

    PostgreSQL leaves deleted rows in its files, with the number of the transaction that wrote each,
    which would pair a voucher with a ballot; SQLite leaves old pages in its write-ahead log. What
    journals and backups keep longer are hashes and ciphertext, whose keys are gone.
    """
    statements = _POSTGRES if engine.dialect.name == "postgresql" else _SQLITE
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            # The pool must not hand on a connection with a limit of ours.
            connection.invalidate()
    except SQLAlchemyError as error:
        _log.warning("The remains of a count could not be cleared yet: %s", type(error).__name__)
