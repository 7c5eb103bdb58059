"""How long sets of questions take, and on which pages their questions stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyapp.instruments import sets
from surveyapp.instruments.services import load_library

LIBRARY = load_library()


#: The machine may be busy: how long an example takes says nothing here.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Question:
    item_id: str
    scale: str
    factor: str


_asked = st.lists(
    st.tuples(st.sampled_from(["agree5", "freq5"]), st.sampled_from(["", "F1", "F2", "F3"])), max_size=13
).map(lambda rows: [Question(f"OWN{n}", scale, factor) for n, (scale, factor) in enumerate(rows, 1)])


@pytest.mark.parametrize(
    ("scored", "prompts", "minutes"), [(1, 0, 1), (6, 0, 1), (7, 0, 2), (2, 1, 1), (3, 1, 2), (12, 2, 4)]
)
def test_minutes_are_rounded_up(scored: int, prompts: int, minutes: int) -> None:
    assert sets.minutes_for(scored=scored, prompts=prompts) == minutes


@given(_asked)
@patient
def test_pages_hold_every_question_once_and_in_order(asked: Sequence[Question]) -> None:
    sections = sets.sections_of(LIBRARY, asked)
    assert [i for section in sections for i in section.item_ids] == [one.item_id for one in asked]
    if len(asked) <= 5:
        assert len(sections) == 1
        return
    by_id = {one.item_id: one for one in asked}
    for section in sections:
        on_page = {(by_id[i].factor, by_id[i].scale) for i in section.item_ids}
        assert len(on_page) == 1 and section.title


@pytest.mark.parametrize("key", ["own-", "own-x", "own-1x", "own--1", "own-²", "own-12345678901", "LEA1", ""])
def test_what_is_no_number_finds_nothing(key: str) -> None:
    assert sets.number_in(key) == 0
