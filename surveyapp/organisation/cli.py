"""`flask --app wsgi people …`: the staff list from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext

from surveyapp.accounts.services import Action, record_audit
from surveyapp.extensions import db
from surveyapp.organisation.services import ensure_root
from surveyapp.organisation.staff_import import ImportReport, StaffFileError, import_staff

ROWS_REFUSED = 1
NOTHING_READ = 2


@click.group("people")
def people() -> None:
    """Keep the staff list."""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and write nothing.")
@click.option("--make-units", is_flag=True, help="Make units that do not exist yet.")
@click.option("--skip-bad-rows", is_flag=True, help="Import the good rows and leave the bad ones.")
@click.option("--json", "as_json", is_flag=True, help="Write the report as JSON.")
@with_appcontext
def import_command(
    file: Path, dry_run: bool, make_units: bool, skip_bad_rows: bool, as_json: bool
) -> None:
    """Import a staff list from a CSV FILE in UTF-8.

    The first line names the columns, in any order: email, unit, staff_group and, if wanted,
    status (working or away) and mobile. A unit is its name, where only one unit has it, or its path,
    such as 'Surgery > Ward 4'. People who are not in the file stay as they are. Without a bad row, or with
    --skip-bad-rows, the file is imported; the same file twice changes nothing.

    \b
    Exit code 0: every row is good.
    Exit code 1: some rows were refused. They are listed.
    Exit code 2: the command or the file cannot be understood. Nothing was written.
    """
    session = db.session()
    try:
        ensure_root(session, current_app.config["SETTINGS"].organisation_name)
        report = import_staff(
            session,
            file.read_bytes(),
            apply=not dry_run,
            make_units=make_units,
            keep_good_rows=skip_bad_rows,
        )
    except (StaffFileError, OSError) as error:
        session.rollback()
        _stop(str(error), as_json=as_json)
    if report.applied:
        record_audit(
            session,
            Action.STAFF_IMPORTED,
            actor_id=None,
            added=report.added,
            changed=report.changed,
            unchanged=report.unchanged,
            refused=report.refused,
        )
        session.commit()
    else:
        session.rollback()
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _say(report, dry_run=dry_run)
    sys.exit(ROWS_REFUSED if report.bad_rows else 0)


def _say(report: ImportReport, *, dry_run: bool) -> None:
    for row in report.bad_rows:
        click.echo(f"Line {row.line}, {row.column} '{row.value}': {row.remedy}.", err=True)
    for path in report.new_units:
        click.echo(f"{'Made' if report.applied else 'Would make'} the unit {path}.")
    added, changed = ("added", "changed") if report.applied else ("to add", "to change")
    click.echo(
        f"{report.added} {added}, {report.changed} {changed}, {report.unchanged} unchanged, "
        f"{report.refused} refused. {report.not_in_file} on the staff list are not in the file and "
        "stay as they are."
    )
    if report.applied:
        click.echo("Imported.")
    elif dry_run:
        click.echo("Nothing was written: this was a dry run.")
    else:
        click.echo(
            "Nothing was written. Correct the rows, or import the others with --skip-bad-rows."
        )


def _stop(message: str, *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"applied": False, "error": message}, ensure_ascii=False))
    else:
        click.echo(message, err=True)
    sys.exit(NOTHING_READ)
