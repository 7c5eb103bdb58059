"""Malformed requests to every route: none breaks a page, and none learns what it should not (B, G)."""

from __future__ import annotations

import sys

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from surveyapp.extensions import limiter
from tests.attacks.busy_trust import make_busy_trust
from tests.attacks.fuzzing import Fuzzer
from tests.conftest import SignIn


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


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_no_request_of_many_breaks_a_page(
    fuzzer: Fuzzer, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    fuzzer.run(f"seed {seed}", 5_000)
    with capsys.disabled():
        sys.stdout.write(f"\n{fuzzer.report()}\n")
    assert not _told(fuzzer), "\n".join(_told(fuzzer))


def _told(fuzzer: Fuzzer) -> list[str]:
    """One trouble of each kind on each route."""
    told = {(trouble.endpoint, trouble.what): str(trouble) for trouble in fuzzer.troubles}
    return list(told.values())
