"""Timing: does a link that was used take longer than one that never was?

Whoever guesses or copies links could tell which were issued, or used, by the clock alone.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from surveyapp.extensions import db
from tests.attacks import weakened
from tests.factories.organisation import make_organisation
from tests.factories.waves import cast, open_wave, tokens_of

#: Of the shape of a token, and nobody's.
UNKNOWN = "A" * 22


@pytest.fixture
def links(session: Session) -> dict[str, str]:
    """The address of a spent link and that of one that was never issued."""
    trust = make_organisation(session, {"Maple": 30})
    wave = open_wave([trust.root])
    token = tokens_of(wave)[trust.people["Maple"][0]]
    cast(wave, token)
    return {kind: f"/a/{wave.reference}/{t}" for kind, t in (("spent", token), ("unknown", UNKNOWN))}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that the database gets, without its values."""
    heard: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)


def asked_of_the_database(app: Flask, address: str, method: str) -> list[str]:
    client = app.test_client()
    with statements() as heard:
        client.open(address, method=method, data={"page": "0"} if method == "POST" else None)
    return heard


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_statements_tell_a_spent_link_on_a_weakened_build(
    app: Flask, links: dict[str, str], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    weakened.known_links_take_longer(monkeypatch)
    spent, unknown = (asked_of_the_database(app, links[k], method) for k in ("spent", "unknown"))
    assert len(spent) > len(unknown)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_statements_tell_nothing_on_ours(app: Flask, links: dict[str, str], method: str) -> None:
    spent, unknown = (asked_of_the_database(app, links[k], method) for k in ("spent", "unknown"))
    assert spent == unknown and spent


def medians(app: Flask, links: dict[str, str], *, rounds: int = 300) -> dict[str, float]:
    """Milliseconds that each kind of link takes, turn by turn so that both meet the same noise."""
    taken: dict[str, list[float]] = {kind: [] for kind in links}
    client = app.test_client()
    for turn in range(rounds + 20):
        for kind, address in links.items():
            start = time.perf_counter()
            FlaskClient.open(client, address)
            if turn >= 20:
                taken[kind].append(1000 * (time.perf_counter() - start))
    found = {kind: statistics.median(times) for kind, times in taken.items()}
    print("  ".join(f"{kind} {milliseconds:.3f} ms" for kind, milliseconds in found.items()))  # noqa: T201
    return found


def differ(found: dict[str, float]) -> bool:
    return abs(found["spent"] - found["unknown"]) > 0.15 * min(found.values())


@pytest.mark.soak
def test_the_clock_tells_a_spent_link_on_a_weakened_build(
    app: Flask, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.known_links_take_longer(monkeypatch)
    assert differ(medians(app, links))


@pytest.mark.soak
def test_the_clock_tells_nothing_on_ours(app: Flask, links: dict[str, str]) -> None:
    assert not differ(medians(app, links))
