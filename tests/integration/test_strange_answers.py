"""Answers that are strange, far too long, or sent when the database is out of reach: none is lost."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.ballots import services as ballots
from surveyapp.ballots.models import SealedBallot
from surveyapp.ballots.opening import open_box
from surveyapp.config import Settings
from surveyapp.pulses.models import Wave
from tests.conftest import on_sqlite
from tests.factories.organisation import Organisation
from tests.factories.waves import open_link_wave, open_wave, prompts, scored_items, tokens_of
from tests.support.client import CheckingClient

#: What is written, and what is read where it is not the same.
STRANGE = {
    "a family \U0001f469\U0001f3fd\u200d\u2695\ufe0f\u200d\U0001f467 and a flag \U0001f3f4\U000e0067": "",
    "\u202eback to front\u202c, \u05e9\u05dc\u05d5\u05dd and \u0645\u0631\u062d\u0628\u0627": "",
    "Z\u0351\u0369\u030aa\u0300\u0301\u0302 combining": "",
    "a\x00b\x07c\x1bd\x7fe\u2028f\ufeffg\ufffe\U0010ffffh": "abcde\u2028f\ufeffgh",
    "one\r\ntwo\r\n\r\nthree": "one\ntwo\n\nthree",
    "half a \ud83d character": "half a %ED%A0%BD character",
    "<script>alert(1)</script> {{ 7 * 7 }} %s \\": "",
}


def links_of(wave: Wave) -> list[str]:
    return [f"/a/{wave.reference}/{token}" for token in tokens_of(wave).values()]


def form_of(wave: Wave, comment: str) -> dict[str, str | bytes]:
    sent = comment.encode("utf-8", "surrogatepass")
    return {**dict.fromkeys(scored_items(wave), "4"), prompts(wave)[0]: sent}


def fields_of(answer: TestResponse) -> list[tuple[str, str]]:
    """The hidden fields of a page's form."""
    page = BeautifulSoup(answer.text, "html5lib")
    return [(str(box["name"]), str(box["value"])) for box in page.select("form input[type=hidden]")]


def heading(answer: TestResponse) -> str:
    found = BeautifulSoup(answer.text, "html5lib").h1
    return found.get_text(strip=True) if found else ""


def in_box(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(SealedBallot)) or 0


def gone(*_: object) -> None:
    raise OperationalError("SELECT", {}, Exception("no route to host"))


@on_sqlite
def test_strange_text_comes_out_of_the_box_as_it_went_in(
    session: Session, client: CheckingClient, wave: Wave, settings: Settings
) -> None:
    for link, written in zip(links_of(wave), STRANGE, strict=False):
        assert client.post(link, data=form_of(wave, written)).status_code == 303
    key = ballots.key_directory(settings).opening_key(wave.id, public=wave.public_key or b"")
    asked = frozenset(prompts(wave))
    opened, set_aside = open_box(session, wave, key, item_ids=frozenset(scored_items(wave)), prompt_ids=asked)
    assert set_aside == 0
    read = [ballot.comments[prompts(wave)[0]] for ballot in opened]
    assert sorted(read) == sorted(comes_out or written for written, comes_out in STRANGE.items())


@on_sqlite
def test_strange_text_comes_back_with_an_error(client: CheckingClient, wave: Wave) -> None:
    (prompt,) = prompts(wave)
    for written, comes_out in STRANGE.items():
        answer = client.post(links_of(wave)[0], data={prompt: written.encode("utf-8", "surrogatepass")})
        box = BeautifulSoup(answer.text, "html.parser").select_one("textarea")
        assert box is not None and box.get_text() == (comes_out or written)


@on_sqlite
def test_a_document_that_was_pasted_comes_back_and_a_library_is_refused_in_words(
    session: Session, client: CheckingClient, wave: Wave
) -> None:
    link = links_of(wave)[0]
    document = client.post(link, data=form_of(wave, "w" * 700_000))
    assert "Take out 699500 characters or more" in document.text and "w" * 700_000 in document.text
    library = client.post(link, data=form_of(wave, "w" * 3_000_000))
    assert (library.status_code, heading(library)) == (413, "Your comment is too long to send")
    assert in_box(session) == 0
    assert client.post(link, data=form_of(wave, "w" * 500)).status_code == 303


def test_a_database_out_of_reach_gives_back_all_that_was_sent(
    session: Session,
    client: CheckingClient,
    trust: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wave = open_wave([trust.root])
    link, sent = links_of(wave)[0], form_of(wave, 'Two\nlines & "quotes"')
    with monkeypatch.context() as patch:
        patch.setattr("surveyapp.pulses.services.wave_by_reference", gone)
        for _ in range(2):  # and once more, when it is tried too soon
            answer = client.post(link, data=sent)
            assert (answer.status_code, heading(answer)) == (503, "Your answers were not sent")
            sent = dict(fields_of(answer))
        assert heading(client.get(link)) == "Sorry, the service is not available"
        assert client.post(link, data=form_of(wave, "w" * 3_000_000)).status_code == 413
    assert in_box(session) == 0
    assert sent == {**form_of(wave, ""), prompts(wave)[0]: 'Two\nlines & "quotes"'}
    assert client.post(link, data=sent).status_code == 303
    assert in_box(session) == 1


@on_sqlite
def test_a_shared_tablet_out_of_reach_is_cleared_like_its_paper(
    client: CheckingClient, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = open_link_wave(trust.root)
    address = f"/o/{wave.reference}/tablet/answer"
    monkeypatch.setattr("surveyapp.ballots.open_link_views.open_link_wave", gone)
    answer = client.post(address, data=form_of(wave, "For the reviewer only"))
    page = BeautifulSoup(answer.text, "html5lib")
    watch = page.select_one("script[data-handed-on]")
    assert answer.status_code == 503 and watch is not None
    assert watch["data-handed-on"] == "paper" and page.select_one("dialog#time-warning")
    # The script changes the page's own address, so the form has to name where it goes.
    assert [form["action"] for form in page.select("form")] == [address]
