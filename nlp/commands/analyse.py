"""`python -m nlp analyse`: themes and sentiment of each comment in a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from nlp.commands import EXIT_BAD_ROWS, EXIT_OK
from nlp.tables import BadRow, BlankRow, Row, TableError, TextRow, Writer, read_rows

#: Rows held at once, and comments sorted by length together. More costs memory, less costs time.
_WINDOW = 1024
_BATCH = 256


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser(
        "analyse",
        help="themes and sentiment of each comment in a file",
        description="Reads IN (.csv or .jsonl) and writes one row a comment to OUT (.csv or "
        ".jsonl): redacted text, sentiment, factors, the sentence that carries each, flags.",
        epilog="Exit codes: 0 done; 2 the file or an option is wrong; 3 done, but some rows could "
        "not be read and are listed above.",
    )
    parser.add_argument("input", type=Path, metavar="IN")
    parser.add_argument("--text-column", required=True, metavar="NAME")
    parser.add_argument("--id-column", default="id", metavar="NAME")
    parser.add_argument("--out", required=True, type=Path, metavar="OUT")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises TableError when a file cannot be read or written as a whole."""
    from nlp.pipeline import load

    if options.input.resolve() == options.out.resolve():
        raise TableError("IN and OUT are the same file. Give the result a name of its own.")
    rows = read_rows(options.input, text_column=options.text_column, id_column=options.id_column)
    first = next(rows, None)  # a wrong column is said before the model is loaded
    pipeline = load()
    writer = Writer(options.out)
    counts = {"read": 0, "analysed": 0, "blank": 0, "bad": 0}
    bar = tqdm(desc="comments", unit="", disable=options.quiet or None, file=sys.stderr)
    try:
        for window in _windows(first, rows):
            texts = [row.text for row in window if isinstance(row, TextRow)]
            readings = pipeline.analyse(texts, batch_size=_BATCH)
            for row in window:
                counts["read"] += 1
                if isinstance(row, BadRow):
                    counts["bad"] += 1
                    tqdm.write(f"line {row.line}: {row.reason}. {row.remedy}.", file=sys.stderr)
                elif isinstance(row, BlankRow):
                    counts["blank"] += 1
                    writer.write(row.id, None)
                else:
                    counts["analysed"] += 1
                    writer.write(row.id, next(readings))
            bar.update(len(window))
    except BaseException:
        writer.abandon()
        raise
    finally:
        bar.close()
    writer.finish()
    print(" ".join(f"{name}={count}" for name, count in counts.items()))
    return EXIT_BAD_ROWS if counts["bad"] else EXIT_OK


def _windows(first: Row | None, rows: Iterator[Row]) -> Iterator[list[Row]]:
    if first is None:
        return
    window = [first, *islice(rows, _WINDOW - 1)]
    while window:
        yield window
        window = list(islice(rows, _WINDOW))
