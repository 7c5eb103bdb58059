"""`make run` as a person meets it: the real launcher, its processes, and how all of it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq import Queue, Worker
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from surveyapp import queueing
from surveyapp.config import PROJECT_ROOT, Environment
from surveyapp.demonstration.loading import CannotLoadError, load
from surveyapp.extensions import db
from surveyapp.launcher.guards import free_port
from surveyapp.organisation import services as organisation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

READY = "Press Ctrl-C"
PATIENCE = 60.0


class Launched:
    """A launcher and what it has said so far."""

    def __init__(self, environ: Mapping[str, str], *arguments: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "surveyapp.launcher", "--port", str(self.port), *arguments],
            cwd=PROJECT_ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.append(line)

    @property
    def said(self) -> str:
        return "".join(self._lines)

    def until(self, text: str) -> str:
        wait_until(lambda: text in self.said or self.process.poll() is not None)
        assert text in self.said, self.said
        return self.said

    def end(self, how: signal.Signals | None = None) -> int:
        """Its exit code, after a signal where one is wanted."""
        if how is not None:
            self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return str(answer.read().decode())


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "It took too long."
        time.sleep(0.1)


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def own(instance: Path) -> dict[str, str]:
    """An environment without anybody's settings but an instance directory."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "INSTANCE_DIRECTORY": str(instance)}


@pytest.fixture
def launch(own: dict[str, str], instance: Path) -> Iterator[Callable[..., Launched]]:
    """Starts launchers; kills what a failed test has left of them."""
    started: list[Launched] = []

    def start(*arguments: str, **more: str) -> Launched:
        started.append(Launched({**own, **more}, *arguments))
        return started[-1]

    yield start
    for launched in started:
        launched.process.kill()
        launched.end()
    wait_until(lambda: not parts(instance))


def parts(instance: Path, name: str = "") -> list[int]:
    """Processes that were started for this instance directory, with `name` in their command.

    Redis writes its title over its environment, but works in the directory.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                environ = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes()
                works_in = (entry / "cwd").readlink()
            except OSError:
                continue
            mine = f"INSTANCE_DIRECTORY={instance}".encode() in environ
            if (mine or works_in.is_relative_to(instance)) and name.encode() in command:
                found.append(int(entry.name))
    return sorted(found)


# ---------------------------------------------------------------- starting and stopping


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_everything_starts_and_nothing_is_left(
    how: signal.Signals, launch: Callable[..., Launched], own: dict[str, str], instance: Path
) -> None:
    launched = launch("--no-demonstration")
    assert f"http://127.0.0.1:{launched.port}" in launched.until(READY)
    assert launched.get("/ready")
    assert "redis-server" in b" ".join(_commands(instance)).decode()

    second = Launched(own, "--no-demonstration")
    assert second.end() == 2
    assert f"running already from this directory at http://127.0.0.1:{launched.port}" in second.said

    assert launched.end(how) == 0
    assert "Stopped" in launched.said
    assert parts(instance) == []
    assert (instance / "learning-pulse.sqlite3").exists()


def _commands(instance: Path) -> list[bytes]:
    return [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in parts(instance)]


def test_no_secret_is_in_a_command_line_or_a_log(
    launch: Callable[..., Launched], instance: Path
) -> None:
    launched = launch("--no-demonstration")
    launched.until(READY)
    token = "AY_Kr-l86tqteKCuCDDATg"  # noqa: S105 - of nobody
    with pytest.raises(urllib.error.HTTPError):
        launched.get(f"/a/bcdfghj/{token}")
    environ = Path(f"/proc/{parts(instance, 'worker-pool')[0]}/environ").read_text()
    (password,) = re.findall(r"RQ_REDIS_URL=redis://:([^@]+)@", environ)
    for command in _commands(instance):
        assert password.encode() not in command
    assert launched.end(signal.SIGINT) == 0
    for log in (instance / "logs").iterdir():
        text = log.read_text()
        assert token not in text
        assert password not in text


def test_a_launcher_that_is_killed_takes_its_parts_along(
    launch: Callable[..., Launched], instance: Path
) -> None:
    launched = launch("--no-demonstration")
    launched.until(READY)
    assert len(parts(instance)) > 5
    launched.end(signal.SIGKILL)
    wait_until(lambda: not parts(instance))


def test_a_part_that_dies_is_named_and_everything_stops(
    launch: Callable[..., Launched], instance: Path
) -> None:
    launched = launch("--no-demonstration")
    launched.until(READY)
    os.kill(parts(instance, "surveyapp.clock")[0], signal.SIGKILL)
    assert launched.end() == 1
    assert "The clock was ended by signal 9" in launched.said
    assert parts(instance) == []


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("settings", "arguments", "words"),
    [
        ({"APP_ENV": "production"}, (), "SECRET_KEY is not set"),
        ({"APP_ENV": "nonsense"}, (), "APP_ENV is 'nonsense'"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, (), "does not answer"),
        ({"DATABASE_URL": "mysql://x/y"}, (), "DATABASE_URL must start with"),
        ({}, ("--port", "0"), "a number from 1 to 65535"),
    ],
)
def test_what_cannot_be_started_is_said_in_words(
    settings: dict[str, str],
    arguments: tuple[str, ...],
    words: str,
    launch: Callable[..., Launched],
) -> None:
    launched = launch(*arguments, **settings)
    assert launched.end() == 2
    assert words in launched.said
    assert "Traceback" not in launched.said


def test_production_is_started_another_way(launch: Callable[..., Launched]) -> None:
    launched = launch(
        APP_ENV="production",
        SECRET_KEY="Vq8sTn3fWk1zRb6yHd9mXc4jLg7pQa2e",
        SECURITY_PASSWORD_SALT="e2aQp7gLj4cXm9dHy6bRz1kWf3nTs8qV",
        DATABASE_URL="postgresql://pulse@127.0.0.1/pulse",
        REDIS_URL="redis://127.0.0.1:1/0",
        BASE_URL="https://pulse.example.org",
        MAIL_SERVER="127.0.0.1",
    )
    assert launched.end() == 2
    assert "one by one" in launched.said


# ---------------------------------------------------------------- work


def test_the_clock_puts_jobs_on_the_queues_and_workers_run_them(
    launch: Callable[..., Launched], instance: Path, redis_url: str
) -> None:
    launched = launch("--no-demonstration", REDIS_URL=redis_url)
    launched.until(READY)
    assert "Starting Redis" not in launched.said
    with Redis.from_url(redis_url) as redis:
        wait_until(lambda: _jobs_done(redis) >= 3)
        for name in queueing.QUEUES:
            queue = Queue(name, connection=redis, serializer=JSONSerializer)
            assert len(FailedJobRegistry(queue=queue)) == 0
        wait_until(lambda: not any(redis.keys(Job.redis_job_namespace_prefix + "*")))
        before = parts(instance, "worker-pool")
        os.kill(before[-1], signal.SIGKILL)  # one worker, perhaps with a job in hand
        wait_until(lambda: len(set(parts(instance, "worker-pool")) - {before[-1]}) == len(before))
        done = _jobs_done(redis)
        wait_until(lambda: _jobs_done(redis) > done)
    assert launched.end(signal.SIGINT) == 0


def _jobs_done(redis: Redis) -> int:
    return sum(worker.successful_job_count for worker in Worker.all(connection=redis))


# ---------------------------------------------------------------- the demonstration


def test_a_demonstration_that_was_cut_short_is_completed_and_later_renewed(
    launch: Callable[..., Launched], own: dict[str, str], instance: Path
) -> None:
    cut = launch()
    cut.until("Pulse 2 of 3")
    assert cut.end(signal.SIGINT) == 0
    assert parts(instance) == []

    launched = launch()
    said = launched.until(READY)
    assert said.count("@marrowdale.example.org") == 6
    (link,) = re.findall(rf"http://127\.0\.0\.1:{launched.port}(/a/\S+)", said)
    assert "I feel safe to ask questions in my team." in launched.get(link)
    assert launched.end(signal.SIGINT) == 0
    assert parts(instance) == []

    assert _rows(instance, "SELECT state, count(*) FROM wave GROUP BY state ORDER BY state") == [
        ("counted", 3),
        ("open", 1),
    ]
    assert _rows(instance, "SELECT count(*) FROM comment WHERE state <> 'analysed'") == [(0,)]
    assert _rows(instance, "SELECT count(*) FROM comment WHERE release = 'to_review'") == [(8,)]
    assert _rows(instance, "SELECT count(DISTINCT wave_id) FROM wave_chart") == [(3,)]
    assert _rows(instance, "SELECT count(*) > 50 FROM sealed_ballot") == [(1,)]

    _rows(
        instance,
        "UPDATE wave SET opens_at = '2020-01-06 08:00:00', closes_at = '2020-01-26 23:59:00' "
        "WHERE state = 'open'",
    )
    done = subprocess.run(
        [sys.executable, "-m", "surveyapp.demonstration"],
        cwd=PROJECT_ROOT,
        env={**own, "APP_ENV": "development", "REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["link"], done.stdout + done.stderr
    assert told["link"].split("/a/")[1] != link.removeprefix("/a/")


def _rows(instance: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(instance / "learning-pulse.sqlite3")) as connection, connection:
        return connection.execute(statement).fetchall()


def test_there_is_no_demonstration_but_in_development(app: Flask) -> None:
    with pytest.raises(CannotLoadError, match="only for development"):
        load(lambda text: None)


def test_an_organisation_of_ones_own_is_left_alone(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], environment=Environment.DEVELOPMENT)
    organisation.ensure_root(db.session(), "My own")
    db.session.commit()
    with pytest.raises(CannotLoadError, match="holds an organisation already"):
        load(lambda text: None)
    assert len(organisation.frozen_tree(db.session())) == 1
