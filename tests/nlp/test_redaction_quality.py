"""How much goes that has to, and how little else, on sentences in staff's own voice.

The rules were made on `redaction_tuning.jsonl`; no name in it is in `redaction.jsonl`, ambiguous
ones like 'hope' aside. `python -m benchmarks redaction` prints the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nlp.redaction import Redactor
from nlp.redaction_evaluation import Marked, figures, read_marked

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def sentences() -> list[Marked]:
    return list(read_marked(DATA / "redaction.jsonl"))


def test_names_with_capitals_and_all_details_go(redactor: Redactor, sentences: list[Marked]) -> None:
    result = figures(sentences, redactor)
    assert result.names >= 0.97, result.missed
    assert result.name_words >= 0.97, result.missed
    assert result.contacts >= 0.99, result.missed
    assert result.excess < 0.01, result.removed


def test_names_in_small_letters_go(redactor: Redactor, sentences: list[Marked]) -> None:
    result = figures([sentence.in_small_letters() for sentence in sentences], redactor)
    assert result.names >= 0.93, result.missed
    assert result.name_words >= 0.93, result.missed
    assert result.contacts >= 0.99, result.missed
    assert result.excess < 0.01, result.removed


def test_most_names_go_without_the_gazetteer(sentences: list[Marked]) -> None:
    result = figures(sentences, Redactor(with_gazetteer=False))
    assert result.names >= 0.7


def test_comments_without_names_lose_next_to_nothing(redactor: Redactor, sentences: list[Marked]) -> None:
    plain = [sentence for sentence in sentences if not sentence.spans]
    assert len(plain) > 200
    result = figures(plain, redactor)
    assert result.excess < 0.01, result.removed


def test_what_the_rules_were_made_on_is_no_test(sentences: list[Marked]) -> None:
    assert not {s.text for s in sentences} & {s.text for s in read_marked(DATA / "redaction_tuning.jsonl")}
