"""The processes that the launcher starts, watches and stops."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from surveyapp.config import PROJECT_ROOT
from surveyapp.worker import die_with_parent

#: Seconds for a part to end what it is at; then it is asked again; then it is killed.
PATIENCE = 6.0
LAST_PATIENCE = 4.0


@dataclass(frozen=True, slots=True)
class Child:
    """A running part. `name` reads well after 'the'."""

    name: str
    log: Path
    process: subprocess.Popen[str]

    def signal(self, how: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(how)

    def kill_group(self) -> None:
        """Kill it with all that it has started and left behind."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Children:
    """Each part has a process group of its own, so that Ctrl-C reaches the launcher alone and the
    order of stopping is the launcher's.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[Child] = []

    def start(
        self, name: str, command: Sequence[str], env: Mapping[str, str], *, told: str = ""
    ) -> Child:
        """Start a part. `told` goes to its standard input, its output to its log."""
        child = self._spawn(name, command, env, output=None)
        if child.process.stdin is not None:
            with suppress(BrokenPipeError):
                child.process.stdin.write(told)
                child.process.stdin.close()
        return child

    def run(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        hear: Callable[[str], None],
    ) -> Child:
        """Run a part to its end. `hear` gets each line of its standard output."""
        child = self._spawn(name, command, env, output=subprocess.PIPE)
        if child.process.stdin is not None:
            child.process.stdin.close()
        for line in child.process.stdout or ():
            hear(line.rstrip("\n"))
        child.process.wait()
        self._running.remove(child)
        return child

    def first_dead(self) -> Child | None:
        """A part that has ended by itself."""
        return next((child for child in self._running if child.process.poll() is not None), None)

    def stop_all(self, hurry: Callable[[], bool]) -> None:
        """Stop every part, the one that others depend on last. Nothing is left running.

        Once `hurry` says yes, parts are killed instead of asked.
        """
        for children in (self._running[1:], self._running[:1]):
            _stop(children, hurry)
        self._running.clear()

    def _spawn(
        self, name: str, command: Sequence[str], env: Mapping[str, str], *, output: int | None
    ) -> Child:
        log = self._logs / f"{name.replace(' ', '-')}.log"
        with _fresh(log) as file:
            process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=env,
                text=True,
                stdin=subprocess.PIPE,
                stdout=file if output is None else output,
                stderr=file,
                start_new_session=True,
                preexec_fn=_when_the_launcher_dies,
            )
        child = Child(name, log, process)
        self._running.append(child)
        return child


def _when_the_launcher_dies() -> None:
    die_with_parent(signal.SIGTERM)


def _fresh(log: Path) -> IO[str]:
    """An empty log, its predecessor kept under another name: logs do not grow without end."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w")


def _stop(children: Sequence[Child], hurry: Callable[[], bool]) -> None:
    for patience in (PATIENCE, LAST_PATIENCE):
        # Workers take a first request as 'after this job', a second as 'now'.
        for child in children:
            if child.process.poll() is None:
                child.signal(signal.SIGTERM)
        if _all_ended(children, patience, hurry) or hurry():
            break
    for child in children:
        child.kill_group()


def _all_ended(children: Iterable[Child], within: float, hurry: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + within
    while any(child.process.poll() is None for child in children):
        if hurry() or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
