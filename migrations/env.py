"""Runs the migrations on the application's own database."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from surveyapp.timekeeping import UtcDateTime

#: On PostgreSQL, how long a migration may wait for a lock (every page waits behind it) and run.
LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "5min"


def _render_item(kind: str, item: object, _context: object) -> str | bool:
    """Migrations name plain column types: they must not change when the application's do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    database = current_app.extensions["migrate"].db
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.exec_driver_sql(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'")
        connection.commit()
    options = dict(current_app.extensions["migrate"].configure_args)
    # SQLite cannot alter most of a table: Alembic copies it instead.
    options["render_as_batch"] = connection.dialect.name == "sqlite"
    options |= {"compare_type": True, "render_item": _render_item}
    context.configure(connection=connection, target_metadata=database.metadata, **options)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run on a database; printing their SQL is not supported.")

with current_app.extensions["migrate"].db.engine.connect() as connection:
    run(connection)
