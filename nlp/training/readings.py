"""What a second reader said of comments whose label and teacher disagree.

`readings.csv` holds no text: a comment's digest in hexadecimal figures, the factors with the stance
towards each, and the overall sentiment, as in `2f…,leadership- recognition+,-`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from nlp.taxonomy import Factor, Sentiment

#: Readings that ship with the project.
SHIPPED = Path(__file__).parent / "readings.csv"

_SIGNS = {"+": Sentiment.POSITIVE, "-": Sentiment.NEGATIVE, "0": Sentiment.NEUTRAL_MIXED}


class Reading(NamedTuple):
    """The stance towards each factor that the reader found, and the overall sentiment."""

    stances: Mapping[Factor, Sentiment]
    sentiment: Sentiment


#: Readings by the texts' digests (`nlp.training.opinions.digest`).
Readings = Mapping[int, Reading]


def read(path: Path = SHIPPED) -> Readings:
    """Raises ValueError for a line that does not follow the format."""
    readings = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                stances = {
                    Factor(each[:-1]): _SIGNS[each[-1]]
                    for each in row["factors"].split()
                    if each != "none"
                }
                readings[int(row["digest"], 16)] = Reading(stances, _SIGNS[row["overall"]])
            except (AttributeError, KeyError, ValueError) as error:
                raise ValueError(f"{path}, reading {len(readings) + 1}: {error}") from error
    return readings
