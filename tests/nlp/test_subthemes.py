"""Sub-themes: found in sentences of made-up subjects, with embeddings of their words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.clustering import Floats, group, linkage, silhouette, unit
from nlp.subthemes import Subthemes, subthemes

APPRAISAL = (
    "My appraisal was cancelled again this year.",
    "The appraisal form takes an hour to fill in.",
    "I had my appraisal and it was honest and useful.",
    "Nobody reads the appraisal form after it is signed.",
    "The appraisal asks about everything except my work.",
    "An appraisal form should be two pages, not nine.",
    "Our appraisal interviews are always put off.",
    "I was told at my appraisal that all was fine.",
)
LEAVE = (
    "Study leave was refused because the rota is full.",
    "There is no study leave for night staff.",
    "I used my annual holiday because study leave ran out.",
    "We all get study leave and it is protected here.",
    "My request for study leave went unanswered for weeks.",
    "They cancel study leave whenever the rota has gaps.",
    "Study leave is only for nurses, it seems.",
    "The rota decides who gets study leave.",
)
AWARDS = (
    "The awards ceremony is for the offices, not for us.",
    "I was nominated for an award by a patient.",
    "The staff awards made the whole corridor proud.",
    "An award ceremony with a buffet and no porters.",
    "We won the team award and got a cake.",
    "The same three people win the awards every year.",
    "Our award hangs in the corridor upstairs.",
    "Nobody from nights was at the awards ceremony.",
)
SUBJECTS = {"appra", "study", "award"}
ALL = (*APPRAISAL, *LEAVE, *AWARDS)


def embedded(texts: Sequence[str]) -> Floats:
    """A stand-in for the network: alike are sentences of the same subject, and of the same words."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            seed = int.from_bytes(blake2b(word[:5].encode(), digest_size=8).digest(), "big")
            weight = 4 if word[:5] in SUBJECTS else 1
            row += weight * np.random.default_rng(seed).standard_normal(64).astype(np.float32)
    return unit(rows)


def as_texts(texts: Sequence[str], found: Subthemes) -> set[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return {
        (
            theme.name,
            tuple(sorted(texts[i] for i in theme.members)),
            tuple(texts[quote.index] for quote in theme.quotes),
        )
        for theme in found.themes
    }


def test_each_subject_is_found_and_named_by_its_own_words() -> None:
    found = subthemes(ALL, embedded(ALL))
    assert len(found.themes) == 3
    for subject, word in ((APPRAISAL, "appraisal"), (LEAVE, "study leave"), (AWARDS, "award")):
        (theme,) = [theme for theme in found.themes if word in theme.name]
        members = [ALL[i] for i in theme.members]
        assert set(members) <= set(subject) and len(members) >= 6
        assert 1 <= len(theme.name.split()) <= 4


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_comments_changes_nothing(chance: random.Random) -> None:
    texts = [*ALL, *ALL[3:9]]
    shuffled = chance.sample(texts, len(texts))
    expected = subthemes(texts, embedded(texts))
    assert expected.themes
    assert as_texts(shuffled, subthemes(shuffled, embedded(shuffled))) == as_texts(texts, expected)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ALL), st.text(max_size=40)), max_size=40))
def test_whatever_is_said_each_sentence_comes_exactly_once(texts: list[str]) -> None:
    found = subthemes(texts, embedded(texts), smallest=3)
    places = [*found.other, *(i for theme in found.themes for i in theme.members)]
    assert sorted(places) == list(range(len(texts)))
    for theme in found.themes:
        assert theme.size >= 3
        assert {quote.index for quote in theme.quotes} <= set(theme.members)
        assert len({texts[quote.index] for quote in theme.quotes}) == len(theme.quotes)


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_too_few_sentences_make_no_subtheme(count: int) -> None:
    texts = APPRAISAL[:count]
    assert subthemes(texts, embedded(texts)) == Subthemes((), tuple(range(count)))


def test_one_sentence_said_by_many_is_a_subtheme_with_one_quote() -> None:
    texts = ["There is no study leave here."] * 30
    (theme,) = subthemes(texts, embedded(texts)).themes
    assert theme.size == 30
    assert theme.name == "study leave"
    assert len(theme.quotes) == 1


def test_what_fits_nowhere_is_left_over() -> None:
    strangers = ("Zebra crossing outside.", "Quorum never reached.", "Custard on Fridays.")
    texts = [*(f"{text} {end}" for text in ALL for end in ("", "Really.", "Sadly.")), *strangers]
    found = subthemes(texts, embedded(texts))
    assert found.themes
    assert set(strangers) <= {texts[i] for i in found.other}


def test_praise_and_complaint_do_not_hide_what_is_spoken_of() -> None:
    """A network that learned sentiment puts it into every embedding, stronger than the subject."""
    texts = [f"{verdict} {text}" for verdict in ("Yes:", "No:") for text in ALL]
    mood = np.zeros((len(texts), 64), dtype=np.float32)
    mood[: len(ALL), 0], mood[len(ALL) :, 0] = 3, -3
    moods = ["positive"] * len(ALL) + ["negative"] * len(ALL)
    found = subthemes(texts, unit(embedded(texts) + mood), sentiments=moods)
    assert {name for theme in found.themes for name in theme.name.split(", ")} >= {"study leave"}
    for theme in found.themes:
        assert 0 < sum(texts[i].startswith("Yes") for i in theme.members) < theme.size


def test_many_sentences_join_the_groups_of_a_sample() -> None:
    texts = [f"{text} ({number})" for number in range(150) for text in ALL]
    found = subthemes(texts, embedded(ALL)[np.arange(len(texts)) % len(ALL)])
    assert len(found.themes) >= 3
    for theme in found.themes:
        assert len({i % len(ALL) // 8 for i in theme.members}) == 1


def test_embeddings_of_other_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="8 sentences"):
        subthemes(APPRAISAL, embedded(LEAVE[:3]))
    with pytest.raises(ValueError, match="2 sentiments"):
        subthemes(APPRAISAL, embedded(APPRAISAL), sentiments=["positive", "negative"])


def test_linkage_merges_the_most_alike_first() -> None:
    points = unit(np.array([[1, 0], [0, 1], [1, 0.1], [0.2, 1], [-1, 0]], dtype=np.float32))
    merges = linkage(points @ points.T)
    assert merges[:2] == [(0, 2), (1, 3)]
    assert len(merges) == 4


def test_silhouette_prefers_the_true_groups() -> None:
    points = unit(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]], dtype=np.float32))
    true, false = silhouette(points, np.array([0, 0, 1, 1])), silhouette(points, np.array([0, 1, 0, 1]))
    assert true > 0.9 > 0 > false
    assert silhouette(points, np.array([0, 0, 0, 0])) == 0


def test_alike_vectors_are_grouped_and_the_heaviest_group_comes_first() -> None:
    vectors = unit(np.eye(6, dtype=np.float32)[[0, 0, 0, 1, 1, 1]] + 0.05 * np.eye(6, dtype=np.float32))
    labels = group(vectors, smallest=3, weights=np.array([1, 1, 1, 5, 1, 1]))
    assert labels.tolist() == [1, 1, 1, 0, 0, 0]
