"""The order in which everything is started, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from surveyapp import queueing
from surveyapp.config import Environment, ProcessRole, Settings, SettingsError, instance_directory
from surveyapp.launcher import console, embedded_redis
from surveyapp.launcher.children import Child, Children
from surveyapp.launcher.guards import HOST, RefusedError, check_port, free_port, only_one

STOPPED, FAILED, NOT_STARTED = 0, 1, 2

#: Enough to work and to close waves on time while two long jobs run.
WORKERS = 3

#: Seconds for the web server to answer.
ANSWERS_WITHIN = 60.0

_LINES_OF_LOG = 8


class PartFailedError(RuntimeError):
    """A part ended by itself or did not do its work. The message names it and its log."""


class _Stop(BaseException):
    """Someone asked the launcher to stop. No `except Exception` may catch it."""


@dataclass
class Welcome:
    """What the demonstration has to say, or why there is none."""

    organisation: str = ""
    accounts: list[dict[str, str]] = field(default_factory=list)
    link: str | None = None
    refused: str = ""


def run(*, port: int, with_demonstration: bool) -> int:
    """Start everything, wait until it is asked to stop or a part fails, stop everything.

    Returns the exit code.
    """
    os.environ.setdefault("APP_ENV", Environment.DEVELOPMENT)
    address = f"http://{HOST}:{port}"
    os.environ.setdefault("BASE_URL", address)
    instance = instance_directory(os.environ)
    children = Children(instance / "logs")
    with _Signals() as signals:
        try:
            settings = _settings()
            with only_one(instance, address):
                check_port(port)
                try:
                    _start(children, settings, port, with_demonstration)
                    _watch(children)
                finally:
                    signals.stopping = True
                    console.say()
                    console.step("Stopping everything; the data stay")
                    children.stop_all(lambda: signals.hurry)
                    console.step("Stopped")
        except RefusedError as refusal:
            console.complain(str(refusal))
            return NOT_STARTED
        except PartFailedError as failure:
            console.complain(str(failure))
            return FAILED
        except _Stop:
            return STOPPED


def _settings() -> Settings:
    try:
        settings = Settings.from_environment(role=ProcessRole.COMMAND)
    except SettingsError as error:
        raise RefusedError(str(error)) from None
    if settings.environment is Environment.PRODUCTION:
        raise RefusedError(
            "This starts everything as one user, and in production the web server's user must not "
            "be able to read the workers' keys.\nStart the parts one by one: see 'Running it for "
            "real' in README.md. To try things out, unset APP_ENV."
        )
    return settings


# ---------------------------------------------------------------- starting


def _start(children: Children, settings: Settings, port: int, with_demonstration: bool) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if env.get("REDIS_URL", "").strip():
        console.step("Looking for the Redis that REDIS_URL names")
        embedded_redis.check_named(settings.redis_url)
    else:
        console.step("Starting Redis")
        env["REDIS_URL"] = _start_redis(children, settings.instance / "redis", env)
    env["RQ_REDIS_URL"] = env["REDIS_URL"]
    console.step("Bringing the database up to date")
    _run(children, "migration", _python("flask", "--app", "wsgi", "db", "upgrade"), env)
    welcome = _demonstration(children, env) if with_demonstration else Welcome()
    if welcome.organisation:
        env.setdefault("ORGANISATION_NAME", welcome.organisation)
    console.step("Starting the web server, the workers and the clock")
    web = _start_web(children, port, env)
    children.start("workers", _worker_pool(), env)
    children.start("clock", _python("rq.cli", "cron", "surveyapp.clock", "-l", "WARNING"), env)
    _wait_for_answer(children, web, port)
    console.step("Ready")
    _tell(settings, welcome)


def _start_redis(children: Children, directory: Path, env: dict[str, str]) -> str:
    port, password = free_port(), embedded_redis.new_password()
    child = children.start(
        "Redis server",
        [embedded_redis.server_binary(), "-"],
        env,
        told=embedded_redis.configuration(directory, port, password),
    )
    url = embedded_redis.address(port, password)
    if not embedded_redis.wait_until_ready(url, lambda: child.process.poll() is None):
        _fail(child)
    return url


def _start_web(children: Children, port: int, env: dict[str, str]) -> Child:
    command = ("gunicorn", "--config", "python:surveyapp.webserver", "--bind", f"{HOST}:{port}")
    return children.start("web server", _python(*command, "wsgi:app"), env)


def _worker_pool() -> list[str]:
    return _python(
        "rq.cli",
        "worker-pool",
        *("--serializer", "json"),
        *("--worker-class", "surveyapp.worker.Worker"),
        *("--num-workers", str(WORKERS)),
        *("--logging-level", "WARNING"),
        *queueing.QUEUES,
    )


def _demonstration(children: Children, env: dict[str, str]) -> Welcome:
    """Load or renew it, in a process of its own: the comment model needs much memory for once."""
    console.step("Looking at the demonstration organisation")
    told: dict[str, Any] = {}

    def hear(line: str) -> None:
        said = json.loads(line)
        if "step" in said:
            console.step(said["step"])
        else:
            told.update(said)

    _run(children, "demonstration", _python("surveyapp.demonstration"), env, hear)
    welcome = Welcome(**told)
    if welcome.refused:
        console.step(welcome.refused)
    return welcome


def _run(
    children: Children, name: str, command: list[str], env: dict[str, str], hear: Any = console.say
) -> None:
    child = children.run(name, command, env, hear)
    if child.process.returncode:
        _fail(child)


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _wait_for_answer(children: Children, web: Child, port: int) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while not _answers(port):
        _check(children)
        if time.monotonic() > deadline:
            _fail(web)
        time.sleep(0.1)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tell(settings: Settings, welcome: Welcome) -> None:
    console.say()
    console.say(f"Learning Pulse is running. Open {settings.base_url}")
    if welcome.accounts:
        console.say()
        console.say(f"To sign in at {welcome.organisation}, which is invented:")
        widths = [max(len(row[key]) for row in welcome.accounts) for key in ("role", "email")]
        for row in welcome.accounts:
            console.say(
                f"  {row['role']:<{widths[0]}}  {row['email']:<{widths[1]}}  {row['password']}"
            )
    if welcome.link:
        console.say()
        console.say("To answer as a member of staff who was invited (better on a phone's screen):")
        console.say(f"  {welcome.link}")
    if not welcome.organisation:
        console.say("To let a first person sign in, see 'Your own data' in README.md.")
    console.say()
    console.say(f"Logs are in {settings.instance / 'logs'}. Press Ctrl-C to stop everything.")


# ---------------------------------------------------------------- watching and stopping


def _watch(children: Children) -> NoReturn:
    while True:
        _check(children)
        time.sleep(0.3)


def _check(children: Children) -> None:
    dead = children.first_dead()
    if dead is not None:
        _fail(dead)


def _fail(child: Child) -> NoReturn:
    code = child.process.poll()
    how = (
        "is too slow to answer"
        if code is None
        else f"was ended by signal {-code}"
        if code < 0
        else f"ended with exit code {code}"
    )
    lines = [f"The {child.name} {how}. The end of its log, {child.log}:"]
    try:
        log = child.log.read_text(errors="replace").splitlines()
    except OSError:
        log = []
    lines += [f"  {line}" for line in log[-_LINES_OF_LOG:] or ["(empty)"]]
    raise PartFailedError("\n".join(lines))


class _Signals:
    """Ctrl-C, a request to end, and the closing of the terminal all stop everything.

    The first of them does it in good order, another one in a hurry.
    """

    _WANTED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.stopping = False
        self.hurry = False

    def __enter__(self) -> _Signals:
        self._before = {number: signal.signal(number, self._hear) for number in self._WANTED}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _signal: int, _frame: FrameType | None) -> None:
        if self.stopping:
            self.hurry = True
        else:
            self.stopping = True
            raise _Stop
