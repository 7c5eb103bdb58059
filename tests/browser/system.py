"""The whole of Learning Pulse as processes of their own, as an installation runs it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from surveyapp.launcher.guards import free_port
from surveyapp.queueing import QUEUES

PROJECT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent

#: Seconds until a process that does not come up is given up.
PATIENCE = 60


@dataclass
class System:
    """Web server, workers and clock on one database, Redis and SMTP server."""

    directory: Path
    database_url: str
    redis_url: str
    smtp_port: int
    port: int = field(default_factory=free_port)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "APP_ENV": "development",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": self._secret("a"),
            "SECURITY_PASSWORD_SALT": self._secret("b"),
            "KEY_DIRECTORY": str(self.directory / "keys"),
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.smtp_port),
            "BASE_URL": self.address,
            "ORGANISATION_NAME": "Riverside Care Trust",
        }

    def start(self) -> None:
        self.run("flask", "--app", "wsgi", "db", "upgrade")
        server = ["--config", "python:surveyapp.webserver", "--bind", f"127.0.0.1:{self.port}"]
        self._spawn("gunicorn", *server, "wsgi:app")
        redis = ["--serializer", "json", "--url", self.redis_url]
        worker = ["--worker-class", "surveyapp.worker.Worker", "--num-workers", "1"]
        self._spawn("rq", "worker-pool", *redis, *worker, *QUEUES)
        self._spawn("rq", "cron", *redis, "surveyapp.clock")
        self._wait_until_up()

    def run(self, program: str, *arguments: str) -> str:
        """A command to its end; its standard output. Raises when it fails."""
        done = subprocess.run(
            [str(_BIN / program), *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {arguments} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def logs(self) -> str:
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')}"
            for path in sorted(self.directory.glob("*.log"))
        )

    def _spawn(self, program: str, *arguments: str) -> None:
        log = (self.directory / f"{program}-{len(self._processes)}.log").open("wb")
        self._processes.append(
            subprocess.Popen(
                [str(_BIN / program), *arguments],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        )

    def _wait_until_up(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if any(process.poll() is not None for process in self._processes):
                break
            try:
                with urllib.request.urlopen(f"{self.address}/health", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"Learning Pulse did not come up.\n{self.logs()}")

    def _secret(self, name: str) -> str:
        file = self.directory / f"secret-{name}"
        if not file.exists():
            file.write_text(secrets.token_urlsafe(48))
        return file.read_text()
