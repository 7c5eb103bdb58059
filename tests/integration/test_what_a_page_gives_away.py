"""What a page gives away beside its words: its host, its headers, its cookies, its very existence."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp import create_app
from surveyapp.ballots.models import SealedBallot, Voucher
from surveyapp.config import Settings
from surveyapp.permissions import RoleName
from tests.conftest import SignIn
from tests.factories.organisation import make_organisation
from tests.factories.reports import Trust, counted_trust, read_and_draw
from tests.factories.waves import (
    close,
    open_link_wave,
    open_wave,
    prompts,
    scored_items,
    tokens_of,
)
from tests.support.client import CheckingClient

OURS = "pulse.example.nhs.uk"
TOKEN = "AAAAAAAAAAAAAAAAAAAAAA"


@pytest.fixture
def production(tmp_path: Path) -> Flask:
    settings = Settings.from_environment(
        {
            "APP_ENV": "production",
            "SECRET_KEY": "kJ7x2vQ9mZ4pL8wR1tY6uB3nC5dF0gHs-eAiOo",
            "SECURITY_PASSWORD_SALT": "Wq8Zx1Vb6Nm3Lk9Jh4Gf7Ds2Ap5Oi0Uy-tReQw",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite3'}",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "MAIL_SERVER": "smtp.internal",
            "BASE_URL": f"https://{OURS}",
        },
        instance=tmp_path,
    )
    return create_app(settings)


# ---------------------------------------------------------------- the host


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8443", OURS, "10.0.0.7"])
def test_the_way_to_https_leads_to_our_own_name(production: Flask, header: str, host: str) -> None:
    answer = production.test_client().get(f"/a/bcdfghj/{TOKEN}?x=1", headers={header: host})
    assert answer.status_code == 302
    assert answer.location == f"https://{OURS}/a/bcdfghj/{TOKEN}?x=1"


@pytest.mark.parametrize("path", ["//evil.example/", "/%0d%0aSet-Cookie:x=1", "/@evil.example", "/\\evil"])
def test_no_path_leads_the_way_to_https_astray(production: Flask, path: str) -> None:
    answer = production.test_client().get(path)
    assert answer.status_code == 302 and answer.location.startswith(f"https://{OURS}/")
    assert "\r" not in answer.location and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_another_name_than_ours_is_refused_and_not_repeated(production: Flask, header: str) -> None:
    client = production.test_client()
    ours = {"Host": OURS, "X-Forwarded-Proto": "https"}
    assert client.get("/no-such-page", headers=ours).status_code == 404
    answer = client.get("/no-such-page", headers={**ours, header: "evil.example"})
    assert answer.status_code == 400 and "Go back, check what you entered" in answer.text
    assert "evil" not in answer.text + str(answer.headers)


# ---------------------------------------------------------------- existence


def _told(answer: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer but the number that is good for one page."""
    headers = {name: re.sub(r"nonce-[^']+", "", value) for name, value in answer.headers}
    # Each request has a random number, as it has a nonce. Whether it has one is compared.
    headers = {name: "" if name == "X-Request-ID" else value for name, value in headers.items()}
    return answer.status_code, answer.data, headers


@pytest.fixture
def drawn(session: Session) -> Trust:
    made = counted_trust(session)
    read_and_draw(made.wave_id)
    return made


def test_what_is_not_yours_and_what_is_not_there_are_the_same_to_the_byte(
    session: Session, sign_in: SignIn, drawn: Trust
) -> None:
    outside = make_organisation(session, {"Late": 1}).units["Late"]  # made after the wave
    still_open = open_wave([drawn.organisation.root])
    elsewhere = make_organisation(session, {"Later": 1}).units["Later"]
    of_oak = sign_in(RoleName.LEADER, led_unit_ids=(drawn.units["Oak"],))
    newcomer = sign_in(RoleName.LEADER, led_unit_ids=(elsewhere,))
    wards = ("Maple", "Surgery", "Trust", "Nobody", "Willow")
    ends = ("", "/scores.csv", "/themes/leadership", "/themes/other")
    answers = []
    for unit in (*(drawn.units[name] for name in wards), outside, 987_654_321):
        answers += [of_oak.get(drawn.path(unit, end)) for end in ends]
    for wave_id in (drawn.wave_id, still_open.id, 987_654_321):
        answers.append(newcomer.get(f"/reports/{wave_id}"))
        for unit in (drawn.units["Maple"], elsewhere, 987_654_321):
            answers += [newcomer.get(f"/reports/{wave_id}/units/{unit}{end}") for end in ends]
    answers.append(newcomer.get("/review"))  # a page that their role does not cover
    first = _told(answers[0])
    assert first[0] == 403
    different = [a.request.path for a in answers if _told(a) != first]
    assert different == []


def test_nothing_is_said_of_a_page_by_the_way_it_is_asked_for(
    drawn: Trust, sign_in: SignIn
) -> None:
    of_oak = sign_in(RoleName.LEADER, led_unit_ids=(drawn.units["Oak"],))
    token = of_oak.token("/change-password")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        told = [
            _told(of_oak.open(path, method=method, headers={"X-CSRFToken": token}))
            for path in (drawn.path("Maple"), drawn.path("Oak"), drawn.path(987_654_321))
        ]
        assert told[0] == told[1] == told[2]
        assert told[0][0] in {400, 403, 405}


# ---------------------------------------------------------------- answering


def _answering(session: Session, client: CheckingClient) -> list[TestResponse]:
    """Every kind of page that someone who answers can meet, in one browser."""
    trust = make_organisation(session, {"Maple": 30})
    wave, later = open_wave([trust.root]), open_wave([trust.root], opens_in=timedelta(days=1))
    to_all = open_link_wave(trust.root)
    token, other, _ = list(tokens_of(wave).values())[:3]
    path, form = f"/a/{wave.reference}/{token}", dict.fromkeys(scored_items(wave), "4")
    found = [
        client.get(path),
        client.post(path, data={}),
        client.post(path, data={**form, prompts(wave)[0]: "Thank you"}),
        client.get(path),
        client.post(path, data=form),
        client.put(path),
        *(client.get(f"/a/{wave.reference}{end}") for end in ("", "/thank-you", f"/{TOKEN}")),
        client.get(f"/a/{wave.reference}/{other}."),
        client.get(f"/a/{later.reference}/{tokens_of(later).popitem()[1]}"),
        client.get("/a/nothing/like/this"),
        *(client.get(f"/o/{to_all.reference}{end}") for end in ("", "/thank-you", "/tablet")),
        client.get(f"/o/{to_all.reference}/tablet/answer"),
        client.post(f"/o/{to_all.reference}", data=form),
        client.get("/o/nothing"),
    ]
    assert [answer.status_code for answer in found] == [
        *(200, 200, 303, 200, 200, 405),
        *(404, 200, 404),
        *(302, 200, 404),
        *(200, 200, 200, 200, 200, 404),
    ]
    close(wave)
    return [*found, client.get(path), client.post(path, data=form)]


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_answering_leaves_no_cookie_and_no_trace_with_search_engines_or_proxies(
    session: Session, client: CheckingClient, sign_in: SignIn, is_signed_in: bool
) -> None:
    browser = sign_in(RoleName.LEADER) if is_signed_in else client
    for answer in _answering(session, browser):
        where = (answer.request.method, answer.request.path, answer.status_code)
        assert "Set-Cookie" not in answer.headers, where
        assert answer.headers["X-Robots-Tag"] == "noindex", where
        assert answer.headers["Referrer-Policy"] == "no-referrer", where
        assert answer.headers["Cache-Control"] == "no-store", where


def test_answering_pages_load_nothing_from_elsewhere(
    session: Session, client: CheckingClient
) -> None:
    for answer in _answering(session, client):
        policy = answer.headers["Content-Security-Policy"]
        assert "http" not in policy and "*" not in policy and "default-src 'self'" in policy
        page = BeautifulSoup(answer.text, "html.parser")
        loaded = [
            str(tag[name])
            for tag in page.find_all(True)
            for name in ("src", "srcset", "href", "action", "data", "poster", "ping")
            if tag.get(name) and (tag.name != "a" or name == "ping")
        ]
        assert loaded or 300 <= answer.status_code < 400
        assert [each for each in loaded if not each.startswith("/") or each.startswith("//")] == []
        assert not re.search(r"@import|url\(|http-equiv", answer.text)


def test_a_link_scanner_spends_nothing(session: Session, client: CheckingClient) -> None:
    """Mail filters follow every link of a mail, and some ask for more than the page itself."""
    trust = make_organisation(session, {"Maple": 12})
    wave = open_wave([trust.root])
    for token in tokens_of(wave).values():
        path = f"/a/{wave.reference}/{token}"
        for method in ("GET", "HEAD", "GET"):
            assert client.open(path, method=method).status_code == 200
        for method in ("OPTIONS", "PROPFIND", "DELETE", "PUT", "PATCH"):
            FlaskClient.open(client, path, method=method)  # not all of these give a page
        client.get(path, query_string={"go": "send", **dict.fromkeys(scored_items(wave), "4")})
    session.expire_all()
    assert not any(session.scalars(select(Voucher.spent)))
    assert session.scalars(select(SealedBallot.id)).all() == []
