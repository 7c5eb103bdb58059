"""Looking into the queues of the application."""

from __future__ import annotations

from surveyapp import queueing


def nudges() -> list[tuple[str, str, list[int]]]:
    """(queue, function, arguments) of every job that waits, in the order in which workers look."""
    return [
        (name, job.func_name.removeprefix("surveyapp."), list(job.args))
        for name in queueing.QUEUES
        for job in queueing.queue(name).jobs
    ]


def forget_nudges() -> None:
    """Lose every job, as a Redis without a disk does when it is restarted."""
    for name in queueing.QUEUES:
        queueing.queue(name).empty()
