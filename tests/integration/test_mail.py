"""Invitations over real SMTP: never two a person, and none lost, through every kind of trouble."""

from __future__ import annotations

import logging
import re
from collections import Counter

import pytest
from flask import Flask, current_app
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.ballots.services import CastOutcome, LinkState
from surveyapp.extensions import db
from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs, ledger, services
from surveyapp.pulses.mail_times import MailTimes
from surveyapp.pulses.models import MailState, Wave, WaveMail, WaveState
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
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


def states_now(session: Session) -> Counter[str]:
    """Without ending the transaction."""
    return Counter(session.scalars(select(WaveMail.state)))


RUN = 7


def claimed(session: Session, wave: Wave, *, size: int) -> list[ledger.ClaimedMail]:
    return ledger.claim(session, wave.id, run=RUN, now=utc_now(), times=MailTimes(), size=size)


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
    assert days == {wave.opens_at.astimezone(LOCAL_ZONE).date()}


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
    assert ledger.progress(session, wave.id) == ledger.MailProgress(sent=10, failed=2)
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


def test_a_line_that_breaks_at_the_end_leaves_a_mail_unconfirmed_and_never_sends_it_again(
    session: Session, wave: Wave, smtp: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The server has the whole mail and says nothing: only it knows whether it took it (RFC 1047)."""
    smtp.hang_ups = 99
    jobs.send_mail(wave.id)
    assert states(session) == {MailState.UNCONFIRMED: 1, MailState.WAITING: 11}  # and no more now
    smtp.hang_ups = 0
    jobs.send_mail(wave.id)
    assert smtp.addresses == []  # nor soon
    let_time_pass()
    jobs.send_mail(wave.id)
    let_time_pass()
    jobs.send_mail(wave.id)
    assert states(session) == {MailState.UNCONFIRMED: 1, MailState.SENT: 11}
    assert len(smtp.addresses) == len(set(smtp.addresses)) == 11
    assert "may not have arrived" in caplog.text and "staff.example" not in caplog.text


def test_a_line_that_breaks_before_the_last_line_costs_only_another_try(
    session: Session, wave: Wave, smtp: MailServer
) -> None:
    smtp.hang_ups_at_rcpt = 2
    jobs.send_mail(wave.id)
    assert states(session) == {MailState.SENT: 10, MailState.WAITING: 2}
    let_time_pass()
    jobs.send_mail(wave.id)
    assert sorted(smtp.addresses) == addresses(session)


def test_a_mail_that_the_server_says_no_to_after_its_last_line_has_not_gone(
    session: Session, wave: Wave, smtp: MailServer
) -> None:
    smtp.answers_to_data = ["451 later", "554 never"]
    jobs.send_mail(wave.id)
    assert states(session) == {MailState.SENT: 10, MailState.WAITING: 2}
    let_time_pass()
    jobs.send_mail(wave.id)
    assert sorted(smtp.addresses) == addresses(session)
    assert states(session) == {MailState.SENT: 12}


def test_the_least_tried_go_first(session: Session, wave: Wave) -> None:
    (first, *_) = claimed(session, wave, size=1)
    ledger.mark_refused(session, first, run=RUN, final=False)
    ledger.put_back(session, wave.id)
    later = claimed(session, wave, size=12)
    assert later[-1].mail_id == first.mail_id and len(later) == 12


# ---------------------------------------------------------------- trouble with the worker


#: Where a worker is killed, at its first or fifth mail; how many have arrived then, and how many never will.
DEATHS = [
    # Before the ledger allows the last line: the fifth has certainly not gone. Of the fourth the
    # ledger does not know yet that the server took it.
    ("surveyapp.pulses.ledger:hand_over", 4, 0),
    # After that, and before the line: nobody knows, though this time the fifth has not gone.
    ("surveyapp.pulses.postbox:_Line.finish", 4, 1),
    # After the server took a mail, and before the ledger knew.
    ("surveyapp.pulses.ledger:mark_sent", 1, 0),
]


@pytest.mark.parametrize(("place", "arrived", "lost"), DEATHS)
def test_a_killed_worker_loses_nothing_unseen_and_doubles_nothing(
    session: Session,
    wave: Wave,
    smtp: MailServer,
    environ: dict[str, str],
    place: str,
    arrived: int,
    lost: int,
) -> None:
    session.rollback()
    killed_at(environ, SEND, wave.id, place, nth=1 if place.endswith("mark_sent") else 5)
    assert len(smtp.addresses) == arrived
    forget_nudges()
    jobs.tick()
    assert nudges() == [("mail", "pulses.jobs.send_mail", [wave.id])]
    jobs.send_mail(wave.id)  # the dead worker's lock still stands
    assert len(smtp.addresses) == arrived
    let_time_pass()
    jobs.send_mail(wave.id)
    assert max(Counter(smtp.addresses).values()) == 1
    assert states(session) == {MailState.SENT: 11, MailState.UNCONFIRMED: 1}
    assert len(set(addresses(session)) - set(smtp.addresses)) == lost


def test_a_job_that_stood_still_sends_nothing_that_another_has_taken(
    app: Flask, session: Session, wave: Wave, smtp: MailServer
) -> None:
    """Its lock ran out between two breaths, and the next job believes it dead."""
    wave_id, turns = wave.id, []
    session.rollback()

    def meanwhile(_address: str) -> None:
        if not turns:
            turns.append(1)
            with app.app_context():
                let_time_pass()
                jobs.send_mail(wave_id)

    smtp.on_rcpt = meanwhile
    jobs.send_mail(wave_id)
    assert sorted(smtp.addresses) == addresses(session)
    assert states(session) == {MailState.SENT: 12}


def test_a_late_answer_confirms_what_another_job_had_given_up(
    session: Session, wave: Wave
) -> None:
    (mail, *_) = claimed(session, wave, size=1)
    assert ledger.hand_over(session, mail, run=RUN, now=utc_now())
    ledger.settle(session, wave.id)  # by another job
    assert states_now(session)[MailState.UNCONFIRMED] == 1
    ledger.mark_sent(session, mail, run=RUN)
    assert states_now(session)[MailState.SENT] == 1
    assert not ledger.hand_over(session, mail, run=RUN, now=utc_now())


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
    smtp.hang_ups_at_rcpt = 1
    jobs.send_mail(wave.id)
    let_time_pass()
    smtp.hang_ups = 1
    jobs.send_mail(wave.id)
    assert wave.state == WaveState.OPEN
    logged = [
        record.getMessage() for record in caplog.records if not record.name.startswith("mail.")
    ]  # the test's own SMTP server logs as 'mail.log'
    for word in ("staff.example", *tokens_of(wave).values()):
        assert not any(word in line for line in logged)
