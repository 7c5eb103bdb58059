"""What the commands that turn one file into another have in common."""

from __future__ import annotations

import argparse
from pathlib import Path

from nlp.tables import TableError


def add_files(parser: argparse.ArgumentParser) -> None:
    """IN, OUT and whether progress is shown."""
    parser.add_argument("input", type=Path, metavar="IN")
    parser.add_argument("--out", required=True, type=Path, metavar="OUT")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Where text and id stand in IN."""
    parser.add_argument("--text-column", default="text", metavar="NAME", help="(text)")
    parser.add_argument("--id-column", default="id", metavar="NAME", help="(id)")


def check_files(options: argparse.Namespace) -> None:
    """Raises TableError when OUT would overwrite IN."""
    if options.input.resolve() == options.out.resolve():
        raise TableError("IN and OUT are the same file. Give the result a name of its own.")
