"""Launching, mailing, and the tick that opens and closes waves."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from flask import current_app
from redis.exceptions import RedisError
from redis.lock import Lock

from surveyapp.ballots import services as ballots
from surveyapp.ballots.keys import KeysLostError
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.pulses import invitations, ledger, services
from surveyapp.pulses.delivery import (
    AnyPostbox,
    NotifyPostbox,
    RefusedError,
    ServerDownError,
    UnconfirmedError,
    postbox_for,
)
from surveyapp.pulses.ledger import ClaimedMail
from surveyapp.pulses.mail_times import times_of
from surveyapp.pulses.models import MailKind
from surveyapp.pulses.services import WaveState
from surveyapp.pulses.texts import text_letter
from surveyapp.queueing import COUNT, MAIL, enqueue_after_commit, job
from surveyapp.timekeeping import LOCAL_ZONE, database_now

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
    times = times_of(settings.mail)
    start = max(wave.opens_at, database_now(db.session()))
    ledger.write(
        db.session(),
        wave_id,
        MailKind.INVITATION,
        [invitee.person_id for invitee in invitees],
        secret=keys.secret,
        times=times,
        start=None if wave.mails_at_once else times.next_moment(start),
    )
    is_open = wave.state == WaveState.OPEN
    db.session.commit()
    if is_open and invitees:
        enqueue_after_commit(MAIL, send_mail, wave_id)


@job
def remind(wave_id: int) -> None:
    """Write the reminder that is due to everyone who was invited. A second run finds nothing to do."""
    settings: Settings = current_app.config["SETTINGS"]
    times = times_of(settings.mail)
    wave = services.lock_wave(db.session(), wave_id)
    now = database_now(db.session())
    number = ledger.reminder_due(wave, now=now, times=times)
    if number is None:
        db.session.rollback()
        return
    try:
        secret = ballots.key_directory(settings).wave_secret(wave_id)
    except KeysLostError as error:
        db.session.rollback()
        _log.error("Wave %s cannot be mailed: %s", wave_id, error)
        return
    wave.last_reminder = number
    ledger.write(
        db.session(),
        wave_id,
        ledger.REMINDERS[number],
        organisation.to_remind(
            db.session(), ledger.invited(wave_id), by_text=settings.sends_texts
        ),
        secret=secret,
        times=times,
        start=times.next_moment(now),
    )
    db.session.commit()
    enqueue_after_commit(MAIL, send_mail, wave_id)


@job
def send_mail(wave_id: int) -> None:
    """Send what the ledger says may go out now. One job a wave at a time."""
    settings: Settings = current_app.config["SETTINGS"]
    lock: Lock = current_app.extensions["redis"].lock(f"mailing:{wave_id}", timeout=_MAILING_LOCK)
    if not lock.acquire(blocking=False):
        return
    try:
        _tidy(wave_id)
        secret = ballots.key_directory(settings).wave_secret(wave_id)
        run = ledger.new_run()
        with postbox_for(settings) as postbox:
            while _Handful(wave_id, run, secret).send(postbox, lock):
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


def _tidy(wave_id: int) -> None:
    """What a job that died has left, and reminders that are not worth sending any more."""
    session = db.session()
    ledger.put_back(session, wave_id)
    ledger.settle(session, wave_id)
    wave = services.wave(session, wave_id)
    if wave is not None:
        ledger.drop_late_reminders(session, wave, now=database_now(session))
    session.commit()


class _MustStopError(Exception):
    """No more mails now: the wave has closed, another job is at it, or the server is in trouble."""


class _Handful:
    """Some mails that one job has claimed, sent one after another."""

    def __init__(self, wave_id: int, run: int, secret: bytes) -> None:
        self._settings: Settings = current_app.config["SETTINGS"]
        self._wave_id, self._run, self._secret = wave_id, run, secret
        #: A mail that the server has taken, which the ledger does not know yet.
        self._taken: ClaimedMail | None = None
        #: People whose address did not work before.
        self._doubtful: set[int] = set()

    def send(self, postbox: AnyPostbox, lock: Lock) -> bool:
        """Returns whether it is worth going on.

        Raises redis.exceptions.RedisError when another job may be at the same mails.
        """
        session = db.session()
        claimed = ledger.claim(
            session,
            self._wave_id,
            run=self._run,
            now=database_now(session),
            times=times_of(self._settings.mail),
            size=_MAILS_AT_ONCE,
        )
        addresses = organisation.addresses_of(
            session, [mail.person_id for mail in claimed], by_text=self._settings.sends_texts
        )
        self._doubtful = {
            person_id for person_id, one in addresses.items() if not one.works and not one.mobile
        }
        wave = services.wave(session, self._wave_id)
        letters = {
            kind: invitations.letter(session, self._settings, wave, kind)
            for kind in {mail.kind for mail in claimed}
            if wave is not None
        }
        texts = {
            kind: text_letter(session, self._settings, wave, kind)
            for kind in letters
            if wave is not None and self._settings.sends_texts
        }
        session.commit()  # lets go of the database while the mail server is slow
        sent = 0
        try:
            for mail in claimed:
                lock.reacquire()  # one slow mail must not take the time of fifty
                address = addresses.get(mail.person_id)
                if address is None:
                    continue  # taken off the staff list meanwhile
                if address.mobile and isinstance(postbox, NotifyPostbox):
                    text = texts[mail.kind].to(mail.person_id, address.mobile, wave_secret=self._secret)
                    sent += self._send_one(partial(postbox.hand_over_text, text), mail, is_text=True)
                else:
                    letter = letters[mail.kind].to(
                        mail.person_id, address.email, wave_secret=self._secret
                    )
                    sent += self._send_one(partial(postbox.hand_over, letter), mail)
        except ServerDownError as error:
            _log.warning("The mail server cannot be reached: %s", error)
            return False
        except _MustStopError:
            return False
        finally:
            self._note_taken()
            session.commit()
        # When nothing goes out the server is in trouble: leave the rest for later.
        return sent > 0

    def _send_one(
        self, hand_over: Callable[..., None], mail: ClaimedMail, *, is_text: bool = False
    ) -> bool:
        session = db.session()
        try:
            hand_over(before_dot=lambda: self._note_hand_over(mail))
        except UnconfirmedError as error:
            _log.warning("A mail of wave %s may not have arrived: %s", self._wave_id, error)
            ledger.mark_unconfirmed(session, mail, run=self._run)
            session.commit()
            # Mails that are lost like this never go again, so a server in trouble gets no more.
            raise _MustStopError from None
        except RefusedError as error:
            _log.warning("A mail of wave %s was refused: %s", self._wave_id, error)
            is_given_up = ledger.mark_refused(session, mail, run=self._run, final=error.final)
            if is_given_up and error.of_address:
                today = database_now(session).astimezone(LOCAL_ZONE).date()
                mark = (
                    organisation.mark_mobile_failing if is_text else organisation.mark_undeliverable
                )
                mark(session, mail.person_id, on=today)
        else:
            self._taken = mail
            return True
        session.commit()
        return False

    def _note_hand_over(self, mail: ClaimedMail) -> None:
        """The one commit a mail: this one is handed over, the one before has gone."""
        session = db.session()
        self._note_taken()
        now = database_now(session)
        may_go = ledger.hand_over(session, mail, run=self._run, now=now)
        session.commit()
        if not may_go:
            raise _MustStopError

    def _note_taken(self) -> None:
        taken, self._taken = self._taken, None
        if taken is None:
            return
        ledger.mark_sent(db.session(), taken, run=self._run)
        if taken.person_id in self._doubtful:
            organisation.mark_deliverable(db.session(), [taken.person_id])


@job
def note_came_back() -> None:
    """Ask GOV.UK Notify what reached nobody, and note it at the addresses. Which pulse it was is not kept.

    It is asked only while a pulse is open, so while there is a list of its mails.
    """
    settings: Settings = current_app.config["SETTINGS"]
    session = db.session()
    is_worth_it = settings.notify is not None and services.wave_ids_in(session, WaveState.OPEN)
    session.rollback()  # lets go of the database while Notify is slow
    if settings.notify is None or not is_worth_it:
        return
    try:
        with NotifyPostbox(settings.notify) as postbox:
            emails, mobiles = postbox.came_back()
    except ServerDownError as error:
        _log.warning("What came back cannot be asked for: %s", error)
        return
    today = database_now(session).astimezone(LOCAL_ZONE).date()
    organisation.mark_came_back(session, emails=emails, mobiles=mobiles, on=today)
    session.commit()


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
    now, times = database_now(db.session()), times_of(current_app.config["SETTINGS"].mail)
    reminding = ledger.waves_to_remind(db.session(), now=now, times=times)
    mailing = ledger.waves_with_waiting_mail(db.session(), now=now, times=times)
    db.session.commit()
    for wave_id in launching:
        enqueue_after_commit(MAIL, prepare, wave_id)
    for wave_id in reminding:
        enqueue_after_commit(MAIL, remind, wave_id)
    for wave_id in mailing:
        enqueue_after_commit(MAIL, send_mail, wave_id)


@job
def note_live_rates() -> None:
    """Renew the banded response rate of each open wave, once a day."""
    for wave_id in services.wave_ids_in(db.session(), WaveState.OPEN):
        in_box = ballots.ballots_in_box(db.session(), wave_id)
        services.note_live_rate(db.session(), wave_id, ballots=in_box)
        db.session.commit()
