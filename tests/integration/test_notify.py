"""Invitations through GOV.UK Notify, over real HTTP: one a person, through every kind of trouble."""

from __future__ import annotations

import logging
from collections import Counter

import pytest
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.organisation.models import Person
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs, ledger
from surveyapp.pulses.models import MailState, Wave, WaveMail
from tests.conftest import SignIn, on_sqlite
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import tokens_of
from tests.support.notify_server import HANG_UP, Answer, NotifyServer, error

#: What Notify's documentation says of limits and of its own faults.
LIMIT = error(429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds")
DAILY = error(429, "TooManyRequestsError", "Exceeded send limits (250,000) for today")
FAULT = error(500, "Exception", "Internal server error")
TEAM_ONLY = error(400, "BadRequestError", "Can't send to this recipient using a team-only API key")


@pytest.fixture
def environ(environ: dict[str, str], notify: NotifyServer) -> dict[str, str]:
    return {**environ, **notify.environ}


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 9, "Oak": 3})


def everyone(session: Session) -> list[str]:
    return sorted(session.scalars(select(Person.email)))


def states(session: Session) -> Counter[str]:
    session.rollback()
    return Counter(session.scalars(select(WaveMail.state)))


def send(wave: Wave) -> None:
    """As the job does when the lock of the one before has run out."""
    redis = current_app.extensions["redis"]
    for lock in redis.scan_iter("mailing:*"):
        redis.delete(lock)
    jobs.send_mail(wave.id)


def test_everyone_gets_one_mail_with_a_link_of_their_own(
    session: Session, wave: Wave, notify: NotifyServer
) -> None:
    send(wave)
    send(wave)
    assert sorted(notify.addresses) == everyone(session)
    assert states(session) == {MailState.SENT: 12}
    tokens = set(tokens_of(wave).values())
    for mail in notify.mails:
        assert mail["personalisation"]["subject"] == "Trust: Spring pulse"
        (link,) = [line for line in mail["personalisation"]["body"].splitlines() if "://" in line]
        assert link.rpartition("/")[2] in tokens
        tokens.remove(link.rpartition("/")[2])
    references = {mail["reference"] for mail in notify.mails}
    assert len(references) == 12
    assert all(len(reference) == 64 and reference.isalnum() for reference in references)


@pytest.mark.parametrize("mishap", [HANG_UP, FAULT, (200, {})])
def test_a_mail_that_went_without_a_word_never_goes_twice(
    session: Session, wave: Wave, notify: NotifyServer, mishap: Answer
) -> None:
    """Notify has it and its answer is lost: the next attempt finds it there."""
    notify.mishap = lambda address: mishap if address.startswith("maple.1@") else None
    for _ in range(3):
        send(wave)
    assert sorted(notify.addresses) == everyone(session)
    assert states(session) == {MailState.SENT: 12}


@pytest.mark.parametrize("trouble", [HANG_UP, FAULT])
def test_a_mail_that_did_not_go_goes_later(
    session: Session, wave: Wave, notify: NotifyServer, trouble: Answer
) -> None:
    notify.trouble = lambda address: trouble if address.startswith("oak.") else None
    send(wave)
    assert states(session) == {MailState.SENT: 9, MailState.WAITING: 3}
    for _ in range(ledger.MOST_ATTEMPTS):
        send(wave)  # never given up: it is Notify's own trouble
    notify.trouble = lambda _address: None
    send(wave)
    assert sorted(notify.addresses) == everyone(session)
    assert states(session) == {MailState.SENT: 12}


@on_sqlite
@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (LIMIT, "a limit of GOV.UK Notify is reached"),
        (DAILY, "a limit of GOV.UK Notify is reached"),
        (TEAM_ONLY, "its own team only"),
        (error(403, "AuthError", "Invalid token: API key not found"), "NOTIFY_API_KEY"),
        (error(400, "BadRequestError", "Template not found"), "NOTIFY_EMAIL_TEMPLATE"),
    ],
)
def test_what_stops_every_mail_costs_none_and_is_said_in_words(
    session: Session,
    wave: Wave,
    notify: NotifyServer,
    caplog: pytest.LogCaptureFixture,
    refusal: Answer,
    says: str,
) -> None:
    notify.trouble = lambda _address: refusal if len(notify.mails) == 4 else None
    for _ in range(ledger.MOST_ATTEMPTS + 1):
        send(wave)
    assert states(session) == {MailState.SENT: 4, MailState.WAITING: 8}
    assert says in caplog.text
    notify.trouble = lambda _address: None
    send(wave)
    assert sorted(notify.addresses) == everyone(session)


@on_sqlite
def test_notify_that_cannot_be_asked_is_sent_nothing(
    session: Session, wave: Wave, notify: NotifyServer
) -> None:
    for answer in (HANG_UP, FAULT, (200, {}), (200, {"notifications": [{}]})):
        notify.finding = lambda answer=answer: answer
        send(wave)
    assert notify.mails == [] and states(session) == {MailState.WAITING: 12}
    notify.stop()
    send(wave)
    assert states(session) == {MailState.WAITING: 12}


@on_sqlite
def test_no_address_is_given_up_and_spoils_no_other(
    session: Session, wave: Wave, notify: NotifyServer
) -> None:
    bad = error(400, "ValidationError", "email_address Not a valid email address")
    notify.trouble = lambda address: bad if address == "maple.0@staff.example" else None
    for _ in range(ledger.MOST_ATTEMPTS):
        send(wave)
    assert states(session) == {MailState.SENT: 11, MailState.FAILED: 1}


@on_sqlite
def test_a_mail_that_came_back_before_the_ledger_knew_of_it_is_given_up(
    session: Session, wave: Wave, notify: NotifyServer
) -> None:
    notify.mishap = lambda address: FAULT if address == "maple.0@staff.example" else None
    send(wave)
    for mail in notify.mails:
        mail["status"] = "permanent-failure" if mail["email_address"].startswith("maple.0@") else "delivered"
    for _ in range(ledger.MOST_ATTEMPTS):
        send(wave)
    assert states(session) == {MailState.SENT: 11, MailState.FAILED: 1}
    assert len(notify.mails) == 12


@on_sqlite
def test_a_key_that_is_not_notifys_is_refused(
    session: Session, wave: Wave, notify: NotifyServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The signature is checked with the key's own secret."""
    notify.secret = "3f1c1f0e-9b1c-4c58-a6ad-1a2b3c4d5e6f"
    send(wave)
    assert notify.mails == [] and "NOTIFY_API_KEY" in caplog.text


@on_sqlite
def test_no_log_line_carries_an_address_a_link_or_the_key(
    session: Session, wave: Wave, notify: NotifyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    quoting = error(400, "ValidationError", "email_address maple.0@staff.example is not valid")
    notify.trouble = lambda address: quoting if address.startswith("maple.0@") else None
    send(wave)
    for word in ("staff.example", notify.secret, *tokens_of(wave).values()):
        assert word not in caplog.text


@on_sqlite
def test_the_editor_of_a_message_gets_a_test_that_way_too(
    sign_in: SignIn, notify: NotifyServer
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT, email="editor@example.org")
    page = "/pulses/messages/en/invitation"
    for _ in range(2):  # a second test is a mail of its own
        answer = planner.send(page, subject="Pulse", body="Hello\n{link}", step="test")
        assert "The test is sent to editor@example.org" in answer.text
    assert notify.addresses == ["editor@example.org"] * 2
    assert notify.mails[0]["personalisation"]["subject"] == "This is a test: Pulse"
    assert planner.get("/pulses/outbox").status_code == 404
