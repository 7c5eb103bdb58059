"""Texts to mobile phones through GOV.UK Notify: who gets one, once, and what is kept of it."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date

import pytest
from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyapp.organisation import reaching
from surveyapp.organisation.models import Person
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs, ledger
from surveyapp.pulses.models import MailKind, MailState, Wave, WaveMail
from tests.conftest import SignIn, on_sqlite
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import open_wave, tokens_of
from tests.support.notify_server import HANG_UP, NotifyServer

MOBILE = "+447700900123"


@pytest.fixture
def environ(environ: dict[str, str], notify: NotifyServer) -> dict[str, str]:
    return {**environ, **notify.texting_environ}


@pytest.fixture
def trust(session: Session) -> Organisation:
    """One whose mail does not arrive and one who wants texts, both with a mobile, and one with a
    mobile only for need.
    """
    trust = make_organisation(session, {"Maple": 9, "Oak": 3})
    broken, wants, spare = trust.people["Oak"]
    for person, values in (
        (broken, {"mobile": MOBILE, "undeliverable_since": date(2026, 1, 5)}),
        (wants, {"mobile": "+447700900456", "prefers_texts": True}),
        (spare, {"mobile": "+447700900789"}),
    ):
        session.execute(update(Person).where(Person.id == person).values(**values))
    session.commit()
    return trust


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    return open_wave([trust.root])


def send(wave: Wave) -> None:
    """As the job does when the lock of the one before has run out."""
    redis = current_app.extensions["redis"]
    for lock in redis.scan_iter("mailing:*"):
        redis.delete(lock)
    jobs.send_mail(wave.id)


def states(session: Session) -> Counter[str]:
    session.rollback()
    return Counter(session.scalars(select(WaveMail.state)))


def numbers(notify: NotifyServer) -> list[str]:
    return sorted(text["phone_number"] for text in notify.texts)


def test_each_gets_one_message_by_mail_or_text_with_a_link_of_their_own(
    session: Session, trust: Organisation, wave: Wave, notify: NotifyServer
) -> None:
    notify.mishap = lambda address: HANG_UP if address == MOBILE else None  # its answer is lost
    for _ in range(3):
        send(wave)
    assert numbers(notify) == [MOBILE, "+447700900456"]
    assert len(notify.mails) == 10 and states(session) == {MailState.SENT: 12}
    tokens = tokens_of(wave)
    body = next(text for text in notify.texts if text["phone_number"] == MOBILE)["personalisation"]["body"]
    assert body.startswith("Trust asks how people learn at work.")
    assert f"/a/{wave.reference}/{tokens[trust.people['Oak'][0]]}\n" in body
    assert "/stop" in body and len(body) < 459  # three short messages at most


def test_reminders_reach_those_whose_mail_does_not_and_not_those_who_stopped_them(
    session: Session, trust: Organisation, wave: Wave, notify: NotifyServer
) -> None:
    send(wave)
    broken, wants, _ = trust.people["Oak"]
    session.execute(update(Person).where(Person.id == wants).values(wants_reminders=False))
    found = reaching.to_remind(session, ledger.invited(wave.id), by_text=True)
    assert broken in found and wants not in found and len(found) == 11
    assert broken not in reaching.to_remind(session, ledger.invited(wave.id))
    session.add_all([WaveMail(wave_id=wave.id, person_id=broken, kind=MailKind.REMINDER_1)])
    wave.last_reminder = 1
    session.commit()
    send(wave)
    (reminder,) = notify.texts[2:]
    assert reminder["phone_number"] == MOBILE
    assert "If you have answered, ignore this text." in reminder["personalisation"]["body"]


@on_sqlite
def test_a_number_that_takes_no_texts_is_noted_and_mail_goes_next_time(
    session: Session, trust: Organisation, notify: NotifyServer
) -> None:
    wants = trust.people["Oak"][1]
    session.execute(update(Person).where(Person.id == wants).values(mobile="+353871234567"))
    session.commit()
    wave = open_wave([trust.root])
    for _ in range(ledger.MOST_ATTEMPTS):
        send(wave)
    assert states(session) == {MailState.SENT: 11, MailState.FAILED: 1}
    session.expire_all()
    person = session.get_one(Person, wants)
    assert person.mobile_fails_since and person.undeliverable_since is None
    assert reaching.addresses_of(session, [wants], by_text=True)[wants].mobile == ""


@on_sqlite
def test_a_text_goes_where_the_mail_of_the_same_turn_came_back(
    session: Session, trust: Organisation, wave: Wave, notify: NotifyServer
) -> None:
    person = trust.people["Oak"][2]
    notify.mishap = lambda address: HANG_UP if address == "oak.2@staff.example" else None
    send(wave)
    came_back = next(mail for mail in notify.mails if mail["email_address"] == "oak.2@staff.example")
    came_back["status"] = "permanent-failure"
    session.execute(
        update(Person).where(Person.id == person).values(undeliverable_since=date(2026, 1, 5))
    )
    session.commit()
    send(wave)
    send(wave)
    assert numbers(notify).count("+447700900789") == 1 and states(session) == {MailState.SENT: 12}


@on_sqlite
def test_a_wrong_template_for_texts_holds_up_no_mail_and_is_said(
    session: Session, wave: Wave, notify: NotifyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    notify.sms_template, right = "another", notify.sms_template
    for _ in range(ledger.MOST_ATTEMPTS + 1):
        send(wave)
    assert states(session) == {MailState.SENT: 10, MailState.WAITING: 2}
    assert "NOTIFY_SMS_TEMPLATE" in caplog.text
    notify.sms_template = right
    send(wave)
    assert states(session) == {MailState.SENT: 12}
    for word in (MOBILE, "7700900", *tokens_of(wave).values()):
        assert word not in caplog.text


@on_sqlite
def test_the_staff_list_takes_a_number_as_people_write_it(
    session: Session, trust: Organisation, sign_in: SignIn
) -> None:
    admin = sign_in(RoleName.ADMINISTRATOR)
    person = trust.people["Maple"][0]
    page = f"/organisation/staff/{person}"
    entries = {"email": "maple.0@staff.example", "unit": str(trust.units["Maple"]), "staff_group": "Nursing"}
    for written, says in (("12345", "Enter a mobile number, like 07700 900123"), ("", "to send texts to")):
        answer = admin.send(page, **entries, status="working", mobile=written, prefers_texts="y")
        assert answer.status_code == 200 and says in answer.text
    for written in ("07700 900123", "+44 (0)7700 900-123", "0044 7700900123", "7700900123"):
        answer = admin.send(page, **entries, status="working", mobile=written, prefers_texts="y")
        assert answer.status_code == 302
        session.rollback()
        assert session.get_one(Person, person).mobile == MOBILE
    assert f"{MOBILE} (gets texts)" in " ".join(admin.get("/organisation/staff").text.split())
    leader = sign_in(RoleName.LEARNING_AND_DEVELOPMENT, email="ld@example.org")
    assert MOBILE not in leader.get("/pulses").text


@on_sqlite
def test_the_words_of_texts_can_be_changed_where_texts_are_sent(sign_in: SignIn) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    assert "Invitation as a text" in planner.get("/pulses/messages").text
    answer = planner.send("/pulses/messages/en/text_invitation", body="Hello", step="check")
    assert "Put in {link}" in answer.text
