"""`python -m nlp`: analyse and redact files of comments, evaluate, verify and train the model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from nlp.artefacts import ArtefactError
from nlp.commands import EXIT_USAGE, analyse, evaluate, redact, subthemes, train, verify

COMMANDS = (analyse, redact, subthemes, evaluate, verify, train)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m nlp", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except (ArtefactError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USAGE
    return code


if __name__ == "__main__":
    sys.exit(main())
