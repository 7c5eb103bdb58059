"""What `rq cron surveyapp.clock` puts on the queues, and when. Each job only looks for work that
is due.
"""

from __future__ import annotations

import functools
from typing import Any

from rq import Queue, cron

from surveyapp import queueing
from surveyapp.ballots import jobs as ballots
from surveyapp.comments import jobs as comments
from surveyapp.organisation import jobs as organisation
from surveyapp.privacy import jobs as privacy
from surveyapp.pulses import jobs as pulses
from surveyapp.reports import jobs as reports
from surveyapp.series import jobs as series

#: Seconds between looks at the waves. A wave opens or closes at most this late; casting goes by
#: the wave's own closing time, whatever the clock does.
TICK = 20

#: Seconds between sweeps for work whose nudge was lost.
SWEEP = 60

#: Nothing is left in Redis of what went well, and for a day of what failed.
_KEPT: dict[str, Any] = {"result_ttl": 0, "failure_ttl": 86400}

# RQ's scheduler has no option for the serializer, and our workers read nothing but JSON.
cron.Queue = functools.partial(Queue, **queueing.rq_options())  # type: ignore[assignment,misc]

# `ttl`: what was not run before the next one comes is not worth running.
cron.register(pulses.tick, queueing.CLOCK, interval=TICK, ttl=TICK, **_KEPT)
cron.register(series.tick, queueing.CLOCK, interval=SWEEP, ttl=SWEEP, **_KEPT)
cron.register(ballots.sweep, queueing.COUNT, interval=SWEEP, ttl=SWEEP, **_KEPT)
cron.register(comments.sweep, queueing.CLOCK, interval=SWEEP, ttl=SWEEP, **_KEPT)
cron.register(reports.sweep, queueing.CLOCK, interval=SWEEP, ttl=SWEEP, **_KEPT)
cron.register(organisation.sweep, queueing.CLOCK, interval=SWEEP, ttl=SWEEP, **_KEPT)
cron.register(pulses.note_came_back, queueing.MAIL, interval=3600, ttl=3600, **_KEPT)
cron.register(pulses.note_live_rates, queueing.COUNT, cron="30 5 * * *", **_KEPT)
cron.register(comments.destroy_old_originals, queueing.CLOCK, cron="10 3 * * *", **_KEPT)
cron.register(privacy.erase_due, queueing.COUNT, cron="40 3 * * *", **_KEPT)
