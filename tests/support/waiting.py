"""Waiting for what another process does."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:  # noqa: S310
            return int(answer.status) == 200
    except OSError:
        return False
