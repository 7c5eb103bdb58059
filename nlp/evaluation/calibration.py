"""Whether chances come true as often as they say."""

from __future__ import annotations

from nlp.encoder import Floats
from nlp.evaluation.counts import Truth


def calibration_error(chances: Floats, came_true: Truth, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins, 0 to 1; 0 of nothing.

    Source: Guo et al. 2017, equation 3.
    """
    places = (chances * bins).astype(int).clip(0, bins - 1)
    error = 0.0
    for place in range(bins):
        inside = places == place
        if inside.any():
            gap = abs(float(chances[inside].mean()) - float(came_true[inside].mean()))
            error += gap * float(inside.mean())
    return error
