"""Quotes: the typical one first, then others that say something else."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.clustering import unit
from nlp.quotes import Reason, quotes

TEXTS = [f"This is sentence number {name}." for name in ("one", "two", "three", "four", "five")]
#: Three nearly the same, one of which is in the middle of all, and two to either side.
VECTORS = unit(
    np.array([[1, 0, 0], [1, 0.05, 0], [1, -0.05, 0], [1, 1.2, 0], [1, -0.6, 0.9]], dtype=np.float32)
)


def test_the_medoid_comes_first_and_then_unlike_sentences() -> None:
    chosen = quotes(TEXTS, VECTORS, count=3)
    assert [quote.reason for quote in chosen] == [Reason.MEDOID, Reason.DIVERSE, Reason.DIVERSE]
    assert chosen[0].index in {0, 1, 2}
    assert chosen[0].typical == max(quote.typical for quote in chosen)
    assert {quote.index for quote in chosen[1:]} == {3, 4}


def test_short_sentences_are_not_quoted_beside_longer_ones() -> None:
    chosen = quotes(["Good.", *TEXTS[1:]], VECTORS, count=5)
    assert 0 not in {quote.index for quote in chosen}
    assert [quote.index for quote in quotes(["Good."], VECTORS[:1])] == [0]


def test_no_text_is_quoted_twice() -> None:
    chosen = quotes(TEXTS[:1] * 5, VECTORS, count=3)
    assert len(chosen) == 1


def test_nothing_to_quote() -> None:
    assert quotes([], VECTORS[:0]) == ()
    assert quotes(TEXTS, VECTORS, count=0) == ()


@given(st.randoms(use_true_random=False))
def test_the_order_of_sentences_changes_nothing(chance: random.Random) -> None:
    order = chance.sample(range(len(TEXTS)), len(TEXTS))
    shuffled = [TEXTS[i] for i in order]
    chosen = [shuffled[quote.index] for quote in quotes(shuffled, VECTORS[order])]
    assert chosen == [TEXTS[quote.index] for quote in quotes(TEXTS, VECTORS)]
