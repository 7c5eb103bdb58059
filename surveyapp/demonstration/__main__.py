"""Loads or renews the demonstration for the launcher, which reads one JSON object a line: the steps
as they begin, then what to tell, or why there is no demonstration.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from surveyapp import create_app
from surveyapp.config import ProcessRole
from surveyapp.demonstration.loading import CannotLoadError, load


def main() -> None:
    with create_app(role=ProcessRole.COMMAND).app_context():
        try:
            loaded = load(lambda text: _say({"step": text}))
        except CannotLoadError as reason:
            _say({"refused": str(reason)})
        else:
            _say(asdict(loaded))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
