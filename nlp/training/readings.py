"""What a second reader said of comments whose label and teacher disagree.

`readings.tsv` holds no text: a comment's digest in hexadecimal figures, the factors with the stance
towards each, and the overall sentiment, as in `2f…<TAB>leadership-,recognition+<TAB>-`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from nlp.taxonomy import Factor, Sentiment

#: Readings that ship with the project.
SHIPPED = Path(__file__).parent / "readings.tsv"

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
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            key, factors, overall = line.split("\t")
            stances = {
                Factor(each[:-1]): _SIGNS[each[-1]] for each in factors.split(",") if factors != "none"
            }
            readings[int(key, 16)] = Reading(stances, _SIGNS[overall])
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
    return readings
