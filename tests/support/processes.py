"""Work done elsewhere: in threads of the application, and in processes that die on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask

from surveyapp.config import PROJECT_ROOT
from surveyapp.extensions import db
from surveyapp.launcher import start


def at_once(app: Flask, functions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each function in a thread with an application context of its own; their results.

    They start together. Raises what the first of them raised.
    """
    start = threading.Barrier(len(functions))
    results: list[Any] = [None] * len(functions)

    def run(number: int, function: Callable[[], Any]) -> None:
        try:
            with app.app_context():
                db.session.scalar(db.text("SELECT 1"))  # connects before the start
                db.session.rollback()
                start.wait(30)
                results[number] = function()
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "A thread still waits after a minute: a deadlock."
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


#: Runs a job and kills its own process when a named function is called for the nth time.
_FATAL = """
import os, signal, sys
from importlib import import_module
from surveyapp.queueing import worker_app

def resolve(path):
    module, _, names = path.partition(":")
    owner, found = None, import_module(module)
    for name in names.split("."):
        owner, found = found, getattr(found, name)
    return owner, name, found

job, number, place, nth = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
app = worker_app()
owner, name, original = resolve(place)
calls = 0

def fatal(*args, **kwargs):
    global calls
    calls += 1
    if calls == nth:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*args, **kwargs)

setattr(owner, name, fatal)
resolve(job)[2](number)
"""


def killed_at(environ: Mapping[str, str], job: str, number: int, place: str, nth: int = 1) -> None:
    """Run `job` ('package.module:function') in a process killed at the nth call of `place`."""
    done = subprocess.run(
        [sys.executable, "-c", _FATAL, job, str(number), place, str(nth)],
        env={**os.environ, **environ},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, (
        f"{job} was not killed at {place}: it ended with {done.returncode}.\n{done.stderr}"
    )


def work_off(environ: Mapping[str, str], *, workers: int = 1) -> str:
    """Start the workers that `make run` starts, let them empty all queues, and return their log."""
    command = [*start._worker_pool(), "--burst", "--num-workers", str(workers)]
    done = subprocess.run(
        [*command, "--logging-level", "DEBUG"],
        env={**os.environ, **environ, "RQ_REDIS_URL": environ["REDIS_URL"]},
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
