"""What deleting leaves behind in the files of a database, and how to be rid of it."""

from __future__ import annotations

import logging

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger(__name__)

#: Tables whose deleted rows would still show, side by side, what was written together.
_TABLES = ("voucher", "sealed_ballot", "wave_mail")


def clear(engine: Engine) -> None:
    """Give up the remains of deleted vouchers and ballots. Best effort: the next count tries again.

    PostgreSQL keeps deleted rows, with the number of the transaction that wrote each, until it is
    vacuumed; SQLite keeps old pages in its write-ahead log. What journals and backups of the
    database keep longer are hashes and ciphertext, whose keys are gone.
    """
    on_postgres = engine.dialect.name == "postgresql"
    tidy = f"VACUUM {', '.join(_TABLES)}" if on_postgres else "PRAGMA wal_checkpoint(TRUNCATE)"
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(tidy)
    except SQLAlchemyError as error:
        _log.warning("The remains of a count could not be cleared yet: %s", type(error).__name__)
