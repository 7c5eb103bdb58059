"""`flask --app wsgi report …`: a unit's report as a file, from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
from flask.cli import with_appcontext

from surveyapp.accounts.services import Action, Reader, record_audit
from surveyapp.design.pdf import CannotWriteError
from surveyapp.extensions import db
from surveyapp.reports.exporting import formats
from surveyapp.reports.scope import CannotBeCountedError, NoResultsYetError, NotYoursError
from surveyapp.reports.to_take_away import report_to_take_away

NOT_WRITTEN = 1

#: Whoever runs commands on the server reads all units.
_EVERYTHING = Reader(user_id=0, reads_all_units=True, unit_ids=frozenset())

#: What a database takes.
_NUMBER = click.IntRange(1, 2**31 - 1)


@click.group("report")
def report() -> None:
    """Hand out reports."""


@report.command("export")
@click.option(
    "--wave", "wave_id", type=_NUMBER, required=True, help="Number of the pulse, as in its address."
)
@click.option(
    "--unit", "unit_id", type=_NUMBER, required=True, help="Number of the unit, as in its address."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(formats.Format), case_sensitive=False),
    required=True,
    help="pdf and pptx are to be read, xlsx, csv and sav to count with.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write. Without it, here, under the name that the page gives.",
)
@with_appcontext
def export_command(wave_id: int, unit_id: int, kind: formats.Format, out: Path | None) -> None:
    """Write the report of one unit to a file.

    It holds what the unit's page and its page on time show and no more; a unit that is not shown
    gives a file that says so. An export is written into the audit log. A file of that name is
    replaced.

    \b
    Exit code 0: the file is written.
    Exit code 1: it is not. The reason is said.
    Exit code 2: the command cannot be understood.
    """
    session = db.session()
    try:
        found = report_to_take_away(session, _EVERYTHING, wave_id, unit_id)
        file = formats.exported(found, formats.Format(kind))
    except CannotBeCountedError:
        _stop("This pulse can never be counted, so it has no reports.")
    except NoResultsYetError:
        _stop("This pulse is not counted yet. Its reports come after it closes.")
    except NotYoursError:
        _stop(f"There is no pulse {wave_id}.")
    except CannotWriteError as error:
        _stop(str(error))
    record_audit(
        session, Action.EXPORTED, actor_id=None, wave_id=wave_id, unit_id=unit_id, format=str(kind)
    )
    session.commit()
    target = out or Path(file.name)
    try:
        target.write_bytes(file.content)
    except OSError as error:
        _stop(f"Cannot write {target}: {error.strerror}.")
    click.echo(f"Wrote {target} ({len(file.content):,} bytes).")


def _stop(message: str) -> NoReturn:
    db.session.rollback()
    click.echo(message, err=True)
    sys.exit(NOT_WRITTEN)
