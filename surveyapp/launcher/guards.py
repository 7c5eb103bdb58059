"""One launcher for an instance directory, and a port that is free. Refusals say what to do."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"


class RefusedError(RuntimeError):
    """Learning Pulse cannot be started. The message says why and what to do."""


@contextmanager
def only_one(instance: Path, address: str) -> Iterator[None]:
    """Hold the instance directory. Raises RefusedError when another launcher does.

    The kernel lets go of the lock however the launcher ends.
    """
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(instance / "launcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(_running_already(file.read())) from None
        file.truncate()
        json.dump({"process": os.getpid(), "address": address}, file)
        file.flush()
        yield


def _running_already(holder: str) -> str:
    try:
        held = json.loads(holder)
        where = f" at {held['address']} (process {held['process']})"
    except (ValueError, KeyError, TypeError):
        where = ""  # the other one is only just starting
    return (
        f"Learning Pulse is running already from this directory{where}.\n"
        "Use that one, or stop it with Ctrl-C in its window first."
    )


def check_port(port: int) -> None:
    """Raises RefusedError when the web server could not listen there."""
    with socket.socket() as probe:
        # As the web server does: a port that was in use a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            problem = f"Port {port} is only for the system's administrator."
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            problem = f"Port {port} is taken by another program."
        else:
            return
    raise RefusedError(f"{problem}\nChoose another one, for example: make run PORT={free_port()}")


def free_port() -> int:
    """A port of this machine that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
