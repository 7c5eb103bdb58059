"""Names of groups: what may and may not be in them."""

from __future__ import annotations

from nlp.keyphrases import names

ROTA = ["The rota is late.", "Our rota changes daily.", "A fair rota would help.", "The rota, again."]


def test_no_redaction_mark_and_no_number_is_in_a_name() -> None:
    marked = [f"[name] wrote on [phone] about the canteen menu {i} times." for i in range(20, 26)]
    for name in names([marked, ROTA]):
        assert name is not None
        assert "name" not in name.split() and "phone" not in name.split()
        assert not any(character.isdigit() or character in "[]" for character in name)


def test_a_persons_name_that_redaction_missed_is_in_no_name() -> None:
    missed = [
        "I asked Zainab about the canteen.",
        "Everyone knows Zainab from the canteen.",
        "The canteen without Zainab is dull.",
        "Zainab cooks in the canteen.",
    ]
    name = names([missed, ROTA])[0]
    assert name is not None and "canteen" in name and "zainab" not in name.lower()


def test_abbreviations_keep_their_capitals() -> None:
    texts = ["My PDR was late.", "No PDR for two years.", "The PDR form is long.", "A PDR form, blank."]
    assert "PDR" in (names([texts, ROTA])[0] or "")


def test_what_only_one_sentence_says_names_nothing() -> None:
    texts = ["Tulips in the hall.", "A broken lift.", "Cold soup.", "Parking costs.", "Loud pumps."]
    assert names([texts, ROTA])[0] is None


def test_stop_words_alone_name_nothing() -> None:
    assert names([["It is what it is."] * 6]) == [None]


def test_no_word_is_in_two_names() -> None:
    first = ["The rota is unfair.", "An unfair rota for nights.", "Our rota is unfair.", "Unfair rota."]
    one, two = names([first, ROTA])
    assert one is not None
    assert two is None or not set(one.replace(",", "").split()) & set(two.replace(",", "").split())


def test_no_groups_have_no_names() -> None:
    assert names([]) == []
