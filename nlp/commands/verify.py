"""`python -m nlp verify`: is a model folder what its manifest says?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nlp import artefacts
from nlp.commands import EXIT_OK


def add_to(commands: Any) -> None:
    """Add the command to the parser's subparsers."""
    parser = commands.add_parser("verify", help="check the shipped model against its manifest")
    parser.add_argument("directory", nargs="?", type=Path, metavar="FOLDER")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Raises ArtefactError when a file is missing, changed or not named."""
    artefact = artefacts.verify(options.directory or artefacts.newest())
    print(f"{artefact.version}: {len(artefact.manifest['files'])} files are as shipped")
    return EXIT_OK
