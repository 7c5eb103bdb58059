"""Deleting what has been kept long enough."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError

from surveyapp.ballots import residue
from surveyapp.extensions import db
from surveyapp.privacy import services
from surveyapp.pulses import services as pulses
from surveyapp.queueing import job
from surveyapp.timekeeping import database_now

_log = logging.getLogger(__name__)


@job
def erase_due() -> None:
    """Once a day: delete answers and comments of each wave whose time is over."""
    now = database_now(db.session())
    due = [wave.id for wave in services.due_waves(db.session(), now=now)]
    db.session.commit()
    for wave_id in due:
        erase_wave(wave_id)
    if due:
        residue.clear(db.engine)


@job
def erase_wave(wave_id: int) -> None:
    """Delete one wave's rows, all or nothing. What the database refuses stays due for the next night."""
    try:
        wave = pulses.lock_wave(db.session(), wave_id)
        proof = services.erase(db.session(), wave, database_now(db.session()))
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        _log.error("Wave %s could not be deleted: %s", wave_id, type(error).__name__)
        return
    _log.info("Wave %s: %s rows deleted.", wave_id, proof.rows)
