"""How certain a reading is: what is likely right in it against what is likely wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.components import certainty

_CHANCES = st.lists(st.floats(0, 1, width=32), min_size=7, max_size=7)


def _of(chances: list[float], *, sentiment: float = 1.0) -> float:
    values = np.array(chances, dtype=np.float32)
    return float(certainty(values, values >= 0.5, sentiment))


@given(_CHANCES, st.floats(0.34, 1))
def test_it_lies_between_nothing_and_one(chances: list[float], sentiment: float) -> None:
    assert 0 < _of(chances, sentiment=sentiment) < 1


@given(_CHANCES, st.integers(0, 6))
def test_a_factor_nearer_to_its_threshold_is_less_certain(chances: list[float], place: int) -> None:
    nearer = [*chances]
    nearer[place] += (0.5 - nearer[place]) / 2
    assert _of(nearer) <= _of(chances) + 1e-6


def test_a_sentiment_that_is_less_sure_makes_the_reading_less_certain() -> None:
    sure = [0.9, 0, 0, 0, 0, 0, 0]
    assert _of(sure, sentiment=0.4) < _of(sure, sentiment=0.9)


def test_two_doubts_are_worse_than_one() -> None:
    one, two = [0.45, 0, 0, 0, 0, 0, 0], [0.45, 0.45, 0, 0, 0, 0, 0]
    assert _of(two) < _of(one)


def test_what_is_rightly_found_makes_up_for_half_a_mistake() -> None:
    # One factor found for certain, half a mistake to be expected elsewhere: neither gain nor loss.
    assert _of([1, 0.25, 0.25, 0, 0, 0, 0]) == pytest.approx(0.5)


def test_many_readings_at_once_are_as_one_by_one() -> None:
    chances = np.array([[0.9, 0.1, 0, 0, 0, 0, 0], [0.6, 0.4, 0.3, 0, 0, 0, 0]], dtype=np.float32)
    together = certainty(chances, chances >= 0.5, np.array([0.8, 0.5]))
    apart = [_of(list(row), sentiment=mood) for row, mood in zip(chances, (0.8, 0.5), strict=True)]
    assert together == pytest.approx(apart)
