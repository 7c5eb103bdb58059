"""Many invitations, sent by real workers that are killed at random instants."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import pytest
from flask import current_app
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs
from surveyapp.pulses.models import MailState, WaveMail
from surveyapp.queueing import MAIL, enqueue_after_commit
from tests.factories.waves import open_wave
from tests.support.mail_worker import kill, mail_worker
from tests.support.queues import forget_nudges
from tests.support.servers import MailServer

#: Seconds for all mails to go out, however busy the machine is.
_PATIENCE = 900


class _Trigger:
    """Calls for the axe a little after the server has been handed its nth mail."""

    def __init__(self, smtp: MailServer, chance: random.Random) -> None:
        self._smtp, self._chance = smtp, chance
        self._seen, self._at = 0, 0
        self.fired = threading.Event()
        smtp.on_mail = self._count

    def _count(self, _address: str) -> None:
        self._seen += 1
        if self._seen == self._at:
            threading.Timer(self._chance.uniform(0, 0.02), self.fired.set).start()

    def aim(self, after: int) -> None:
        self.fired.clear()
        self._at = self._seen + after


def _people(session: Session, count: int) -> int:
    root = organisation.ensure_root(session, "Trust").id
    for start in range(0, count, 1000):
        session.execute(
            insert(Person),
            [
                {"email": f"p{n}@staff.example", "unit_id": root, "staff_group": "Nursing"}
                for n in range(start, min(count, start + 1000))
            ],
        )
    session.commit()
    return root


def _nudge(wave_id: int) -> None:
    """What the clock does in the end: the lock of the dead worker has run out."""
    redis = current_app.extensions["redis"]
    for lock in redis.scan_iter("mailing:*"):
        redis.delete(lock)
    forget_nudges()
    enqueue_after_commit(MAIL, jobs.send_mail, wave_id)


def _survives(
    session: Session, smtp: MailServer, environ: dict[str, str], *, mails: int, kills: int, seed: int
) -> int:
    """Send to so many people through so many deaths; returns how many mails nobody is sure of."""
    chance = random.Random(seed)
    root = _people(session, mails)
    wave_id = open_wave([root]).id
    session.rollback()
    trigger = _Trigger(smtp, chance)
    for _ in range(kills):
        trigger.aim(chance.randint(1, mails // (kills + 1)))
        _nudge(wave_id)
        with mail_worker(environ) as worker:
            while not trigger.fired.wait(1):
                assert worker.poll() is None, "The worker did not start, or ended by itself."
            kill(worker)
    _nudge(wave_id)
    with mail_worker(environ):
        _wait_until_settled(session, wave_id)
    return _accounted_for(session, smtp, mails)


def _wait_until_settled(session: Session, wave_id: int) -> None:
    """The last mail is settled a little after the server has it, in another process."""
    end = time.monotonic() + _PATIENCE
    unsettled = [MailState.WAITING, MailState.SENDING, MailState.HANDING_OVER]
    while session.scalar(
        select(func.count()).where(WaveMail.wave_id == wave_id, WaveMail.state.in_(unsettled))
    ):
        session.rollback()
        assert time.monotonic() < end, "Not all mails went out."
        time.sleep(0.1)


def _accounted_for(session: Session, smtp: MailServer, mails: int) -> int:
    times = Counter(smtp.addresses)
    assert max(times.values()) == 1, "Someone got two."
    states = {
        email: state
        for email, state in session.execute(
            select(Person.email, WaveMail.state).join(Person, Person.id == WaveMail.person_id)
        )
    }
    assert len(states) == mails
    assert set(states.values()) <= {MailState.SENT, MailState.UNCONFIRMED}
    unconfirmed = {email for email, state in states.items() if state == MailState.UNCONFIRMED}
    assert states.keys() - times.keys() <= unconfirmed, "A mail was lost, and nobody was told."
    return len(unconfirmed)


def test_200_mails_survive_two_deaths(
    session: Session, smtp: MailServer, environ: dict[str, str]
) -> None:
    """A short one: `faults/test_kills.py` kills workers among all others."""
    unsure = _survives(session, smtp, environ, mails=200, kills=2, seed=20261129)
    assert unsure <= 2


@pytest.mark.soak
def test_20_000_mails_survive_twenty_deaths(
    session: Session, smtp: MailServer, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveyapp.pulses.audiences.SQLITE_CEILING", 20_000)
    unsure = _survives(session, smtp, environ, mails=20_000, kills=20, seed=1)
    assert unsure <= 20
