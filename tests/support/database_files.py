"""The files of a database as they lie on a disk, beneath what its tables say."""

from __future__ import annotations

from pathlib import Path

from surveyapp.extensions import db
from tests.support.servers import PostgresCluster


def files(cluster: PostgresCluster | None) -> list[Path]:
    """All files of the application's database. `cluster` is None on SQLite."""
    name = str(db.engine.url.database)
    if cluster is None:
        return [path for path in Path(name).parent.glob(f"{Path(name).name}*") if path.is_file()]
    with cluster.connect() as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = %s", [name]).fetchone()
    assert row is not None
    return list((cluster.directory / "data" / "base" / str(row[0])).iterdir())
