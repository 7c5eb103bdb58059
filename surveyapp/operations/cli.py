"""`flask --app wsgi workers …` and `flask --app wsgi backup …`: for whoever runs the system."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from surveyapp.errors import without_words
from surveyapp.extensions import db
from surveyapp.operations import backups, queues
from surveyapp.operations.backups import BackupError, Manifest
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import WaveState
from surveyapp.queueing import QUEUES
from surveyapp.timekeeping import utc_now

NOT_ALL, NOT_DONE = 1, 2

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")


# ---------------------------------------------------------------- workers


@click.group("workers")
def workers() -> None:
    """Look after the workers and the clock."""


@workers.command("check")
@click.option("--here", is_flag=True, help="Ask only whether a worker runs on this machine.")
@_JSON
@with_appcontext
def check_command(here: bool, as_json: bool) -> None:
    """Say whether every queue has a worker that is alive, and whether the clock runs.

    A worker or a clock counts as alive when it was heard of in the last two minutes.

    \b
    Exit code 0: they do.
    Exit code 1: something is missing. The output says what.
    Exit code 2: Redis cannot be reached.
    """
    redis: Redis = current_app.extensions["redis"]
    now = utc_now()
    try:
        if here:
            found = queues.live_workers(redis, now=now, hostname=socket.gethostname())
            missing = [] if found else ["this machine has no worker"]
        else:
            found = queues.live_workers(redis, now=now)
            listened = {name for worker in found for name in worker.queue_names()}
            missing = [f"the queue {name} has no worker" for name in QUEUES if name not in listened]
            if not queues.clock_is_alive(redis, now=now):
                missing.append("the clock does not run")
    except RedisError:
        click.echo("Redis cannot be reached. Check REDIS_URL.", err=True)
        sys.exit(NOT_DONE)
    if as_json:
        click.echo(json.dumps({"workers": len(found), "missing": missing}))
    else:
        said = "; ".join(missing) if missing else "everything is there"
        click.echo(f"{len(found)} {'worker' if len(found) == 1 else 'workers'} alive: {said}.")
    sys.exit(NOT_ALL if missing else 0)


# ---------------------------------------------------------------- backups


@click.group("backup")
def backup() -> None:
    """Make, check and restore backups of the database.

    The keys of pulses are in none: with them whoever has the file could open the ballots in it.
    """


@backup.command("make")
@_FILE
@_JSON
@with_appcontext
def make_command(file: Path, as_json: bool) -> None:
    """Copy the database, as it is at one moment, to the new file FILE. People may go on answering.

    \b
    Exit code 0: the backup is made.
    Exit code 2: it could not be made. There is no file.
    """
    with _refusals():
        _say(backups.make(_url(), file, _tell), f"The backup is made: {file}", as_json)


@backup.command("check")
@_FILE
@_JSON
def verify_command(file: Path, as_json: bool) -> None:
    """Read the backup FILE to its end, and say whether it is as it was made.

    \b
    Exit code 0: it is.
    Exit code 2: it is not, or cannot be read.
    """
    with _refusals():
        _say(backups.check(file, _tell), f"The backup is sound: {file}", as_json)


@backup.command("restore")
@_FILE
@click.option("--replace", is_flag=True, help="Let go of all that the database holds now.")
@_JSON
@with_appcontext
def restore_command(file: Path, replace: bool, as_json: bool) -> None:
    """Put the backup FILE in the place of the database. Stop web servers, workers and clock first.

    Mails that were due before now may have gone since the backup was made: they are marked as
    unconfirmed and do not go again. Reminders carry the same links. See docs/running.md.

    \b
    Exit code 0: the database is as it was, brought up to date, and can be started.
    Exit code 1: it is as it was, and could not be brought up to date. Start nothing; run this again.
    Exit code 2: it could not be done. The database is as it was before this command.
    """
    with _refusals():
        _check_that_nobody_works()
        manifest = backups.restore(_url(), file, _tell, replaces=replace)
    try:
        _tell("Bringing the tables up to date")
        upgrade()
        unconfirmed = pulses.doubt_due_mail(db.session())
        running = pulses.running(db.session())
        db.session.commit()
    except SQLAlchemyError as error:
        click.echo(
            f"The tables are back, and could not be brought up to date: {without_words(error)}. Start "
            "nothing yet: mails could go twice. Run this command again, with --replace.",
            err=True,
        )
        sys.exit(NOT_ALL)
    _say(manifest, f"The database is as it was at {manifest.made_at}.", as_json)
    _tell(f"{unconfirmed} mails may have gone since: they are unconfirmed and do not go again")
    for wave in running:
        state = pulses.STATE_LABELS[WaveState(wave.state)][0].lower()
        _tell(f"Pulse {wave.id}, {wave.title}, is {state}")
    if running:
        _tell("If one of them was counted since, its keys are gone: close it before staff answer")


def _check_that_nobody_works() -> None:
    """Raises BackupError while workers or the clock run: they would mail from half a database."""
    redis: Redis = current_app.extensions["redis"]
    now = utc_now()
    try:
        is_running = bool(queues.live_workers(redis, now=now)) or queues.clock_is_alive(redis, now=now)
    except RedisError:
        return  # then they cannot work
    if is_running:
        raise BackupError(
            "Workers or the clock are running. Stop them, and restore the backup then. If they were "
            "killed, wait for two minutes."
        )


def _url() -> str:
    url = db.engine.url.render_as_string(hide_password=False)
    # Else a connection of ours would be taken for someone else's.
    db.session.remove()
    db.engine.dispose()
    return url


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        click.echo(str(error), err=True)
        sys.exit(NOT_DONE)


def _tell(words: str) -> None:
    """Progress, on the error output: whoever reads JSON reads the other."""
    click.echo(f"{words}.", err=True)


def _say(manifest: Manifest, words: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(manifest)))
    else:
        click.echo(words)
        click.echo(
            f"{manifest.database}, revision {manifest.revision}, {manifest.size} bytes, "
            f"made at {manifest.made_at}, SHA-256 {manifest.sha256}"
        )
