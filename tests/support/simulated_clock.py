"""A clock that a test moves. Every process that follows it sees the same time.

On PostgreSQL it stands in for `clock_timestamp()`, by a function that the search path finds first; on
SQLite, which has no clock of its own, for `timekeeping.utc_now`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from surveyapp import timekeeping

_INSTALL = """
CREATE TABLE public.simulated_clock (now_is timestamptz NOT NULL);
INSERT INTO public.simulated_clock VALUES (now());
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT now_is FROM public.simulated_clock';
"""


class SimulatedClock:
    """Installed for one database; `file` tells processes what time it is."""

    def __init__(self, url: str, file: Path) -> None:
        self._file = file
        self._connection: psycopg.Connection | None = None
        if url.startswith("postgresql"):
            plain = url.replace("postgresql+psycopg://", "postgresql://")
            self._connection = psycopg.connect(plain, autocommit=True)
            self._connection.execute(_INSTALL)
            name = self._connection.info.dbname
            self._connection.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")  # type: ignore[arg-type]

    def set(self, moment: datetime) -> None:
        moment = moment.astimezone(UTC)
        being_written = self._file.with_suffix(".new")
        being_written.write_text(moment.isoformat())
        being_written.replace(self._file)
        if self._connection is not None:
            self._connection.execute("UPDATE public.simulated_clock SET now_is = %s", (moment,))

    @property
    def now(self) -> datetime:
        return read(self._file)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def read(file: Path) -> datetime:
    return datetime.fromisoformat(file.read_text())


def follow(file: Path, patch: pytest.MonkeyPatch | None = None) -> None:
    """Let this process go by the clock in that file."""

    def now() -> datetime:
        return read(file)

    if patch is None:
        timekeeping.utc_now = now
    else:
        patch.setattr(timekeeping, "utc_now", now)
