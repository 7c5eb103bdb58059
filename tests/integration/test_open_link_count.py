"""What the count of an open link leaves behind, and what someone who sends many forms can learn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.ballots.keys import seal
from surveyapp.ballots.models import Answer, Response, SealedBallot, SpentTicket
from surveyapp.ballots.paper import Ballot, encode
from surveyapp.ballots.services import CastOutcome
from surveyapp.comments.models import Comment, Release
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave
from surveyapp.pulses.services import WaveState
from surveyapp.reports import storage
from tests.conftest import SignIn
from tests.factories.organisation import Organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import (
    ballots_and_tickets,
    cast_openly,
    close,
    close_and_count,
    open_link_wave,
    scored_items,
)


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    return open_link_wave(trust.root)


def payload(session: Session, wave: Wave) -> dict[str, Any]:
    return storage.snapshot(session, wave.id).to_json()


def test_results_are_of_the_whole_organisation_and_comments_are_reviewed(
    session: Session, trust: Organisation, wave: Wave, sign_in: SignIn
) -> None:
    for number in range(31):
        said = "The handover is too short." if number % 3 == 0 else None
        assert cast_openly(wave, comment=said) is CastOutcome.CAST
    close_and_count(wave)
    assert wave.state == WaveState.COUNTED and wave.set_aside == 0
    assert ballots_and_tickets(session) == (0, 0)
    (unit,) = payload(session, wave)["units"]
    assert (unit["unit_id"], unit["respondents"], unit["response_rate"]) == (trust.root, 30, None)
    assert session.scalar(select(func.count()).select_from(Response)) == 0
    read_and_draw(wave.id)
    session.rollback()
    assert set(session.scalars(select(Comment.release))) == {Release.TO_REVIEW}
    leader = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Maple"],))
    reader = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    page = reader.get(f"/reports/{wave.id}/units/{trust.root}")
    assert page.status_code == 200 and "open link" in page.text and "% of those" not in page.text
    for client in (leader, reader):
        below = client.get(f"/reports/{wave.id}/units/{trust.units['Maple']}")
        assert "About" not in below.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nineteen_known_ballots_do_not_isolate_the_twentieth(
    session: Session, trust: Organisation
) -> None:
    """With twenty, results are shown: each figure from counts moved at random, and no rows kept.

    How little such figures tell is in the tests of the noise.
    """
    wave = open_link_wave(trust.root, questions=("annual_full", "full"))
    items = scored_items(wave)
    # Chosen so that the twentieth decides how the figure of every question is rounded.
    for value, number in ((3, 1), (4, 8), (5, 10)):
        for _ in range(number):
            cast_openly(wave, dict.fromkeys(items, value))
    cast_openly(wave, dict.fromkeys(items, 1))
    close_and_count(wave)
    (unit,) = payload(session, wave)["units"]
    assert unit["respondents"] == 20 and len(unit["items"]) == len(items)
    for shown in (unit["items"], unit["scales"]):
        assert len({figure["score"]["words"] for figure in shown.values()}) > 1
    assert session.scalar(select(func.count()).select_from(Response)) == 0
    assert session.scalar(select(func.count()).select_from(Answer)) == 0


@pytest.mark.parametrize("known", [9, 18])
def test_known_ballots_do_not_isolate_the_last_one(
    session: Session, wave: Wave, known: int
) -> None:
    """Someone sends forms of their own and hopes to read the next person's by subtraction (A23)."""
    for _ in range(known):
        cast_openly(wave, dict.fromkeys(scored_items(wave), 1))
    cast_openly(wave, dict.fromkeys(scored_items(wave), 5), comment="Only I know this")
    close_and_count(wave)
    assert payload(session, wave)["units"] == []
    assert session.scalar(select(func.count()).select_from(Response)) == 0
    assert session.scalar(select(func.count()).select_from(Comment)) == 0


def test_ballots_that_spent_no_ticket_are_set_aside(session: Session, wave: Wave) -> None:
    """Whoever can write to the database could otherwise add known ballots up to the minimum."""
    for _ in range(12):
        cast_openly(wave)
    root = wave.units[0].unit_id
    assert wave.public_key is not None and wave.ballot_size is not None
    forged = encode(Ballot(root, dict.fromkeys(scored_items(wave), 1), {}), wave.ballot_size)
    for _ in range(8):
        session.add(SealedBallot(wave_id=wave.id, ciphertext=seal(wave.public_key, forged)))
    session.commit()
    close_and_count(wave)
    assert wave.set_aside == 20 and payload(session, wave)["units"] == []


def test_lost_keys_end_in_an_apology_and_found_ones_in_a_count(
    app: Flask, session: Session, wave: Wave
) -> None:
    for _ in range(20):
        cast_openly(wave)
    directory = app.config["SETTINGS"].key_directory
    close(wave)
    elsewhere = directory.with_name("elsewhere")
    directory.rename(elsewhere)
    ballot_jobs.count(wave.id)
    session.refresh(wave)
    assert wave.state == WaveState.CANNOT_BE_COUNTED and ballots_and_tickets(session) == (20, 0)
    if directory.exists():
        directory.rename(directory.with_name("empty"))
    elsewhere.rename(directory)
    ballot_jobs.count(wave.id)
    session.refresh(wave)
    assert wave.state == WaveState.COUNTED and wave.set_aside == 0


def test_nothing_in_the_box_says_when_or_from_where(session: Session, wave: Wave) -> None:
    assert set(SpentTicket.__table__.columns.keys()) == {"ticket_hash", "wave_id"}
    cast_openly(wave)
    ((hash_, _),) = session.execute(select(SpentTicket.ticket_hash, SpentTicket.wave_id))
    assert re.fullmatch(r"[0-9a-f]{64}", hash_)
