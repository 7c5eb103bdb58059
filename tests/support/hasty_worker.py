"""The worker of a system in a hurry: `rq worker-pool --worker-class tests.support.hasty_worker.Worker`.

Its model reads nothing: where it is used, the question is whether each comment gets to it.
"""

from __future__ import annotations

from typing import Any

from surveyapp import worker
from surveyapp.comments import jobs as comments
from surveyapp.pulses import jobs as pulses
from surveyapp.reports import jobs as reports
from tests.factories.comments import StandIn

#: Seconds until the locks of a dead worker run out. A job renews its own at every step.
LOCKS_LAST = 6


class Worker(worker.Worker):
    """A worker that is not waited for long when it is dead, nor waits long for a dead Redis."""

    max_connection_wait_time = 2.0

    def work(self, *args: Any, **kwargs: Any) -> bool:
        pulses._MAILING_LOCK = LOCKS_LAST
        comments._LOCK_SECONDS = comments._ALERT_SECONDS = LOCKS_LAST
        reports._MAILING_SECONDS = reports._GROUPING_SECONDS = LOCKS_LAST
        comments._loaded = lambda _name: StandIn()  # type: ignore[assignment]
        return super().work(*args, **kwargs)
