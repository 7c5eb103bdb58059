"""How far answers lie apart, for tests of change below 30 answers. Never shown (A11)."""

from __future__ import annotations

import math


def spread_of(n: int, total: float, squares: float) -> int:
    """The sample's standard deviation, in points rounded up to the next 5, at least 5.

    `total` and `squares` are the sum of the scores, 0 to 100, and of their squares. Without it a
    test of change would take a team of two minds for one that has changed.
    """
    variance = max(0.0, squares - total**2 / n) / max(1, n - 1)
    return max(5, 5 * math.ceil(round(math.sqrt(variance) / 5, 6)))
