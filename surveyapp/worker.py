"""The worker: `rq worker-pool --worker-class surveyapp.worker.Worker …`."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Any

import rq
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue

from surveyapp import endings, queueing
from surveyapp.config import SettingsError

#: How a worker ends that a setting keeps from starting.
CANNOT_START = 3

_PR_SET_PDEATHSIG = 1

#: Seconds. A worker that has nothing to do says that it lives a little more often than that.
_HEARTBEAT = 60


def die_with_parent(how: signal.Signals) -> None:
    """Have the kernel send this process `how` when its parent dies, however it dies. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)


class Worker(rq.Worker):
    """Forks for each job, as RQ's own does, with the application already made.

    Making it costs most of a second of processor time, and the clock alone puts six jobs a minute
    on the queues. The comment model is not loaded ahead: its threads would not survive the fork,
    and only the rare jobs that read comments need it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_ttl = _HEARTBEAT

    def work(self, *args: Any, **kwargs: Any) -> bool:
        try:
            queueing.worker_app()
        except SettingsError as error:
            sys.stderr.write(f"This worker cannot start. {error}\n")
            sys.exit(CANNOT_START)
        # RQ's scheduler would be one more process; nothing of ours is enqueued for later.
        kwargs["with_scheduler"] = False
        return bool(super().work(*args, **kwargs))

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        # A worker that is killed takes its job along; a sweep finds the work again.
        die_with_parent(signal.SIGKILL)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        is_done = bool(super().perform_job(job, queue, execution))
        if is_done and not job.args:
            endings.note(self.connection, job.func_name or "")
        return is_done
