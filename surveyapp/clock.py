"""What `rq cron` puts on the queues, and when. Each job only looks for work that is due."""

from rq import cron

from surveyapp import queueing
from surveyapp.ballots import jobs as ballots
from surveyapp.comments import jobs as comments
from surveyapp.pulses import jobs as pulses
from surveyapp.reports import jobs as reports

#: Seconds between looks at the waves. A wave opens or closes at most this late; casting goes by
#: the wave's own closing time, whatever the clock does.
TICK = 20

#: Seconds between sweeps for work whose nudge was lost.
SWEEP = 60

# `ttl`: what was not run before the next one comes is not worth running.
cron.register(pulses.tick, queueing.CLOCK, interval=TICK, result_ttl=0, ttl=TICK)
cron.register(ballots.sweep, queueing.COUNT, interval=SWEEP, result_ttl=0, ttl=SWEEP)
cron.register(comments.sweep, queueing.CLOCK, interval=SWEEP, result_ttl=0, ttl=SWEEP)
cron.register(reports.sweep, queueing.CLOCK, interval=SWEEP, result_ttl=0, ttl=SWEEP)
cron.register(pulses.note_live_rates, queueing.COUNT, cron="30 5 * * *", result_ttl=0)
cron.register(comments.destroy_old_originals, queueing.CLOCK, cron="10 3 * * *", result_ttl=0)
