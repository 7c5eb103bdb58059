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
from tests.factories.staff_files import ESR, text_file, workbook

GOOD = "email,unit,staff_group\na@example.org,Surgery > Ward 4,Nursing\n"


def _run(app: Flask, tmp_path: Path, content: str | bytes, *options: str) -> Result:
    file = tmp_path / "staff.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
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
    assert broken.exit_code == 2 and "It is not clear which column" in json.loads(broken.stdout)["error"]
    missing = app.test_cli_runner().invoke(args=["people", "import", "no-such-file.csv"])
    assert missing.exit_code == 2


def test_help_says_what_the_file_holds(app: Flask) -> None:
    text = app.test_cli_runner().invoke(args=["people", "import", "--help"]).output
    checks = ("--column", "--dry-run", "--make-units", "--skip-bad-rows")
    for word in ("staff_group", *checks, "--apply-moves", "--remove-leavers", "Exit code 1"):
        assert word in text


def test_foreign_columns_are_named_once(app: Flask, tmp_path: Path) -> None:
    rows = [
        ESR,
        ("101", "a@example.org", "Surgery", "Ward 4", "Nursing", "Active Assignment"),
        ("102", "b@example.org", "Surgery", "Ward 5", "Nursing", "Sabbatical"),
    ]
    content = text_file(rows, separator=";", encoding="utf-16")
    asked = _run(app, tmp_path, content)
    assert asked.exit_code == 2
    units = "--column unit=Division --column unit=Ward/Dept"
    assert f"--column 'email=Work Email' {units} --column 'staff_group=Staff Group'" in asked.stderr
    levels = ("--column", "unit=division", "--column", "unit=Ward/Dept")
    columns = ("--column", "email=Work Email", "--column", "staff-group=Staff Group", *levels)
    status = ("--column", "status=Assignment Status", "--status", "sabbatical=away")
    unsaid = _run(app, tmp_path, content, *columns, *status[:2], "--make-units")
    assert unsaid.exit_code == 1 and "Say what it means: --status Sabbatical=away" in unsaid.stdout
    first = _run(app, tmp_path, content, *columns, *status, "--make-units")
    assert first.exit_code == 0 and "Made the unit Surgery > Ward 5." in first.output
    rows[0] = tuple(heading.upper() for heading in ESR)
    again = _run(app, tmp_path, workbook(rows), "--json")
    assert (again.exit_code, json.loads(again.stdout)["unchanged"]) == (0, 2)
    wrong = _run(app, tmp_path, content, "--column", "email=Post")
    assert wrong.exit_code == 2 and "no column 'Post' for the e-mail address" in wrong.stderr
    assert _run(app, tmp_path, content, "--column", "email").exit_code == 2
    partly = GOOD.replace("email,", "Post,")
    assert _run(app, tmp_path, partly, "--column", "email=Post", "--dry-run").exit_code == 0


def test_moves_and_leavers_are_applied_when_asked(app: Flask, tmp_path: Path) -> None:
    start = "email,unit,staff_group\na@example.org,Surgery,Care\nb@example.org,Surgery,Care\n"
    assert _run(app, tmp_path, start, "--make-units").exit_code == 0
    text = "email,unit,staff_group\na@example.org,Medicine,Care\n"
    proposed = _run(app, tmp_path, text, "--make-units")
    assert proposed.exit_code == 0
    assert "Not moved: a@example.org from Trust > Surgery to Medicine." in proposed.stderr
    assert "Not in the file: b@example.org" in proposed.stderr
    assert "Nobody is moved without --apply-moves" in proposed.stdout
    assert (_count(app, Person), _count(app, Unit)) == (2, 2)
    options = ("--make-units", "--apply-moves", "--remove-leavers", "--json")
    done = json.loads(_run(app, tmp_path, text, *options).stdout)
    assert done["moves_applied"] and done["leavers_removed"]
    assert (_count(app, Person), _count(app, Unit)) == (1, 3)


def test_bad_rows_go_to_a_file_and_keep_people_on_the_list(app: Flask, tmp_path: Path) -> None:
    start = "email,unit,staff_group\na@example.org,Trust,Care\nb@example.org,Trust,Care\n"
    _run(app, tmp_path, start)
    out = tmp_path / "bad.csv"
    text = start.replace("b@example.org", "b.example.org")
    options = ("--skip-bad-rows", "--remove-leavers", "--bad-rows", str(out))
    result = _run(app, tmp_path, text, *options)
    assert result.exit_code == 1 and "could be about them" in result.stdout
    assert _count(app, Person) == 2
    assert "3,email,b.example.org," in out.read_text("utf-8-sig")
