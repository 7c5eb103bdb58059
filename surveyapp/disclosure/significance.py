"""Many tests at once (E5)."""

from __future__ import annotations

from collections.abc import Sequence

#: The share of false ones among the changes that are called (E5).
Q = 0.05


def rejected(p_values: Sequence[float], q: float = Q) -> list[bool]:
    """Which null hypotheses fall. Source: Benjamini and Hochberg 1995."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    last = max(
        (rank for rank, place in enumerate(order, 1) if p_values[place] <= rank * q / len(order)),
        default=0,
    )
    found = set(order[:last])
    return [place in found for place in range(len(p_values))]
