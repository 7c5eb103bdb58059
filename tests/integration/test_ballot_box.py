"""Casting: one link, one ballot, whatever happens on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from surveyapp.ballots import counting, jobs, services
from surveyapp.ballots.models import Response, SealedBallot, Voucher
from surveyapp.ballots.paper import token_for, token_hash
from surveyapp.ballots.services import CastOutcome, LinkState
from surveyapp.extensions import db
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses import services as pulses
from surveyapp.pulses.models import Wave
from surveyapp.pulses.services import WaveState
from surveyapp.timekeeping import utc_now
from tests.factories.organisation import Organisation
from tests.factories.waves import (
    cast,
    cast_for,
    close,
    close_and_count,
    draft_wave,
    launched_wave,
    open_wave,
    prompts,
    scored_items,
    tokens_of,
)
from tests.support.client import CheckingClient
from tests.support.processes import at_once


@pytest.fixture
def token(wave: Wave, trust: Organisation) -> str:
    return tokens_of(wave)[trust.people["Maple"][0]]


def box(session: Session) -> tuple[int, int]:
    """(ballots in the box, vouchers spent)"""
    session.rollback()
    ballots = session.scalar(select(func.count()).select_from(SealedBallot)) or 0
    spent = session.scalar(select(func.count()).where(Voucher.spent)) or 0
    return ballots, spent


# ---------------------------------------------------------------- launching


def test_launching_issues_one_voucher_a_person_and_proves_that_the_box_opens(
    session: Session, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched = launched_wave([trust.root])
    with monkeypatch.context() as patch:
        patch.setattr(services, "open_sealed", lambda *_: b"something else")
        with pytest.raises(RuntimeError, match="test ballot"):
            pulse_jobs.prepare(launched.id)
    session.rollback()
    assert session.get_one(Wave, launched.id).state == WaveState.LAUNCHING
    assert session.scalar(select(func.count()).select_from(Voucher)) == 0
    pulse_jobs.prepare(launched.id)
    pulse_jobs.prepare(launched.id)  # a second nudge finds nothing to do
    session.refresh(launched)
    assert launched.state == WaveState.OPEN and launched.invited == 46
    hashes = {token_hash(token) for token in tokens_of(launched).values()}
    assert set(session.scalars(select(Voucher.token_hash))) == hashes and len(hashes) == 46


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_vouchers_do_not_lie_in_the_order_of_the_staff_list(session: Session, wave: Wave) -> None:
    lying = session.scalars(text("SELECT token_hash FROM voucher ORDER BY ctid")).all()
    by_person = [token_hash(token) for _, token in sorted(tokens_of(wave).items())]
    assert sorted(lying) == sorted(by_person)
    # One shuffle in 46 factorial keeps more than a handful of 46 in their places.
    assert sum(a == b for a, b in zip(lying, by_person, strict=True)) < 12


# ---------------------------------------------------------------- one link, one ballot


def test_a_link_is_good_for_one_ballot(session: Session, wave: Wave, token: str) -> None:
    assert services.link_state(session, wave, token) is LinkState.READY
    assert cast(wave, token) is CastOutcome.CAST
    assert services.link_state(session, wave, token) is LinkState.SPENT
    assert cast(wave, token) is CastOutcome.ALREADY_CAST
    assert box(session) == (1, 1)


def test_looking_at_a_link_spends_nothing(
    session: Session, client: CheckingClient, wave: Wave, token: str
) -> None:
    address = f"/a/{wave.reference}/{token}"
    for _ in range(3):  # mail scanners open links, some of them twice
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200
    assert services.link_state(session, wave, token) is LinkState.READY
    assert box(session) == (0, 0)


@pytest.mark.parametrize(
    "bent", ["", "short", "a" * 23, "é" * 22, "A" * 21 + "=", "../../../../etc/passwd"]
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mangled_link_is_told_apart(session: Session, wave: Wave, bent: str) -> None:
    assert services.link_state(session, wave, bent) is LinkState.MANGLED
    assert cast(wave, bent) is CastOutcome.UNKNOWN


def test_links_of_nobody_and_of_other_waves_open_nothing(
    session: Session, trust: Organisation, wave: Wave, token: str
) -> None:
    other = open_wave([trust.root], title="Another")
    for stranger in ("A" * 22, token):
        assert services.link_state(session, other, stranger) is LinkState.UNKNOWN
        assert cast(other, stranger) is CastOutcome.UNKNOWN
    assert services.link_state(session, None, token) is LinkState.UNKNOWN
    assert services.link_state(session, draft_wave([trust.root]), token) is LinkState.UNKNOWN
    assert box(session) == (0, 0)


def test_nothing_is_cast_before_a_wave_opens_or_after_it_closes(
    session: Session, trust: Organisation
) -> None:
    early = open_wave([trust.root], opens_in=timedelta(days=1))
    assert early.state == WaveState.SCHEDULED
    token = next(iter(tokens_of(early).values()))
    assert services.link_state(session, early, token) is LinkState.NOT_OPEN_YET
    assert cast(early, token) is CastOutcome.CLOSED
    early.opens_at = utc_now() - timedelta(seconds=5)
    session.commit()
    pulse_jobs.tick()
    assert cast(early, token) is CastOutcome.CAST
    close(early)
    late = [token for token in tokens_of(early).values()][-1]
    assert services.link_state(session, early, late) is LinkState.CLOSED
    assert cast(early, late) is CastOutcome.CLOSED
    assert box(session) == (1, 1)


def test_the_closing_time_counts_even_when_nobody_has_closed_the_wave(
    session: Session, wave: Wave, token: str
) -> None:
    session.execute(update(Wave).values(closes_at=utc_now() - timedelta(seconds=1)))
    session.commit()
    assert wave.state == WaveState.OPEN
    assert services.link_state(session, wave, token) is LinkState.CLOSED
    assert cast(wave, token) is CastOutcome.CLOSED


# ---------------------------------------------------------------- crashes and races


def test_a_crash_between_cast_and_reply_makes_a_retry_harmless(
    session: Session, wave: Wave, token: str
) -> None:
    answers = dict.fromkeys(scored_items(wave), 5)
    services.cast(session, wave, token, answers=answers, comments={})
    session.rollback()  # the process died before the commit
    assert box(session) == (0, 0)
    assert services.link_state(session, wave, token) is LinkState.READY
    assert cast(wave, token) is CastOutcome.CAST  # and now before the reply
    assert cast(wave, token) is CastOutcome.ALREADY_CAST
    assert box(session) == (1, 1)


def test_two_posts_of_one_person_at_once_store_one_ballot(
    app: Flask, session: Session, wave: Wave, token: str
) -> None:
    outcomes = at_once(app, [_casting(wave.id, token)] * 4)
    assert sorted(outcomes) == [CastOutcome.ALREADY_CAST] * 3 + [CastOutcome.CAST]
    assert box(session) == (1, 1)


def test_many_people_at_once_lose_nothing(app: Flask, session: Session, wave: Wave) -> None:
    tokens = list(tokens_of(wave).values())[:16]
    outcomes = at_once(app, [_casting(wave.id, token) for token in tokens])
    assert outcomes == [CastOutcome.CAST] * 16
    assert box(session) == (16, 16)


def test_a_cast_racing_the_close_is_counted_or_told_so(
    app: Flask, session: Session, wave: Wave
) -> None:
    tokens = list(tokens_of(wave).values())
    early, racing = tokens[:12], tokens[12:32]
    for token in early:
        cast(wave, token)

    def close_it() -> None:
        pulses.close_now(db.session(), wave_id, actor_id=None)
        db.session.commit()
        jobs.count(wave_id)

    wave_id = wave.id
    casts = [_casting(wave_id, token) for token in racing]
    outcomes = at_once(app, [*casts[:10], close_it, *casts[10:]])
    told = [outcome for outcome in outcomes if outcome is not None]
    assert set(told) <= {CastOutcome.CAST, CastOutcome.CLOSED}
    session.refresh(wave)
    assert wave.state == WaveState.COUNTED and wave.set_aside == 0
    counted = session.scalar(select(func.count()).select_from(Response))
    assert counted == len(early) + told.count(CastOutcome.CAST)
    assert box(session) == (0, 0)


def test_a_close_waits_for_the_cast_that_came_first(
    app: Flask, session: Session, wave: Wave, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the wave and the ballot in the box nothing may close and count it."""
    closed, wave_id, seal = threading.Event(), wave.id, services.seal

    def close_it() -> None:
        with app.app_context():
            pulses.close_now(db.session(), wave_id, actor_id=None)
            db.session.commit()
        closed.set()

    thread = threading.Thread(target=close_it)

    def seal_slowly(public_key: bytes, plain: bytes) -> bytes:
        thread.start()
        assert not closed.wait(0.5)
        return seal(public_key, plain)

    monkeypatch.setattr(services, "seal", seal_slowly)
    assert cast(wave, token) is CastOutcome.CAST
    thread.join(30)
    assert closed.is_set()
    assert box(session) == (1, 1)


def test_a_late_cast_does_not_wait_for_a_running_count(
    app: Flask, session: Session, wave: Wave, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = tokens_of(wave)
    cast_for(wave, trust.people["Maple"])
    late = tokens[trust.people["Oak"][0]]
    close(wave)
    half_done, go_on = threading.Event(), threading.Event()
    keep_responses = counting._keep_responses

    def slowly(*args: object) -> None:
        half_done.set()
        assert go_on.wait(30)
        keep_responses(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(counting, "_keep_responses", slowly)
    wave_id = wave.id

    def count_it() -> None:
        with app.app_context():
            jobs.count(wave_id)

    thread = threading.Thread(target=count_it)
    thread.start()
    assert half_done.wait(30)
    try:
        # With the count half done and its locks held: an answer at once, and no deadlock.
        assert services.link_state(session, wave, late) is LinkState.CLOSED
        assert cast(wave, late) is CastOutcome.CLOSED
        assert thread.is_alive()
    finally:
        go_on.set()
        thread.join(30)
    session.refresh(wave)
    assert wave.state == WaveState.COUNTED
    assert session.scalar(select(func.count()).select_from(Response)) == 30


def _casting(wave_id: int, token: str) -> Callable[[], CastOutcome]:
    def run() -> CastOutcome:
        return cast(db.session.get_one(Wave, wave_id), token)

    return run


# ---------------------------------------------------------------- what lies in the box


def test_every_ballot_of_a_wave_looks_alike(session: Session, trust: Organisation) -> None:
    wave = open_wave([trust.root], questions=("annual_full", "full"))
    items, asked = scored_items(wave), prompts(wave)
    longest = {question.item_id: question.max_chars for question in services.questions(wave)}
    papers: list[tuple[dict[str, int | None], dict[str, str]]] = [
        ({}, {}),
        (dict.fromkeys(items), {}),
        (dict.fromkeys(items, 5), {asked[0]: "x"}),
        (dict.fromkeys(items), {prompt: "\U0001f9d1" * longest[prompt] for prompt in asked}),
        (dict.fromkeys(items), {prompt: "\x01" * longest[prompt] for prompt in asked}),
        (dict.fromkeys(items), {prompt: "\ud800" * longest[prompt] for prompt in asked}),
    ]
    for token, (answers, comments) in zip(tokens_of(wave).values(), papers, strict=False):
        outcome = services.cast(session, wave, token, answers=answers, comments=comments)
        assert outcome is CastOutcome.CAST
        session.commit()
    sealed = session.scalars(select(SealedBallot.ciphertext)).all()
    assert len(sealed) == len(papers) and len({len(ciphertext) for ciphertext in sealed}) == 1
    close_and_count(wave)
    assert wave.set_aside == 0


def test_the_same_answers_never_look_the_same(session: Session, wave: Wave) -> None:
    for token in list(tokens_of(wave).values())[:5]:
        cast(wave, token)
    sealed = session.scalars(select(SealedBallot.ciphertext)).all()
    assert len(set(sealed)) == 5
    assert all(b"LEA1" not in ciphertext for ciphertext in sealed)


def test_a_token_is_the_same_for_a_reminder_and_different_for_everyone_else() -> None:
    assert token_for(b"k" * 32, 7) == token_for(b"k" * 32, 7)
    tokens = {token_for(secret, person) for secret in (b"k" * 32, b"l" * 32) for person in range(99)}
    assert len(tokens) == 198 and all(len(token) == 22 for token in tokens)
