"""What was deleted is in no file of the database any more, whoever looks and with whatever tool."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from surveyapp.ballots import jobs, residue
from surveyapp.ballots.models import SealedBallot, SpentTicket, Voucher
from surveyapp.extensions import db
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import Wave
from tests.conftest import OnDisk
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import (
    cast,
    cast_for,
    cast_openly,
    close,
    close_and_count,
    open_link_wave,
    open_wave,
    tokens_of,
)
from tests.support.servers import MailServer, PostgresCluster

postgres_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: Tables from which rows go, and that are written anew after it.
TABLES = [
    *("voucher", "sealed_ballot", "spent_ticket", "wave_mail"),
    *("response", "answer", "comment", "comment_analysis", "comment_correction", "concern"),
    *("comment_mention", "subtheme", "subtheme_comment"),
]


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 30, "Oak": 12})


class TwoWaves:
    """One that is counted and one that goes on, whose rows lie between those of the first."""

    def __init__(self, session: Session, trust: Organisation) -> None:
        self.ended, self.open = open_wave([trust.root]), open_wave([trust.root])
        tokens = {wave.id: tokens_of(wave) for wave in (self.ended, self.open)}
        for person in trust.everyone:
            cast(self.ended, tokens[self.ended.id][person], comment=f"xylophone{person}x")
            if person % 3 == 0:
                cast(self.open, tokens[self.open.id][person])
        self.gone = self._secrets(session, self.ended)
        self.kept = self._secrets(session, self.open)

    @staticmethod
    def _secrets(session: Session, wave: Wave) -> list[bytes]:
        found = [
            each.encode()
            for column in (Voucher.token_hash, SealedBallot.id)
            for each in session.scalars(select(column).where(column.class_.wave_id == wave.id))
        ]
        sealed = session.scalars(
            select(SealedBallot.ciphertext).where(SealedBallot.wave_id == wave.id)
        )
        # Files cut what is long into pieces.
        found += [each[at : at + 24] for each in sealed for at in (0, len(each) // 2)]
        session.rollback()
        return found

    def left_in(self, files: bytes) -> int:
        """How many of the secrets that must go are still there."""
        return sum(secret in files for secret in self.gone)


@contextmanager
def someone_reads(*tables: str) -> Iterator[None]:
    """A transaction that began before now and goes on, as those of a backup do."""
    with db.engine.connect() as other:
        postgres = other.dialect.name == "postgresql"
        other.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ" if postgres else "BEGIN")
        for table in ("wave", *tables):
            other.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - ours
        yield
        other.rollback()


def test_nothing_of_a_counted_wave_is_left_beside_one_that_goes_on(
    session: Session, on_disk: OnDisk, trust: Organisation
) -> None:
    waves = TwoWaves(session, trust)
    close(waves.ended)
    jobs.count(waves.ended.id)
    files = on_disk()
    assert all(secret in files for secret in waves.kept)  # we do look at the right files
    assert waves.left_in(files) == 0


@postgres_only
def test_without_clearing_all_of_it_would_be_left(
    session: Session,
    on_disk: OnDisk,
    trust: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the test above proves nothing. A plain VACUUM, as autovacuum does it, is not enough."""
    waves = TwoWaves(session, trust)
    monkeypatch.setattr(residue, "clear", lambda _engine: False)
    close(waves.ended)
    jobs.count(waves.ended.id)
    assert waves.left_in(on_disk()) == len(waves.gone)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in TABLES:
            connection.exec_driver_sql(f"VACUUM {table}")
    assert waves.left_in(on_disk()) > len(waves.gone) / 2


# ---------------------------------------------------------------- page by page


def _line_pointers(cluster: PostgresCluster, database: str, table: str) -> tuple[int, int, set[str]]:
    """(rows on the pages of a table, of these dead or moved, transactions that wrote or deleted)."""
    with cluster.connect(database) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pageinspect")
        rows = connection.execute(
            f"""SELECT lp_flags, t_xmin::text, t_xmax::text, (t_infomask & 2048) > 0
                FROM generate_series(0, pg_relation_size('{table}') / 8192 - 1) AS page,
                     heap_page_items(get_raw_page('{table}', page::int))"""  # noqa: S608 - ours
        ).fetchall()
    dead = [row for row in rows if row[0] != 1 or not (row[3] or row[2] == "0")]
    return len(rows), len(dead), {row[1] for row in rows}


@postgres_only
def test_no_page_keeps_a_dead_row_or_a_transaction_of_a_counted_wave(
    session: Session, postgres: PostgresCluster, trust: Organisation, smtp: MailServer
) -> None:
    """Its number alone would pair the voucher with the ballot that was cast with it."""
    waves = TwoWaves(session, trust)
    for wave in (waves.ended, waves.open):
        pulse_jobs.send_mail(wave.id)
    wrote = "SELECT xmin::text FROM {} WHERE wave_id = :wave"
    pairs = {
        table: set(session.scalars(text(wrote.format(table)), {"wave": waves.ended.id}))
        for table in ("voucher", "sealed_ballot")
    }
    assert len(pairs["voucher"] & pairs["sealed_ballot"]) == len(trust.everyone)  # before: it does
    session.rollback()
    name = str(db.engine.url.database)
    before = {table: _line_pointers(postgres, name, table) for table in TABLES}
    assert before["voucher"][1] > 0 and before["wave_mail"][1] > 0
    close(waves.ended)
    jobs.count(waves.ended.id)
    for table in TABLES:
        rows, dead, transactions = _line_pointers(postgres, name, table)
        there = session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - ours
        assert (rows, dead) == (there, 0), table
        assert not transactions & pairs["sealed_ballot"], table
    session.rollback()


# ---------------------------------------------------------------- until it is done


def sweep_later(redis_url: str) -> None:
    """A sweep when the last try is long enough ago."""
    with Redis.from_url(redis_url) as redis:
        assert redis.ttl("residue:rest") == -2 or 0 < redis.ttl("residue:rest") <= residue.REST
        redis.delete("residue:rest")
    jobs.sweep()


def test_what_a_count_could_not_clear_a_later_sweep_does(
    session: Session,
    on_disk: OnDisk,
    database: str,
    redis_url: str,
    trust: Organisation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    waves = TwoWaves(session, trust)
    close(waves.ended)
    with someone_reads("voucher"):
        jobs.count(waves.ended.id)
        assert "could not be cleared yet; a sweep tries again" in caplog.text
        jobs.sweep()
        assert waves.left_in(on_disk()) > 0
    jobs.sweep()  # too soon: whoever answers is not made to wait every minute
    assert waves.left_in(on_disk()) > 0
    sweep_later(redis_url)
    assert waves.left_in(on_disk()) == 0
    caplog.clear()
    sweep_later(redis_url)
    assert caplog.text == ""


@postgres_only
def test_rows_that_an_older_transaction_can_still_see_are_not_taken_for_gone(
    session: Session, on_disk: OnDisk, redis_url: str, trust: Organisation
) -> None:
    """It has not looked at the table, so that nothing is locked; but the rows stay for it."""
    waves = TwoWaves(session, trust)
    close(waves.ended)
    with someone_reads():
        jobs.count(waves.ended.id)
        assert residue.clear(db.engine) is False
        assert waves.left_in(on_disk()) > 0
    sweep_later(redis_url)
    assert waves.left_in(on_disk()) == 0


def test_a_lost_note_only_means_doing_it_again(
    app: Flask, session: Session, redis_url: str, trust: Organisation
) -> None:
    waves = TwoWaves(session, trust)
    close(waves.ended)
    jobs.count(waves.ended.id)
    with Redis.from_url(redis_url) as redis:
        assert set(redis.hgetall("residue")) == {b"box", b"answers", b"words"}
        redis.flushall()
        assert residue.clear(db.engine) is True
        assert len(redis.hgetall("residue")) == 3
    app.extensions["redis"] = Redis.from_url("redis://127.0.0.1:1/0")
    assert residue.clear(db.engine) is True


# ---------------------------------------------------------------- the other tables


def test_tickets_of_an_open_link_go_like_vouchers(
    session: Session, on_disk: OnDisk, trust: Organisation
) -> None:
    ended, still_open = open_link_wave(trust.root), open_link_wave(trust.root)
    for _ in range(60):
        cast_openly(ended, comment="xylophone")
        cast_openly(still_open)
    hashes = {
        wave.id: [
            each.encode()
            for each in session.scalars(
                select(SpentTicket.ticket_hash).where(SpentTicket.wave_id == wave.id)
            )
        ]
        for wave in (ended, still_open)
    }
    close_and_count(ended)
    files = on_disk()
    assert all(each in files for each in hashes[still_open.id])
    assert not any(each in files for each in hashes[ended.id])


# ---------------------------------------------------------------- what a server keeps by itself


def _run(*statements: str) -> None:
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


#: What a migration has told PostgreSQL to keep no samples of.
UNSAMPLED = ("ALTER TABLE voucher ALTER token_hash", "ALTER TABLE comment ALTER sealed_original")


@postgres_only
@pytest.mark.parametrize("is_told", [False, True])
def test_statistics_keep_no_sample_of_what_was_deleted(
    session: Session, on_disk: OnDisk, trust: Organisation, is_told: bool
) -> None:
    """Had it not been told so, it would: a table without rows is not analysed again."""
    if not is_told:
        _run(*(f"{column} SET STATISTICS -1" for column in UNSAMPLED))
    wave = open_wave([trust.root])
    hashes = [each.encode() for each in session.scalars(select(Voucher.token_hash))]
    cast_for(wave, trust.everyone, comment=lambda person: f"xylophone{person}")
    _run("ANALYZE voucher")
    close_and_count(wave)
    originals = session.scalars(text("SELECT sealed_original FROM comment")).all()
    assert len(originals) == 42
    _run("ANALYZE comment", "DELETE FROM comment")
    assert residue.clear(db.engine)
    files = on_disk()
    kept = [any(each[:24] in files for each in secrets) for secrets in (hashes, originals)]
    assert kept == [not is_told, not is_told]


@postgres_only
@pytest.mark.parametrize("is_advised", [False, True])
def test_the_settings_that_we_advise_keep_values_out_of_the_servers_log(
    app: Flask, session: Session, postgres: PostgresCluster, trust: Organisation, is_advised: bool
) -> None:
    """With every statement logged, and with a broken constraint."""
    advised = ("log_parameter_max_length = 0", "log_parameter_max_length_on_error = 0")
    settings = ["log_min_duration_statement = 0"]
    settings += [*advised, "log_error_verbosity = terse"] if is_advised else []
    _run(*(f"ALTER DATABASE {db.engine.url.database} SET {setting}" for setting in settings))
    db.engine.dispose()
    log = postgres.directory / "log"
    begin = log.stat().st_size
    wave = open_wave([trust.root])
    cast_for(wave, trust.everyone[:3])
    taken = session.scalars(select(Voucher)).first()
    assert taken is not None
    with pytest.raises(IntegrityError):
        session.execute(insert(Voucher), {"token_hash": taken.token_hash, "wave_id": wave.id, "unit_id": 1})
    session.rollback()
    written = log.read_bytes()[begin:]
    assert b"UPDATE voucher" in written and b"duplicate key value" in written
    hashes = session.scalars(select(Voucher.token_hash)).all()
    assert any(each.encode() in written for each in hashes) is not is_advised


# ---------------------------------------------------------------- the file of SQLite


@sqlite_only
@pytest.mark.parametrize(("before", "after"), [(0o644, 0o600), (0o666, 0o600), (0o660, 0o660)])
def test_others_cannot_read_the_file_of_sqlite(app: Flask, before: int, after: int) -> None:
    file = Path(str(db.engine.url.database))
    db.session.remove()
    db.engine.dispose()
    file.chmod(before)
    make_organisation(db.session(), {"Maple": 1})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.glob(f"{file.name}*")}
    assert len(modes) == 3 and set(modes.values()) == {after}


@sqlite_only
def test_every_connection_overwrites_what_is_deleted(app: Flask) -> None:
    """2 would be 'fast', which leaves two thirds."""
    with db.engine.connect() as one, db.engine.connect() as other:
        assert one.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert other.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
