"""`python -m nlp redact`: comments without names, contact details and numbers of people."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from tqdm import tqdm

from nlp.commands import EXIT_BAD_ROWS, EXIT_OK
from nlp.commands.files import add_columns, add_files, check_files
from nlp.tables import BadRow, Row, Writer, read_rows

_COLUMNS = ("id", "redacted", "removed")

_DESCRIPTION = """\
Reads IN (.jsonl or .csv, UTF-8; a line of JSON holds "id" and "text") and writes a row for each
comment to OUT (.jsonl or .csv), which appears when it is complete.

A JSON line holds
  id        as it was; the number of its line where there was none
  redacted  the comment with a mark where something was removed: [name], [email], [phone],
            [NHS number], [NI number], [postcode], [link], [handle]
  removed   for each mark, in order: kind (PERSON, EMAIL_ADDRESS, PHONE_NUMBER, UK_NHS, UK_NINO,
            UK_POSTCODE, URL or SOCIAL_HANDLE), start and end, in characters of the original text

A CSV file has the same columns; a removal is written KIND START-END.

Redaction finds names with capitals and without. It can miss some: let a person read what is shown.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser(
        "redact",
        help="take names, contact details and numbers out of each comment in a file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        epilog="Exit codes: 0 done; 2 the file or an option is wrong; 3 done, but some rows could\n"
        "not be read and are listed above.",
    )
    add_files(parser)
    add_columns(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises TableError when a file cannot be read or written as a whole."""
    from nlp.redaction import Redacted, Redactor

    check_files(options)

    def rows() -> Iterator[Row]:
        return read_rows(options.input, text_column=options.text_column, id_column=options.id_column)

    def removed(redacted: Redacted) -> list[Any]:
        if writer.is_flat:
            return [f"{r.kind} {r.start}-{r.end}" for r in redacted.removed]
        return [{"kind": r.kind, "start": r.start, "end": r.end} for r in redacted.removed]

    total = sum(1 for _ in rows())  # and what is wrong with the file is said before any work
    redactor = Redactor()
    writer = Writer(options.out, _COLUMNS)
    read = bad = removals = 0
    bar = tqdm(desc="comments", unit="", total=total, disable=options.quiet or None, file=sys.stderr)
    try:
        for row in rows():
            read += 1
            bar.update()
            if isinstance(row, BadRow):
                bad += 1
                tqdm.write(f"line {row.line}: {row.reason}. {row.remedy}.", file=sys.stderr)
                continue
            redacted = redactor.redact(row.text)
            removals += len(redacted.removed)
            row_id = row.line if row.id is None else row.id
            writer.write({"id": row_id, "redacted": redacted.text, "removed": removed(redacted)})
    except BaseException:
        writer.abandon()
        raise
    finally:
        bar.close()
    writer.finish()
    print(f"read={read} redacted={read - bad} removed={removals} bad={bad}")
    return EXIT_BAD_ROWS if bad else EXIT_OK
