"""`flask --app wsgi people …`: the staff list from the command line."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import IntegrityError
from tqdm import tqdm

from surveyapp import files
from surveyapp.accounts.services import Action, record_audit
from surveyapp.extensions import db
from surveyapp.organisation.models import WorkingStatus
from surveyapp.organisation.services import ensure_root
from surveyapp.organisation.staff_columns import FIELDS, StaffColumns, chosen, plain_heading
from surveyapp.organisation.staff_downloads import bad_rows_file
from surveyapp.organisation.staff_import import UnknownColumnsError, import_staff
from surveyapp.organisation.staff_report import ImportReport
from surveyapp.organisation.staff_table import StaffFileError

ROWS_REFUSED = 1
NOTHING_READ = 2

#: Bad rows, moves and leavers that are listed for people; --json and --bad-rows have all of them.
_LISTED = 200


def _pairs(
    _context: click.Context, option: click.Parameter, given: Sequence[str]
) -> list[tuple[str, str]]:
    pairs = []
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise click.BadParameter(f"'{text}' is not NAME=VALUE.", param=option)
        pairs.append((name.strip(), value.strip()))
    return pairs


@click.group("people")
def people() -> None:
    """Keep the staff list."""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--column",
    "columns",
    multiple=True,
    callback=_pairs,
    metavar="FIELD=HEADING",
    help="Which column holds the email, unit, staff_group, status or mobile. Give unit several times, "
    "highest level first, to build its path. Needed once for files with the same headings.",
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    callback=_pairs,
    metavar="WORD=working|away",
    help="What a word of the file's status column means. Remembered with the columns.",
)
@click.option("--dry-run", is_flag=True, help="Check the file and write nothing.")
@click.option("--make-units", is_flag=True, help="Make units that do not exist yet.")
@click.option("--skip-bad-rows", is_flag=True, help="Import the good rows and leave the bad ones.")
@click.option("--apply-moves", is_flag=True, help="Move people to the unit that the file has for them.")
@click.option(
    "--remove-leavers", is_flag=True, help="Take people who are not in the file off the staff list."
)
@click.option(
    "--bad-rows",
    "bad_rows",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.csv",
    help="Write every bad row to a file.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the report as JSON.")
@with_appcontext
def import_command(
    file: Path,
    columns: list[tuple[str, str]],
    statuses: list[tuple[str, str]],
    dry_run: bool,
    make_units: bool,
    skip_bad_rows: bool,
    apply_moves: bool,
    remove_leavers: bool,
    bad_rows: Path | None,
    as_json: bool,
) -> None:
    """Import a staff list: a workbook (.xlsx), or a CSV FILE of any usual encoding.

    The first line names the columns, in any order. Those called email, unit, staff_group and, if
    wanted, status (working or away) and mobile are found; of others --column says which is which, and
    the next file with the same headings needs no --column. A unit is its name, where only one unit has
    it, or its path, such as 'Surgery > Ward 4'.

    Without a bad row, or with --skip-bad-rows, the file is imported; the same file twice changes
    nothing. Moves and people who are not in the file are listed only, unless --apply-moves or
    --remove-leavers. Nobody is taken off the list by a file in which an address cannot be read.

    \b
    Exit code 0: every row is good.
    Exit code 1: some rows were refused. They are listed.
    Exit code 2: the command or the file cannot be understood. Nothing was written.
    """
    session = db.session()
    try:
        meanings = _meanings(statuses)
        ensure_root(session, current_app.config["SETTINGS"].organisation_name)
        with tqdm(desc="Checking", unit=" rows", file=sys.stderr, disable=None) as bar:

            def advance(done: int, in_all: int) -> None:
                bar.total = in_all
                bar.update(done - bar.n)

            report = import_staff(
                session,
                file.read_bytes(),
                apply=not dry_run,
                make_units=make_units,
                keep_good_rows=skip_bad_rows,
                apply_moves=apply_moves,
                remove_leavers=remove_leavers,
                columns=_chooser(columns),
                statuses=meanings,
                advance=advance,
            )
    except UnknownColumnsError as error:
        session.rollback()
        _stop(f"{error} {_advice(error)}", as_json=as_json)
    except (StaffFileError, OSError) as error:
        session.rollback()
        _stop(str(error), as_json=as_json)
    except IntegrityError:
        session.rollback()
        _stop(
            "Someone changed the staff list at the same time. Nothing was written: run the command again.",
            as_json=as_json,
        )
    if bad_rows is not None:
        _write_bad_rows(bad_rows, report, as_json=as_json)
    if report.applied:
        record_audit(session, Action.STAFF_IMPORTED, actor_id=None, **report.counts)
        session.commit()
    else:
        session.rollback()
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _say(report, dry_run=dry_run, moves_wanted=apply_moves, removal_wanted=remove_leavers)
    sys.exit(ROWS_REFUSED if report.bad_rows else 0)


def _chooser(
    pairs: Sequence[tuple[str, str]],
) -> Callable[[Sequence[str]], StaffColumns] | None:
    if not pairs:
        return None
    choices: dict[str, list[str]] = {}
    for field, heading in pairs:
        name = field.replace("-", "_").casefold()
        if name not in FIELDS:
            raise StaffFileError(f"There is no field '{field}' for --column. Use {', '.join(FIELDS)}.")
        choices.setdefault(name, []).append(heading)

    def choose(headings: Sequence[str]) -> StaffColumns:
        # A column with our own name needs no option.
        ours = {
            field: [name for name in headings if plain_heading(name) == plain_heading(field)]
            for field in FIELDS
        }
        return chosen(headings, {**ours, **choices})

    return choose


def _meanings(pairs: Sequence[tuple[str, str]]) -> Mapping[str, WorkingStatus]:
    try:
        return {plain_heading(word): WorkingStatus(status.casefold()) for word, status in pairs}
    except ValueError:
        raise StaffFileError("A --status must mean working or away, like --status Sabbatical=away.") from None


def _advice(error: UnknownColumnsError) -> str:
    guessed = error.sheet.as_dict()["guess"]
    options = [
        f"--column {shlex.quote(f'{field}={heading}')}"
        for field in FIELDS
        for heading in ([guessed[field]] if isinstance(guessed[field], str) else guessed[field])
        if heading
    ]
    if not options:
        return "Name them with --column, such as --column email='Work Email'."
    return f"Name them with --column. A guess, which you should check: {' '.join(options)}"


def _write_bad_rows(path: Path, report: ImportReport, *, as_json: bool) -> None:
    """Before anything is committed: a file that cannot be written must not come as a surprise."""
    try:
        files.replace(path, bad_rows_file(report.as_dict()))
    except OSError as error:
        db.session.rollback()
        _stop(f"{path} cannot be written: {error.strerror}. Nothing was imported.", as_json=as_json)


def _say(report: ImportReport, *, dry_run: bool, moves_wanted: bool, removal_wanted: bool) -> None:
    _list(
        [f"Line {row.line}, {row.column} '{row.value}': {row.remedy}." for row in report.bad_rows],
        "bad rows; --bad-rows OUT.csv has all of them",
    )
    made = report.new_units + (report.units_for_moves if moves_wanted else [])
    _list([f"{'Made' if report.applied else 'Would make'} the unit {path}." for path in made], "units")
    moved = "Moved" if report.moves_applied else "Would move" if moves_wanted else "Not moved"
    _list(
        [f"{moved}: {move.email} from {move.from_unit} to {move.to_unit}." for move in report.moves],
        "moves",
    )
    removes = removal_wanted and report.may_remove_leavers
    gone = "Taken off" if report.leavers_removed else "Would take off" if removes else "Not in the file"
    _list([f"{gone}: {leaver.email}, {leaver.unit}." for leaver in report.leavers], "people")
    added, changed = ("added", "changed") if report.applied else ("to add", "to change")
    click.echo(
        f"{report.added} {added}, {report.changed} {changed}, {report.moved} in another unit, "
        f"{report.unchanged} unchanged, {report.refused} refused, {report.not_in_file} on the staff "
        "list but not in the file."
    )
    for word, rows in report.unknown_statuses.items():
        option = shlex.quote(f"{word}=away")
        click.echo(f"'{word}' ({rows}) is no status that is known. Say what it means: --status {option}")
    if report.moves and not moves_wanted:
        click.echo("Nobody is moved without --apply-moves.")
    if report.leavers and not removal_wanted:
        click.echo("Nobody is taken off the list without --remove-leavers.")
    elif report.leavers and not report.may_remove_leavers:
        click.echo(
            "Nobody is taken off the list: correct the rows whose address cannot be read, which could "
            "be about them."
            if report.nameless
            else "Nobody is taken off the list by a file without a good row."
        )
    if report.applied:
        click.echo("Imported.")
    elif dry_run:
        click.echo("Nothing was written: this was a dry run.")
    else:
        click.echo(
            "Nothing was written. Correct the rows, or import the others with --skip-bad-rows."
        )


def _list(lines: Sequence[str], what: str) -> None:
    """To the error output: the summary is what a script keeps."""
    for line in lines[:_LISTED]:
        click.echo(line, err=True)
    if len(lines) > _LISTED:
        click.echo(f"… and {len(lines) - _LISTED} more {what}.", err=True)


def _stop(message: str, *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"applied": False, "error": message}, ensure_ascii=False))
    else:
        click.echo(message, err=True)
    sys.exit(NOTHING_READ)
