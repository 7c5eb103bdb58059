"""Malformed requests to every route: none breaks a page, and none learns what it should not (B, G)."""

from __future__ import annotations

import re
import sys

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveyapp.extensions import limiter
from tests.attacks.busy_trust import NOBODYS, make_busy_trust
from tests.attacks.crawler import still
from tests.attacks.fuzzing import Fuzzer
from tests.conftest import SignIn
from tests.support.client import CheckingClient

_OWN_ADDRESS = re.compile(r'(?<=href=")/[ao]/[^"]*')


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "LANGUAGES": "en,cy"}


@pytest.fixture
def fuzzer(app: Flask, session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> Fuzzer:
    trust = make_busy_trust(app, session, sign_in)
    app.config["TRUSTED_HOSTS"] = ["localhost"]  # as in production
    # Sign-ins are counted by caller, and here all callers are one.
    monkeypatch.setattr(limiter, "enabled", False)
    return Fuzzer(app, trust)


def test_no_request_breaks_a_page(fuzzer: Fuzzer) -> None:
    fuzzer.run("a short walk", 300)
    assert not _told(fuzzer), "\n".join(_told(fuzzer))


def test_links_that_nobody_was_sent_all_answer_alike(fuzzer: Fuzzer, client: CheckingClient) -> None:
    """Made up, of another pulse or of one that is no more than planned: no page tells them apart."""
    links = fuzzer.trust.links
    (reference, token), no_wave = links.ready, "bcdfghj"
    waves = (reference, links.long[0], links.draft, links.open_link, no_wave)
    unknown = [f"/a/{wave}/{made_up}" for wave in waves for made_up in (NOBODYS, token.swapcase())]
    # The live token itself, at a pulse that is not its own.
    unknown += [f"/a/{wave}/{token}" for wave in waves[1:]]
    broken = [token[:-1], f"{token}A", f"{token[:-1]}%00", "%ff", "..", "A" * 3_000]
    signed = [NOBODYS, *broken, links.summaries[:-1], f"{links.calendar}A", links.reminders.swapcase()]
    assert _alike(client, unknown, 404)
    assert _alike(client, unknown, 404, method="POST")
    assert _alike(client, [f"/a/{wave}/{cut}" for wave in waves for cut in broken], 404)
    assert _alike(client, [f"/a/{wave}" for wave in (*waves, "zzz", "%ff")], 404)
    assert _alike(client, [f"/o/{wave}" for wave in (reference, links.draft, no_wave, "0")], 404)
    assert _alike(client, [f"/series/planner/{made_up}/planner.ics" for made_up in signed], 404)
    stops = [f"/reports/emails/{made_up}/stop" for made_up in signed]
    assert _alike(client, stops, 404) and _alike(client, stops, 404, method="POST")
    # This page is the same even for whoever has a live one.
    stops = [f"/a/reminders/{made_up}/stop" for made_up in (links.reminders, *signed)]
    assert _alike(client, stops, 200) and _alike(client, stops, 200, method="POST")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_no_request_of_many_breaks_a_page(
    fuzzer: Fuzzer, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    fuzzer.run(f"seed {seed}", 5_000)
    with capsys.disabled():
        sys.stdout.write(f"\n{fuzzer.report()}\n")
    assert not _told(fuzzer), "\n".join(_told(fuzzer))


def _alike(client: CheckingClient, paths: list[str], status: int, *, method: str = "GET") -> bool:
    """Whether all answer with that status and the same page, but for their own address in its links."""
    answers = {path: client.open(path, method=method) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(paths, status)
    return len({_OWN_ADDRESS.sub("", still(answer)) for answer in answers.values()}) == 1


def _told(fuzzer: Fuzzer) -> list[str]:
    """One trouble of each kind on each route."""
    told = {(trouble.endpoint, trouble.what): str(trouble) for trouble in fuzzer.troubles}
    return list(told.values())
