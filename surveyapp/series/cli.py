"""`flask --app wsgi series …`: what a series would do, without a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from surveyapp.instruments import services as instruments
from surveyapp.series.planning import Turn, plan
from surveyapp.series.rotation import choices_of
from surveyapp.series.rules import SeriesRules
from surveyapp.series.series_file import read_series
from surveyapp.series.yaml_lines import SeriesFileError

FILE_REFUSED = 1
NOT_UNDERSTOOD = 2

#: A preview of more than this says nothing that a shorter one does not.
_MOST_YEARS = 30


@click.group("series")
def series() -> None:
    """Pulses that recur."""


@series.command("preview")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from", "since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day, like 2026-01-01."
)
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day.")
@click.option("--json", "as_json", is_flag=True, help="Write the waves as JSON.")
def preview(file: Path, since: datetime, until: datetime, as_json: bool) -> None:
    """Print the waves of the series in the YAML FILE that fall due from one day to another.

    Waves are numbered from the series' first day, whatever --from says. docs/series.md describes
    the file and how each awkward day is resolved. Nothing is read from or written to a database.

    \b
    Exit code 0: the waves are printed.
    Exit code 1: something in the file is wrong. The line is named.
    Exit code 2: the command cannot be understood.
    """
    if until < since:
        raise click.UsageError("--to must not lie before --from.")
    if until.year - since.year > _MOST_YEARS:
        raise click.UsageError(f"Ask for {_MOST_YEARS} years at most.")
    try:
        found = read_series(file.read_bytes(), choices_of=choices_of)
    except (SeriesFileError, OSError) as error:
        line = error.line if isinstance(error, SeriesFileError) else 0
        if as_json:
            click.echo(json.dumps({"error": str(error), "line": line or None}, ensure_ascii=False))
        else:
            click.echo(f"{file.name}: {error}.", err=True)
        sys.exit(FILE_REFUSED)
    planned = [
        (one.rules, [turn for turn in plan(one.rules, until=until.date()) if turn.occurrence >= since.date()])
        for one in found
    ]
    if as_json:
        told = [_as_dict(rules, turns) for rules, turns in planned]
        click.echo(json.dumps(told[0] if len(told) == 1 else {"series": told}, ensure_ascii=False, indent=2))
    else:
        for rules, turns in planned:
            for line_of_text in _as_text(rules, turns):
                click.echo(line_of_text)


def _as_dict(rules: SeriesRules, turns: list[Turn]) -> dict[str, Any]:
    library = instruments.load_library()
    waves, skipped = [], []
    for turn in turns:
        told: dict[str, Any] = {"occurrence": turn.occurrence.isoformat()}
        reasons = [{"why": str(reason.why), "words": reason.words} for reason in turn.reasons]
        if turn.opens is None or turn.closes is None:
            skipped.append({**told, "reasons": reasons})
            continue
        # What an own set asks is in the database, and may change before the wave is planned.
        form = library.questionnaires.get((rules.template_id, turn.choice_key))
        waves.append(
            {
                "number": turn.number,
                **told,
                "opens": turn.opens.isoformat(),
                "closes": turn.closes.isoformat(),
                "reminders": [moment.isoformat() for moment in turn.reminders],
                "questions": turn.choice_key,
                "items": [item.id for item in form.items] if form else None,
                "prompts": [prompt.id for prompt in form.prompts] if form else None,
                "reasons": reasons,
                "warnings": [{"why": str(reason.why), "words": reason.words} for reason in turn.warnings],
            }
        )
    return {
        "title": rules.title,
        "template": rules.template_id,
        "time_zone": rules.zone.key,
        "waves": waves,
        "skipped": skipped,
    }


def _as_text(rules: SeriesRules, turns: list[Turn]) -> Iterator[str]:
    yield f"{rules.title} ({rules.template_id}, {rules.zone.key})"
    if not turns:
        yield "  No wave falls due in this time."
    for turn in turns:
        if turn.opens is None or turn.closes is None:
            yield f"  -    due {turn.occurrence}  does not run"
        else:
            reminders = ", ".join(f"{moment:%d %b}" for moment in turn.reminders) or "none"
            opens, closes = f"{turn.opens:%a %Y-%m-%d %H:%M}", f"{turn.closes:%a %Y-%m-%d %H:%M}"
            yield (
                f"  {turn.number:<4} opens {opens}  closes {closes}  reminders {reminders}"
                f"  asks {turn.choice_key}"
            )
        for reason in (*turn.reasons, *turn.warnings):
            yield f"         {reason.words}"
