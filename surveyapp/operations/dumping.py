"""Copies of a whole database, as it stood at one moment, and their return. One class for each kind."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, MetaData, NullPool, Table, create_engine, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

#: Told how far a step is: words for people, without a full stop.
Tell = Callable[[str], None]

#: Bytes read and written at once.
CHUNK = 1 << 20

#: Seconds.
_GONE_WITHIN = 5

_INSTALL = "Install PostgreSQL's client programs, of the server's version or a newer one."


class BackupError(RuntimeError):
    """A backup that cannot be made, read or restored. The message says why and what to do."""


class Dumper(Protocol):
    """`kind` is the kind of database, as manifests name it."""

    kind: str

    def dump(self, to: Path, tell: Tell) -> str | None:
        """Write the database as it is at one moment to an empty file. Returns its revision."""

    def holds_rows(self) -> bool:
        """Whether there is anything to lose."""

    def load(self, dump: IO[bytes], tell: Tell) -> None:
        """Put a dump in the place of all tables: completely, or not at all."""


def dumper_for(url: str) -> Dumper:
    """`url` as SQLAlchemy takes it. Raises BackupError for a database in memory."""
    return _Postgres(url) if url.startswith("postgresql") else _Sqlite(url)


def _any_rows(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
            return any(
                connection.execute(select(1).select_from(Table(name, MetaData())).limit(1)).first()
                for name in names
            )
    except SQLAlchemyError as error:
        raise BackupError(
            f"The database cannot be read ({type(error).__name__}). Check DATABASE_URL."
        ) from None


class _Sqlite:
    kind = "sqlite"

    def __init__(self, url: str) -> None:
        self._url, name = url, make_url(url).database
        if not name or name == ":memory:":
            raise BackupError("This database is in memory only. Set DATABASE_URL to that of a file.")
        self._file = Path(name)

    def dump(self, to: Path, tell: Tell) -> str | None:
        """Written anew rather than copied page by page: free pages, where deleted rows may have left
        something, do not come along.
        """
        if not self._file.exists():
            raise BackupError(f"There is no database at {self._file}. Check DATABASE_URL.")
        try:
            with closing(_opened(self._file)) as connection:
                ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
                ((size,),) = connection.execute("PRAGMA page_size").fetchall()
                steps = _Percent("Copying the database", pages * size, tell)
                connection.set_progress_handler(lambda: steps.at(to.stat().st_size), 200_000)
                connection.execute("VACUUM INTO ?", (str(to),))
            with closing(_opened(to)) as copy:
                found = copy.execute("SELECT version_num FROM alembic_version").fetchone()
                return found and str(found[0])
        except sqlite3.Error as error:
            raise BackupError(f"The database could not be copied: {error}.") from None

    def holds_rows(self) -> bool:
        return self._file.exists() and _any_rows(create_engine(self._url, poolclass=NullPool))

    def load(self, dump: IO[bytes], tell: Tell) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._file.with_name(f".{self._file.name}.restored")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                shutil.copyfileobj(dump, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            tell("Checking the copy")
            with closing(_opened(draft)) as copy:
                if copy.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                    raise BackupError("The database in this backup is damaged. Use an older backup.")
            self._take_the_place_of(draft)
        except sqlite3.Error as error:
            raise BackupError(f"The database could not be restored: {error}.") from None
        finally:
            draft.unlink(missing_ok=True)

    def _take_the_place_of(self, draft: Path) -> None:
        if self._file.exists():
            with closing(_opened(self._file)) as connection:
                # Only who is alone with a file can give up its journal.
                with suppress(sqlite3.OperationalError):
                    connection.execute("PRAGMA journal_mode = DELETE")
                if connection.execute("PRAGMA journal_mode").fetchone() != ("delete",):
                    raise BackupError(
                        "Another program has this database open. Stop the web server, the workers and the "
                        "clock, and restore it then."
                    )
            before = self._file.stat()
            draft.chmod(before.st_mode & 0o777)
            with suppress(PermissionError):  # only the system's administrator can give files away
                os.chown(draft, before.st_uid, before.st_gid)
        draft.replace(self._file)
        directory = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=15)
    connection.isolation_level = None
    return connection


class _Percent:
    """Says how far something of a known size is, at each tenth."""

    def __init__(self, what: str, size: int, tell: Tell) -> None:
        self._what, self._size, self._tell, self._said = what, max(1, size), tell, -1

    def at(self, done: int) -> int:
        tenth = min(10, done * 10 // self._size)
        if tenth > self._said:
            self._said = tenth
            self._tell(f"{self._what}: {tenth * 10}%")
        return 0  # go on, as SQLite understands it


def _others(connection: psycopg.Connection[Any]) -> int:
    """How many others are connected. The server takes a moment to see that someone has gone, such as
    this command a step earlier: who is there is asked again for some seconds.
    """
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    patience = time.monotonic() + _GONE_WITHIN
    while True:
        (others,) = connection.execute(query).fetchone() or (0,)
        if not others or time.monotonic() > patience:
            return int(others)
        time.sleep(0.1)


class _Postgres:
    kind = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = url
        parsed = make_url(url)
        _, self._how = parsed.get_dialect()().create_connect_args(parsed)

    def dump(self, to: Path, tell: Tell) -> str | None:
        command = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
        with self._connected() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshot, revision = connection.execute(
                "SELECT pg_export_snapshot(), (SELECT version_num FROM alembic_version)"
            ).fetchone() or ("", None)
            command += [f"--snapshot={snapshot}", "--lock-wait-timeout=30000", "--verbose"]
            process = self._started([*command, f"--file={to}"], stderr=subprocess.PIPE, text=True)
            problem = ""
            for line in process.stderr or ():
                if found := re.search(r"dumping contents of table \"?(?:\w+\.)?(\w+)", line):
                    tell(f"Copying the table {found[1]}")
                elif "error:" in line:
                    problem = line.partition("error:")[2].strip()
            if process.wait():
                raise BackupError(f"pg_dump could not copy the database. {problem or _INSTALL}")
        return revision

    def holds_rows(self) -> bool:
        return _any_rows(create_engine(self._url, poolclass=NullPool))

    def load(self, dump: IO[bytes], tell: Tell) -> None:
        """One transaction of psql: it takes away what is there, and what pg_restore writes comes in."""
        with self._connected() as connection:
            if others := _others(connection):
                raise BackupError(
                    f"Others are connected to this database ({others}). Stop all web servers, workers and "
                    "the clock, and restore it then."
                )
            there = connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
            ).fetchall()
        drops = "".join(f"DROP TABLE {name} CASCADE;\n" for (name,) in there)
        limits = "SET client_min_messages = error;\nSET lock_timeout = '30s';\n"
        # An error's words could quote a row: only its number is asked for.
        psql = [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--file=-"]
        psql += ["--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", "--output=/dev/null"]
        reader: Any = self._started(
            [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            connects=False,
        )
        writer: Any = self._started(psql, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        feeding = threading.Thread(target=_pour, args=(dump, reader.stdin), daemon=True)
        feeding.start()
        try:
            with suppress(BrokenPipeError):
                writer.stdin.write((limits + drops).encode())
                tell("Writing the tables")
                shutil.copyfileobj(reader.stdout, writer.stdin, CHUNK)
                if reader.wait() == 0:
                    writer.stdin.close()
        finally:
            if reader.poll() != 0:
                # Without its end of the input psql commits nothing.
                writer.kill()
                reader.kill()
            said = writer.stderr.read().decode(errors="replace")
            is_done = writer.wait() == 0 and reader.wait() == 0
            feeding.join()
        if not is_done:
            number = re.search(r"ERROR: +(\w{5})", said)
            raise BackupError(
                "The database could not be restored, and is as it was before"
                + (f" (SQLSTATE {number[1]})." if number else ". Is the backup of a newer PostgreSQL?")
            )

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with psycopg.connect(**self._how, autocommit=True) as connection:
                yield connection
        except psycopg.Error as error:
            raise BackupError(
                f"The database cannot be used ({type(error).__name__}). Check DATABASE_URL."
            ) from None

    def _started(
        self, command: list[str], *, connects: bool = True, **options: Any
    ) -> subprocess.Popen[Any]:
        """A program of PostgreSQL's. The password goes by its environment: arguments can be seen."""
        shown = {key: value for key, value in self._how.items() if key != "password"}
        env = {**os.environ, "LC_ALL": "C"}
        if "password" in self._how:
            env["PGPASSWORD"] = str(self._how["password"])
        named = [f"--dbname={make_conninfo(**shown)}"] if connects else []
        return subprocess.Popen([*command, *named], env=env, **options)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"There is no program {name} here. {_INSTALL}")
    return found


def _pour(dump: IO[bytes], into: IO[bytes]) -> None:
    with suppress(BrokenPipeError), into:
        shutil.copyfileobj(dump, into, CHUNK)
