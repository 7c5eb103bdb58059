"""Private servers for one run of the tests: PostgreSQL, Redis and SMTP, on this machine only."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from aiosmtpd.controller import Controller
from redis import Redis
from redis.exceptions import RedisError

from surveyapp.launcher import embedded_redis
from surveyapp.launcher.guards import RefusedError

_PATIENCE = 30  # seconds for a server to start: the machine may be busy


def _fail(what: str, packages: str) -> NoReturn:
    """A missing server fails the tests: one that is skipped in silence proves nothing."""
    prefix = "" if os.geteuid() == 0 else "sudo "
    pytest.fail(
        f"{what} was not found.\nRun: {prefix}apt-get install -y --no-install-recommends {packages}",
        pytrace=False,
    )


class Server:
    """A process that can be killed, and started again on the files that it left."""

    def __init__(self, command: Sequence[Any], log: Path, ready: Callable[[], bool], **options: Any) -> None:
        self._command, self._log, self._ready, self._options = command, log, ready, options
        self.start()

    def start(self, *, waits: bool = True) -> None:
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command, stdout=output, stderr=subprocess.STDOUT, **self._options
            )
        if waits:
            _wait_until(self._ready, self.process, self._log)

    def kill(self) -> None:
        """With all its children, which may have sessions of their own: PostgreSQL's have."""
        kill_tree(self.process)

    def stop(self) -> None:
        _stop(self.process)


def children_of(pid: int) -> list[int]:
    """Processes that this one has started and that still run. Linux only."""
    try:
        lists = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has ended meanwhile
        return []
    return [int(child) for words in lists for child in words.split()]


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process at once with everything below it, and wait until all of it has gone."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGSTOP)  # or it could start another one meanwhile
    found = [process.pid]
    for pid in found:  # grows while it is read
        found += children_of(pid)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + _PATIENCE
    while any(is_running(pid) for pid in found[1:]):
        assert time.monotonic() < end, "A killed process still runs."
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process does something. One that waits for its parent to look does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"A server did not start:\n{log.read_text(errors='replace')}", pytrace=False)
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# ---------------------------------------------------------------- PostgreSQL


@dataclass
class PostgresCluster:
    """A cluster that listens on a Unix socket in a directory of its own."""

    directory: Path
    server: Server = field(init=False)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.directory}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.directory), user="postgres", dbname=database, autocommit=True)


def _postgres_programs() -> Path:
    """The newest server's programs. A client alone, such as psql, is not enough."""
    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found = [programs for programs in found if (programs / "postgres").exists()]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    if not found:
        _fail("The PostgreSQL server", "postgresql")
    return max(found, key=lambda programs: [int(n) for n in programs.parts if n.isdecimal()])


def _server_account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; another account must own its directory then."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError("Neither 'postgres' nor 'nobody' exists to run PostgreSQL as.")


@contextmanager
def run_postgres(*, keeps: bool = False) -> Iterator[PostgresCluster]:
    """`keeps`: what was committed outlives the server's death, though not the machine's."""
    programs = _postgres_programs()
    account = _server_account()
    # Not under pytest's own directory: that is root's alone, and too long for a socket's path.
    directory = Path(tempfile.mkdtemp(prefix="pulse-pg-"))
    if account:
        os.chown(directory, account["user"], account["group"])
    data, log = directory / "data", directory / "log"
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    try:
        made = subprocess.run(
            [
                *[programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust"],
                *["-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
            ],
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            **account,
        )
        if made.returncode:
            pytest.fail(f"initdb failed:\n{made.stdout}{made.stderr}", pytrace=False)
        options = {
            "fsync": "off",
            "synchronous_commit": "on" if keeps else "off",
            "full_page_writes": "on" if keeps else "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "shared_buffers": "64MB",
            "autovacuum": "off",
            "max_connections": "60",
            "log_min_messages": "warning",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        cluster = PostgresCluster(directory)

        def ready() -> bool:
            try:
                cluster.connect().close()
            except psycopg.OperationalError:
                return False
            return True

        cluster.server = Server(
            [programs / "postgres", "-D", data, "-k", directory, "-h", "", *arguments],
            log,
            ready,
            cwd=directory,
            env=environment,
            **account,
        )
        try:
            yield cluster
        finally:
            cluster.server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


# ---------------------------------------------------------------- Redis


def _redis_program() -> str:
    """The one that `make run` would start."""
    try:
        return embedded_redis.server_binary()
    except RefusedError:
        _fail("redis-server", "redis-server")


@dataclass
class RedisServer:
    """A Redis on a Unix socket in a directory of its own."""

    directory: Path
    server: Server = field(init=False)

    @property
    def address(self) -> str:
        return f"unix://{self.directory}/redis.sock"

    def answers(self) -> bool:
        try:
            with Redis.from_url(self.address) as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    def forget(self) -> None:
        """Lose what it has written down, while it is dead."""
        for file in self.directory.glob("appendonly*"):
            file.unlink()


@contextmanager
def run_redis_server(*, keeps: bool = False) -> Iterator[RedisServer]:
    """`keeps`: it writes down what it is told, as the one of `make run` does."""
    redis = RedisServer(Path(tempfile.mkdtemp(prefix="pulse-redis-")))
    try:
        redis.server = Server(
            [
                *[_redis_program(), "--port", "0", "--unixsocket", redis.directory / "redis.sock"],
                *["--save", "", "--appendonly", "yes" if keeps else "no", "--dir", redis.directory],
            ],
            redis.directory / "log",
            redis.answers,
        )
        try:
            yield redis
        finally:
            redis.server.stop()
    finally:
        shutil.rmtree(redis.directory, ignore_errors=True)


@contextmanager
def run_redis() -> Iterator[str]:
    """A Redis of its own; yields its address."""
    with run_redis_server() as redis:
        yield redis.address


# ---------------------------------------------------------------- SMTP


@dataclass
class MailServer:
    """An SMTP server that keeps what it gets, and can be told to misbehave."""

    port: int
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    #: Addresses that it does not take.
    refused: set[str] = field(default_factory=set)
    #: Hangs up at the next so many mails, after it has read them and before it says so.
    hang_ups: int = 0
    #: Hangs up at the next so many addresses, before it has read the mail.
    hang_ups_at_rcpt: int = 0
    #: What it says to the next mails, once it has read them, instead of taking them.
    answers_to_data: list[str] = field(default_factory=list)
    #: What it says to an address that it does not take.
    refusal: str = "550 no such mailbox"
    #: Called with each address before the mail is taken.
    on_mail: Callable[[str], None] = lambda _address: None
    #: Called with each address when it is named, in a thread: it may wait for other mails.
    on_rcpt: Callable[[str], None] = lambda _address: None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._controller: Controller | None = None
        self.start()

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Go down. Nothing listens at the port until the next `start`."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    @property
    def addresses(self) -> list[str]:
        """To whom mail has come, in order, once for each mail."""
        with self._lock:
            return [address for address, _ in self.received]

    def body_for(self, address: str) -> str:
        """The text of the one mail to that address."""
        with self._lock:
            (message,) = [message for to, message in self.received if to == address]
        return str(message.get_content())

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        await asyncio.to_thread(self.on_rcpt, address)
        with self._lock:
            if self.hang_ups_at_rcpt:
                self.hang_ups_at_rcpt -= 1
                server.transport.abort()
                return "421 gone"
        if address in self.refused:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: Any, _session: Any, envelope: Any
    ) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        for address in envelope.rcpt_tos:
            self.on_mail(address)
        with self._lock:
            if self.hang_ups:
                self.hang_ups -= 1
                server.transport.abort()
                return "421 gone"
            if self.answers_to_data:
                return self.answers_to_data.pop(0)
            self.received += [(address, message) for address in envelope.rcpt_tos]
        return "250 OK"
