"""`flask retention …` as whoever runs the system uses it."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from surveyapp.comments import erasure as comment_rows
from surveyapp.privacy import jobs
from tests.factories.kept import kept, old_trust
from tests.factories.reports import Trust


@pytest.fixture
def trust(session: Session) -> Trust:
    return old_trust(session)


def test_a_dry_run_says_what_would_go_and_deletes_nothing(
    app: Flask, session: Session, trust: Trust
) -> None:
    rows = kept(session, trust.wave_id)
    done = app.test_cli_runner().invoke(args=["retention", "run", "--dry-run"])
    assert done.exit_code == 0 and "this was a dry run" in done.stdout
    assert "would delete 305 answer, 61 response" in done.stderr and "7 comment" in done.stderr
    told = app.test_cli_runner().invoke(args=["retention", "run", "--dry-run", "--json"])
    (wave,) = json.loads(told.stdout)["waves"]
    assert sum(wave["rows"].values()) == rows and wave["deleted"] is False
    assert kept(session, trust.wave_id) == rows


def test_the_command_deletes_and_says_so(app: Flask, session: Session, trust: Trust) -> None:
    rows = kept(session, trust.wave_id)
    done = app.test_cli_runner().invoke(args=["retention", "run", "--json"])
    answer = json.loads(done.stdout)
    assert done.exit_code == 0 and answer["left"] == 0
    assert sum(answer["waves"][0]["rows"].values()) == rows and kept(session, trust.wave_id) == 0
    again = app.test_cli_runner().invoke(args=["retention", "run"])
    assert (again.exit_code, again.stdout) == (0, "Nothing is due.\n")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_cannot_be_deleted_is_said_by_the_exit_code(
    app: Flask, session: Session, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(session: Session, wave_id: int) -> dict[str, int]:
        raise OperationalError("DELETE", {}, Exception("busy"))

    monkeypatch.setattr(comment_rows, "erase", stumble)
    done = app.test_cli_runner().invoke(args=["retention", "run"])
    assert done.exit_code == 1 and "0 deleted, 1 left" in done.stdout
    assert "is left as it was" in done.stderr


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_list_says_what_is_kept_until_when(app: Flask, session: Session, trust: Trust) -> None:
    run = app.test_cli_runner()
    assert "due now" in run.invoke(args=["retention", "list"]).stdout
    jobs.erase_due()
    assert "Spring pulse: deleted on" in run.invoke(args=["retention", "list"]).stdout
    (row,) = json.loads(run.invoke(args=["retention", "list", "--json"]).stdout)
    assert row["wave_id"] == trust.wave_id and row["deleted_at"] and row["is_due"] is False


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_that_is_not_there_has_a_code_of_its_own(app: Flask, session: Session) -> None:
    session.execute(text("DROP TABLE deletion_certificate"))
    session.execute(text("ALTER TABLE wave RENAME TO gone"))
    session.commit()
    for command in ("run", "list"):
        done = app.test_cli_runner().invoke(args=["retention", command])
        assert done.exit_code == 2 and "db upgrade" in done.stderr and "Traceback" not in done.output
    assert app.test_cli_runner().invoke(args=["retention", "run", "--wrong"]).exit_code == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_help_says_what_goes_and_what_stays(app: Flask) -> None:
    words = app.test_cli_runner().invoke(args=["retention", "run", "--help"]).output
    for word in ("--dry-run", "--json", "Exit code 1", "Figures of reports stay"):
        assert word in words
