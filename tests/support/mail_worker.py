"""A worker process for the queue of mail, and killing it at any instant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from surveyapp.config import PROJECT_ROOT


@contextmanager
def mail_worker(environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as it is run for real, on the queue of mail alone, until the block ends."""
    command = [
        *[sys.executable, "-m", "rq.cli", "worker", "mail", "--worker-class", "surveyapp.worker.Worker"],
        *["--serializer", "json", "--url", environ["REDIS_URL"], "--logging_level", "WARNING"],
    ]
    worker = subprocess.Popen(command, env={**os.environ, **environ}, cwd=PROJECT_ROOT)
    try:
        yield worker
    finally:
        kill(worker)


def kill(worker: subprocess.Popen[bytes]) -> None:
    """As the kernel does when memory runs out: the process that works dies with the one that waits."""
    worker.send_signal(signal.SIGKILL)
    worker.wait()
