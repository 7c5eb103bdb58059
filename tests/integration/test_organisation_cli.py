"""`flask people import` as an administrator runs it."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from surveyapp.accounts.models import AuditEvent
from surveyapp.extensions import db
from surveyapp.organisation.models import Person, Unit

GOOD = "email,unit,staff_group\na@example.org,Surgery > Ward 4,Nursing\n"


def _run(app: Flask, tmp_path: Path, content: str, *options: str) -> Result:
    file = tmp_path / "staff.csv"
    file.write_text(content, encoding="utf-8")
    return app.test_cli_runner().invoke(args=["people", "import", str(file), *options])


def _count(app: Flask, table: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_imports_once_and_again_without_change(app: Flask, tmp_path: Path) -> None:
    first = _run(app, tmp_path, GOOD, "--make-units")
    assert first.exit_code == 0 and "1 added" in first.output and "Imported." in first.output
    again = _run(app, tmp_path, GOOD, "--make-units", "--json")
    assert json.loads(again.stdout)["unchanged"] == 1
    assert (_count(app, Person), _count(app, Unit), _count(app, AuditEvent)) == (1, 3, 2)


def test_a_dry_run_writes_nothing(app: Flask, tmp_path: Path) -> None:
    result = _run(app, tmp_path, GOOD, "--make-units", "--dry-run")
    assert result.exit_code == 0
    assert "Would make the unit Surgery > Ward 4." in result.output
    assert "dry run" in result.output
    assert (_count(app, Person), _count(app, Unit), _count(app, AuditEvent)) == (0, 0, 0)


def test_bad_rows_stop_the_import_unless_skipped(app: Flask, tmp_path: Path) -> None:
    text = "email,unit,staff_group\na@example.org,Trust,Care\nbad,x,Care\n"
    refused = _run(app, tmp_path, text)
    assert refused.exit_code == 1 and _count(app, Person) == 0
    assert "Line 3, email 'bad': Enter an e-mail address" in refused.stderr
    skipped = _run(app, tmp_path, text, "--skip-bad-rows", "--json")
    report = json.loads(skipped.stdout)
    assert skipped.exit_code == 1 and _count(app, Person) == 1
    assert (report["applied"], report["added"], report["refused"]) == (True, 1, 1)
    assert report["bad_rows"][0].keys() == {"line", "column", "value", "remedy"}


def test_what_cannot_be_read_has_a_code_of_its_own(app: Flask, tmp_path: Path) -> None:
    assert _run(app, tmp_path, "name\nx\n").exit_code == 2
    broken = _run(app, tmp_path, "name\nx\n", "--json")
    assert broken.exit_code == 2 and "Missing: email" in json.loads(broken.stdout)["error"]
    missing = app.test_cli_runner().invoke(args=["people", "import", "no-such-file.csv"])
    assert missing.exit_code == 2


def test_help_says_what_the_file_holds(app: Flask) -> None:
    text = app.test_cli_runner().invoke(args=["people", "import", "--help"]).output
    for word in ("staff_group", "--dry-run", "--make-units", "--skip-bad-rows", "Exit code 1"):
        assert word in text
