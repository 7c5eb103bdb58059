"""Who stops reminders, and addresses that do not work: what is kept, and who is told what."""

from __future__ import annotations

import re

import pytest
from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyapp.organisation import reaching
from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs, ledger
from surveyapp.pulses.models import Wave
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import on_sqlite
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import open_wave
from tests.support.client import CheckingClient
from tests.support.servers import MailServer


@pytest.fixture
def trust(smtp: MailServer, session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 9, "Oak": 3})


def stop_page(person_id: int) -> str:
    token = reaching.stop_token(current_app.config["SETTINGS"].secret_key, person_id)
    return f"/a/reminders/{token}/stop"


def stopped(session: Session) -> set[int]:
    session.rollback()
    return set(session.scalars(select(Person.id).where(Person.wants_reminders.is_(False))))


def send_until_given_up(wave: Wave) -> None:
    redis = current_app.extensions["redis"]
    for _ in range(ledger.MOST_ATTEMPTS):
        for lock in redis.scan_iter("mailing:*"):
            redis.delete(lock)
        jobs.send_mail(wave.id)


def unreachable(session: Session) -> set[str]:
    session.rollback()
    return set(session.scalars(select(Person.email).where(Person.undeliverable_since.is_not(None))))


# ---------------------------------------------------------------- stopping reminders


def test_looking_stops_nothing_and_the_button_does(
    session: Session, trust: Organisation, client: CheckingClient
) -> None:
    page = stop_page(trust.people["Oak"][0])
    for method in ("GET", "HEAD", "GET"):  # as link scanners do
        assert client.open(page, method=method).status_code == 200
    assert stopped(session) == set()
    answer = client.post(page, data={"choice": "stop"})
    assert answer.status_code == 200 and "You will get no more reminders" in answer.text
    assert "one e-mail when a new pulse opens" in answer.text
    assert stopped(session) == {trust.people["Oak"][0]}
    assert "You will get reminders again" in client.post(page, data={"choice": "start"}).text
    assert stopped(session) == set()


def test_a_mail_program_stops_them_with_one_click(
    session: Session, trust: Organisation, client: CheckingClient
) -> None:
    """RFC 8058: it posts this, without a form, a cookie or a guard against forgery."""
    person = trust.people["Maple"][3]
    client.post(stop_page(person), data={"List-Unsubscribe": "One-Click"})
    assert stopped(session) == {person}


@on_sqlite
def test_the_page_is_the_same_for_a_token_that_nobody_was_sent(
    session: Session, trust: Organisation, client: CheckingClient
) -> None:
    known = stop_page(trust.people["Oak"][1])
    gone = stop_page(99_999)
    bent = known[:-8] + "xyz/stop"
    other = reaching.stop_token("another key of some length", trust.people["Oak"][1])
    nonce = re.compile(r'nonce="[^"]*"|nonce-[^\']*')
    for choice in ("stop", "start"):
        pages = {
            nonce.sub("", client.post(page, data={"choice": choice}).text)
            for page in (known, gone, bent, f"/a/reminders/{other}/stop", "/a/reminders/%00%FF/stop")
        }
        assert len(pages) == 1
    assert stopped(session) == set()
    asked = {nonce.sub("", client.get(page).text) for page in (known, gone, bent)}
    assert len(asked) == 1


def test_invitations_still_come(
    session: Session, trust: Organisation, smtp: MailServer, client: CheckingClient
) -> None:
    client.post(stop_page(trust.people["Oak"][0]))
    jobs.send_mail(open_wave([trust.root]).id)
    assert len(smtp.addresses) == 12


@on_sqlite
def test_planners_learn_how_many_have_stopped_roughly_and_not_who(
    session: Session, trust: Organisation, planner: CheckingClient
) -> None:
    wave = open_wave([trust.root])
    pages = (f"/pulses/{wave.id}", "/organisation/staff")
    assert not any("stopped reminders:" in planner.get(page).text for page in pages)
    before = planner.get(f"/organisation/staff/{trust.people['Oak'][0]}").text
    session.execute(
        update(Person).where(Person.id.in_(trust.people["Oak"])).values(wants_reminders=False)
    )
    session.commit()
    for page in pages:
        assert "People who have stopped reminders: fewer than 5." in planner.get(page).text
    token = re.compile(r'name="csrf_token"[^>]*>|nonce[-=][^\s;>]*')
    after = planner.get(f"/organisation/staff/{trust.people['Oak'][0]}").text
    assert token.sub("", before) == token.sub("", after)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "none"), (1, "fewer than 5"), (4, "fewer than 5"), (5, "about 5"), (7, "about 5"), (8, "about 10")],
)
def test_small_numbers_point_at_nobody(count: int, words: str) -> None:
    assert reaching.banded(count) == words


# ---------------------------------------------------------------- addresses that do not work


def test_an_address_that_the_server_does_not_know_is_noted_once_it_is_given_up(
    session: Session, trust: Organisation, smtp: MailServer
) -> None:
    wave = open_wave([trust.root])
    smtp.refused = {"oak.0@staff.example"}
    jobs.send_mail(wave.id)
    assert unreachable(session) == set()  # it may have been a bad moment
    send_until_given_up(wave)
    assert unreachable(session) == {"oak.0@staff.example"}
    day = session.scalar(select(Person.undeliverable_since).where(Person.undeliverable_since.is_not(None)))
    assert day == utc_now().astimezone(LOCAL_ZONE).date()
    assert wave.invited == 12  # the denominator is frozen


@pytest.mark.parametrize(
    "refusal", ["550 5.7.1 not from you", "554 no service", "552 5.2.2 full", "450 4.2.1 later"]
)
def test_a_refusal_of_us_or_for_now_is_not_held_against_an_address(
    session: Session, trust: Organisation, smtp: MailServer, refusal: str
) -> None:
    wave = open_wave([trust.root])
    smtp.refused, smtp.refusal = {"oak.0@staff.example"}, refusal
    send_until_given_up(wave)
    assert unreachable(session) == set() and len(smtp.addresses) == 11


def test_the_next_invitation_that_is_taken_clears_it(
    session: Session, trust: Organisation, smtp: MailServer
) -> None:
    session.execute(update(Person).values(undeliverable_since=utc_now().date()))
    session.commit()
    jobs.send_mail(open_wave([trust.root]).id)
    assert unreachable(session) == set()


def test_the_staff_page_names_it_with_a_remedy_and_a_new_address_clears_it(
    session: Session, trust: Organisation, planner: CheckingClient
) -> None:
    person = trust.people["Oak"][0]
    session.execute(update(Person).where(Person.id == person).values(undeliverable_since=utc_now().date()))
    session.commit()
    assert "The mail server does not know 1 address on this list" in planner.get("/organisation/staff").text
    listed = planner.get("/organisation/staff?status=undeliverable").text
    assert "oak.0@staff.example" in listed and "oak.1@" not in listed
    assert "Correct an address, and the next e-mail goes to the new one" in listed
    form = f"/organisation/staff/{person}"
    assert "Correct it here" in planner.get(form).text
    unit = trust.units["Oak"]
    same = {"unit": unit, "staff_group": "Nursing", "status": "working"}
    planner.send(form, email="oak.0@staff.example", **same)
    assert unreachable(session) == {"oak.0@staff.example"}
    planner.send(form, email="oak.zero@staff.example", **same)
    assert unreachable(session) == set()


@on_sqlite
def test_the_page_of_a_wave_says_roughly_how_many(
    session: Session, trust: Organisation, smtp: MailServer, planner: CheckingClient
) -> None:
    wave = open_wave([trust.root])
    smtp.refused = {"oak.0@staff.example", "oak.1@staff.example"}
    send_until_given_up(wave)
    page = planner.get(f"/pulses/{wave.id}").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "People whose address does not work Fewer than 5" in words
    assert "12 of 12 invitations are out of our hands" in words
    assert 'value="12" max="12"' in page and "staff.example" not in page
