"""Answering: every kind of link, errors that keep answers, one ballot whatever happens."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from surveyapp.ballots import services as ballots
from surveyapp.ballots.models import SealedBallot, Voucher
from surveyapp.ballots.paper import token_for
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation import staff
from surveyapp.organisation.models import Person, WorkingStatus
from surveyapp.pulses import drafts
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses import services as pulses
from surveyapp.pulses.planning import Plan
from surveyapp.timekeeping import LOCAL_ZONE, utc_now

PULSE_ITEMS = ("LEA1", "COM1", "LRN1", "FBK2", "DEV2")
COMPLETE = {**dict.fromkeys(PULSE_ITEMS, "4"), "OPN1": "The protected hour on Tuesdays."}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "ORGANISATION_NAME": "Riverside <b>"}


@pytest.fixture
def app(app: Flask) -> Flask:
    """With an organisation of one ward and twelve people."""
    root = organisation.ensure_root(db.session(), "Riverside")
    ward = organisation.add_unit(db.session(), name="Ward 4", parent_id=root.id)
    for number in range(12):
        staff.add_person(
            db.session(),
            email=f"p{number}@example.org",
            unit_id=ward.id,
            staff_group="Nursing",
            status=WorkingStatus.WORKING,
        )
    db.session.commit()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def launch(app: Flask, template: str = "monthly_pulse_5", choice: str = "A-1") -> str:
    """Open a wave and return its first person's link, without the site's address."""
    with app.app_context():
        today = datetime.now(LOCAL_ZONE).date()
        units = tuple(unit for unit, _, _ in organisation.frozen_tree(db.session()))
        plan = Plan("How we learn", template, choice, units, today, today + timedelta(days=14))
        wave = drafts.plan_wave(db.session(), plan, actor_id=None)
        wave.opens_at = utc_now() - timedelta(hours=1)
        # Of two pulses the second comes weeks later, or it could ask nobody.
        db.session.execute(update(Person).values(last_invited_on=None))
        pulses.launch(db.session(), wave.id, actor_id=None)
        wave_id = wave.id
        db.session.commit()
        pulse_jobs.prepare(wave_id)
        keys = ballots.key_directory(app.config["SETTINGS"]).wave_keys(wave_id)
        opened = pulses.wave(db.session(), wave_id)
        assert opened is not None
        return f"/a/{opened.reference}/{token_for(keys.secret, 1)}"


def change(app: Flask, link: str, **values: object) -> None:
    with app.app_context():
        wave = pulses.wave_by_reference(db.session(), link.split("/")[2])
        for name, value in values.items():
            setattr(wave, name, value)
        db.session.commit()


def stored(app: Flask) -> tuple[int, int]:
    """Ballots in the box, and vouchers spent."""
    with app.app_context():
        in_box = db.session.scalar(select(func.count()).select_from(SealedBallot))
        spent = db.session.scalar(select(func.count()).where(Voucher.spent.is_(True)))
        return in_box or 0, spent or 0


def heading(answer: TestResponse) -> str:
    found = BeautifulSoup(answer.text, "html5lib").find_all("h1")
    assert len(found) == 1
    return found[0].get_text(strip=True)


# ---------------------------------------------------------------- the paper


def test_paper_says_the_smallest_group_before_the_first_question(
    app: Flask, client: FlaskClient
) -> None:
    page = client.get(launch(app)).text
    assert page.index("at least <strong>10 people") < page.index("1. My manager")
    assert "No one can reply to you here" in page
    assert "Freedom to Speak Up Guardian" in page
    assert "999" in page


def test_paper_sets_no_cookie_and_tells_no_other_site(app: Flask, client: FlaskClient) -> None:
    link = launch(app)
    for answer in (client.get(link), client.post(link, data={}), client.post(link, data=COMPLETE)):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert client.get(link).headers["Cache-Control"] == "no-store"


def test_nothing_is_chosen_beforehand_and_not_sure_comes_last(
    app: Flask, client: FlaskClient
) -> None:
    page = BeautifulSoup(client.get(launch(app)).text, "html5lib")
    assert not page.select("input[checked]")
    for item in PULSE_ITEMS:
        assert [box["value"] for box in page.select(f"input[name={item}]")][-1] == "na"


def test_a_get_spends_nothing_however_often(app: Flask, client: FlaskClient) -> None:
    link = launch(app)
    for _ in range(3):
        assert client.get(link).status_code == 200
        client.head(link)
    assert stored(app) == (0, 0)


def test_sending_puts_one_ballot_in_the_box_and_thanks(app: Flask, client: FlaskClient) -> None:
    link = launch(app)
    answer = client.post(link, data=COMPLETE)
    assert answer.status_code == 303
    token = link.rsplit("/", 1)[1]
    assert token not in answer.headers["Location"]
    thanks = client.get(answer.headers["Location"])
    assert heading(thanks) == "Thank you"
    assert "One sealed ballot" in thanks.text
    assert stored(app) == (1, 1)


def test_not_sure_everywhere_is_an_answer(app: Flask, client: FlaskClient) -> None:
    assert client.post(launch(app), data=dict.fromkeys(PULSE_ITEMS, "na")).status_code == 303


def test_a_retry_stores_nothing_more_and_says_so(app: Flask, client: FlaskClient) -> None:
    link = launch(app)
    client.post(link, data=COMPLETE)  # its reply is lost on the way
    again = client.post(link, data={**COMPLETE, "LEA1": "1"})
    assert again.status_code == 200
    assert heading(again) == "Your answers are already in the box"
    assert stored(app) == (1, 1)
    assert heading(client.get(link)) == "Your answers are already in the box"


def test_blank_questions_are_named_and_everything_else_is_kept(
    app: Flask, client: FlaskClient
) -> None:
    link = launch(app)
    sent = {"LEA1": "2", "COM1": "na", "OPN1": "Kept <b>words</b>"}
    answer = client.post(link, data=sent)
    page = BeautifulSoup(answer.text, "html5lib")
    assert page.title is not None and page.title.get_text(strip=True).startswith("Error: ")
    summary = page.select_one(".nhsuk-error-summary")
    assert summary is not None and "There is a problem" in summary.get_text()
    links = [a["href"] for a in summary.select("a")]
    assert links == ["#LRN1", "#FBK2", "#DEV2"]
    for target in links:
        first = page.select_one(target)
        assert first is not None and first.name == "input"
    assert [box["value"] for box in page.select("input[checked]")] == ["2", "na"]
    assert page.select_one("textarea").get_text() == "Kept <b>words</b>"
    assert stored(app) == (0, 0)


@pytest.mark.parametrize("value", ["0", "6", "x", "1; drop", "", "４", "-1", "1.0"])
def test_an_answer_off_the_scale_is_refused(app: Flask, client: FlaskClient, value: str) -> None:
    answer = client.post(launch(app), data={**COMPLETE, "LEA1": value})
    assert answer.status_code == 200
    assert "There is a problem" in answer.text
    assert stored(app) == (0, 0)


@pytest.mark.parametrize(
    "comment", ["é" * 500, "😀" * 500, "a\x00b", "\u202ertl", "\ud800", "x\r\ny" * 100, "  \n "]
)
def test_any_comment_of_the_allowed_length_fits(
    app: Flask, client: FlaskClient, comment: str
) -> None:
    sent = {**COMPLETE, "OPN1": comment.encode("utf-8", "surrogatepass")}
    assert client.post(launch(app), data=sent).status_code == 303
    assert stored(app) == (1, 1)


def test_a_long_comment_comes_back_whole(app: Flask, client: FlaskClient) -> None:
    answer = client.post(launch(app), data={**COMPLETE, "OPN1": "w" * 503})
    assert "Take out 3 characters or more" in answer.text
    assert "w" * 503 in answer.text


def test_a_busy_database_costs_no_answer(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = launch(app)

    def busy(*_: object, **__: object) -> None:
        raise OperationalError("cast", {}, Exception("locked"))

    with monkeypatch.context() as patch:
        patch.setattr("surveyapp.ballots.services.cast", busy)
        answer = client.post(link, data=COMPLETE)
    assert answer.status_code == 503
    assert "Your answers were not sent" in answer.text
    page = BeautifulSoup(answer.text, "html5lib")
    assert len(page.select("input[checked]")) == 5
    assert page.select_one("textarea").get_text() == COMPLETE["OPN1"]
    assert client.post(link, data=COMPLETE).status_code == 303


# ---------------------------------------------------------------- links


def test_each_kind_of_link_has_its_own_page(app: Flask, client: FlaskClient) -> None:
    link = launch(app)
    reference = link.split("/")[2]
    expected = {
        f"/a/{reference}/{'x' * 22}": (404, "We do not know this link"),
        f"/a/zzzzzzz/{'x' * 22}": (404, "We do not know this link"),
        link[:-3]: (404, "This link is not complete"),
        f"/a/{reference}": (404, "This link is not complete"),
        f"{link}xyz": (404, "This link is not complete"),
    }
    for address, (status, words) in expected.items():
        for answer in (client.get(address), client.post(address, data=COMPLETE)):
            if answer.status_code != 405:
                assert (answer.status_code, heading(answer)) == (status, words), address
    assert stored(app) == (0, 0)


@pytest.mark.parametrize("ending", [".", ",", ")", "%3E", "%20", ").", "%E2%80%9D"])
def test_what_mail_programs_add_to_a_link_is_dropped(
    app: Flask, client: FlaskClient, ending: str
) -> None:
    link = launch(app)
    answer = client.get(link + ending, follow_redirects=True)
    assert answer.status_code == 200
    assert heading(answer) == "How we learn"


def test_before_opening_the_page_says_when(app: Flask, client: FlaskClient) -> None:
    link = launch(app)
    change(app, link, state="scheduled")
    assert heading(client.get(link)) == "This pulse is not open yet"


@pytest.mark.parametrize("state", ["closed", "counted", "cannot_be_counted"])
def test_after_the_close_a_late_sender_is_told(app: Flask, client: FlaskClient, state: str) -> None:
    link = launch(app)
    change(app, link, state=state)
    assert client.get(link).status_code == 410
    late = client.post(link, data=COMPLETE)
    assert late.status_code == 410
    assert "came too late" in late.text
    assert ("We are sorry. The key" in late.text) is (state == "cannot_be_counted")
    assert stored(app) == (0, 0)


def test_the_closing_time_counts_before_the_clock_has_noticed(
    app: Flask, client: FlaskClient
) -> None:
    link = launch(app)
    change(app, link, closes_at=utc_now() - timedelta(seconds=1))
    assert client.post(link, data=COMPLETE).status_code == 410


# ---------------------------------------------------------------- longer forms


def carried(answer: TestResponse) -> dict[str, str]:
    page = BeautifulSoup(answer.text, "html5lib")
    return {box["name"]: box["value"] for box in page.select("form input[type=hidden]")}


def fill(answer: TestResponse, value: str = "4") -> dict[str, str]:
    page = BeautifulSoup(answer.text, "html5lib")
    return {box["name"]: value for box in page.select("input[type=radio]")} | carried(answer)


def test_a_longer_form_is_answered_page_by_page_and_keeps_nothing_between(
    app: Flask, client: FlaskClient
) -> None:
    link = launch(app, "annual_full", "full")
    answer = client.get(link)
    pages = 0
    while answer.status_code == 200:
        assert stored(app) == (0, 0)
        pages += 1
        answer = client.post(link, data=fill(answer))
    assert answer.status_code == 303
    assert pages == 15  # fourteen scales and the open questions
    assert stored(app) == (1, 1)


def test_going_back_shows_what_was_answered(app: Flask, client: FlaskClient) -> None:
    link = launch(app, "annual_full", "full")
    first = client.get(link)
    second = client.post(link, data=fill(first, "2"))
    back = client.post(link, data={**carried(second), "go": "back"})
    page = BeautifulSoup(back.text, "html5lib")
    assert {box["value"] for box in page.select("input[checked]")} == {"2"}
    assert page.select_one("input[name=page]")["value"] == "0"


@pytest.mark.parametrize(
    "tampered", [{"carried": "AAAA"}, {"page": "99"}, {"page": "-1"}, {"page": "x"}, {"carried": "é"}]
)
def test_a_tampered_page_starts_again_and_sends_nothing(
    app: Flask, client: FlaskClient, tampered: dict[str, str]
) -> None:
    link = launch(app, "quarterly_12", "q1")
    second = client.post(link, data=fill(client.get(link)))
    answer = client.post(link, data={**fill(second), **tampered})
    assert answer.status_code == 200
    assert stored(app) == (0, 0)


def test_carried_answers_open_for_their_own_link_only(app: Flask, client: FlaskClient) -> None:
    link, other = launch(app, "annual_full", "full"), launch(app, "annual_full", "full")
    second = client.post(link, data=fill(client.get(link)))
    answer = client.post(other, data=fill(second))
    assert "Please start again" in answer.text


def test_jumping_to_the_last_page_leads_back_to_what_is_missing(
    app: Flask, client: FlaskClient
) -> None:
    link = launch(app, "annual_full", "full")
    hidden = carried(client.get(link))
    answer = client.post(link, data={**hidden, "page": "14"})
    assert carried(answer)["page"] == "0"
    assert stored(app) == (0, 0)
