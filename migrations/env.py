"""Runs the migrations on the application's own database."""

from __future__ import annotations

from alembic import context
from flask import current_app
from psycopg.errors import LockNotAvailable, QueryCanceled
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from surveyapp.config import Settings
from surveyapp.timekeeping import UtcDateTime

#: On PostgreSQL, the lock by which machines agree on who migrates. Any number; the same for ever.
_TURN = 5_077_201_611


def _render_item(kind: str, item: object, _context: object) -> str | bool:
    """Migrations name plain column types: they must not change when the application's do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    database = current_app.extensions["migrate"].db
    options = dict(current_app.extensions["migrate"].configure_args)
    # SQLite cannot alter most of a table: Alembic copies it instead.
    options["render_as_batch"] = connection.dialect.name == "sqlite"
    options |= {"compare_type": True, "render_item": _render_item}
    context.configure(connection=connection, target_metadata=database.metadata, **options)
    with context.begin_transaction():
        context.run_migrations()


def take_turn(connection: Connection, settings: Settings) -> None:
    """PostgreSQL: one machine migrates at a time, and gives up before it holds up everyone for long.

    Another one waits for its turn as long as a statement may run, then finds nothing left to do.
    """
    limit = f"{settings.migration_statement_seconds}s"
    connection.exec_driver_sql(f"SET lock_timeout = '{limit}'")
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({_TURN})")  # let go with the connection
    connection.exec_driver_sql(f"SET lock_timeout = '{settings.migration_lock_seconds}s'")
    connection.exec_driver_sql(f"SET statement_timeout = '{limit}'")
    connection.commit()


def migrate(settings: Settings) -> None:
    """Raises SystemExit, in words for whoever runs it, where a limit was reached."""
    engine = current_app.extensions["migrate"].db.engine
    if engine.dialect.name != "postgresql":
        with engine.connect() as connection:
            run(connection)
        return
    # A connection of its own: its lock and its limits go with it.
    alone = create_engine(engine.url, poolclass=NullPool, hide_parameters=True)
    try:
        with alone.connect() as connection:
            take_turn(connection, settings)
            run(connection)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise SystemExit(
                "The migration was not made, and nothing was changed: a table, or the turn to migrate, "
                f"is held by someone else. It waits {settings.migration_lock_seconds} seconds for a table, "
                "because every page waits behind it. Try again in a quiet minute, or look in "
                "pg_stat_activity for who holds it."
            ) from None
        if isinstance(error.orig, QueryCanceled):
            raise SystemExit(
                "The migration was not made, and nothing was changed: a step took longer than "
                f"{settings.migration_statement_seconds} seconds. Set MIGRATION_STATEMENT_SECONDS to more, "
                "and run it while nobody answers."
            ) from None
        raise


if context.is_offline_mode():
    raise SystemExit("Migrations run on a database; printing their SQL is not supported.")

migrate(current_app.config["SETTINGS"])
