"""A system that lives by a simulated clock: its scheduler and its workers in one process to kill.

Run as a process, with the clock's file as its argument and the environment of the application. For
each line on its standard input it does once what the clock of a real system does, and all jobs that
come of it, and answers with a line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rq import SimpleWorker

from surveyapp import create_app, queueing
from surveyapp.ballots import jobs as ballots
from surveyapp.config import ProcessRole
from surveyapp.pulses import jobs as pulses
from surveyapp.series import jobs as series
from tests.support import simulated_clock

#: Reports and comments come after the count and have no part in this.
_QUEUES = (queueing.CLOCK, queueing.COUNT, queueing.MAIL)


def main() -> None:
    simulated_clock.follow(Path(sys.argv[1]))
    app = create_app(role=ProcessRole.WORKER)
    with app.app_context():
        worker = SimpleWorker(
            [queueing.queue(name) for name in _QUEUES],
            connection=app.extensions["redis"],
            **queueing.rq_options(),
        )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for _ in sys.stdin:
            series.tick()
            pulses.tick()
            ballots.sweep()
            worker.work(burst=True, logging_level="CRITICAL")
            pulses.tick()
            worker.work(burst=True, logging_level="CRITICAL")
            sys.stdout.write("done\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
