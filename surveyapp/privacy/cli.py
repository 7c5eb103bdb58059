"""`flask --app wsgi retention …`: what is kept until when, and its deletion."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from surveyapp.ballots import residue
from surveyapp.extensions import db
from surveyapp.privacy import jobs, services
from surveyapp.timekeeping import database_now

SOME_LEFT = 1
NOTHING_READ = 2


@click.group("retention")
def retention() -> None:
    """Delete answers and comments 24 months after a pulse has closed."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
@with_appcontext
def run_command(dry_run: bool, as_json: bool) -> None:
    """Delete the answers and comments of every pulse that is due, now.

    The clock of a running system does this each night, so there is no need to. Each pulse is
    deleted as a whole or not at all, and gets a certificate. Figures of reports stay.

    \b
    Exit code 0: nothing that is due is left. After a dry run: it could be read.
    Exit code 1: some pulses could not be deleted. Run it again.
    Exit code 2: the command is wrong or the database cannot be reached. Nothing was deleted.
    """
    try:
        now = database_now(db.session())
        due = [
            (wave.id, wave.title, services.rows_kept(db.session(), wave))
            for wave in services.due_waves(db.session(), now=now)
        ]
        db.session.rollback()
    except SQLAlchemyError:
        db.session.rollback()
        click.echo("The database cannot be read. Check DATABASE_URL, and run 'db upgrade'.", err=True)
        sys.exit(NOTHING_READ)
    waves: list[dict[str, Any]] = []
    for number, (wave_id, title, rows) in enumerate(due, start=1):
        proof = None if dry_run else _erase(wave_id)
        if proof is not None:
            rows = dict(proof.counts)
        done = proof is not None
        waves.append({"wave_id": wave_id, "title": title, "deleted": done, "rows": rows})
        _say_wave(f"{number} of {len(due)}", waves[-1], dry_run=dry_run)
    if any(wave["deleted"] for wave in waves):
        residue.clear(db.engine)
    left = 0 if dry_run else sum(not wave["deleted"] for wave in waves)
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "waves": waves, "left": left}, ensure_ascii=False))
    else:
        _say_end(len(due), left, dry_run=dry_run)
    sys.exit(SOME_LEFT if left else 0)


@retention.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write the list as JSON.")
@with_appcontext
def list_command(as_json: bool) -> None:
    """List every pulse, and when its answers and comments are deleted.

    \b
    Exit code 0: the list is complete.
    Exit code 2: the command is wrong or the database cannot be reached.
    """
    try:
        kept = services.retentions(db.session(), now=database_now(db.session()))
    except SQLAlchemyError:
        click.echo("The database cannot be read. Check DATABASE_URL, and run 'db upgrade'.", err=True)
        sys.exit(NOTHING_READ)
    if as_json:
        rows = [
            {
                "wave_id": each.wave_id,
                "title": each.title,
                "closes_at": each.closes_at.isoformat(),
                "delete_on": each.delete_on.isoformat(),
                "deleted_at": each.deleted_at.isoformat() if each.deleted_at else None,
                "is_due": each.is_due,
            }
            for each in kept
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for each in kept:
        if each.deleted_at:
            state = f"deleted on {each.deleted_at.date()}"
        else:
            state = f"to be deleted on {each.delete_on}" + (", due now" if each.is_due else "")
        click.echo(f"{each.wave_id}  {each.title}: {state}")
    if not kept:
        click.echo("There is no pulse yet.")


def _erase(wave_id: int) -> services.Certificate | None:
    """The certificate of the deletion, or None where it failed."""
    jobs.erase_wave(wave_id)
    try:
        return services.certificate(db.session(), wave_id)
    except SQLAlchemyError:
        return None
    finally:
        db.session.rollback()


def _say_wave(place: str, wave: Mapping[str, Any], *, dry_run: bool) -> None:
    """Progress, on the error output: whoever reads JSON reads the other."""
    rows = ", ".join(f"{number} {kind}" for kind, number in wave["rows"].items())
    if dry_run:
        words = f"would delete {rows}"
    elif wave["deleted"]:
        words = f"deleted {rows}"
    else:
        words = "could not be deleted, and is left as it was"
    click.echo(f"{place}. Wave {wave['wave_id']}, {wave['title']}: {words}.", err=True)


def _say_end(due: int, left: int, *, dry_run: bool) -> None:
    if not due:
        click.echo("Nothing is due.")
    elif dry_run:
        click.echo(f"{due} due. Nothing was deleted: this was a dry run.")
    else:
        click.echo(f"{due - left} deleted, {left} left. See the certificates on the page 'Deletion'.")
