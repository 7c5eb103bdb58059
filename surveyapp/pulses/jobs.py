"""Launching, mailing, and the tick that opens and closes waves."""

from __future__ import annotations

import logging
import smtplib

from flask import current_app
from redis.exceptions import LockError

from surveyapp.ballots import services as ballots
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.pulses import invitations, ledger, services
from surveyapp.pulses.services import WaveState
from surveyapp.queueing import COUNT, MAIL, enqueue_after_commit, job
from surveyapp.timekeeping import LOCAL_ZONE, database_now

_log = logging.getLogger(__name__)

#: Seconds after which a mailing job that died no longer keeps others out.
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
    if is_open:
        enqueue_after_commit(MAIL, send_mail, wave_id)


@job
def send_mail(wave_id: int) -> None:
    """Send what the ledger says is waiting. One job a wave at a time."""
    lock = current_app.extensions["redis"].lock(f"mailing:{wave_id}", timeout=_MAILING_LOCK)
    if not lock.acquire(blocking=False):
        return
    try:
        ledger.recover_orphans(db.session(), wave_id)
        db.session.commit()
        while _send_some(wave_id):
            lock.reacquire()
    except LockError:
        _log.warning("Mailing of wave %s took too long and goes on in another job.", wave_id)
        return
    lock.release()


def _send_some(wave_id: int) -> bool:
    """Send one handful over one connection. Returns whether there may be more to send."""
    settings: Settings = current_app.config["SETTINGS"]
    wave = services.wave(db.session(), wave_id)
    if wave is None:
        return False
    secret = ballots.key_directory(settings).wave_keys(wave_id).secret
    claimed = ledger.claim(db.session(), wave_id, size=_MAILS_AT_ONCE)
    db.session.commit()
    if not claimed:
        return False
    today = database_now(db.session()).astimezone(LOCAL_ZONE).date()
    refused = 0
    for mail in claimed:
        address = organisation.address_of(db.session(), mail.person_id)
        db.session.commit()  # lets go of the database while the mail server is slow
        try:
            if address is None:
                raise ValueError("no address")
            # Each mail has a connection of its own: one refusal must not spoil the next.
            connection = invitations.open_connection(settings)
            try:
                connection.send_messages(
                    [
                        invitations.compose(
                            settings,
                            wave,
                            wave_secret=secret,
                            person_id=mail.person_id,
                            address=address,
                        )
                    ]
                )
            finally:
                connection.close()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            # The error's own text names the address; its type does not.
            _log.warning("A mail of wave %s was refused: %s", wave_id, type(error).__name__)
            ledger.mark_refused(db.session(), mail.mail_id)
            refused += 1
        else:
            ledger.mark_sent(db.session(), mail.mail_id)
            organisation.mark_invited(db.session(), [mail.person_id], on=today)
        db.session.commit()
    # When nothing goes out the server is down: leave the rest to the sweep.
    return refused < len(claimed)


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
