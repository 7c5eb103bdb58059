"""A web server in processes of its own, set up as in production, and what its processes hold."""

from __future__ import annotations

import http.client
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surveyapp.config import PROJECT_ROOT
from surveyapp.launcher.guards import free_port

#: As a proxy with TLS would send them: production answers to nothing else.
HEADERS = {"Host": "pulse.nhs.test", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}

_PATIENCE = 60  # seconds for the server to start: the machine may be busy


@dataclass(frozen=True)
class Server:
    port: int
    pid: int
    host: str = HEADERS["Host"]

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """The answer, read to its end by whoever asks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={**HEADERS, **headers})
        return connection.getresponse()

    def post(self, path: str, body: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, body, {**HEADERS, **kind, **headers})
        return connection.getresponse()

    def workers(self) -> list[int]:
        """The processes that answer; the first process only watches them."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(child) for child in children.split()]


def production(database_url: str, redis_url: str, directory: Path) -> dict[str, str]:
    """The environment of a web process. It has no key directory, as it must."""
    return {
        "APP_ENV": "production",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SECURITY_PASSWORD_SALT": secrets.token_urlsafe(48),
        "BASE_URL": f"https://{HEADERS['Host']}",
        "MAIL_SERVER": "127.0.0.1",
        "INSTANCE_DIRECTORY": str(directory / "web"),
    }


@contextmanager
def serving(
    environment: Mapping[str, str], *, application: str = "wsgi:app", first_page: str = "/health"
) -> Iterator[Server]:
    """Gunicorn with the settings of production, once it has answered `first_page`."""
    port = free_port()
    settings = ["--config", "python:surveyapp.webserver", "--bind", f"127.0.0.1:{port}"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *settings, "--log-level", "error", application],
        cwd=PROJECT_ROOT,
        env={**kept, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a line for each request, as in production
    ) as process:
        try:
            server = Server(port, process.pid)
            _wait_for(server, process, first_page)
            yield server
        finally:
            process.terminate()


def _wait_for(server: Server, process: subprocess.Popen[bytes], page: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"The web server ended with {process.returncode}.")
        try:
            answer = server.get(page)
            answer.read()
        except OSError:
            time.sleep(0.01)
            continue
        if answer.status != 200:
            raise RuntimeError(f"{page} answered {answer.status}.")
        return
    raise RuntimeError("The web server did not answer in time.")


def share_of_memory(pid: int) -> float:
    """Megabytes that a process holds now, pages that several hold divided among them (PSS)."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") / 1024


def peak_of_memory(pid: int) -> float:
    """The most megabytes that a process has held, shared pages counted in full."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmHWM:") / 1024


def _kilobytes(path: Path, name: str) -> int:
    (line,) = (line for line in path.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])
