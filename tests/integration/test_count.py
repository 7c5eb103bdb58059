"""The count: everything in the box once, nothing lost, and nothing that stops it."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from nacl.public import PrivateKey, PublicKey, SealedBox
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from surveyapp.ballots import jobs, services
from surveyapp.ballots.keys import KeyDirectory
from surveyapp.ballots.models import Answer, Response, SealedBallot, Voucher, random_id
from surveyapp.ballots.paper import Ballot, encode
from surveyapp.comments import jobs as comment_jobs
from surveyapp.comments.models import Comment
from surveyapp.config import Settings
from surveyapp.pulses import services as pulses
from surveyapp.pulses.models import Wave, WaveMail, WaveState
from surveyapp.reports import storage
from surveyapp.reports.models import WaveSnapshot
from tests.factories.organisation import Organisation
from tests.factories.waves import cast_for, close, close_and_count, open_wave
from tests.support.processes import at_once, killed_at
from tests.support.queues import forget_nudges, nudges

CAST = 42  # of Maple and Oak, who are shown; each with a comment


@pytest.fixture
def full(wave: Wave, trust: Organisation) -> Wave:
    """A closed wave with 42 ballots in its box."""
    people = [*trust.people["Maple"], *trust.people["Oak"]]
    cast_for(wave, people, comment=lambda person: f"Comment of {person}")
    close(wave)
    forget_nudges()
    return wave


@pytest.fixture
def keys(settings: Settings) -> KeyDirectory:
    return services.key_directory(settings)


def left_behind(session: Session) -> dict[str, int]:
    session.rollback()
    session.expire_all()
    tables = (SealedBallot, Voucher, WaveMail, Response, Comment, WaveSnapshot)
    return {
        table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables
    }


COUNTED = {
    "sealed_ballot": 0,
    "voucher": 0,
    "wave_mail": 0,
    "response": CAST,
    "comment": CAST,
    "wave_snapshot": 1,
}
SEALED = {
    "sealed_ballot": CAST,
    "voucher": 46,
    "wave_mail": 46,
    "response": 0,
    "comment": 0,
    "wave_snapshot": 0,
}


# ---------------------------------------------------------------- what comes out


def test_every_answer_comes_out_once_and_as_it_went_in(
    session: Session, wave: Wave, trust: Organisation
) -> None:
    given = cast_for(wave, [*trust.people["Maple"], *trust.people["Oak"]])
    close_and_count(wave)
    assert wave.state == WaveState.COUNTED and wave.set_aside == 0
    counted: dict[str, dict[str, int | None]] = {}
    for answer in session.scalars(select(Answer)):
        counted.setdefault(answer.response_id, {})[answer.item_id] = answer.value
    assert _as_multiset(counted.values()) == _as_multiset(given.values())


def test_the_box_is_left_empty_and_the_keys_are_gone(
    session: Session, full: Wave, keys: KeyDirectory
) -> None:
    assert left_behind(session) == SEALED and keys.waves_with_keys() == {full.id}
    jobs.count(full.id)
    assert left_behind(session) == COUNTED and keys.waves_with_keys() == set()
    assert ("analysis", "comments.jobs.analyse_pending", [full.id]) in nudges()


def test_counting_again_changes_nothing(session: Session, full: Wave) -> None:
    jobs.count(full.id)
    before = set(session.scalars(select(Response.id)))
    jobs.count(full.id)
    jobs.sweep()
    assert left_behind(session) == COUNTED
    assert set(session.scalars(select(Response.id))) == before


def test_too_few_answers_leave_nothing_behind(session: Session, wave: Wave, trust: Organisation) -> None:
    cast_for(wave, trust.people["Maple"][:9], comment=lambda _: "words")
    close_and_count(wave)
    assert wave.state == WaveState.COUNTED
    assert left_behind(session) == dict.fromkeys(COUNTED, 0) | {"wave_snapshot": 1}
    assert storage.shown_units(session, wave.id) == set()


def test_a_wave_without_a_single_ballot_is_counted(session: Session, wave: Wave) -> None:
    close_and_count(wave)
    assert wave.state == WaveState.COUNTED
    assert left_behind(session)["response"] == 0


def _as_multiset(answers: object) -> Counter[tuple[tuple[str, int | None], ...]]:
    return Counter(tuple(sorted(one.items())) for one in answers)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- ballots that do not open


def _sealed(wave: Wave, plain: bytes) -> bytes:
    assert wave.public_key is not None
    return bytes(SealedBox(PublicKey(wave.public_key)).encrypt(plain))


def _paper(wave: Wave, body: bytes) -> bytes:
    assert wave.ballot_size is not None
    return _sealed(wave, body.ljust(wave.ballot_size, b" "))


def _foreign(_wave: Wave) -> bytes:
    other = PrivateKey.generate().public_key
    return bytes(SealedBox(other).encrypt(encode(Ballot(1, {}, {}), 4096)))


#: Each puts bytes into the box that are no ballot of this wave.
FORGERIES: dict[str, Callable[[Wave], bytes]] = {
    "nothing": lambda _wave: b"",
    "noise": lambda _wave: secrets.token_bytes(4096),
    "cut short": lambda wave: _paper(wave, b"{}")[:-1],
    "sealed to another key": _foreign,
    "not JSON": lambda wave: _paper(wave, b"{"),
    "not text": lambda wave: _paper(wave, b"\xff\xfe"),
    "a list": lambda wave: _paper(wave, b"[]"),
    "no unit": lambda wave: _paper(wave, b'{"answers":{},"comments":{}}'),
    "a true unit": lambda wave: _paper(wave, b'{"unit":true,"answers":{},"comments":{}}'),
    "a unit of nobody": lambda wave: _paper(wave, b'{"unit":999,"answers":{},"comments":{}}'),
    "a huge unit": lambda wave: _paper(wave, b'{"unit":1%s,"answers":{},"comments":{}}' % (b"0" * 99)),
    "another question": lambda wave: _paper(wave, b'{"unit":1,"answers":{"X":1},"comments":{}}'),
    "off the scale": lambda wave: _paper(wave, b'{"unit":1,"answers":{"LEA1":6},"comments":{}}'),
    "half a point": lambda wave: _paper(wave, b'{"unit":1,"answers":{"LEA1":1.5},"comments":{}}'),
    "truth": lambda wave: _paper(wave, b'{"unit":1,"answers":{"LEA1":true},"comments":{}}'),
    "answers in a list": lambda wave: _paper(wave, b'{"unit":1,"answers":[1],"comments":{}}'),
    "a comment of numbers": lambda wave: _paper(wave, b'{"unit":1,"answers":{},"comments":{"OPN1":1}}'),
    "half a character": lambda wave: _paper(wave, b'{"unit":1,"answers":{},"comments":{"OPN1":"\\ud800"}}'),
    "a deep hole": lambda wave: _sealed(wave, b"[" * 100_000),
}


def test_what_is_no_ballot_is_set_aside_and_its_number_published(session: Session, full: Wave) -> None:
    for forge in FORGERIES.values():
        session.add(SealedBallot(wave_id=full.id, ciphertext=forge(full)))
    session.commit()
    jobs.count(full.id)
    assert left_behind(session) == COUNTED
    session.refresh(full)
    assert full.state == WaveState.COUNTED and full.set_aside == len(FORGERIES)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", FORGERIES)
def test_each_kind_of_forgery_alone_is_set_aside(session: Session, wave: Wave, kind: str) -> None:
    session.add(SealedBallot(wave_id=wave.id, ciphertext=FORGERIES[kind](wave)))
    session.commit()
    close_and_count(wave)
    assert (wave.state, wave.set_aside) == (WaveState.COUNTED, 1)


def test_a_bit_turned_in_one_ballot_costs_that_ballot_only(session: Session, full: Wave) -> None:
    hurt = session.scalars(select(SealedBallot)).first()
    assert hurt is not None
    middle = len(hurt.ciphertext) // 2
    turned = bytes([hurt.ciphertext[middle] ^ 1])
    changed = hurt.ciphertext[:middle] + turned + hurt.ciphertext[middle + 1 :]
    session.execute(update(SealedBallot).where(SealedBallot.id == hurt.id).values(ciphertext=changed))
    session.commit()
    jobs.count(full.id)
    session.refresh(full)
    assert full.set_aside == 1 and left_behind(session)["response"] == CAST - 1


# ---------------------------------------------------------------- keys


def _files(settings: Settings, pattern: str) -> list[Path]:
    assert settings.key_directory is not None
    return sorted(settings.key_directory.glob(pattern))


def test_lost_keys_end_in_a_plain_state_and_found_ones_open_the_box(
    session: Session, full: Wave, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    files = _files(settings, "wave-*")
    for file in files:
        file.rename(away / file.name)
    jobs.count(full.id)
    session.refresh(full)
    assert full.state == WaveState.CANNOT_BE_COUNTED
    assert left_behind(session) == SEALED | {"voucher": 0, "wave_mail": 0}
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "cannot be counted" in record.getMessage() and record.exc_info is None
    jobs.sweep()
    assert nudges() == []  # without keys nothing is tried again
    for file in files:
        (away / file.name).rename(file)
    jobs.sweep()
    assert nudges() == [("count", "ballots.jobs.count", [full.id])]
    jobs.count(full.id)
    session.refresh(full)
    assert full.state == WaveState.COUNTED and left_behind(session) == COUNTED


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, bytes(range(32))])
def test_a_damaged_or_wrong_key_throws_no_ballot_away(
    session: Session, full: Wave, settings: Settings, content: bytes
) -> None:
    (file,) = _files(settings, "wave-*.private")
    right = file.read_bytes()
    file.write_bytes(content)
    jobs.count(full.id)
    session.refresh(full)
    assert full.state == WaveState.CANNOT_BE_COUNTED
    assert left_behind(session)["sealed_ballot"] == CAST
    file.write_bytes(right)
    jobs.count(full.id)
    session.refresh(full)
    assert (full.state, full.set_aside) == (WaveState.COUNTED, 0)
    assert left_behind(session) == COUNTED


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_count_needs_only_the_key_that_opens(
    session: Session, full: Wave, settings: Settings, keys: KeyDirectory
) -> None:
    (secret,) = _files(settings, "wave-*.secret")
    secret.unlink()
    jobs.count(full.id)
    assert left_behind(session) == COUNTED and keys.waves_with_keys() == set()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_stray_files_in_the_key_directory_disturb_nothing(
    session: Session, full: Wave, settings: Settings, keys: KeyDirectory
) -> None:
    assert settings.key_directory is not None
    for name in ("wave-1.secret.bak", "wave-x.private", "README", ".wave-1.secret.0a"):
        (settings.key_directory / name).write_text("stray")
    assert keys.waves_with_keys() == {full.id}
    jobs.sweep()
    jobs.count(full.id)
    assert left_behind(session) == COUNTED


def test_key_files_are_for_their_owner_only(wave: Wave, settings: Settings) -> None:
    assert settings.key_directory is not None
    assert settings.key_directory.stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in settings.key_directory.iterdir()}
    assert modes == {f"wave-{wave.id}.private": 0o600, f"wave-{wave.id}.secret": 0o600}


# ---------------------------------------------------------------- crashes and races


@pytest.mark.parametrize(
    "place",
    [
        "surveyapp.ballots.counting:_keep_comments",
        "surveyapp.pulses.services:mark_counted",
        "sqlalchemy.orm.session:Session.commit",
    ],
)
def test_a_count_killed_in_the_middle_starts_again_from_the_same_box(
    session: Session, full: Wave, environ: dict[str, str], keys: KeyDirectory, place: str
) -> None:
    killed_at(environ, "surveyapp.ballots.jobs:count", full.id, place)
    assert left_behind(session) == SEALED
    assert full.state == WaveState.CLOSED and keys.waves_with_keys() == {full.id}
    session.rollback()
    forget_nudges()
    jobs.sweep()
    assert nudges() == [("count", "ballots.jobs.count", [full.id])]
    jobs.count(full.id)
    session.refresh(full)
    assert (full.state, full.set_aside) == (WaveState.COUNTED, 0)
    assert left_behind(session) == COUNTED


def test_a_count_killed_before_it_destroys_the_keys_has_them_destroyed_by_the_sweep(
    session: Session, full: Wave, environ: dict[str, str], keys: KeyDirectory
) -> None:
    place = "surveyapp.ballots.keys:KeyDirectory.destroy_wave_keys"
    killed_at(environ, "surveyapp.ballots.jobs:count", full.id, place)
    assert left_behind(session) == COUNTED
    assert full.state == WaveState.COUNTED and keys.waves_with_keys() == {full.id}
    session.rollback()
    jobs.count(full.id)  # a late nudge
    jobs.sweep()
    assert keys.waves_with_keys() == set()
    assert left_behind(session) == COUNTED
    session.rollback()
    forget_nudges()
    comment_jobs.sweep()  # the nudge to analyse the comments was lost as well
    assert nudges() == [("analysis", "comments.jobs.analyse_pending", [full.id])]


def test_counts_at_once_count_once(app: Flask, session: Session, full: Wave) -> None:
    wave_id = full.id
    session.rollback()
    at_once(app, [lambda: jobs.count(wave_id)] * 3)
    session.refresh(full)
    assert (full.state, full.set_aside) == (WaveState.COUNTED, 0)
    assert left_behind(session) == COUNTED


def test_a_second_count_waits_for_the_first_and_finds_nothing_to_do(
    app: Flask, session: Session, full: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else it could look for keys that the first has just destroyed, and declare the wave lost.
    wave_id, looked = full.id, []
    session.rollback()
    lock, look, at_the_lock = pulses.lock_for_count, KeyDirectory.opening_key, threading.Semaphore(0)

    def arrive(*given: Any) -> Wave | None:
        at_the_lock.release()
        return lock(*given)

    def look_when_both_have_come(self: KeyDirectory, number: int, *, public: bytes) -> PrivateKey:
        looked.append(number)
        assert at_the_lock.acquire(timeout=30) and at_the_lock.acquire(timeout=30)
        return look(self, number, public=public)

    monkeypatch.setattr(pulses, "lock_for_count", arrive)
    monkeypatch.setattr(KeyDirectory, "opening_key", look_when_both_have_come)
    at_once(app, [lambda: jobs.count(wave_id)] * 2)
    session.refresh(full)
    assert looked == [wave_id] and full.state == WaveState.COUNTED


def test_a_count_leaves_other_waves_alone(
    session: Session, full: Wave, trust: Organisation, keys: KeyDirectory
) -> None:
    other = open_wave([trust.root], title="Another")
    cast_for(other, trust.people["Oak"])
    jobs.count(full.id)
    session.expire_all()
    assert other.state == WaveState.OPEN and keys.waves_with_keys() == {other.id}
    assert left_behind(session) == COUNTED | {"sealed_ballot": 12, "voucher": 46, "wave_mail": 46}
    session.execute(delete(Comment))
    session.commit()
    close_and_count(other)
    assert session.scalar(select(func.count()).where(Response.wave_id == other.id)) == 12


def test_ids_before_the_count_do_not_return_after_it(session: Session, full: Wave) -> None:
    before = set(session.scalars(select(SealedBallot.id)))
    jobs.count(full.id)
    session.rollback()
    after = {*session.scalars(select(Response.id)), *session.scalars(select(Comment.id))}
    assert len(before) == CAST and len(after) == 2 * CAST and not before & after
    assert len(random_id()) == 32
