"""In which language someone answered is nowhere to be found, and changes no number."""

from __future__ import annotations

import gzip
import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.ballots.models import Answer, Response, SealedBallot
from surveyapp.organisation.models import Person
from surveyapp.pulses import invitations
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import MailKind, Wave
from tests.conftest import OnDisk, on_sqlite
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import close_and_count, open_wave, prompts, scored_items, tokens_of
from tests.support.client import CheckingClient
from tests.support.servers import MailServer


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "LANGUAGES": "en,cy"}


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 24})


def complete(wave: Wave, value: str) -> dict[str, str]:
    return dict.fromkeys(scored_items(wave), value)


def test_answers_in_either_language_are_the_same_and_nothing_tells_which(
    session: Session, client: CheckingClient, on_disk: OnDisk, trust: Organisation, redis_url: str
) -> None:
    english, welsh = open_wave([trust.root]), open_wave([trust.root])
    sealed = {}
    for wave, query in ((english, ""), (welsh, "?lang=cy")):
        for number, token in enumerate(tokens_of(wave).values()):
            given = complete(wave, ("na", "1", "2", "3", "4", "5")[number % 6])
            said = {prompts(wave)[0]: "Ŵy ŷ " * 100 if number % 2 else ""}
            answer = client.post(f"/a/{wave.reference}/{token}{query}", data={**given, **said})
            assert answer.status_code == 303
        sealed[wave.id] = {
            len(ciphertext)
            for ciphertext in session.scalars(
                select(SealedBallot.ciphertext).where(SealedBallot.wave_id == wave.id)
            )
        }
    assert len(sealed[english.id]) == 1 and sealed[english.id] == sealed[welsh.id]
    everything = on_disk()
    for trace in (b"lang=cy", b"Cymraeg", b"Cytuno", b"Anghytuno", b"Accept-Language"):
        assert trace not in everything
    for wave in (english, welsh):
        close_and_count(wave)
    counted = [
        sorted(
            (row.item_id, row.value if row.value is not None else 0)
            for row in session.scalars(
                select(Answer)
                .join(Response, Response.id == Answer.response_id)
                .where(Response.wave_id == wave.id)
            )
        )
        for wave in (english, welsh)
    ]
    assert counted[0] == counted[1] and len(counted[0]) == 20 * 5  # four people are not sure
    assert (english.set_aside, welsh.set_aside) == (0, 0)
    assert b"lang=cy" not in on_disk()


@on_sqlite
def test_a_welsh_page_is_no_heavier_than_a_phone_on_a_slow_line_can_take(
    client: CheckingClient, trust: Organisation
) -> None:
    wave = open_wave([trust.root])
    page = client.get(f"/a/{wave.reference}/{next(iter(tokens_of(wave).values()))}?lang=cy")
    weight = len(gzip.compress(page.data))
    content = BeautifulSoup(page.text, "html5lib")
    for tag in content.select("link[rel=stylesheet], script[src], link[rel=icon]"):
        address = str(tag.get("src") or tag.get("href"))
        weight += len(client.get(address, headers={"Accept-Encoding": "gzip"}).data)
    (design,) = content.select("script[data-design]")
    weight += len(client.get(str(design["data-design"]), headers={"Accept-Encoding": "gzip"}).data)
    assert weight < 60_000


def test_the_invitation_is_in_both_languages_english_first(
    app: Flask, session: Session, smtp: MailServer, trust: Organisation
) -> None:
    wave = open_wave([trust.root])
    pulse_jobs.send_mail(wave.id)
    tokens = tokens_of(wave)
    letter = invitations.letter(session, app.config["SETTINGS"], wave)
    text = smtp.body_for(smtp.addresses[0]).replace("\r", "")
    assert letter.subject == f"Trust: {wave.title}"
    parts = text.split("-" * 40)
    assert text.startswith("Mae’r neges hon yn Gymraeg isod.")
    assert "asks how people learn" in parts[0] and "yn gofyn sut mae pobl yn dysgu" in parts[1]
    link = rf"^https://pulse\.example\.org/a/{wave.reference}/({'|'.join(tokens.values())})"
    (english,) = re.findall(rf"{link}$", parts[0], re.M)
    assert re.findall(rf"{link}\?lang=cy$", parts[1], re.M) == [english]
    assert len(smtp.addresses) == len(tokens)
    for address in smtp.addresses:
        body = smtp.body_for(address)
        own = [token for token in tokens.values() if token in body]
        assert len(own) == 1 and body.count(own[0]) == 2


@on_sqlite
def test_a_reminder_says_in_both_languages_how_to_stop_reminders(
    app: Flask, session: Session, trust: Organisation, client: CheckingClient
) -> None:
    wave = open_wave([trust.root], title="Spring pulse")
    letter = invitations.letter(session, app.config["SETTINGS"], wave, MailKind.REMINDER_1)
    person = trust.people["Maple"][0]
    mail = letter.to(person, "jo@staff.example", wave_secret=b"a secret of thirty-two bytes ....")
    assert mail.subject == "Trust: Spring pulse (reminder) / Nodyn atgoffa: Spring pulse"
    english, welsh = mail.body.split("-" * 40)
    stop = re.compile(r"^https://pulse\.example\.org(/a/reminders/\S+/stop\S*)$", re.M)
    (first,), (second,) = stop.findall(english), stop.findall(welsh)
    assert second == f"{first}?lang=cy"
    # The button of a mail program posts to one address, in no language.
    assert mail.extra_headers["List-Unsubscribe"] == f"<https://pulse.example.org{first}>"
    assert "Atal negeseuon atgoffa?" in client.get(second).text
    assert "Ni fyddwch yn cael rhagor o negeseuon atgoffa" in client.post(second).text
    session.expire_all()
    stopped = session.scalars(select(Person.id).where(Person.wants_reminders.is_(False)))
    assert stopped.all() == [person]
