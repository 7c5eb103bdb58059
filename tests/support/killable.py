"""The whole system as processes, and someone who kills its parts at random instants.

A part that is killed comes back a moment later, as under any supervisor. So does one that ends by
itself because of a death elsewhere, and that is counted.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from surveyapp.config import PROJECT_ROOT
from surveyapp.launcher.guards import free_port
from surveyapp.queueing import QUEUES
from tests.support.servers import (
    PostgresCluster,
    RedisServer,
    Server,
    children_of,
    is_running,
)

#: Kills in one stage of one pulse: in more it would not get on to the others.
_IN_ONE_STAGE = 5

#: Seconds for a part to come up, however busy the machine is.
_PATIENCE = 120


#: The number of a pulse, and what is going on in it.
Stage = tuple[int, str]


class KillableSystem:
    """Web servers, worker pools and a clock of their own, on a Redis and a database of their own."""

    def __init__(
        self,
        environ: Mapping[str, str],
        directory: Path,
        redis: RedisServer,
        cluster: PostgresCluster | None,
        *,
        web_servers: int,
        pools: int,
    ) -> None:
        self.redis, self.cluster = redis, cluster
        self._environ = {**os.environ, **environ, "RQ_REDIS_URL": redis.address, "PYTHONUNBUFFERED": "1"}
        self._directory = directory
        self.ports = [free_port() for _ in range(web_servers)]
        self.web = [self._start(f"web-{port}", *_web_server(port)) for port in self.ports]
        self.pools = [self._start(f"pool-{number}", *_pool()) for number in range(pools)]
        self.clock = self._start("clock", "rq.cli", "cron", "tests.support.hasty_clock", "-l", "WARNING")

    @property
    def parts(self) -> list[Server]:
        """All of its own that a supervisor looks after."""
        return [*self.web, *self.pools, self.clock]

    @property
    def addresses(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def logs(self) -> str:
        """All that its own processes have written, over all their lives."""
        return "\n".join(log.read_text(errors="replace") for log in sorted(self._directory.glob("*.log")))

    def wait_until_up(self) -> None:
        end = time.monotonic() + _PATIENCE
        for address in self.addresses:
            while not _answers(address):
                assert time.monotonic() < end, f"The web server did not come up.\n{self.logs()[-4000:]}"
                time.sleep(0.1)

    def stop(self) -> None:
        for part in self.parts:
            part.kill()

    def _start(self, name: str, *module: str) -> Server:
        return Server(
            [sys.executable, "-m", *module],
            self._directory / f"{name}.log",
            lambda: True,
            env=self._environ,
            cwd=PROJECT_ROOT,
            start_new_session=True,
        )


def _web_server(port: int) -> list[str]:
    return ["gunicorn", "--config", "python:surveyapp.webserver", "--bind", f"127.0.0.1:{port}", "wsgi:app"]


def _pool() -> list[str]:
    worker = ["--serializer", "json", "--worker-class", "tests.support.hasty_worker.Worker"]
    return ["rq.cli", "worker-pool", *worker, "--num-workers", "2", "--logging-level", "INFO", *QUEUES]


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own
            return True
    except (urllib.error.URLError, OSError):
        return False


class Killer(threading.Thread):
    """Kills so many parts, one after another, and starts each again after a short while."""

    def __init__(self, system: KillableSystem, *, kills: int, seed: int, stage: Callable[[], Stage]) -> None:
        super().__init__(daemon=True)
        self._system, self._wanted, self._stage = system, kills, stage
        self._chance = random.Random(seed)
        self._enough = threading.Event()
        self.kills: Counter[str] = Counter()
        #: The same by when.
        self.stages: Counter[Stage] = Counter()
        #: Parts that ended although nobody had killed them.
        self.ended: Counter[str] = Counter()
        #: What went wrong with the killing itself.
        self.error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        """Whether it has killed enough, or cannot. It looks after the parts until it is stopped."""
        return self.kills.total() >= self._wanted or self.error is not None

    def run(self) -> None:
        deck: list[Callable[[], bool]] = []
        try:
            while not self._enough.wait(self._chance.uniform(0, 2)):
                self._look_after()
                stage = self._stage()
                if self.is_done or self.stages[stage] >= _IN_ONE_STAGE:
                    continue
                deck = deck or self._shuffled()
                kill = deck.pop()
                if kill():
                    self.kills[kill.__name__.strip("_").replace("_", " ")] += 1
                    self.stages[stage] += 1
        except BaseException as error:  # noqa: BLE001 - for the thread that waits
            self.error = error

    def stop(self) -> None:
        """No more kills."""
        self._enough.set()
        if self.ident is not None:
            self.join(_PATIENCE)

    def _look_after(self) -> None:
        """Start again what ended by itself."""
        for part in self._system.parts:
            if part.process.poll() is not None:
                name = "clock" if part is self._system.clock else "server or pool"
                self.ended[name] += 1
                part.start(waits=False)

    def _shuffled(self) -> list[Callable[[], bool]]:
        """Every way to kill something, so that each part has its turn."""
        ways = [
            *[self._web_server, self._web_process, self._worker_pool, self._worker, self._clock],
            *[self._work_horse, self._work_horse, self._redis, self._redis_without_its_disk],
        ]
        if self._system.cluster is not None:
            ways += [self._database, self._database, self._database_connection]
        self._chance.shuffle(ways)
        return ways

    def _web_server(self) -> bool:
        return self._replace(self._chance.choice(self._system.web))

    def _web_process(self) -> bool:
        return self._one_of(children_of(self._chance.choice(self._system.web).process.pid))

    def _worker_pool(self) -> bool:
        return self._replace(self._chance.choice(self._system.pools))

    def _worker(self) -> bool:
        return self._one_of(self._workers())

    def _work_horse(self) -> bool:
        """There is one only while a job runs."""
        end = time.monotonic() + 2
        while not (horses := [horse for worker in self._workers() for horse in children_of(worker)]):
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        time.sleep(self._chance.choice([0, 0.01, 0.05, 0.2]) * self._chance.random())
        return self._one_of(horses)

    def _clock(self) -> bool:
        return self._replace(self._system.clock)

    def _redis(self) -> bool:
        return self._replace(self._system.redis.server)

    def _redis_without_its_disk(self) -> bool:
        return self._replace(self._system.redis.server, meanwhile=self._system.redis.forget)

    def _database(self) -> bool:
        assert self._system.cluster is not None
        return self._replace(self._system.cluster.server)

    def _database_connection(self) -> bool:
        """PostgreSQL then ends all others too, and recovers by itself."""
        assert self._system.cluster is not None
        return self._one_of(children_of(self._system.cluster.server.process.pid))

    def _workers(self) -> list[int]:
        return [worker for pool in self._system.pools for worker in children_of(pool.process.pid)]

    def _replace(self, part: Server, *, meanwhile: Callable[[], None] = lambda: None) -> bool:
        part.kill()
        meanwhile()
        self._enough.wait(self._chance.choice([0, 0.2, 1.0]) * self._chance.random())
        part.start(waits=False)
        return True

    def _one_of(self, pids: list[int]) -> bool:
        if not pids:
            return False
        pid = self._chance.choice(pids)
        if not is_running(pid):
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True
