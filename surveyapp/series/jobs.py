"""The tick that launches the waves of series."""

from __future__ import annotations

import logging

from surveyapp.extensions import db
from surveyapp.pulses.jobs import prepare
from surveyapp.queueing import MAIL, enqueue_after_commit, job
from surveyapp.series import launching, services

_log = logging.getLogger(__name__)


@job
def tick() -> None:
    """Launch the waves that are due. Idempotent: an occurrence has one wave, however often this runs."""
    running = services.running_ids(db.session())
    db.session.commit()
    for series_id in running:
        try:
            wave = launching.launch_due(db.session(), series_id)
        except services.SeriesError as error:
            db.session.rollback()
            _log.error("Series %s cannot go on: %s", series_id, error)
            continue
        db.session.commit()
        if wave is not None:
            enqueue_after_commit(MAIL, prepare, wave.id)
