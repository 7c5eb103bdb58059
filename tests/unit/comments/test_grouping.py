"""From groups of sentences to sub-themes: what they are called, who is read first, when anew."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from surveyapp.comments.grouping import (
    FEWEST,
    FEWEST_WITH_WORD,
    Spoken,
    grouped,
    is_due,
    name_in_common,
)


@dataclass(frozen=True)
class Quote:
    index: int


@dataclass(frozen=True)
class Group:
    name: str
    members: tuple[int, ...]
    quotes: tuple[Quote, ...]


def said(*texts: str) -> list[Spoken]:
    return [Spoken(f"c{i}", "OPN1", text, text, "negative") for i, text in enumerate(texts)]


SHORT = "The handover is short"
LATE = "Emails come late"


def test_a_name_keeps_the_phrases_that_several_comments_share() -> None:
    texts = [SHORT, SHORT.upper(), "Handover is short and cold", "Doctor Grey is short"]
    assert name_in_common("handover, doctor grey, short", said(*texts)) == "handover, short"
    assert name_in_common("doctor grey", said(*texts)) == ""


def test_a_word_that_someone_repeats_is_still_one_persons_word() -> None:
    assert name_in_common("ferret", said("ferret ferret ferret ferret", "no", "no", "no")) == ""


def test_words_of_one_person_on_several_questions_are_still_theirs() -> None:
    form = [Spoken(f"c{i}", f"OPN{i}", "My ferret died", "My ferret died", "negative") for i in (1, 2, 3)]
    assert name_in_common("ferret", form) == ""


words = st.sampled_from(["ward", "night", "rota", "email", "team", "boss"])
sentences = st.lists(words, min_size=1, max_size=6).map(" ".join)


@given(st.lists(sentences, max_size=12), st.lists(sentences, min_size=1, max_size=4).map(", ".join))
def test_every_word_of_a_name_is_in_at_least_three_comments(texts: list[str], name: str) -> None:
    for word in re.findall(r"\w+", name_in_common(name, said(*texts))):
        assert sum(word in text.split() for text in texts) >= FEWEST_WITH_WORD


def test_each_group_in_turn_says_its_most_typical_first() -> None:
    spoken = said(*[SHORT] * 4, *[LATE] * 3)
    large = Group("handover", (0, 1, 2, 3), (Quote(2), Quote(0), Quote(3)))
    small = Group("emails", (4, 5, 6), (Quote(5),))
    found = grouped(spoken, [large, small], lambda: [Quote(6)])
    assert found.names == {1: "handover", 2: "emails"}
    assert found.numbers == {**dict.fromkeys(("c0", "c1", "c2", "c3"), 1), "c4": 2, "c5": 2, "c6": 2}
    assert found.first == ("c2", "c5", "c0", "c3")


def test_a_group_that_cannot_be_named_is_none_and_numbers_have_no_gap() -> None:
    spoken = said("one", "two", "three", *[LATE] * 3)
    found = grouped(spoken, [Group("secret", (0, 1, 2), (Quote(0),)), Group("emails", (3, 4, 5), ())], tuple)
    assert found.names == {1: "emails"} and set(found.numbers) == {"c3", "c4", "c5"}


def test_without_groups_the_most_typical_of_all_are_read_first() -> None:
    found = grouped(said(SHORT, LATE), [], lambda: [Quote(1), Quote(0)])
    assert (found.names, found.numbers, found.first) == ({}, {}, ("c1", "c0"))


def ids(first: int, last: int) -> set[str]:
    return {f"c{i}" for i in range(first, last)}


def test_comments_are_grouped_when_there_are_enough_and_again_when_many_changed() -> None:
    assert not is_due((), ids(0, FEWEST - 1))
    assert is_due((), ids(0, FEWEST))
    hundred = ids(0, 100)
    assert not is_due(hundred, hundred)
    assert not is_due(hundred, ids(0, 105))
    assert is_due(hundred, ids(0, 106))
    assert is_due(hundred, ids(3, 103))  # three went and three came


def test_groups_of_comments_that_have_gone_go_too() -> None:
    assert is_due(ids(0, FEWEST), ())
    assert is_due(ids(0, FEWEST), ids(0, FEWEST - 1))
