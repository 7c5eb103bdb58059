"""`flask --app wsgi comments …`: importing comments, analysing them without a queue, learning from
corrections.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from redis.exceptions import RedisError
from tqdm import tqdm

from surveyapp import files
from surveyapp.ballots.keys import CommentKey, KeysLostError
from surveyapp.ballots.services import key_directory
from surveyapp.comments import corrections, importing, jobs, services
from surveyapp.comments.importing import Columns, ImportFileError, Refusal
from surveyapp.comments.models import CommentState
from surveyapp.extensions import db
from surveyapp.pulses import services as pulses
from surveyapp.queueing import ANALYSIS, enqueue_after_commit
from surveyapp.timekeeping import LOCAL_ZONE, database_now

SOME_REFUSED = 1
NOTHING_DONE = 2

#: Refusals listed in the JSON answer; all are counted and written to the error output.
_MOST_LISTED = 1000


@click.group("comments")
def group() -> None:
    """Import free-text comments and analyse them."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text-column", required=True, metavar="NAME", help="Column with the comment.")
@click.option("--title", required=True, metavar="TITLE", help="Title shown in the reports.")
@click.option("--unit-column", metavar="NAME", help="Column with the unit's name or path.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
@with_appcontext
def import_command(
    file: Path, text_column: str, title: str, unit_column: str | None, as_json: bool
) -> None:
    """Import the comments of a CSV file as a closed wave.

    The text is sealed as it is read and never stored in plain form; a worker redacts and analyses
    it. Comments without a unit belong to the whole organisation. As nobody knows how many people
    were asked, each comment counts as one person: a unit's comments are shown from 10 on, and
    where a unit has fewer than 50 every comment is reviewed before it is shown.

    \b
    Exit code 0: every row is imported or blank.
    Exit code 1: some rows were refused; the others are imported.
    Exit code 2: nothing is imported.
    """
    if not title.strip():
        _stop("The title is empty. Give the import a title that its readers will know.")
    key = _comment_key()
    columns = Columns(text_column, unit_column)
    refusals: list[Refusal] = []

    def refuse(refusal: Refusal) -> None:
        tqdm.write(f"Line {refusal.line}: {refusal.problem} {refusal.remedy}", file=sys.stderr)
        if as_json and len(refusals) < _MOST_LISTED:
            refusals.append(refusal)

    try:
        with _bar("Checking") as bar:
            survey = importing.survey_file(
                db.session(), file, columns, refuse=refuse, advance=bar.update
            )
        if not survey.good:
            raise ImportFileError("The file has no comment that can be imported.")
        with _bar("Sealing", survey.good + survey.blank + survey.refused) as bar:
            done = importing.import_file(
                db.session(),
                file,
                columns,
                survey,
                title=title,
                key=key,
                today=database_now(db.session()).astimezone(LOCAL_ZONE).date(),
                advance=bar.update,
            )
    except ImportFileError as error:
        db.session.rollback()
        _stop(str(error))
    db.session.commit()
    queued = _enqueue(done.wave_id)
    if as_json:
        answer = {
            "wave_id": done.wave_id,
            "imported": done.imported,
            "blank": survey.blank,
            "refused": survey.refused,
            "never_shown": done.never_shown,
            "queued": queued,
            "refusals": [
                {"line": r.line, "problem": r.problem, "remedy": r.remedy} for r in refusals
            ],
        }
        click.echo(json.dumps(answer))
    else:
        click.echo(
            f"Wave {done.wave_id}: {done.imported} imported, {survey.blank} blank, "
            f"{survey.refused} refused."
        )
        if done.never_shown:
            click.echo(f"{done.never_shown} can never be shown: too few stand together.")
    if not queued:
        click.echo(
            "The comments are safe, but Redis, the queue, cannot be reached from here. A system that is "
            "running analyses them within a few minutes. To do it here and now, run: "
            f"flask --app wsgi comments analyse {done.wave_id}",
            err=True,
        )
    sys.exit(SOME_REFUSED if survey.refused else 0)


@group.command("analyse")
@click.argument("wave_id", type=click.IntRange(1, 2**31 - 1))
@click.option("--retry", is_flag=True, help="Also try again comments that failed before.")
@with_appcontext
def analyse_command(wave_id: int, retry: bool) -> None:
    """Analyse the waiting comments of a wave here and now, without a queue.

    \b
    Exit code 0: every comment is analysed.
    Exit code 1: some could not be opened or analysed.
    Exit code 2: there is no such wave, or the key or the model is missing.
    """
    if pulses.wave(db.session(), wave_id) is None:
        _stop(f"There is no wave {wave_id}.")
    _comment_key()
    if retry:
        services.retry_unreadable(db.session(), wave_id)
        db.session.commit()
    waiting = services.progress(db.session(), wave_id).get(CommentState.WAITING, 0)
    try:
        with _bar("Analysing", waiting) as bar:
            jobs.analyse_wave(wave_id, bar.update)
    except jobs.AnalysisError as error:
        db.session.rollback()
        _stop(str(error))
    counts = services.progress(db.session(), wave_id)
    failed = counts.get(CommentState.FAILED, 0)
    click.echo(f"{counts.get(CommentState.ANALYSED, 0)} analysed, {failed} failed.")
    sys.exit(1 if failed else 0)


@group.command("corrections")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.jsonl",
    help="Written anew, for its owner's eyes only.",
)
@with_appcontext
def corrections_command(out: Path) -> None:
    """Write corrected comments to a file that the model can be trained with.

    One JSON object a line: redacted text, factors, sentiment, sentiment by factor. Only comments
    that leaders may read, and only if the organisation has chosen to learn from corrections on
    the page 'Units'. Delete the file when its comments are due for deletion.

    \b
    Exit code 0: the file is written.
    Exit code 2: nothing is written; the message says why.
    """
    try:
        lines = [
            json.dumps(line, ensure_ascii=False) for line in corrections.to_learn_from(db.session())
        ]
        if not lines:
            _stop("No comment has been corrected yet, so no file is written.")
        files.replace(out, "".join(f"{line}\n" for line in lines).encode())
    except corrections.NotAgreedError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{out} cannot be written: {error.strerror}.")
    click.echo(f"{len(lines)} corrected comments written to {out}.")


def _bar(words: str, total: int | None = None) -> tqdm:
    # Quiet where nobody watches, such as a scheduled run or a pipe.
    return tqdm(desc=words, total=total, unit=" rows", file=sys.stderr, disable=None)


def _comment_key() -> CommentKey:
    try:
        return key_directory(current_app.config["SETTINGS"]).comment_key()
    except (RuntimeError, OSError) as error:
        reason = str(error) if isinstance(error, KeysLostError) else "It cannot be reached here."
        _stop(
            f"The key directory is needed. {reason} Run this as the workers' user, with "
            "KEY_DIRECTORY set as for the workers."
        )


def _enqueue(wave_id: int) -> bool:
    try:
        current_app.extensions["redis"].ping()
    except RedisError:
        return False
    enqueue_after_commit(ANALYSIS, jobs.analyse_pending, wave_id)
    return True


def _stop(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(NOTHING_DONE)
