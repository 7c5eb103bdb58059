"""A backup taken in the middle of an open pulse, and what can be counted after it came back."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from rq.worker import Worker
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp import queueing, revisions
from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.ballots.models import Response, Voucher
from surveyapp.ballots.services import CastOutcome
from surveyapp.extensions import db
from surveyapp.operations import backups
from surveyapp.operations.backups import Manifest
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import MailState, Wave, WaveMail, WaveState
from tests.conftest import on_sqlite
from tests.factories.organisation import make_organisation
from tests.factories.waves import cast, close, open_wave, tokens_of
from tests.support.servers import MailServer


@pytest.fixture
def wave(smtp: MailServer, session: Session) -> Wave:
    trust = make_organisation(session, {"Maple": 12})
    return open_wave([trust.root])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pulse.backup"


def run(app: Flask, *arguments: object) -> Result:
    """A command, while this test holds no connection of its own."""
    db.session.remove()
    db.engine.dispose()
    return app.test_cli_runner().invoke(args=["backup", *map(str, arguments)])


def counted(wave_id: int) -> Wave:
    wave = db.session.get_one(Wave, wave_id)
    close(wave)
    ballot_jobs.count(wave_id)
    db.session.refresh(wave)
    return wave


def test_an_open_pulse_goes_on_from_where_its_backup_was_made(
    app: Flask, wave: Wave, file: Path, smtp: MailServer
) -> None:
    wave_id, tokens = wave.id, list(tokens_of(wave).values())
    for token in tokens[:6]:
        assert cast(wave, token) is CastOutcome.CAST
    made = run(app, "make", file, "--json")
    assert made.exit_code == 0, made.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # After the backup four more answer, and the invitations go out.
    wave = db.session.get_one(Wave, wave_id)
    for token in tokens[6:10]:
        assert cast(wave, token) is CastOutcome.CAST
    pulse_jobs.send_mail(wave_id)
    assert len(smtp.addresses) == 12

    back = run(app, "restore", file, "--replace", "--json")
    assert back.exit_code == 0, back.output
    assert json.loads(back.stdout) == json.loads(made.stdout)
    assert "12 mails may have gone since" in back.stderr
    assert f"Pulse {wave_id}, Spring pulse, is open" in back.stderr
    # Nobody gets a second invitation.
    assert set(db.session.scalars(select(WaveMail.state))) == {MailState.UNCONFIRMED}
    pulse_jobs.send_mail(wave_id)
    assert len(smtp.addresses) == 12
    # Six ballots are in the box. The four that came later are gone, and their links are good again.
    wave = db.session.get_one(Wave, wave_id)
    assert cast(wave, tokens[0]) is CastOutcome.ALREADY_CAST
    assert sum(db.session.scalars(select(Voucher.spent))) == 6
    for token in tokens[6:10]:
        assert cast(wave, token) is CastOutcome.CAST
    wave = counted(wave_id)
    assert (wave.state, wave.set_aside) == (WaveState.COUNTED, 0)
    assert len(db.session.scalars(select(Response)).all()) == 10

    # Now the keys are gone, and with them what a copy of the box was good for.
    assert run(app, "restore", file, "--replace").exit_code == 0
    assert counted(wave_id).state == WaveState.CANNOT_BE_COUNTED


def test_what_is_there_is_lost_only_when_that_is_asked_for(app: Flask, wave: Wave, file: Path) -> None:
    wave_id = wave.id
    assert run(app, "make", file).exit_code == 0
    assert "is there already" in run(app, "make", file).stderr
    refused = run(app, "restore", file)
    assert refused.exit_code == 2 and "--replace" in refused.stderr
    # Others at work, however idle.
    with db.engine.connect() as other:
        other.exec_driver_sql("SELECT 1")
        busy = app.test_cli_runner().invoke(args=["backup", "restore", str(file), "--replace"])
    assert busy.exit_code == 2 and "Stop" in busy.stderr
    worker = Worker(
        [queueing.queue(queueing.MAIL)],
        connection=app.extensions["redis"],
        **queueing.rq_options(),
    )
    worker.register_birth()
    refused = run(app, "restore", file, "--replace")
    assert refused.exit_code == 2 and "Workers or the clock are running" in refused.stderr
    assert db.session.get_one(Wave, wave_id).state == WaveState.OPEN


@on_sqlite
def test_a_file_that_is_not_as_it_was_made_changes_nothing(
    app: Flask, wave: Wave, file: Path, tmp_path: Path
) -> None:
    wave_id = wave.id
    assert run(app, "make", file).exit_code == 0
    assert run(app, "check", file).exit_code == 0
    sound = file.read_bytes()
    place = sound.index(b"SQLite format 3") + 5000
    spoilt = {
        "damaged": sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :],
        "cut short": sound[:3000],
        "no backup": b"PK\x03\x04 something else",
        "newer release": sound.replace(b'"revision": "00', b'"revision": "99'),
        "of its own kind": sound.replace(b'"database": "sqlite"', b'"database": "oracle"'),
    }
    for words, content in spoilt.items():
        file.write_bytes(content)
        refused = run(app, "restore", file, "--replace")
        assert refused.exit_code == 2 and words in refused.stderr, refused.output
    assert "cannot be read" in run(app, "check", tmp_path / "nowhere").stderr
    assert db.session.get_one(Wave, wave_id).state == WaveState.OPEN


def test_a_dump_that_the_database_does_not_take_changes_nothing(
    app: Flask, wave: Wave, file: Path, database: str, tmp_path: Path
) -> None:
    wave_id, dump = wave.id, tmp_path / "dump"
    dump.write_bytes(b"Of a program that nobody has yet.")
    sha256 = hashlib.sha256(dump.read_bytes()).hexdigest()
    size = dump.stat().st_size
    backups._pack(
        Manifest(backups.FORMAT, "2026-11-01", database, revisions.newest(), size, sha256), dump, file
    )
    refused = run(app, "restore", file, "--replace")
    assert refused.exit_code == 2 and "could not be restored" in refused.stderr, refused.output
    assert db.session.get_one(Wave, wave_id).state == WaveState.OPEN


@on_sqlite
def test_a_backup_comes_back_to_a_machine_without_a_database(
    app: Flask, wave: Wave, file: Path
) -> None:
    wave_id = wave.id
    assert run(app, "make", file).exit_code == 0
    database = Path(str(db.engine.url.database))
    database.unlink()
    back = run(app, "restore", file)
    assert back.exit_code == 0, back.output
    assert db.session.get_one(Wave, wave_id).state == WaveState.OPEN
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
