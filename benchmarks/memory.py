"""What a web process holds after use, and a worker that has read comments."""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.comments import write_comments
from benchmarks.measuring import Measurement
from benchmarks.reports import EMAIL, PASSWORD, make_app, make_organisation, make_wave
from benchmarks.serving import Server, peak_of_memory, production, serving, share_of_memory
from surveyapp.config import PROJECT_ROOT
from surveyapp.extensions import db
from tests.support.servers import run_postgres, run_redis

PEOPLE, WRITTEN = 2_000, 500

#: Each page this many times, so that every thread of every process has made it.
TIMES = 12

_PAGES = ("/", "/pulses", "/library", "/organisation", "/series/planner")


def measure() -> Iterator[Measurement]:
    with run_postgres() as cluster, run_redis() as redis, tempfile.TemporaryDirectory() as directory:
        cluster.connect().execute("CREATE DATABASE bench").close()
        url = cluster.url("bench")
        app = make_app(url, directory)
        with app.app_context():
            units = make_organisation()
            wave = make_wave(units, PEOPLE, WRITTEN)
            db.session.remove()
            db.engine.dispose()
        environment = production(url, redis, Path(directory))
        # The reader's password was stored with it.
        environment["SECURITY_PASSWORD_SALT"] = app.config["SECURITY_PASSWORD_SALT"]
        with serving(environment) as server:
            report = f"/reports/{wave}/units/{units[0]}"
            cookie = _sign_in(server)
            workers = server.workers()
            yield from _held(server, "after a sign-in, reports and planning", (*_PAGES, report), cookie)
            files = [f"{report}/export/{kind}" for kind in ("csv", "xlsx", "pptx", "sav", "pdf")]
            yield from _held(server, "after files of every kind as well", files, cookie)
            peaks = tuple(peak_of_memory(pid) for pid in workers)
        yield Measurement("the most that one has held, shared pages in full (RSS)", "MB", peaks)
        worker = {**environment, "APP_ENV": "development", "KEY_DIRECTORY": f"{directory}/keys"}
        worker["BASE_URL"] = "http://127.0.0.1:8000"
        many = write_comments(Path(directory) / "comments.csv")
        _run(worker, "flask", "--app", "wsgi", "comments", "import", f"{directory}/comments.csv",
             "--text-column", "text", "--title", "Bench")  # fmt: skip
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            peak = pool.apply(_peak_of_a_worker, (worker,))
        yield Measurement(f"the most that a worker held that read {many} comments (RSS)", "MB", (peak,))


def _held(server: Server, when: str, pages: Sequence[str], cookie: str) -> Iterator[Measurement]:
    """What the processes that answer hold once they have made each of these often."""
    for page in pages:
        for _ in range(TIMES):
            shown = server.get(page, Cookie=cookie)
            shown.read()
            if shown.status != 200:
                raise RuntimeError(f"{page} answered {shown.status}.")
    held = tuple(share_of_memory(pid) for pid in server.workers())
    yield Measurement(f"a web process {when}, its share (PSS)", "MB", held)


def _sign_in(server: Server) -> str:
    """The cookie of the reader."""
    form = server.get("/sign-in")
    cookie = _cookie(form.getheader("Set-Cookie", ""))
    token = form.read().decode().split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    fields = urlencode({"email": EMAIL, "password": PASSWORD, "csrf_token": token})
    answer = server.post("/sign-in", fields, Cookie=cookie, Referer=f"https://{server.host}/sign-in")
    answer.read()
    return _cookie(answer.getheader("Set-Cookie", ""))


def _cookie(header: str) -> str:
    return header.partition(";")[0]


def _peak_of_a_worker(environment: Mapping[str, str]) -> float:
    """Megabytes of the largest process of a real worker that empties its queue."""
    options = ["--serializer", "json", "--url", environment["REDIS_URL"], "--burst"]
    _run(environment, "rq.cli", "worker", *options, "--worker-class", "surveyapp.worker.Worker", "analysis")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _run(environment: Mapping[str, str], module: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
