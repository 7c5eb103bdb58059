"""Invitations over real SMTP: one a person, through every kind of trouble."""

from __future__ import annotations

import logging
import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from flask import Flask, current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.ballots.services import CastOutcome, LinkState
from surveyapp.extensions import db
from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs, ledger, services
from surveyapp.pulses.models import MailState, Wave, WaveMail, WaveState
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import cast, close, close_and_count, tokens_of
from tests.support.processes import at_once, killed_at
from tests.support.queues import forget_nudges, nudges
from tests.support.servers import MailServer

SEND = "surveyapp.pulses.jobs:send_mail"

_LINK = re.compile(r"^https://pulse\.example\.org/a/(\w{7})/([\w-]{22})\r?$", re.MULTILINE)


@pytest.fixture
def trust(smtp: MailServer, session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 9, "Oak": 3})


def addresses(session: Session) -> list[str]:
    return sorted(session.scalars(select(Person.email)))


def states(session: Session) -> Counter[str]:
    session.rollback()
    return Counter(session.scalars(select(WaveMail.state)))


def let_time_pass() -> None:
    """The mailing lock has run out."""
    redis = current_app.extensions["redis"]
    for lock in redis.scan_iter("mailing:*"):
        redis.delete(lock)


# ---------------------------------------------------------------- when all goes well


def test_everyone_gets_one_mail_with_a_link_that_works(
    session: Session, wave: Wave, smtp: MailServer
) -> None:
    assert ("mail", "pulses.jobs.send_mail", [wave.id]) in nudges()
    jobs.send_mail(wave.id)
    jobs.send_mail(wave.id)
    assert sorted(smtp.addresses) == addresses(session)
    assert states(session) == {MailState.SENT: 12}
    tokens = set()
    for address in smtp.addresses:
        ((reference, token),) = _LINK.findall(smtp.body_for(address))
        assert reference == wave.reference
        assert ballots.link_state(session, wave, token) is LinkState.READY
        assert cast(wave, token) is CastOutcome.CAST
        tokens.add(token)
    assert len(tokens) == 12


def test_the_mail_names_its_wave_and_its_kind(
    session: Session, wave: Wave, smtp: MailServer
) -> None:
    jobs.send_mail(wave.id)
    for _, message in smtp.received:
        assert message["Subject"] == "Trust: Spring pulse"
        assert message["From"] == "pulse@example.org"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "text/plain"
    ids = {message["Message-ID"] for _, message in smtp.received}
    assert len(ids) == 12 and not any("maple" in each.lower() for each in ids)


def test_the_day_of_the_invitation_is_kept_and_nothing_finer(
    session: Session, wave: Wave
) -> None:
    jobs.send_mail(wave.id)
    days = set(session.scalars(select(Person.last_invited_on)))
    assert days <= {datetime.now(UTC).date(), datetime.now().astimezone().date()} and days


def test_the_ledger_goes_with_the_count(session: Session, wave: Wave) -> None:
    jobs.send_mail(wave.id)
    close_and_count(wave)
    assert states(session) == {}


# ---------------------------------------------------------------- who gets nothing


def test_a_closed_wave_sends_nothing(session: Session, wave: Wave, smtp: MailServer) -> None:
    close(wave)
    forget_nudges()
    jobs.tick()
    assert nudges() == []
    jobs.send_mail(wave.id)
    assert smtp.addresses == []


def test_a_wave_that_closes_meanwhile_sends_no_more(
    app: Flask, session: Session, wave: Wave, smtp: MailServer
) -> None:
    def close_it(_address: str) -> None:
        if len(smtp.received) == 3:
            with app.app_context():
                services.close_now(db.session(), wave_id, actor_id=None)
                db.session.commit()

    wave_id = wave.id
    session.rollback()
    smtp.on_mail = close_it
    jobs.send_mail(wave_id)
    assert len(smtp.addresses) == 4  # the one that was on its way


def test_someone_taken_off_the_staff_list_gets_no_mail(
    session: Session, wave: Wave, trust: Organisation, smtp: MailServer
) -> None:
    session.execute(delete(Person).where(Person.id == trust.people["Oak"][0]))
    session.commit()
    jobs.send_mail(wave.id)
    assert len(smtp.addresses) == 11 and "oak.0@staff.example" not in smtp.addresses
    assert states(session) == {MailState.SENT: 11}


def test_lost_keys_send_nothing_and_say_so(
    session: Session, wave: Wave, smtp: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    directory = ballots.key_directory(current_app.config["SETTINGS"])
    directory.destroy_wave_keys(wave.id)
    jobs.send_mail(wave.id)
    assert smtp.addresses == [] and states(session) == {MailState.WAITING: 12}
    assert f"Wave {wave.id} cannot be mailed" in caplog.text


# ---------------------------------------------------------------- trouble with the server


def test_a_refused_address_spoils_no_other_and_is_given_up_in_the_end(
    session: Session, wave: Wave, smtp: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    smtp.refused = {"maple.0@staff.example", "oak.1@staff.example"}
    for attempt in range(1, ledger.MOST_ATTEMPTS + 1):
        jobs.send_mail(wave.id)
        jobs.send_mail(wave.id)  # too soon: the lock of the first still stands
        gone = {MailState.FAILED: 2} if attempt == ledger.MOST_ATTEMPTS else {MailState.WAITING: 2}
        assert states(session) == {MailState.SENT: 10} | gone
        assert session.scalar(select(WaveMail.attempts).order_by(WaveMail.attempts.desc())) == attempt
        let_time_pass()
    assert sorted(smtp.addresses) == sorted(set(addresses(session)) - smtp.refused)
    assert ledger.progress(session, wave.id) == ledger.MailProgress(waiting=0, sent=10, failed=2)
    forget_nudges()
    jobs.tick()
    assert nudges() == []
    assert "staff.example" not in caplog.text and "no such mailbox" not in caplog.text


def test_a_server_that_is_down_loses_nothing_however_long(
    session: Session, wave: Wave, smtp: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    smtp.stop()
    for _ in range(2 * ledger.MOST_ATTEMPTS):
        forget_nudges()
        jobs.tick()
        assert nudges() == [("mail", "pulses.jobs.send_mail", [wave.id])]
        jobs.send_mail(wave.id)
        let_time_pass()
        assert states(session) == {MailState.WAITING: 12}
    smtp.start()
    jobs.send_mail(wave.id)
    assert sorted(smtp.addresses) == addresses(session)
    assert states(session) == {MailState.SENT: 12}
    assert "cannot be reached" in caplog.text


def test_a_server_that_goes_down_half_way_gets_the_rest_later(
    session: Session, wave: Wave, smtp: MailServer
) -> None:
    smtp.hang_ups = 99
    jobs.send_mail(wave.id)
    assert states(session) == {MailState.WAITING: 12}
    smtp.hang_ups = 0
    let_time_pass()
    jobs.send_mail(wave.id)
    assert sorted(smtp.addresses) == addresses(session)


def test_a_hang_up_costs_only_another_try(session: Session, wave: Wave, smtp: MailServer) -> None:
    smtp.hang_ups = 2
    jobs.send_mail(wave.id)
    assert states(session) == {MailState.SENT: 10, MailState.WAITING: 2}
    let_time_pass()
    jobs.send_mail(wave.id)
    assert sorted(smtp.addresses) == addresses(session)  # the server dropped both without a word


def test_the_least_tried_go_first(session: Session, wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = ledger.claim(session, wave.id, size=1)
    ledger.mark_refused(session, first.mail_id, final=False)
    ledger.put_back(session, wave.id)
    claimed = ledger.claim(session, wave.id, size=12)
    assert claimed[-1].mail_id == first.mail_id and len(claimed) == 12


# ---------------------------------------------------------------- trouble with the worker


def test_a_killed_worker_loses_nothing_and_doubles_only_the_mail_in_its_hands(
    session: Session, wave: Wave, smtp: MailServer, environ: dict[str, str]
) -> None:
    session.rollback()
    killed_at(environ, SEND, wave.id, "surveyapp.pulses.ledger:mark_sent", nth=5)
    assert len(smtp.addresses) == 5  # the fifth is with the server, and the ledger does not know
    in_hand = smtp.addresses[-1]
    assert states(session) == {MailState.SENT: 4, MailState.SENDING: 8}
    forget_nudges()
    jobs.tick()
    assert nudges() == [("mail", "pulses.jobs.send_mail", [wave.id])]
    jobs.send_mail(wave.id)  # the dead worker's lock still stands
    assert len(smtp.addresses) == 5
    let_time_pass()
    jobs.send_mail(wave.id)
    times = Counter(smtp.addresses)
    assert sorted(times) == addresses(session)
    assert {address for address, n in times.items() if n > 1} == {in_hand} and times[in_hand] == 2
    copies = [message for address, message in smtp.received if address == in_hand]
    # The same mail twice, to the byte that a server goes by: it may drop the second.
    assert copies[0]["Message-ID"] == copies[1]["Message-ID"]
    assert copies[0].get_content() == copies[1].get_content()


def test_two_jobs_at_once_send_each_mail_once(
    app: Flask, session: Session, wave: Wave, smtp: MailServer
) -> None:
    wave_id = wave.id
    session.rollback()
    at_once(app, [lambda: jobs.send_mail(wave_id)] * 3)
    assert sorted(smtp.addresses) == addresses(session)


def test_a_job_that_lost_its_lock_stops_at_once(
    app: Flask, session: Session, wave: Wave, smtp: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    def lose(_address: str) -> None:
        if len(smtp.received) == 3:
            with app.app_context():
                let_time_pass()

    smtp.on_mail = lose
    jobs.send_mail(wave.id)
    assert states(session) == {MailState.SENT: 4, MailState.SENDING: 8}
    assert "goes on in another job" in caplog.text
    smtp.on_mail = lambda _address: None
    jobs.send_mail(wave.id)
    assert sorted(smtp.addresses) == addresses(session)


def test_no_log_line_carries_an_address_or_a_link(
    session: Session, wave: Wave, smtp: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    smtp.refused = {"maple.0@staff.example"}
    smtp.hang_ups = 1
    jobs.send_mail(wave.id)
    assert wave.state == WaveState.OPEN
    logged = [
        record.getMessage() for record in caplog.records if not record.name.startswith("mail.")
    ]  # the test's own SMTP server logs as 'mail.log'
    for word in ("staff.example", *tokens_of(wave).values()):
        assert not any(word in line for line in logged)
