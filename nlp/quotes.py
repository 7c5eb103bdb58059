"""Quotes that stand for a group of sentences: the most typical one, then unlike ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from nlp.clustering import Floats, unit

#: What being typical counts for against being unlike the quotes before, from 0 to 1.
_TYPICAL = 0.7

#: A sentence this alike to a quote before says the same again.
_SAME = 0.9

#: Shorter sentences say too little to be read alone.
_FEWEST_WORDS = 5


class Reason(StrEnum):
    """Why a sentence is quoted."""

    MEDOID = "medoid"
    DIVERSE = "diverse"


@dataclass(frozen=True, slots=True)
class Quote:
    """`index` counts the sentences that were given. `typical` is the cosine similarity to the
    middle of the group, `repeats` that to the nearest quote before it (0 for the first).
    """

    index: int
    reason: Reason
    typical: float
    repeats: float


def quotes(texts: Sequence[str], vectors: Floats, *, count: int = 3) -> tuple[Quote, ...]:
    """Up to `count` of `texts` with unit `vectors` (n, d), in the order to show them.

    First the medoid, the sentence most alike to all; then by maximal marginal relevance (Carbonell
    & Goldstein 1998), typical of the group but unlike the quotes before. Sentences under five words
    only come where there are no longer ones, and nothing is said twice. Ties go by text, so the order
    of the input does not matter.
    """
    first_of = {text: place for place, text in reversed(list(enumerate(texts)))}
    worth = [text for text in sorted(first_of) if len(text.split()) >= _FEWEST_WORDS]
    places = np.array([first_of[text] for text in worth or sorted(first_of)], dtype=np.int64)
    if not len(places) or count < 1:
        return ()
    candidates = vectors[places]
    # The medoid has the highest mean similarity to all, which is that to their sum.
    typical = candidates @ unit(_sum(texts, vectors)[None])[0]
    chosen: list[Quote] = []
    repeats = np.zeros(len(places), dtype=np.float32)
    while len(chosen) < count and repeats.min() < _SAME:
        score = _TYPICAL * typical - (1 - _TYPICAL) * repeats
        best = int(np.where(repeats < _SAME, score, -np.inf).argmax())
        chosen.append(
            Quote(
                index=int(places[best]),
                reason=Reason.DIVERSE if chosen else Reason.MEDOID,
                typical=float(typical[best]),
                repeats=float(repeats[best]),
            )
        )
        alike = candidates @ candidates[best]
        alike[best] = 1  # also where the vector says nothing
        repeats = alike if len(chosen) == 1 else np.maximum(repeats, alike)
    return tuple(chosen)


def _sum(texts: Sequence[str], vectors: Floats) -> Floats:
    """In the order of the texts: sums of floats depend on order."""
    order = sorted(range(len(texts)), key=texts.__getitem__)
    result: Floats = vectors[order].sum(axis=0)
    return result
