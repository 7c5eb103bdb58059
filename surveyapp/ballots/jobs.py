"""The count, and the sweep that finds waves which wait for it."""

from __future__ import annotations

import logging

from flask import current_app

from surveyapp.ballots import counting, residue, services
from surveyapp.ballots.keys import KeyDirectory, KeysLostError
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import WaveState
from surveyapp.queueing import ANALYSIS, COUNT, enqueue_after_commit, job
from surveyapp.timekeeping import LOCAL_ZONE, database_now

_log = logging.getLogger(__name__)


@job
def count(wave_id: int) -> None:
    """Count a closed wave. A second run finds nothing to do."""
    from surveyapp.comments.jobs import analyse_pending

    settings: Settings = current_app.config["SETTINGS"]
    directory = services.key_directory(settings)
    wave = pulses.lock_for_count(db.session(), wave_id)
    if wave is None:
        db.session.rollback()
        return
    if wave.erased_at is not None:
        # Its ballots were deleted unread, so keys that turn up now open nothing and must not stay.
        db.session.rollback()
        directory.destroy_wave_keys(wave_id)
        return
    try:
        key = directory.opening_key(wave_id, public=wave.public_key or b"")
    except KeysLostError as error:
        counting.give_up(db.session(), wave)
        db.session.commit()
        _log.error("Wave %s cannot be counted: %s", wave_id, error)
        return
    today = database_now(db.session()).astimezone(LOCAL_ZONE).date()
    set_aside = counting.count(db.session(), wave, key, directory, today=today)
    db.session.commit()
    # Only now: a crash before the commit must find the keys that open the box again.
    _destroy_keys(directory, wave_id)
    residue.clear(db.engine)
    _log.info("Wave %s counted, %s set aside.", wave_id, set_aside)
    enqueue_after_commit(ANALYSIS, analyse_pending, wave_id)


@job
def sweep() -> None:
    """Nudge what was missed: waves waiting for their count; keys and remains that outlived it."""
    settings: Settings = current_app.config["SETTINGS"]
    directory = services.key_directory(settings)
    kept = directory.waves_with_keys()
    closed = pulses.wave_ids_in(db.session(), WaveState.CLOSED)
    given_up = pulses.wave_ids_in(db.session(), WaveState.CANNOT_BE_COUNTED)
    counted = pulses.wave_ids_in(db.session(), WaveState.COUNTED)
    # Destroyed before a crash that came before the time was written down.
    unsaid = {
        wave.id
        for wave in pulses.counted_waves(db.session())
        if wave.counted_at is not None and wave.keys_destroyed_at is None
    }
    db.session.commit()
    for wave_id in [*closed, *kept.intersection(given_up)]:
        enqueue_after_commit(COUNT, count, wave_id)
    if left_over := kept.intersection(counted) | unsaid:
        for wave_id in left_over:
            _destroy_keys(directory, wave_id)
    residue.clear_again(db.engine)


def _destroy_keys(directory: KeyDirectory, wave_id: int) -> None:
    """Destroy a counted wave's keys and write down when, in a transaction of its own."""
    directory.destroy_wave_keys(wave_id)
    wave = pulses.lock_wave(db.session(), wave_id)
    wave.keys_destroyed_at = database_now(db.session())
    db.session.commit()
