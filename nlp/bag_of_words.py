"""What a comment's words alone say of each factor, beside what the network reads, and of its voice.

The network knows meaning; single words ('preceptor', 'ARCP', 'shout-out') are told by name. Each
corrects the other, most of all for factors that are rare in what was learnt from.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.taxonomy import FACTORS

FACTOR_COUNT = len(FACTORS)

Floats = NDArray[np.float32]

#: The file of a model folder that holds them.
FILE = "words.npz"

_WORD = re.compile(r"\w\w+")


def terms(text: str) -> list[str]:
    """Words of two letters or more and pairs of neighbouring ones, in small letters."""
    words = _WORD.findall(text.lower())
    return [*words, *(f"{one} {next_one}" for one, next_one in pairwise(words))]


@dataclass(frozen=True, slots=True)
class BagOfWords:
    """Weights of terms: `rarity` (terms,) is each one's inverse document frequency, `weights`
    (terms, 8) what it adds to each factor's logit and, last, to that of the comment being in the
    voice of care staff and no review; `bias` (8,) what a comment without any has. Without the last
    column, as older files are, any comment is as likely the one as the other."""

    vocabulary: Sequence[str]
    rarity: Floats
    weights: Floats
    bias: Floats
    _places: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = {term: place for place, term in enumerate(self.vocabulary)}
        object.__setattr__(self, "_places", places)

    def read(self, text: str) -> tuple[Floats, float]:
        """What the words of `text` add to the factors' logits, (7,), and the chance of staff's voice."""
        logits = self._logits(text)
        if len(logits) == FACTOR_COUNT:
            return logits, 0.5
        return logits[:FACTOR_COUNT], 1 / (1 + math.exp(-float(logits[FACTOR_COUNT])))

    def _logits(self, text: str) -> Floats:
        """The sum over the terms of `text`.

        Frequencies count by their logarithm, and a long text no more than a short one. Source:
        Salton and Buckley 1988, "Term-weighting approaches in automatic text retrieval".
        """
        known = {
            self._places[term]: count
            for term, count in Counter(terms(text)).items()
            if term in self._places
        }
        if not known:
            return self.bias
        rows = np.fromiter(known, dtype=np.int64)
        counts = np.fromiter(known.values(), dtype=np.float32)
        parts = (1 + np.log(counts)) * self.rarity[rows]
        parts /= np.sqrt((parts * parts).sum())
        # Summed row by row: the order never depends on how many processor threads there are.
        result: Floats = (parts[:, None] * self.weights[rows]).sum(axis=0) + self.bias
        return result

    def times(self, share: float) -> BagOfWords:
        """The same, with everything it says of factors multiplied by `share`."""
        scale = np.ones(len(self.bias), dtype=np.float32)
        scale[:FACTOR_COUNT] = share
        return replace(self, weights=self.weights * scale, bias=self.bias * scale)

    def save(self, path: Path) -> None:
        """Write the file, weights in 16 bits."""
        np.savez_compressed(
            path,
            vocabulary=np.frombuffer("\n".join(self.vocabulary).encode(), dtype=np.uint8),
            rarity=self.rarity.astype(np.float16),
            weights=self.weights.astype(np.float16),
            bias=self.bias.astype(np.float32),
        )

    @classmethod
    def load(cls, path: Path) -> BagOfWords:
        """Read a file that `save` wrote, of a folder that was verified."""
        with np.load(path) as kept:
            return cls(
                vocabulary=kept["vocabulary"].tobytes().decode().split("\n"),
                rarity=kept["rarity"].astype(np.float32),
                weights=kept["weights"].astype(np.float32),
                bias=kept["bias"],
            )
