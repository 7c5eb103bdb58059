"""An open link: one address for all, one ballot a form, and no more shown than A23 allows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.ballots import open_link, services
from surveyapp.ballots.models import Voucher
from surveyapp.ballots.services import CastOutcome
from surveyapp.ballots.tickets import new_ticket
from surveyapp.extensions import db
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import Wave, WaveMail
from surveyapp.pulses.services import WaveState
from surveyapp.timekeeping import utc_now
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import (
    ballots_and_tickets,
    cast_openly,
    close,
    open_link_wave,
    open_wave,
    prompts,
    scored_items,
    tokens_of,
)
from tests.support.client import CheckingClient
from tests.support.processes import at_once


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    return open_link_wave(trust.root)


def hidden(answer: TestResponse, name: str = "ticket") -> str:
    found = BeautifulSoup(answer.text, "html5lib").find("input", {"name": name})
    assert found is not None, answer.text
    return str(found["value"])


def heading(answer: TestResponse) -> str:
    return BeautifulSoup(answer.text, "html5lib").h1.get_text(strip=True)


def filled_in(wave: Wave, ticket: str, value: str = "4", **more: str) -> dict[str, str]:
    return {**dict.fromkeys(scored_items(wave), value), "ticket": ticket, **more}


def send(client: CheckingClient, wave: Wave, path: str = "") -> TestResponse:
    """Get a form, fill it in and send it."""
    address = f"/o/{wave.reference}{path}"
    return client.post(address, data=filled_in(wave, hidden(client.get(address))))


# ---------------------------------------------------------------- launching


def test_launching_invites_nobody_and_keeps_the_organisation_alone(
    session: Session, trust: Organisation, wave: Wave
) -> None:
    assert wave.state == WaveState.OPEN and wave.invited == 0 and wave.review_all
    assert [(unit.unit_id, unit.invited) for unit in wave.units] == [(trust.root, 0)]
    for table in (Voucher, WaveMail):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_it_can_be_launched_before_anyone_is_on_the_staff_list(session: Session) -> None:
    trust = make_organisation(session, {"Maple": 0})
    assert open_link_wave(trust.root).state == WaveState.OPEN


def test_there_is_no_rate_while_it_is_open(session: Session, wave: Wave) -> None:
    for _ in range(25):
        cast_openly(wave)
    pulse_jobs.note_live_rates()
    session.refresh(wave)
    assert wave.live_rate_on is None and wave.live_rate_band is None


# ---------------------------------------------------------------- one form, one ballot


@pytest.mark.parametrize("path", ["", "/tablet/answer"])
def test_a_form_is_handed_out_without_a_trace_and_good_for_one_ballot(
    session: Session, client: CheckingClient, wave: Wave, path: str
) -> None:
    address = f"/o/{wave.reference}{path}"
    for _ in range(3):
        page = client.get(address)
        assert page.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in page.headers
        assert client.head(address).status_code == 200
    assert ballots_and_tickets(session) == (0, 0)
    form = filled_in(wave, hidden(page))
    sent = client.post(address, data=form)
    assert sent.status_code == 303 and sent.location.endswith("thank-you")
    assert heading(client.get(sent.location)) == "Thank you"
    assert ballots_and_tickets(session) == (1, 1)
    again = client.post(address, data=form)
    assert again.status_code == 200 and heading(again) == "These answers are already in the box"
    assert ballots_and_tickets(session) == (1, 1)


def test_each_form_is_another_ballot(session: Session, client: CheckingClient, wave: Wave) -> None:
    for _ in range(3):
        assert send(client, wave).status_code == 303
    assert send(client, wave, "/tablet/answer").status_code == 303
    assert ballots_and_tickets(session) == (4, 4)


def test_a_form_sent_four_times_at_once_is_one_ballot(
    app: Flask, session: Session, wave: Wave
) -> None:
    outcomes = at_once(app, [_sending(wave.id, "a" * 64)] * 4)
    assert sorted(outcomes) == [CastOutcome.ALREADY_CAST] * 3 + [CastOutcome.CAST]
    assert ballots_and_tickets(session) == (1, 1)


def test_many_forms_at_once_lose_nothing(app: Flask, session: Session, wave: Wave) -> None:
    outcomes = at_once(app, [_sending(wave.id, "") for _ in range(16)])
    assert outcomes == [CastOutcome.CAST] * 16
    assert ballots_and_tickets(session) == (16, 16)


def test_a_crash_before_the_commit_leaves_the_form_good(session: Session, wave: Wave) -> None:
    answers = dict.fromkeys(scored_items(wave), 5)
    open_link.cast_open(session, wave, "a" * 64, answers=answers, comments={})
    session.rollback()
    assert ballots_and_tickets(session) == (0, 0)
    assert cast_openly(wave, form="a" * 64) is CastOutcome.CAST
    assert cast_openly(wave, form="a" * 64) is CastOutcome.ALREADY_CAST


def _sending(wave_id: int, form: str) -> Callable[[], CastOutcome]:
    return lambda: cast_openly(db.session.get_one(Wave, wave_id), form=form)


# ---------------------------------------------------------------- tampering, trouble


def test_forged_and_foreign_tickets_give_a_new_form_with_the_answers_on_it(
    app: Flask, session: Session, client: CheckingClient, wave: Wave, trust: Organisation
) -> None:
    other = open_link_wave(trust.root, title="Another")
    secret_key = app.config["SETTINGS"].secret_key
    good = new_ticket(wave.reference, secret_key=secret_key)
    for bad in (
        "",
        "x",
        good[:-1],
        f"{good}\x00",
        "é" * 40,
        new_ticket(other.reference, secret_key=secret_key),
        new_ticket(wave.reference, secret_key="another secret"),
    ):
        form = filled_in(wave, bad, **{prompts(wave)[0]: "The protected hour."})
        page = client.post(f"/o/{wave.reference}", data=form)
        assert page.status_code == 200 and "Please send your answers again" in page.text
        assert page.text.count(" checked") == len(scored_items(wave))
        assert "The protected hour." in page.text
        assert hidden(page) != bad
        assert BeautifulSoup(page.text, "html5lib").title.get_text().startswith("Error: ")
    assert ballots_and_tickets(session) == (0, 0)
    form["ticket"] = hidden(page)
    assert client.post(f"/o/{wave.reference}", data=form).status_code == 303
    assert ballots_and_tickets(session) == (1, 1)


def test_errors_keep_what_was_entered_and_the_ticket(
    session: Session, client: CheckingClient, wave: Wave
) -> None:
    address = f"/o/{wave.reference}/tablet/answer"
    ticket = hidden(client.get(address))
    form = filled_in(wave, ticket)
    missing = form.pop(scored_items(wave)[2])
    page = client.post(address, data=form)
    assert "Select an answer to question 3" in page.text and page.text.count(" checked") == 4
    assert hidden(page) == ticket
    assert client.post(address, data={**form, scored_items(wave)[2]: missing}).status_code == 303
    assert ballots_and_tickets(session) == (1, 1)


def test_a_long_form_carries_its_answers_and_shows_none_of_them_after_it_is_sent(
    session: Session, client: CheckingClient, trust: Organisation
) -> None:
    wave = open_link_wave(trust.root, questions=("annual_full", "full"))
    address = f"/o/{wave.reference}/tablet/answer"
    pages = services.paper_pages(wave)
    answer, sent = client.get(address), []
    for page in pages:
        form = {question.item_id: "4" for question in page.questions if not question.is_open}
        for name in ("ticket", "carried", "page"):
            form[name] = hidden(answer, name)
        sent.append(form)
        answer = client.post(address, data=form)
    assert answer.status_code == 303 and ballots_and_tickets(session) == (1, 1)
    # The browser's Back, and its offer to send a page again.
    for form in sent:
        assert heading(client.post(address, data=form)) == "These answers are already in the box"
    assert ballots_and_tickets(session) == (1, 1)


def test_a_box_out_of_reach_keeps_the_answers_on_the_page(
    session: Session, client: CheckingClient, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(*_: object) -> bytes:
        raise OperationalError("", {}, Exception("down"))

    address = f"/o/{wave.reference}"
    form = filled_in(wave, hidden(client.get(address)))
    with monkeypatch.context() as patch:
        patch.setattr(open_link, "put_in_box", out_of_reach)
        page = client.post(address, data=form)
    assert page.status_code == 503 and page.text.count(" checked") == len(scored_items(wave))
    assert ballots_and_tickets(session) == (0, 0)
    assert client.post(address, data={**form, "ticket": hidden(page)}).status_code == 303


# ---------------------------------------------------------------- when there is no paper


PATHS = ("", "/tablet", "/tablet/answer")


def test_it_is_not_open_yet_then_open_then_closed(
    session: Session, client: CheckingClient, trust: Organisation
) -> None:
    wave = open_link_wave(trust.root, opens_in=timedelta(days=1))
    for path in PATHS:
        page = client.get(f"/o/{wave.reference}{path}")
        assert (page.status_code, heading(page)) == (200, "This pulse is not open yet")
        assert "link" not in BeautifulSoup(page.text, "html5lib").main.get_text()
    assert cast_openly(wave) is CastOutcome.CLOSED
    wave.opens_at = utc_now() - timedelta(seconds=5)
    session.commit()
    pulse_jobs.tick()
    form = filled_in(wave, hidden(client.get(f"/o/{wave.reference}")))
    close(wave)
    late = client.post(f"/o/{wave.reference}", data=form)
    assert late.status_code == 410 and "came too late" in late.text
    for path in PATHS:
        assert client.get(f"/o/{wave.reference}{path}").status_code == 410
    assert cast_openly(wave) is CastOutcome.CLOSED
    assert ballots_and_tickets(session) == (0, 0)


def test_the_closing_time_counts_even_when_nobody_has_closed_it(
    session: Session, client: CheckingClient, wave: Wave
) -> None:
    session.execute(update(Wave).values(closes_at=utc_now() - timedelta(seconds=1)))
    session.commit()
    assert client.get(f"/o/{wave.reference}").status_code == 410
    assert cast_openly(wave) is CastOutcome.CLOSED


def test_the_two_kinds_of_link_do_not_open_each_other(
    session: Session, client: CheckingClient, trust: Organisation, wave: Wave
) -> None:
    personal = open_wave([trust.root])
    token = next(iter(tokens_of(personal).values()))
    for path in (*PATHS, "/thank-you", "/tablet/thank-you"):
        for reference in (personal.reference, "2222222"):
            page = client.get(f"/o/{reference}{path}")
            assert (page.status_code, heading(page)) == (404, "We do not know this address")
    assert client.post(f"/o/{personal.reference}", data={}).status_code == 404
    for path in ("", f"/{token}", "/thank-you"):
        assert client.get(f"/a/{wave.reference}{path}").status_code == 404
    assert client.post(f"/a/{wave.reference}/{token}", data={}).status_code == 404
    assert ballots_and_tickets(session) == (0, 0)


def test_an_address_read_off_a_poster_may_be_in_capitals(
    client: CheckingClient, wave: Wave
) -> None:
    answer = client.get(f"/o/{wave.reference.upper()}.")
    assert answer.status_code == 302 and answer.location == f"/o/{wave.reference}"


def test_the_paper_promises_no_more_than_is_kept(client: CheckingClient, wave: Wave) -> None:
    page = BeautifulSoup(client.get(f"/o/{wave.reference}").text, "html5lib")
    said = " ".join(page.main.get_text(" ").split())
    assert "only shown for the whole organisation" in said and "at least 20 answers" in said
    assert "A reviewer reads each comment first" in said
    assert said.count("only once") == 2
    for untrue in ("your link", "unit you work in", "Reminders", "e-mail", "groups of at least"):
        assert untrue not in said
