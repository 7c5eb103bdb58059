"""The whole text of an invitation, as staff get it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveyapp.ballots.paper import token_for
from surveyapp.config import Settings
from surveyapp.pulses import invitations, jobs, messages, outbox
from surveyapp.pulses.message_kinds import MessageKind
from surveyapp.pulses.planning import closing_moment
from surveyapp.timekeeping import LOCAL_ZONE
from tests.factories.organisation import make_organisation
from tests.factories.waves import draft_wave, open_wave

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SECRET = b"a secret of thirty-two bytes ...."

TEXT = """\
Hello,

Trust asks how people learn at work, and would like to hear from you. It takes about 1 minute.

Answer here:
https://pulse.example.org/a/{reference}/{token}

You can answer until 18 March 2027 at 11:59pm. The link is only for you and works once. \
Please do not pass it on.

How your answers are kept:

* Your name is not kept with your answers. Nobody who reads the results can see who said what: \
not us, and not your manager.
* Results are only shown for groups of at least 10 people, after the pulse has closed.
* Reminders go to everyone, because we do not look up who has answered. If you have answered, \
there is nothing more to do.

You do not have to take part. If this e-mail is not for you, or you no longer work with us, \
please delete it.

Learning and development team, Trust"""


def test_the_whole_text(settings: Settings, session: Session) -> None:
    trust = make_organisation(session)
    wave = draft_wave([trust.root], title="Spring pulse")
    wave.opens_at = datetime(2027, 3, 4, 8, tzinfo=LOCAL_ZONE)
    wave.closes_at = closing_moment(date(2027, 3, 18))
    session.commit()
    mail = invitations.letter(session, settings, wave).to(7, "jo@staff.example", wave_secret=SECRET)
    token = token_for(SECRET, 7)
    assert mail.subject == "Trust: Spring pulse"
    assert mail.to == ["jo@staff.example"]
    assert mail.body.strip() == TEXT.format(reference=wave.reference, token=token)
    # No second way in, nothing that reports back, nothing of the person but the link.
    assert mail.body.count("http") == 1 and mail.attachments == []
    assert "jo@" not in mail.body
    link = invitations.answering_link(settings, wave, token)
    assert len(link) <= len(settings.base_url) + 40


@pytest.mark.parametrize(
    ("questions", "minutes"),
    [
        (("monthly_pulse_5", "B-2"), "about 1 minute."),
        (("quarterly_12", "q1"), "about 3 minutes."),
        (("annual_full", "full"), "about 10 minutes."),
    ],
)
def test_how_long_it_takes_comes_from_the_questions(
    questions: tuple[str, str], minutes: str, settings: Settings, session: Session
) -> None:
    wave = draft_wave([make_organisation(session).root], questions=questions, minimum_group=12)
    values = messages.values_for(settings, wave, link="https://pulse.example.org/a/x/y")
    text = messages.shipped(MessageKind.INVITATION).filled(values).body
    assert f"It takes {minutes}" in text and "at least 12 people" in text


def test_the_same_mail_at_each_attempt(settings: Settings, session: Session) -> None:
    wave = draft_wave([make_organisation(session).root])

    def attempt(person_id: int) -> tuple[str, str]:
        letter = invitations.letter(session, settings, wave)
        mail = letter.to(person_id, "jo@staff.example", wave_secret=SECRET)
        return mail.extra_headers["Message-ID"], mail.body

    assert attempt(7) == attempt(7)
    assert attempt(7)[0] != attempt(8)[0]


def test_what_is_sent_can_be_read_back_as_it_was_written(app: Flask, session: Session) -> None:
    trust = make_organisation(session)
    wave = open_wave([trust.root], title="Café – ‘how we learn’")
    jobs.send_mail(wave.id)
    page = outbox.read_page(Path(app.instance_path) / "outbox", number=1, size=100)
    assert len({mail.to for mail in page.mails}) == len(trust.everyone)
    assert {mail.subject for mail in page.mails} == {"Trust: Café – ‘how we learn’"}
    assert all("can see who said what" in mail.text for mail in page.mails)
