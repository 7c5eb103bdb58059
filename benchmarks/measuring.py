"""What a measurement is, and taking the time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """`runs` are the single figures, in `unit`."""

    what: str
    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.runs)


def seconds(work: Callable[[], object], *, times: int = 3) -> tuple[float, ...]:
    """How long `work` takes, each of `times` times."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return tuple(taken)
