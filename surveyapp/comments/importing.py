"""Comments collected elsewhere: read from a CSV file row by row, sealed at once, placed, kept.

The file is read twice, so that neither step holds more than a few hundred rows: first to check
every row and to count, then to seal. Nothing is written unless both readings agree.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TextIO

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, record_audit
from surveyapp.ballots.keys import CommentKey
from surveyapp.comments import services
from surveyapp.comments.services import Placed
from surveyapp.disclosure.breakdown import ungrouped
from surveyapp.disclosure.placement import place_comments
from surveyapp.disclosure.snapshot import freeze
from surveyapp.organisation.services import PATH_SEPARATOR, UnitFinder, frozen_tree
from surveyapp.pulses import services as pulses
from surveyapp.reports import services as reports

#: The question under which imported comments are kept.
ITEM_ID = "imported"

LONGEST_COMMENT = 20_000

_CHUNK = 500


class ImportFileError(ValueError):
    """The file or a named column cannot be used at all. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported. Names the line and the remedy, never the text."""

    line: int
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Columns:
    text: str
    unit: str | None = None


@dataclass(slots=True)
class Survey:
    """The first reading: every row is counted in exactly one of these."""

    by_unit: Counter[int] = field(default_factory=Counter)
    blank: int = 0
    refused: int = 0

    @property
    def good(self) -> int:
        return self.by_unit.total()


@dataclass(frozen=True, slots=True)
class Imported:
    wave_id: int
    imported: int
    #: Of those, how many may be read nowhere because too few people stand behind them.
    never_shown: int


@dataclass(frozen=True, slots=True)
class _Row:
    unit_id: int
    text: str


def survey_file(
    session: Session,
    path: Path,
    columns: Columns,
    *,
    refuse: Callable[[Refusal], object],
    advance: Callable[[int], object] = lambda rows: None,
) -> Survey:
    """Check every row. `refuse` is told of each bad one. Raises ImportFileError."""
    found = Survey()
    for outcome in _rows(session, path, columns):
        if outcome is None:
            found.blank += 1
        elif isinstance(outcome, Refusal):
            found.refused += 1
            refuse(outcome)
        else:
            found.by_unit[outcome.unit_id] += 1
        advance(1)
    return found


def import_file(
    session: Session,
    path: Path,
    columns: Columns,
    survey: Survey,
    *,
    title: str,
    key: CommentKey,
    today: date,
    advance: Callable[[int], object] = lambda rows: None,
) -> Imported:
    """Make a closed wave of the good rows, in the caller's one transaction.

    Each comment stands for one person, both as a respondent and as invited, for nobody knows how
    many people were asked. Raises ImportFileError when the file is not what was surveyed.
    """
    wave = pulses.create_imported_wave(session, title=title, unit_counts=survey.by_unit)
    session.flush()
    units = pulses.wave_units(session, wave.id)
    tree = pulses.tree_of(units)
    snapshot = freeze(
        tree=tree,
        names={unit.unit_id: unit.name for unit in units},
        invited=ungrouped(survey.by_unit),
        respondents=ungrouped(survey.by_unit),
        items=[],
        scales=[],
        k=wave.minimum_group,
    )
    reports.keep_snapshot(session, wave.id, snapshot)
    places = place_comments(
        tree, frozenset(snapshot.units), survey.by_unit, survey.by_unit, k=wave.minimum_group
    )
    seen: Counter[int] = Counter()
    chunk: list[Placed] = []
    for outcome in _rows(session, path, columns):
        if isinstance(outcome, _Row):
            seen[outcome.unit_id] += 1
            sealed = key.seal(outcome.text.encode())
            chunk.append(Placed(ITEM_ID, places.get(outcome.unit_id), sealed))
        if len(chunk) == _CHUNK:
            services.store(session, wave.id, chunk, today=today)
            chunk = []
        advance(1)
    services.store(session, wave.id, chunk, today=today)
    if seen != survey.by_unit:
        raise ImportFileError("The file changed while it was read. Nothing is imported; try again.")
    record_audit(
        session,
        Action.COMMENTS_IMPORTED,
        actor_id=None,
        wave_id=wave.id,
        imported=survey.good,
        refused=survey.refused,
    )
    hidden = sum(count for unit_id, count in seen.items() if places.get(unit_id) is None)
    return Imported(wave.id, survey.good, hidden)


def _rows(session: Session, path: Path, columns: Columns) -> Iterator[_Row | Refusal | None]:
    """Each row after the heading: good, refused, or None for a blank comment."""
    root = next((unit_id for unit_id, parent, _ in frozen_tree(session) if parent is None), None)
    if root is None:
        raise ImportFileError("There is no organisation yet. Import the staff list first.")
    finder = UnitFinder(session)
    try:
        # Bytes that are not UTF-8 become lone surrogates, so that one row does not end the import.
        file = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise ImportFileError(f"{path.name} cannot be read: {error.strerror}.") from None
    with file:
        yield from _read(file, columns, finder, root)


def _read(
    file: TextIO, columns: Columns, finder: UnitFinder, root: int
) -> Iterator[_Row | Refusal | None]:
    reader = csv.reader(file)
    try:
        heading = [name.strip() for name in next(reader, [])]
    except csv.Error:
        raise ImportFileError("The file is not a CSV file. Save it as 'CSV UTF-8'.") from None
    text_at = _position(heading, columns.text)
    unit_at = None if columns.unit is None else _position(heading, columns.unit)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Refusal(
                line, "The row is not valid CSV.", "Look for a quotation mark that is not closed."
            )
            continue
        if not any(cell.strip() for cell in row):
            yield None
        elif len(row) != len(heading):
            yield Refusal(
                line,
                f"The row has {len(row)} columns instead of {len(heading)}.",
                "Put quotation marks around text that holds commas.",
            )
        else:
            unit_name = "" if unit_at is None else row[unit_at].strip()
            yield _judged(line, row[text_at].strip(), unit_name, finder, root)


def _judged(
    line: int, text: str, unit_name: str, finder: UnitFinder, root: int
) -> _Row | Refusal | None:
    if not text:
        return None
    if any("\ud800" <= character <= "\udfff" for character in text + unit_name):
        return Refusal(line, "The row is not in UTF-8.", "Save the file as 'CSV UTF-8'.")
    if len(text) > LONGEST_COMMENT:
        return Refusal(
            line,
            f"The comment is longer than {LONGEST_COMMENT:,} characters.",
            "Split it into several rows.",
        )
    if not unit_name:
        return _Row(root, text)
    unit_id = finder.find(unit_name)
    if unit_id is not None:
        return _Row(unit_id, text)
    if finder.is_ambiguous(unit_name):
        return Refusal(
            line,
            "Several units have this name.",
            f"Write the unit with those above it, separated by '{PATH_SEPARATOR}'.",
        )
    return Refusal(
        line,
        "No unit has this name.",
        "Add the unit, correct its name, or leave the cell empty for the whole organisation.",
    )


def _position(heading: list[str], name: str) -> int:
    places = [place for place, found in enumerate(heading) if found == name.strip()]
    if len(places) == 1:
        return places[0]
    if places:
        raise ImportFileError(f"Several columns are called '{name}'. Rename all but one.")
    listed = ", ".join(f"'{found}'" for found in heading if found) or "no columns"
    raise ImportFileError(f"There is no column '{name}'. The file has: {listed}.")
