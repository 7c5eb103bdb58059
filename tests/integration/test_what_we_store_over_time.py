"""The page that shows staff what is stored: true to the wave, open to all, in lasting words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.config import PROJECT_ROOT, Settings
from surveyapp.privacy import jobs, services
from surveyapp.privacy.stored import stored
from surveyapp.pulses.models import Breakdown, Channel, Wave, WaveKind, WaveState
from surveyapp.timekeeping import utc_now
from tests.factories import waves
from tests.factories.organisation import Organisation
from tests.support.client import CheckingClient
from tests.support.stored_page import page_of, summary, words_of

CODES = "The scrambled link codes, the list of e-mails and texts and the sealed ballots"

only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def as_open_link(session: Session, wave: Wave) -> Wave:
    wave.channel = Channel.OPEN_LINK
    wave.minimum_group = 20
    session.commit()
    return wave


def without_nonce(page: str) -> str:
    return re.sub(r'nonce="[^"]*"', "", page)


# ---------------------------------------------------------------- true to the wave


def test_before_and_while_it_is_open(client: CheckingClient, trust: Organisation) -> None:
    coming = waves.open_wave([trust.root], opens_in=timedelta(days=2))
    for wave in (coming, waves.open_wave([trust.root])):
        words = words_of(client, wave)
        assert "This pulse closes on" in words and "anonymous" not in words.lower()
        assert (
            "We destroy the scrambled link codes, the list of e-mails and texts, the sealed ballots and the "
            "keys at the count. That is just after the pulse closes on"
        ) in words
        assert f"at least {wave.minimum_group} people" in words


def test_between_close_and_count(client: CheckingClient, wave: Wave) -> None:
    waves.close(wave)
    words = words_of(client, wave)
    assert "the keys at the count. It is about to start." in words
    assert "This pulse closed on" in words and "anonymous" not in words.lower()


def test_after_the_count_it_says_when(app: Flask, client: CheckingClient, wave: Wave) -> None:
    waves.close_and_count(wave)
    moment: Callable[[object], str] = app.jinja_env.filters["moment"]
    rows = summary(page_of(client, wave))
    assert rows[CODES] == f"Destroyed on {moment(wave.counted_at)}"
    assert rows["The keys"] == f"Destroyed on {moment(wave.keys_destroyed_at)}"
    assert "They are anonymous now" in words_of(client, wave)


@only_sqlite
def test_what_was_not_written_down_is_not_made_up(
    session: Session, client: CheckingClient, wave: Wave
) -> None:
    waves.close_and_count(wave)
    wave.keys_destroyed_at = None
    session.commit()
    assert summary(page_of(client, wave))["The keys"] == "Will be destroyed within minutes"
    wave.counted_at = None  # counted by a version that did not note it
    session.commit()
    assert "The keys" not in summary(page_of(client, wave))
    assert "We did not write down the time then." in words_of(client, wave)


def test_a_wave_that_cannot_be_counted_says_the_truth(
    session: Session, client: CheckingClient, wave: Wave, settings: Settings
) -> None:
    ballots.key_directory(settings).destroy_wave_keys(wave.id)
    waves.close_and_count(wave)
    assert wave.state == WaveState.CANNOT_BE_COUNTED
    page = page_of(client, wave)
    rows, words = summary(page), " ".join(page.get_text(" ").split())
    assert "nothing of this was stored" in words
    assert "nobody can read them. We are sorry." in words and "anonymous" not in words.lower()
    assert rows["The scrambled link codes, the list of e-mails and texts"] == (
        "Destroyed when we found that the key was lost"
    )
    assert rows["The sealed ballots"].startswith("Still there, and sealed. Deleted by")
    assert rows["The key"].startswith("Lost.")


def test_after_the_deletion_it_says_when(
    app: Flask, session: Session, client: CheckingClient, wave: Wave
) -> None:
    day: Callable[[object], str] = app.jinja_env.filters["day"]
    waves.close_and_count(wave)
    due = services.deletion_date(wave.closes_at)
    assert f"delete the answers and comments by {day(due)}" in words_of(client, wave)
    wave.opens_at -= timedelta(days=800)
    wave.closes_at -= timedelta(days=800)
    session.commit()
    jobs.erase_due()
    session.refresh(wave)
    words = words_of(client, wave)
    assert f"were deleted on {day(wave.erased_at)}" in words
    assert "We delete the answers" not in words and "are deleted by" not in words


@only_sqlite
def test_an_open_link_has_tickets_and_shows_the_whole_organisation_only(
    session: Session, trust: Organisation, client: CheckingClient, wave: Wave
) -> None:
    as_open_link(session, wave)
    page = page_of(client, wave)
    rows, words = summary(page), " ".join(page.get_text(" ").split())
    assert "results are only shown for the whole organisation" in words
    assert "everyone uses the same link" in words and "at least 20 answers" in words
    assert "We destroy the scrambled form numbers, the sealed ballots and the keys" in words
    assert "link code" not in words and "e-mail" not in words and "your unit" not in words
    assert rows["Unit"] == f"{trust.root} (the number of the whole organisation)"
    shown = stored(session, wave.reference)
    assert shown and shown.unit == trust.root


@only_sqlite
def test_a_split_by_staff_group_is_told(session: Session, client: CheckingClient, wave: Wave) -> None:
    assert "Staff group" not in summary(page_of(client, wave))
    wave.breakdown = Breakdown.STAFF_GROUP
    session.commit()
    assert summary(page_of(client, wave))["Staff group"] == "Nursing"
    assert "It is only counted, for the whole organisation" in words_of(client, wave)


def test_the_clock_and_the_page_speak_of_one_day(wave: Wave, session: Session) -> None:
    page = stored(session, wave.reference)
    assert page is not None
    (kept,) = services.retentions(session, now=utc_now())
    assert page.delete_on == kept.delete_on
    assert (PROJECT_ROOT / "templates" / "privacy" / "texts" / page.version).is_dir()


# ---------------------------------------------------------------- who may see it


@only_sqlite
def test_other_links_look_like_any_link_that_was_cut(
    session: Session, client: CheckingClient, trust: Organisation, wave: Wave
) -> None:
    draft = waves.draft_wave([trust.root])
    launching = waves.launched_wave([trust.root])
    imported = waves.open_wave([trust.root])
    imported.kind = WaveKind.IMPORTED
    session.commit()
    references = ["nothere", draft.reference, launching.reference, imported.reference]
    cut = without_nonce(client.get("/a/nothere").text)
    for reference in references:
        answer = client.get(f"/a/{reference}/what-we-store")
        assert answer.status_code == 404 and without_nonce(answer.text) == cut


@only_sqlite
def test_reading_it_leaves_no_trace(client: CheckingClient, wave: Wave) -> None:
    answer = client.get(f"/a/{wave.reference}/what-we-store")
    assert "Set-Cookie" not in answer.headers
    assert "<form" not in answer.text
    assert BeautifulSoup(answer.text, "html.parser").find("meta", {"name": "referrer"})


@only_sqlite
def test_every_page_of_answering_leads_there(
    client: CheckingClient, trust: Organisation, wave: Wave
) -> None:
    person = trust.people["Maple"][0]
    token = waves.tokens_of(wave)[person]
    address = f"/a/{wave.reference}/what-we-store"
    assert address in client.get(f"/a/{wave.reference}/{token}").text
    assert address in client.get(f"/a/{wave.reference}/thank-you").text
    waves.cast_for(wave, [person])
    assert address in client.get(f"/a/{wave.reference}/{token}").text
    assert "/your-data" in client.get(address).text and "/your-data" in client.get("/privacy").text


# ---------------------------------------------------------------- the words stay


@pytest.fixture
def newer_words(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A second version of the words, shipped after the first."""
    version = "2031-01"
    words = "{% extends 'layouts/answering.html' %}{% block content %}<h1>Newer words</h1>{% endblock %}"
    loader = app.jinja_env.loader
    assert loader
    shipped = DictLoader({f"privacy/texts/{version}/stored.html": words})
    app.jinja_env.loader = ChoiceLoader([shipped, loader])
    monkeypatch.setattr(services, "TEXT_VERSIONS", (*services.TEXT_VERSIONS, version))
    monkeypatch.setattr(services, "PRIVACY_VERSION", version)
    yield version
    app.jinja_env.loader = loader


def test_a_wave_keeps_the_words_it_was_planned_with(
    session: Session,
    client: CheckingClient,
    trust: Organisation,
    wave: Wave,
    request: pytest.FixtureRequest,
) -> None:
    assert wave.privacy_version == services.PRIVACY_VERSION == "2027-03"
    before = words_of(client, wave)
    assert "Words of this page: version 2027-03." in before
    newer = request.getfixturevalue("newer_words")
    assert words_of(client, wave) == before
    later = waves.open_wave([trust.root], title="Later")
    assert later.privacy_version == newer and "Newer words" in words_of(client, later)


@only_sqlite
def test_a_wave_from_before_there_were_versions_shows_the_first(
    session: Session, client: CheckingClient, wave: Wave, newer_words: str
) -> None:
    wave.privacy_version = ""
    session.commit()
    assert "version 2026-11." in words_of(client, wave)
