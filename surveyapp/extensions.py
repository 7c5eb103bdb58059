"""The objects that features share. Imports no feature."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_mailman import Mail
from flask_migrate import Migrate
from flask_security.core import Security
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase


class Model(DeclarativeBase):
    """Base of every table. Names of constraints are fixed so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Model, disable_autonaming=True)
migrate = Migrate()
csrf = CSRFProtect()
mail = Mail()
babel = Babel()
security = Security()
talisman = Talisman()
limiter = Limiter(key_func=get_remote_address)


@event.listens_for(Engine, "connect")
def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    """SQLite keeps foreign keys, waits for its one writer and overwrites what is deleted."""
    if not isinstance(connection, sqlite3.Connection):
        return
    # SQLite's own knows ASCII only, and a search is in any case.
    connection.create_function("lower", 1, lambda text: text and str(text).lower(), deterministic=True)
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        "journal_mode=WAL",
        "busy_timeout=15000",
        # Freed pages would otherwise keep spent vouchers and opened ballots.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    ((_, _, file), *_) = cursor.execute("PRAGMA database_list").fetchall()
    cursor.close()
    if file:  # not in memory
        _keep_from_others(Path(file))


def _keep_from_others(file: Path) -> None:
    """SQLite makes its files for everyone to read. One that a group shares on purpose stays so."""
    for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        # Someone else's file is theirs to guard, and the journals come and go.
        with contextlib.suppress(OSError):
            if path.stat().st_mode & 0o007:
                path.chmod(0o600)
