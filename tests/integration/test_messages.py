"""L&D changes the words of invitations: the pages, the test mail, and what staff then get."""

from __future__ import annotations

from html import unescape

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Action
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs, messages
from surveyapp.pulses.message_kinds import MessageKind, Words
from surveyapp.pulses.models import MessageText, Wave
from tests.conftest import SignIn, on_sqlite
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import draft_wave, open_wave
from tests.support.client import CheckingClient
from tests.support.servers import MailServer

LIST = "/pulses/messages"
PAGE = "/pulses/messages/en/invitation"
OWN = Words("Your turn: {title}", "Dear colleague,\n\nThe link:\n{link}\n\nIt closes on {closes}.")


def said(answer: TestResponse) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main is not None
    return " ".join(main.get_text(" ").split())


def send(client: CheckingClient, step: str, words: Words = OWN, **more: str) -> TestResponse:
    return client.send(PAGE, subject=words.subject, body=words.body, step=step, **more)


def audits(session: Session) -> list[tuple[str, bool]]:
    session.rollback()
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == Action.MESSAGE_CHANGED))
    return [(event.details["message"], event.details["is_shipped"]) for event in events]


# ---------------------------------------------------------------- what staff get


def test_staff_get_the_words_that_were_saved_and_the_shipped_ones_when_they_are_put_back(
    session: Session, smtp: MailServer, planner: CheckingClient
) -> None:
    trust = make_organisation(session, {"Maple": 12})
    assert send(planner, "save").status_code == 302
    assert "Your own words" in said(planner.get(LIST))
    wave = open_wave([trust.root], title="Spring pulse")
    jobs.send_mail(wave.id)
    address, mail = smtp.received[0]
    assert mail["Subject"] == "Your turn: Spring pulse"
    body = smtp.body_for(address)
    assert body.startswith("Dear colleague,") and "{" not in body
    assert f"\nhttps://pulse.example.org/a/{wave.reference}/" in body.replace("\r", "")
    assert "Put back the shipped words?" in said(planner.get(f"{PAGE}/put-back"))
    assert planner.send(f"{PAGE}/put-back").status_code == 302
    assert "Your own words" not in said(planner.get(LIST))
    assert planner.get(f"{PAGE}/put-back").status_code == 302  # there is nothing to put back
    later = open_wave([trust.root], title="Autumn pulse")
    smtp.received.clear()
    jobs.send_mail(later.id)
    assert {mail["Subject"] for _, mail in smtp.received} == {"Trust: Autumn pulse"}
    assert audits(session) == [("invitation", False), ("invitation", True)]


def test_the_shipped_words_saved_as_they_are_stay_the_shipped_words(
    session: Session, planner: CheckingClient
) -> None:
    assert send(planner, "save", messages.shipped(MessageKind.INVITATION)).status_code == 302
    assert session.scalars(select(MessageText)).all() == [] and audits(session) == []


def test_words_are_kept_in_one_row_however_often_they_change(
    session: Session, planner: CheckingClient
) -> None:
    for subject in ("One", "Two"):
        assert send(planner, "save", Words(subject, OWN.body)).status_code == 302
    session.rollback()
    (stored,) = session.scalars(select(MessageText))
    assert (stored.kind, stored.language, stored.subject) == ("invitation", "en", "Two")
    assert stored.body == OWN.body


@on_sqlite
def test_a_draft_shows_what_will_be_sent(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    wave = draft_wave([trust.root], title="Spring pulse")
    send(planner, "save")
    page = said(planner.get(f"/pulses/{wave.id}"))
    assert "Your turn: Spring pulse" in page and "Dear colleague" in page
    assert f"https://pulse.example.org/a/{wave.reference}/…" in page
    assert "Trust: Spring pulse (reminder)" in page


# ---------------------------------------------------------------- before they are saved


@on_sqlite
def test_words_that_break_a_promise_are_refused_and_said_why(
    session: Session, planner: CheckingClient
) -> None:
    bad = Words("Fully anonymous!", "Hello {nmae},\nthis is 100% anonymous.")
    answer = send(planner, "save", bad, accept="y")
    assert answer.status_code == 200
    text = said(answer)
    for reason in (
        "There is a problem",
        "There is no placeholder ‘{nmae}’",
        "Put in {link}",
        "‘Fully anonymous’ promises more than is kept",
        "‘100% anonymous’ promises more than is kept",
    ):
        assert reason in text, reason
    assert "Hello {nmae}" in unescape(answer.text)  # what was written is still there
    assert session.scalars(select(MessageText)).all() == []


@on_sqlite
def test_what_may_be_meant_is_shown_first_and_saved_once_it_is_meant(
    session: Session, planner: CheckingClient
) -> None:
    words = Words("Pulse", "This is confidential.\n{link}")
    answer = send(planner, "save", words)
    assert answer.status_code == 200 and "says that someone knows" in said(answer)
    assert "Change the words, or tick that you mean them" in said(answer)
    assert session.scalars(select(MessageText)).all() == []
    assert send(planner, "save", words, accept="y").status_code == 302
    assert session.scalars(select(MessageText)).one().body == words.body


@on_sqlite
def test_checking_shows_the_message_and_keeps_nothing(
    session: Session, planner: CheckingClient
) -> None:
    text = said(send(planner, "check"))
    assert "Your turn: Spring pulse" in text and "It closes on" in text
    assert "https://pulse.example.org/a/this-is-a-test" in text
    assert "There is a problem" not in text and session.scalars(select(MessageText)).all() == []


@on_sqlite
def test_an_address_of_the_staff_list_is_found(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    words = Words("Pulse", "Ask MAPLE.0@staff.example or team@trust.example.\n{link}")
    text = said(send(planner, "check", words))
    assert "Take out ‘maple.0@staff.example’" in text
    assert "‘team@trust.example’ is an e-mail address. Keep it only if a team reads it" in text


@on_sqlite
@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("a\r\nBcc: x@example.org", "{link}"),
        ("\x00\ud800", "\x00\x07{link}\ud800"),
        ("x" * 100_000, "{link}"),
        ("Pulse", "x" * 100_000),
        ("Pulse", "\r\n".join(["{{ config }}", "{% include 'x' %}", "{link}"])),
        ("", ""),
        ("<script>alert(1)</script>", "<script>alert(1)</script>\n{link}"),
    ],
)
def test_no_words_break_the_page(
    session: Session, planner: CheckingClient, smtp: MailServer, subject: str, body: str
) -> None:
    data = {"subject": subject.encode("utf-8", "replace"), "body": body.encode("utf-8", "replace")}
    for step in ("check", "test", "save", "other", ""):
        answer = planner.send(PAGE, **data, step=step, accept="y")
        assert answer.status_code in (200, 302)
    stored = session.scalars(select(MessageText)).all()
    assert all("\n" not in row.subject and "\x00" not in row.subject + row.body for row in stored)
    assert "49" not in "".join(row.body for row in stored)


@on_sqlite
@pytest.mark.parametrize("kind", MessageKind)
def test_a_form_that_was_cut_short_changes_nothing(
    session: Session, planner: CheckingClient, kind: MessageKind
) -> None:
    assert planner.send(f"{LIST}/en/{kind}", step="save").status_code == 302
    assert session.scalars(select(MessageText)).all() == []


# ---------------------------------------------------------------- the test mail


@on_sqlite
def test_the_editor_gets_the_mail_marked_as_a_test(
    session: Session, smtp: MailServer, sign_in: SignIn
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT, email="editor@example.org")
    assert "The test is sent to editor@example.org" in said(send(planner, "test"))
    ((address, mail),) = smtp.received
    assert address == "editor@example.org"
    assert mail["Subject"] == "This is a test: Your turn: Spring pulse"
    body = str(mail.get_content())
    assert body.startswith("This is a test. The links in it lead nowhere.")
    assert "Dear colleague" in body and "/a/this-is-a-test" in body
    assert planner.get("/a/this-is-a-test").status_code == 404
    assert session.scalars(select(MessageText)).all() == []


@on_sqlite
def test_a_test_that_does_not_go_says_what_to_do(smtp: MailServer, sign_in: SignIn) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT, email="editor@example.org")
    smtp.refused = {"editor@example.org"}
    assert "Check that your own address is right" in said(send(planner, "test"))
    smtp.refused = set()
    smtp.hang_ups = 1
    assert "Try again in some minutes" in said(send(planner, "test"))
    smtp.stop()
    answer = said(send(planner, "test"))
    assert "the mail server cannot be reached" in answer and "the settings for mail" in answer
    assert smtp.received == []


@on_sqlite
def test_words_with_an_error_are_not_sent_as_a_test(smtp: MailServer, planner: CheckingClient) -> None:
    assert "Put in {link}" in said(send(planner, "test", Words("Pulse", "Hello")))
    assert smtp.received == []


@on_sqlite
def test_without_a_mail_server_the_test_is_in_the_outbox(app: Flask, planner: CheckingClient) -> None:
    assert "in the outbox of this demonstration" in said(send(planner, "test"))


@on_sqlite
def test_a_text_to_copy_is_no_mail(smtp: MailServer, planner: CheckingClient) -> None:
    page = planner.get(f"{LIST}/en/notice")
    assert "Send me a test" not in said(page) and "Subject" not in said(page)
    planner.send(f"{LIST}/en/notice", body="An e-mail has come.", step="test")
    assert smtp.received == []


# ---------------------------------------------------------------- who may


@on_sqlite
def test_only_who_plans_pulses_changes_words(
    sign_in: SignIn, client: CheckingClient, wave: Wave
) -> None:
    other = sign_in(*(set(RoleName) - {RoleName.LEARNING_AND_DEVELOPMENT}))
    for path in (LIST, PAGE, f"{PAGE}/put-back"):
        assert client.get(path).status_code == 302
        assert other.get(path).status_code == 403


@on_sqlite
@pytest.mark.parametrize("path", ["en/other", "xx/invitation", "cy/x", "en/INVITATION", "../en/invitation"])
def test_there_are_no_other_messages(planner: CheckingClient, path: str) -> None:
    assert planner.get(f"{LIST}/{path}").status_code == 404
