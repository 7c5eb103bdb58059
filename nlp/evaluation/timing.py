"""Which comments take longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nlp.labelled import LabelledComment, RatedComment

#: Comments that are named.
MOST = 5


def slowest(
    comments: Sequence[LabelledComment] | Sequence[RatedComment], milliseconds: Sequence[float]
) -> dict[str, Any]:
    """The median of `milliseconds` (n,) and the comments that took most, longest first."""
    order = np.argsort(-np.array(milliseconds), kind="stable")[:MOST]
    return {
        "median": float(np.median(milliseconds)),
        "slowest": [
            {
                "id": comments[place].id,
                "characters": len(comments[place].text),
                "milliseconds": round(milliseconds[place], 1),
            }
            for place in map(int, order)
        ],
    }
