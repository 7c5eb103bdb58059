"""Mail scanners, link previews and browsers that fetch ahead open links before people do."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.ballots.models import SealedBallot, Voucher
from surveyapp.ballots.services import CastOutcome
from surveyapp.pulses.services import Wave
from tests.attacks import weakened
from tests.factories.organisation import make_organisation
from tests.factories.waves import cast, open_wave, tokens_of
from tests.support.client import CheckingClient

#: What announces that nobody is looking.
AHEAD = (
    {},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"User-Agent": "SafeLinks/1.0"},
    {"Accept": "image/*", "Range": "bytes=0-0"},
)

#: What mail programs and their gateways make of a link at the end of a sentence.
ENDINGS = (".", ",", ")", ">", "%3E", "%22", "/", "?utm_source=mail", "?url=1#top", "%20")


def fetch(client: CheckingClient, address: str, **options: Any) -> TestResponse:
    """As the client does, but without its look at the HTML: some answers here have none."""
    with client.application.app_context():
        return FlaskClient.open(client, address, **options)


def scan(client: CheckingClient, address: str) -> list[TestResponse]:
    """Everything that a scanner could do with a link that it found in a mail."""
    answers = [
        fetch(client, address, method=method, headers=headers)
        for headers in AHEAD
        for method in ("GET", "HEAD", "OPTIONS")
    ]
    for ending in ENDINGS:
        answers.append(fetch(client, address + ending, follow_redirects=True))
    for bent in (f"/{address}", address.replace("/a/", "/a//"), f"{address}//", address.upper()):
        # Not as an address: that would make the first part of it the name of a server.
        answers.append(fetch(client, "/", environ_overrides={"PATH_INFO": bent}))
    answers += follow(client, address)
    return answers


def follow(client: CheckingClient, address: str) -> list[TestResponse]:
    """Open all that a page links to or loads, and send its forms as they are."""
    page = BeautifulSoup(fetch(client, address).data, "html.parser")
    targets = {
        urljoin(address, str(tag[name])).split("#")[0]
        for name in ("href", "src", "action")
        for tag in page.find_all(attrs={name: True})
        if not str(tag[name]).startswith(("mailto:", "tel:", "data:", "http"))
    }
    answers = [fetch(client, target) for target in sorted(targets)]
    for form in page.find_all("form"):
        hidden = {
            str(field["name"]): str(field.get("value", ""))
            for field in form.find_all("input", {"type": "hidden"})
        }
        target = urljoin(address, str(form.get("action") or address))
        for fields in ({}, hidden, {**hidden, "go": "next"}):
            answers.append(fetch(client, target, method="POST", data=fields))
    return answers


def used_up(session: Session) -> tuple[int, int]:
    """(vouchers spent, ballots in the box)"""
    session.rollback()
    spent = session.scalar(select(func.count()).where(Voucher.spent)) or 0
    return spent, session.scalar(select(func.count()).select_from(SealedBallot)) or 0


@pytest.fixture
def link(session: Session) -> tuple[Wave, str]:
    trust = make_organisation(session, {"Maple": 12})
    wave = open_wave([trust.root])
    return wave, tokens_of(wave)[trust.people["Maple"][0]]


def test_scanning_a_link_spends_it_on_a_weakened_build(
    app: Flask,
    session: Session,
    client: CheckingClient,
    link: tuple[Wave, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weakened.a_look_spends(monkeypatch, app)
    wave, token = link
    scan(client, f"/a/{wave.reference}/{token}")
    assert used_up(session) == (1, 0)
    assert cast(wave, token) is CastOutcome.ALREADY_CAST


def test_scanning_a_link_spends_nothing_on_ours(
    session: Session, client: CheckingClient, link: tuple[Wave, str]
) -> None:
    wave, token = link
    answers = scan(client, f"/a/{wave.reference}/{token}")
    assert all(answer.status_code < 500 for answer in answers)
    assert not any("Set-Cookie" in answer.headers for answer in answers if "/a/" in answer.request.path)
    assert used_up(session) == (0, 0)
    assert cast(wave, token) is CastOutcome.CAST
