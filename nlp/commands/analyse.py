"""`python -m nlp analyse`: themes and sentiment of each comment in a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from nlp.commands import EXIT_BAD_ROWS, EXIT_OK
from nlp.commands.files import add_columns, add_files, check_files
from nlp.records import COLUMNS, cells_of, record_of
from nlp.tables import BadRow, BlankRow, Row, Writer, read_rows

#: Rows and characters held at once. More costs memory, less costs time.
_ROWS = 1024
_CHARACTERS = 2_000_000

#: Comments that go through the network's queue together.
_BATCH = 256

_DESCRIPTION = """\
Reads IN (.csv or .jsonl, UTF-8), takes names and numbers out of each comment, and writes a row for
each to OUT (.csv or .jsonl), which appears when it is complete. The model is the newest that ships
unless another is named: a model folder, or hf:FOLDER for a Hugging Face model (see
nlp/other_models.py).

A JSON line holds
  id         as it was; the number of its line where there was none
  factors    for each of the seven: probability; assigned, true over the factor's threshold;
             sentiment towards it (positive, negative or neutral_mixed); evidence, the start and end
             of the sentence that speaks of it most, in characters of the redacted text
  sentiment  of the whole comment
  redacted   the comment without names, contact details and numbers of people (see redact --help)
  flags      concern, not_english, too_short, needs_person
  model      the model's version
  language   of a comment that is not in English, where it can be told (ISO 639)
A comment that is too short, blank or not in English has no factor assigned; its flags say why and
its probabilities are there all the same.

A CSV file has the columns id, redacted, sentiment, factors (those assigned), flags, language, model
and, for each factor, NAME_probability, NAME_assigned, NAME_sentiment and NAME_evidence, the sentence
itself; the last two are empty where the factor is not assigned. A cell that a spreadsheet would run
as a formula has a ' before it.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser(
        "analyse",
        help="themes and sentiment of each comment in a file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        epilog="Exit codes: 0 done; 2 the file or an option is wrong; 3 done, but some rows could\n"
        "not be read and are listed above.",
    )
    add_files(parser)
    add_columns(parser)
    parser.add_argument("--model", default="", metavar="NAME", help="(the newest that ships)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises TableError when a file cannot be read or written as a whole."""
    from nlp.models import resolve

    check_files(options)

    def rows() -> Iterator[Row]:
        return read_rows(options.input, text_column=options.text_column, id_column=options.id_column)

    total = sum(1 for _ in rows())  # and what is wrong with the file is said before the model loads
    writer = Writer(options.out, COLUMNS)
    counts = {"read": 0, "analysed": 0, "blank": 0, "bad": 0}
    unnamed = 0
    bar = tqdm(desc="comments", unit="", total=total, disable=options.quiet or None, file=sys.stderr)
    try:
        pipeline = resolve(options.model)
        for window in _windows(rows()):
            texts = [row.text for row in window if not isinstance(row, BadRow)]
            readings = pipeline.analyse(texts, batch_size=_BATCH)
            for row in window:
                counts["read"] += 1
                bar.update()
                if isinstance(row, BadRow):
                    counts["bad"] += 1
                    tqdm.write(f"line {row.line}: {row.reason}. {row.remedy}.", file=sys.stderr)
                    continue
                counts["blank" if isinstance(row, BlankRow) else "analysed"] += 1
                unnamed += row.id is None
                row_id = row.line if row.id is None else row.id
                shape = cells_of if writer.is_flat else record_of
                writer.write(shape(row_id, next(readings)))
    except BaseException:
        writer.abandon()
        raise
    finally:
        bar.close()
    writer.finish()
    if unnamed:
        print(f"{unnamed} rows without '{options.id_column}' have their line's number.", file=sys.stderr)
    print(" ".join(f"{name}={count}" for name, count in counts.items()))
    return EXIT_BAD_ROWS if counts["bad"] else EXIT_OK


def _windows(rows: Iterator[Row]) -> Iterator[list[Row]]:
    window: list[Row] = []
    characters = 0
    for row in rows:
        window.append(row)
        characters += 0 if isinstance(row, BadRow) else len(row.text)
        if len(window) == _ROWS or characters > _CHARACTERS:
            yield window
            window, characters = [], 0
    if window:
        yield window
