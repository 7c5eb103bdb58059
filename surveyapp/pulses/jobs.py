"""Launching, mailing, and the tick that opens and closes waves."""

from __future__ import annotations

import logging

from flask import current_app
from redis.exceptions import RedisError
from redis.lock import Lock

from surveyapp.ballots import services as ballots
from surveyapp.ballots.keys import KeysLostError
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.pulses import invitations, ledger, services
from surveyapp.pulses.postbox import Postbox, RefusedError, ServerDownError
from surveyapp.pulses.services import WaveState
from surveyapp.queueing import COUNT, MAIL, enqueue_after_commit, job

_log = logging.getLogger(__name__)

#: Seconds after which a mailing job that died, or that left refused mails, keeps others out no more.
_MAILING_LOCK = 120

_MAILS_AT_ONCE = 50


@job
def prepare(wave_id: int) -> None:
    """Make a launched wave's keys and vouchers, prove that its box opens, and freeze its audience.

    Resumable: until the one commit at the end the wave stays 'launching' and the sweep comes back.
    """
    settings: Settings = current_app.config["SETTINGS"]
    wave = services.lock_for_launch(db.session(), wave_id)
    if wave is None:
        db.session.rollback()
        return
    keys = ballots.key_directory(settings).make_wave_keys(wave_id)
    invitees = services.freeze_audience(db.session(), wave)
    ballots.prepare_box(db.session(), wave, keys, invitees)
    is_open = wave.state == WaveState.OPEN
    db.session.commit()
    if is_open and invitees:
        enqueue_after_commit(MAIL, send_mail, wave_id)


@job
def send_mail(wave_id: int) -> None:
    """Send what the ledger says is waiting. One job a wave at a time."""
    settings: Settings = current_app.config["SETTINGS"]
    lock: Lock = current_app.extensions["redis"].lock(f"mailing:{wave_id}", timeout=_MAILING_LOCK)
    if not lock.acquire(blocking=False):
        return
    try:
        ledger.put_back(db.session(), wave_id)
        db.session.commit()
        secret = ballots.key_directory(settings).wave_secret(wave_id)
        with Postbox(settings) as postbox:
            while _send_some(wave_id, secret, postbox, lock):
                pass
        left = ledger.put_back(db.session(), wave_id)
        db.session.commit()
        if not left:
            lock.release()
        # What was refused is tried again when the lock has run out, and not sooner.
    except KeysLostError as error:
        _log.error("Wave %s cannot be mailed: %s", wave_id, error)
    except RedisError:
        _log.warning("Mailing of wave %s lost its lock and goes on in another job.", wave_id)


def _send_some(wave_id: int, secret: bytes, postbox: Postbox, lock: Lock) -> bool:
    """Send one handful. Returns whether it is worth going on.

    Raises redis.exceptions.RedisError when another job may be at the same mails.
    """
    settings: Settings = current_app.config["SETTINGS"]
    claimed = ledger.claim(db.session(), wave_id, size=_MAILS_AT_ONCE)
    db.session.commit()
    sent = 0
    for mail in claimed:
        lock.reacquire()  # one slow mail must not take the time of fifty
        wave = services.wave(db.session(), wave_id)
        address = organisation.address_of(db.session(), mail.person_id)
        if wave is None or not services.is_open(db.session(), wave_id):
            break
        if address is None:
            continue  # taken off the staff list, and the ledger's row with them
        message = invitations.compose(
            settings, wave, wave_secret=secret, person_id=mail.person_id, address=address
        )
        db.session.commit()  # lets go of the database while the mail server is slow
        try:
            postbox.send(message)
        except ServerDownError as error:
            _log.warning("The mail server cannot be reached: %s", error)
            return False
        except RefusedError as error:
            _log.warning("A mail of wave %s was refused: %s", wave_id, error)
            ledger.mark_refused(db.session(), mail.mail_id, final=error.final)
        else:
            ledger.mark_sent(db.session(), mail.mail_id)
            sent += 1
        db.session.commit()
    db.session.commit()
    # When nothing goes out the server is in trouble: leave the rest for later.
    return sent > 0


@job
def tick() -> None:
    """Open and close waves whose time has come, and nudge what was missed. Idempotent."""
    from surveyapp.ballots.jobs import count

    due = services.due_wave_ids(db.session())
    db.session.commit()
    for wave_id in due:
        state = services.advance(db.session(), wave_id)
        db.session.commit()
        if state is WaveState.CLOSED:
            enqueue_after_commit(COUNT, count, wave_id)
    launching = services.wave_ids_in(db.session(), WaveState.LAUNCHING)
    mailing = ledger.waves_with_waiting_mail(db.session())
    db.session.commit()
    for wave_id in launching:
        enqueue_after_commit(MAIL, prepare, wave_id)
    for wave_id in mailing:
        enqueue_after_commit(MAIL, send_mail, wave_id)


@job
def note_live_rates() -> None:
    """Renew the banded response rate of each open wave, once a day."""
    for wave_id in services.wave_ids_in(db.session(), WaveState.OPEN):
        in_box = ballots.ballots_in_box(db.session(), wave_id)
        services.note_live_rate(db.session(), wave_id, ballots=in_box)
        db.session.commit()
