"""The estimate of how hard words are to read."""

from __future__ import annotations

import pytest

from surveyapp.instruments.services import load_library
from surveyapp.plain_english import HARDEST_GRADE, grade, reading_age


def test_short_words_in_short_sentences_are_easy() -> None:
    assert grade("I can get the help I need. My team is good to me.") < 2
    assert reading_age("I can get the help I need.") <= 7


def test_long_words_in_long_sentences_are_hard() -> None:
    hard = (
        "Organisational stakeholders demonstrate unequivocal commitment to professional development "
        "opportunities notwithstanding considerable operational limitations."
    )
    assert grade(hard) > 15
    assert reading_age(hard) > 20


@pytest.mark.parametrize("text", ["", " \n ", "…", "12345 67"])
def test_no_words_are_no_grade(text: str) -> None:
    assert grade(text) == 0


def test_a_sentence_more_makes_it_easier() -> None:
    assert grade("We met and we spoke and we left.") > grade("We met. We spoke. We left.")


def test_most_questions_of_the_library_are_plain() -> None:
    grades = {item.id: grade(item.text) for item in load_library().items.values()}
    hard = sorted(item_id for item_id, value in grades.items() if value > HARDEST_GRADE)
    assert len(hard) <= len(grades) // 10, {item_id: round(grades[item_id], 1) for item_id in hard}
