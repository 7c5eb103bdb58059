"""What the launcher says. The one module that prints.

A terminal that has gone away must not keep anything from being stopped, so nothing here raises.
"""

from __future__ import annotations

import sys
import time

_begun = time.monotonic()


def step(text: str) -> None:
    """What is being done now, with the seconds since the start."""
    say(f"[{time.monotonic() - _begun:5.1f} s] {text}")


def say(text: str = "") -> None:
    try:
        print(text, flush=True)
    except (OSError, ValueError):
        return  # a closed pipe, or a terminal that was shut


def complain(text: str) -> None:
    """Why it does not go on, and what to do."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return
