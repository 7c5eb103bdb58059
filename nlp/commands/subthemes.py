"""`python -m nlp subthemes`: what the comments on each factor speak of."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from nlp.commands import EXIT_OK
from nlp.commands.files import add_files, check_files
from nlp.tables import TableError, Writer
from nlp.taxonomy import FACTORS

_COLUMNS = ("factor", "subtheme", "sentences", "quotes")

_DESCRIPTION = """\
Reads IN.jsonl, the result of `analyse`, and writes a row for each sub-theme to OUT (.jsonl or
.csv), the largest of each factor first:
  factor     one of the seven
  subtheme   its key phrases; empty in a factor's last row, for sentences in no sub-theme
  sentences  how many
  quotes     the most typical sentence, then others that say something else

The numbers are exact and the quotes are of single people. Round the one and have the other reviewed
before either is shown to those who work with them.
"""


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser(
        "subthemes",
        help="what the comments on each factor speak of",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        epilog="Exit codes: 0 done; 2 the file is wrong, or the model too old.",
    )
    add_files(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises TableError when a file cannot be read or written, ArtefactError for an old model."""
    from nlp.embedding import Embedder
    from nlp.subthemes import subthemes

    check_files(options)
    carried = _carrying_sentences(options.input)
    writer = Writer(options.out, _COLUMNS)
    try:
        embedder = Embedder()
        for factor in tqdm(FACTORS, desc="factors", disable=options.quiet or None, file=sys.stderr):
            texts = [text for text, _ in carried[factor]]
            if not texts:
                continue
            found = subthemes(
                texts, embedder.embed(texts), sentiments=[sentiment for _, sentiment in carried[factor]]
            )
            for theme in found.themes:
                quoted = [texts[quote.index] for quote in theme.quotes]
                writer.write(_row(factor, theme.name, theme.size, quoted))
            writer.write(_row(factor, None, len(found.other), []))
    except BaseException:
        writer.abandon()
        raise
    writer.finish()
    return EXIT_OK


def _row(factor: str, name: str | None, sentences: int, quotes: list[str]) -> dict[str, Any]:
    return dict(zip(_COLUMNS, (str(factor), name, sentences, quotes), strict=True))


def _carrying_sentences(path: Path) -> dict[str, list[tuple[str, str]]]:
    """(sentence, its sentiment) for each factor that a comment counts as one on."""
    found: dict[str, list[tuple[str, str]]] = {factor: [] for factor in FACTORS}
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                for factor, sentence, sentiment in _of_line(number, line):
                    found[factor].append((sentence, sentiment))
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path.name} cannot be read: {error}") from None
    return found


def _of_line(number: int, line: str) -> Iterable[tuple[str, str, str]]:
    try:
        record = json.loads(line)
        return list(_of_record(record))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TableError(
            f"line {number} is no result of `analyse`. Make IN with: python -m nlp analyse ... --out IN.jsonl"
        ) from None


def _of_record(record: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for factor in FACTORS:
        reading = record["factors"][factor]
        start, end = reading["evidence"]
        if reading["assigned"]:
            yield factor, record["redacted"][start:end], str(reading["sentiment"])
