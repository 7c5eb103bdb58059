"""Loads or renews the demonstration for the launcher, which reads one JSON object a line: the steps
as they begin, then what to tell, or why there is no demonstration. With `year` it simulates one.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from surveyapp import create_app
from surveyapp.config import ProcessRole
from surveyapp.demonstration import year_command
from surveyapp.demonstration.loading import CannotLoadError, load


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m surveyapp.demonstration",
        description="Without a command: load the demonstration into the development database.",
    )
    parser.set_defaults(run=_load)
    year_command.add_to(parser.add_subparsers(title="commands", metavar="COMMAND"))
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


def _load(_: argparse.Namespace) -> int:
    with create_app(role=ProcessRole.COMMAND).app_context():
        try:
            loaded = load(lambda text: _say({"step": text}))
        except CannotLoadError as reason:
            _say({"refused": str(reason)})
        else:
            _say(asdict(loaded))
    return 0


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
