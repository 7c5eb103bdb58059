"""`python -m surveyapp.launcher`, which is what `make run` calls."""

from __future__ import annotations

import argparse
import sys

from surveyapp.launcher.start import run


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("the port must be a number from 1 to 65535")
    return int(text)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m surveyapp.launcher",
        description="Start Learning Pulse on this machine: Redis, database, web server, workers and "
        "clock, with a demonstration organisation at the first start. Ctrl-C stops all of it; the "
        "data stay.",
        epilog="Exit codes: 0 stopped as asked, 1 a part failed and everything was stopped, "
        "2 not started (the message says why).",
    )
    parser.add_argument(
        "--port", type=_port, default=8000, help="the web server's port (default: 8000)"
    )
    parser.add_argument(
        "--no-demonstration",
        dest="demonstration",
        action="store_false",
        help="load no demonstration organisation",
    )
    options = parser.parse_args()
    return run(port=options.port, with_demonstration=options.demonstration)


if __name__ == "__main__":
    sys.exit(main())
