"""The signs that speak for a name, and their weights."""

from __future__ import annotations

import pytest

from nlp.names import rules_of
from nlp.names_lexicon import Lexicon
from nlp.names_signs import Signs, places_to_weigh, read_weights
from nlp.names_words import Words
from nlp.redaction import Redactor


def kinds_of(sign: str) -> str:
    return sign.split(" ")[0]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


def test_every_weight_is_of_a_sign_that_words_bear(lexicon: Lexicon) -> None:
    borne = set()
    signs = Signs(lexicon, weights={})
    for text in ("Zanqo told Grace, the young porter, about it. Best wishes Bradford", "ask mark or zqo!"):
        words = Words(text, lexicon, [])
        evidence, verdicts = rules_of(words, lexicon)
        for place in range(len(words)):
            borne |= {kinds_of(sign) for sign in signs.of(words, evidence, verdicts, place)}
    weights = read_weights()
    assert len(weights) > 500
    assert {kinds_of(sign) for sign in weights} <= borne


def test_the_signs_of_a_word(lexicon: Lexicon) -> None:
    """Weights are kept by these words: who rewords a sign must learn the weights anew."""
    words = Words("Hi zanqo, you rock", lexicon, [])
    evidence, _ = rules_of(words, lexicon)
    assert Signs(lexicon, weights={}).of(words, evidence, [0] * 4, 1) == [
        "any",
        "cell U00",
        "cell U00 0",
        "left is name 0",
        "left is name 0 U00",
        "right is name 0,",
        "right is name 0, U00",
        "led 2 U",
        "led 2 U00",
        "followed 0 U",
        "followed 0 U00",
        "both 20 U00",
        "like 2 U00",
        "like 2 0 U00",
        "letters 5 U",
        "noun 0 U",
        "noun 0 U00",
        "left hi",
        "left hi U0",
        "left2 ^",
        "left2 ^ hi",
        "left3 ^",
        "right you",
        "right you U0",
        "right2 rock",
        "right2 you rock",
        "right3 $",
        "between hi you",
        "gap left  U00",
        "gap right , U00",
        "left ends hi U",
        "right ends ou U",
        "right ends u U",
        "ends nqo U",
        "ends qo U",
        "begins zan U",
    ]


def test_no_weight_knows_a_person(lexicon: Lexicon) -> None:
    """A name that is nothing else is seen by its letters and its neighbours alone."""
    named = set(lexicon.by_kind()[lexicon.known("priya")])
    for sign in read_weights():
        what, *words = sign.split(" ")
        if what in {"word", "left", "left2", "left3", "right", "right2", "right3", "between"}:
            assert not named & {word for word in words if len(word) > 2}, sign


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Grace asked.", []),  # the rules have taken it
        ("we like grace here", ["grace"]),
        ("in June it rained", []),
        ("will may come", []),
        ("so a b c", []),
        ("zzzzz hmmmm", []),
        ("we bill them, they chase us. Mark my work", []),
        ("Pritpal you are kind", ["pritpal"]),
    ],
)
def test_only_what_could_be_a_name_is_weighed(lexicon: Lexicon, text: str, words: list[str]) -> None:
    read = Words(text, lexicon, [])
    evidence, verdicts = rules_of(read, lexicon)
    assert [read.keys[place] for place in places_to_weigh(read, evidence, verdicts)] == words


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("saying hi to pritpal in outpatients", "saying hi to [name] in outpatients"),
        ("saying hi to pritpal k, ask pritpal", "saying hi to [name], ask [name]"),
        ("joy and me did the whole corridor", "[name] and me did the whole corridor"),
        ("it was a joy and a laugh", "it was a joy and a laugh"),
    ],
)
def test_names_that_no_rule_tells_go_by_what_stands_around(
    redactor: Redactor, text: str, redacted: str
) -> None:
    assert redactor.redact(text).text == redacted
