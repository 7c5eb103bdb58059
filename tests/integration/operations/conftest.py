"""Real servers and workers, started and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from surveyapp.config import PROJECT_ROOT

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def started(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts a program with the environment of the application; what is left at the end is killed."""
    running = []

    def begin(command: list[str], **more: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{len(running)}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env={**os.environ, **environ, "RQ_REDIS_URL": environ["REDIS_URL"], **more},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
