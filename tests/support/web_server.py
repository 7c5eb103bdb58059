"""The web server alone, as an installation runs it: gunicorn with our settings, on real HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from surveyapp.config import PROJECT_ROOT
from surveyapp.launcher.guards import free_port

_PATIENCE = 60  # seconds: the machine may be busy


@contextmanager
def web_server(environ: Mapping[str, str], log: Path) -> Iterator[str]:
    """Its address, such as http://127.0.0.1:8000. What it writes goes into `log`."""
    port = free_port()
    command = ["-m", "gunicorn", "--config", "python:surveyapp.webserver", "--bind", f"127.0.0.1:{port}"]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, *command, "wsgi:app"],
            cwd=PROJECT_ROOT,
            env={**os.environ, **environ},
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"The web server did not come up.\n{log.read_text(errors='replace')}")
