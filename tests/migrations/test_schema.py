"""The migrations make exactly the tables that the models describe, and take them away again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import check as check_migrations
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, column, create_engine, inspect, select, text
from sqlalchemy import table as table_of
from sqlalchemy.exc import IntegrityError, OperationalError

from surveyapp.config import PROJECT_ROOT, Settings
from surveyapp.extensions import db

#: All that the tables of ballots and comments hold. A column that is not here fails the build, for
#: it could hold a time, a token, an address or a way back to a person (A18).
ANONYMOUS = {
    "voucher": {
        "token_hash": "VARCHAR(64)",  # of a token that is stored nowhere; gone at the count
        "wave_id": "INTEGER",
        "unit_id": "INTEGER",
        "staff_group": "VARCHAR",  # empty unless results are split by it
        "spent": "BOOLEAN",
    },
    "spent_ticket": {"ticket_hash": "VARCHAR(64)", "wave_id": "INTEGER"},
    "sealed_ballot": {"id": "VARCHAR(32)", "wave_id": "INTEGER", "ciphertext": "BLOB"},
    "response": {"id": "VARCHAR(32)", "wave_id": "INTEGER", "unit_id": "INTEGER"},
    "answer": {"response_id": "VARCHAR(32)", "item_id": "VARCHAR", "value": "INTEGER"},
    "comment": {
        "id": "VARCHAR(32)",
        "wave_id": "INTEGER",
        "item_id": "VARCHAR",
        "unit_id": "INTEGER",
        "sealed_original": "BLOB",
        "original_expires_on": "DATE",  # one day for all comments of a wave
        "state": "VARCHAR",
        "release": "VARCHAR",
        "text": "VARCHAR",
    },
    "concern": {
        "id": "VARCHAR(32)",
        "wave_id": "INTEGER",
        "text": "VARCHAR",
        "is_handled": "BOOLEAN",
    },
    "comment_analysis": {
        "comment_id": "VARCHAR(32)",
        "model_version": "VARCHAR",
        "sentiment": "VARCHAR",
        "sentiment_probability": "DOUBLE",
        "flags": "JSON",
        "certainty": "DOUBLE",
        "findings": "JSON",
    },
    "comment_correction": {
        "comment_id": "VARCHAR(32)",
        "number": "INTEGER",
        "model_version": "VARCHAR",
        "read": "JSON",
        "said": "JSON",
        "picked": "VARCHAR",
        "said_in": "DATE",  # the first day of a month
        "reader": "VARCHAR(16)",  # another mark for each comment; leads to no account
    },
    "comment_mention": {
        "wave_id": "INTEGER",
        "factor": "VARCHAR",
        "unit_id": "INTEGER",
        "comment_id": "VARCHAR(32)",
        "stance": "VARCHAR",
    },
    "subtheme_comment": {
        "wave_id": "INTEGER",
        "unit_id": "INTEGER",
        "factor": "VARCHAR",
        "comment_id": "VARCHAR(32)",
        "number": "INTEGER",
        "place": "INTEGER",
    },
}

#: What the tables above may point at.
LINKS = {
    ("voucher", "wave"),
    ("spent_ticket", "wave"),
    ("concern", "wave"),
    ("sealed_ballot", "wave"),
    ("response", "wave"),
    ("answer", "response"),
    ("comment", "wave"),
    ("comment_analysis", "comment"),
    ("comment_correction", "comment"),
    *((table, at) for table in ("comment_mention", "subtheme_comment") for at in ("comment", "wave")),
}

_SQL_TYPES = {"BYTEA": "BLOB", "DOUBLE PRECISION": "DOUBLE"}


@pytest.fixture
def unmigrated(database: str, app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A second database, made from the models instead of the migrations."""
    if database == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('models')}/models.sqlite3")
        db.metadata.create_all(engine)
        yield engine
    else:
        # A schema of its own in the same database, which goes with it.
        with db.engine.begin() as connection:
            connection.execute(text("CREATE SCHEMA models"))
        url = db.engine.url.update_query_dict({"options": "-csearch_path=models"})
        engine = create_engine(url)
        db.metadata.create_all(engine)
        yield engine
    engine.dispose()


def schema_of(engine: Engine) -> set[str]:
    """Everything that a database says about its own tables, constraints and indexes."""
    read = _sqlite_schema if engine.dialect.name == "sqlite" else _postgres_schema
    books = ("alembic_version", "sqlite_sequence")  # what the tools keep for themselves
    return {line for line in read(engine) if not any(book in line for book in books)}


def _sqlite_schema(engine: Engine) -> Iterator[str]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        for name, sql in rows.all():
            plain = re.sub(r'["\s]+', " ", sql).strip()
            # The parts of a table may stand in any order.
            head, _, rest = plain.partition("(")
            body, _, options = rest.rpartition(")")
            yield f"{head.strip()}: {options.strip()}"
            yield from (f"{name}: {part}" for part in _parts(body))


def _parts(body: str) -> Iterator[str]:
    depth, part = 0, ""
    for character in body + ",":
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield re.sub(r"\s*([(),])\s*", r"\1", part).strip()
            part = ""
        else:
            part += character


_POSTGRES_CATALOGUE = (
    """SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length,
              is_nullable, column_default, is_identity)
       FROM information_schema.columns WHERE table_schema = current_schema()""",
    """SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
       FROM pg_constraint WHERE connamespace = current_schema()::regnamespace""",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()",
)


def _postgres_schema(engine: Engine) -> Iterator[str]:
    with engine.connect() as connection:
        for query in _POSTGRES_CATALOGUE:
            for line in connection.scalars(text(query)):
                yield re.sub(r"\b(models|public)\.", "", line)


def test_the_migrations_make_what_the_models_describe(app: Flask, unmigrated: Engine) -> None:
    assert schema_of(db.engine) == schema_of(unmigrated)


# The test above reads that index back by hand.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
def test_alembic_finds_nothing_to_add(app: Flask) -> None:
    check_migrations()  # raises SystemExit when it does


def test_only_one_organisation_can_stand_at_the_top(app: Flask) -> None:
    """The index that Alembic cannot read back, seen at work."""
    insert = text("INSERT INTO unit (name, parent_id) VALUES ('One', NULL)")
    with db.engine.begin() as connection:
        connection.execute(insert)
    with pytest.raises(IntegrityError, match="uq_unit_single_root"), db.engine.begin() as connection:
        connection.execute(insert)


def test_down_leaves_nothing_and_up_again_restores_everything(app: Flask) -> None:
    before = schema_of(db.engine)
    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    assert schema_of(db.engine) == set()
    upgrade()
    assert schema_of(db.engine) == before


def test_each_step_can_be_taken_back_and_taken_again(app: Flask) -> None:
    downgrade(revision="base")
    for revision in _history():
        upgrade(revision=revision)
        after = schema_of(db.engine)
        downgrade(revision="-1")
        upgrade(revision=revision)
        assert schema_of(db.engine) == after, revision


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_migrations_are_one_line(app: Flask) -> None:
    scripts = _scripts()
    assert len(scripts.get_heads()) == 1 and len(scripts.get_bases()) == 1
    for revision in scripts.walk_revisions():
        assert not revision.is_branch_point and not revision.is_merge_point
        assert revision.doc, f"{revision.revision} does not say what it does"


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


def _history() -> list[str]:
    return [script.revision for script in _scripts().walk_revisions()][::-1]


def test_the_tables_of_answers_hold_nothing_that_is_not_listed(app: Flask) -> None:
    inspector = inspect(db.engine)
    found = {
        table: {
            column["name"]: _SQL_TYPES.get(str(column["type"]), str(column["type"]))
            for column in inspector.get_columns(table)
        }
        for table in ANONYMOUS
    }
    assert found == ANONYMOUS


def test_no_key_leads_from_an_answer_to_a_person(app: Flask) -> None:
    inspector = inspect(db.engine)
    links = {
        (table, key["referred_table"])
        for table in inspector.get_table_names()
        for key in inspector.get_foreign_keys(table)
    }
    assert {link for link in links if link[0] in ANONYMOUS} == LINKS
    # Nor does anything that knows people point at them.
    pointing = {table for table, at in links if at in ANONYMOUS}
    assert pointing == {
        *("answer", "comment_analysis", "comment_correction", "comment_mention", "subtheme_comment"),
    }


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_keeps_no_row_numbers_beside_random_ids(app: Flask) -> None:
    with db.engine.connect() as connection:
        for table in ANONYMOUS.keys() - {"comment_analysis"}:
            with pytest.raises(OperationalError, match="no such column: rowid"):
                connection.execute(select(column("rowid")).select_from(table_of(table)))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_migration_waits_for_a_lock_only_so_long(app: Flask) -> None:
    """While it waits, everyone waits behind it."""
    with db.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM answer"))  # a report that takes its time
        with pytest.raises(SystemExit, match="nothing was changed: a table"):
            downgrade(revision="base")
    assert inspect(db.engine).has_table("answer")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_machines_that_migrate_at_once_do_it_once(
    app: Flask, environ: dict[str, str], settings: Settings
) -> None:
    before = schema_of(db.engine)
    downgrade(revision="base")
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    both = [
        subprocess.Popen(command, cwd=PROJECT_ROOT, env={**os.environ, **environ}) for _ in range(2)
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    assert schema_of(db.engine) == before
    # Who does not get a turn says so, instead of waiting for ever.
    with db.engine.connect() as other:
        other.exec_driver_sql("SELECT pg_advisory_lock(5077201611)")
        app.config["SETTINGS"] = replace(settings, migration_statement_seconds=1)
        with pytest.raises(SystemExit, match="the turn to migrate"):
            upgrade()
        other.invalidate()
