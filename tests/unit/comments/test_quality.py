"""How often people agree with the model: what is counted, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.taxonomy import FACTORS, SENTIMENTS, Factor, Sentiment
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Picked
from surveyapp.comments.quality import FEWEST, Agreed, Correction, page_of

GOOD, POOR = Sentiment.POSITIVE, Sentiment.NEGATIVE


def correction(
    comment: object,
    read: Mapping[Factor, Sentiment],
    said: Mapping[Factor, Sentiment],
    *,
    number: int = 1,
    version: str = "2.0",
    picked: Picked = Picked.RANDOM,
    sentiments: tuple[Sentiment, Sentiment] = (GOOD, GOOD),
) -> Correction:
    return Correction(
        str(comment), number, version, picked, Labels(read, sentiments[0]), Labels(said, sentiments[1])
    )


def test_precision_of_a_factor_by_hand() -> None:
    """Found 20 times, right 16 times: 80%, and by Wilson 58% to 92%."""
    right = [correction(n, {Factor.FEEDBACK: GOOD}, {Factor.FEEDBACK: POOR}) for n in range(16)]
    wrong = [correction(n, {Factor.FEEDBACK: GOOD}, {}) for n in range(16, 20)]
    missed = [correction(n, {}, {Factor.FEEDBACK: GOOD}) for n in range(20, 23)]
    page = page_of([*right, *wrong, *missed])
    (feedback,) = (one for one in page.by_chance.factors if one.label == "Feedback")
    assert (feedback.precision.agreed, feedback.precision.total, feedback.missed) == (16, 20, 3)
    assert feedback.precision.percent == 80 and feedback.precision.interval == (58, 92)
    assert page.by_chance.overall == feedback.precision
    # Of the 16 on which both agree, none is good to both.
    assert page.by_chance.stance == Agreed(0, 16)
    assert page.by_chance.sentiment == Agreed(23, 23)
    assert page.by_chance.comments == 23 and page.unsure.comments == 0


@pytest.mark.parametrize("total", range(FEWEST))
def test_of_few_comments_no_share_is_shown(total: int) -> None:
    assert Agreed(total, total).percent is None and Agreed(total, total).interval is None


def test_ways_of_picking_are_never_mixed() -> None:
    page = page_of(
        [
            correction("a", {Factor.FEEDBACK: GOOD}, {}, picked=Picked.UNSURE),
            correction("b", {Factor.FEEDBACK: GOOD}, {Factor.FEEDBACK: GOOD}),
            correction("c", {}, {Factor.FEEDBACK: GOOD}, picked=Picked.REPORT),
        ]
    )
    assert page.by_chance.overall == Agreed(1, 1) and page.unsure.overall == Agreed(0, 1)
    assert page.reported == 1


def test_only_the_newest_version_is_counted_and_the_last_word_of_each_comment() -> None:
    page = page_of(
        [
            correction("a", {Factor.FEEDBACK: GOOD}, {}, version="1.10", number=1),
            correction("a", {Factor.FEEDBACK: GOOD}, {}, number=2),
            correction("a", {Factor.FEEDBACK: GOOD}, {Factor.FEEDBACK: GOOD}, number=3),
            correction("b", {}, {}, version="1.9"),
        ]
    )
    assert (page.version, page.older) == ("2.0", 1)
    assert page.by_chance.overall == Agreed(1, 1)
    assert (page.read_twice, page.disagreed) == (1, 1)


def test_people_who_say_the_same_do_not_disagree() -> None:
    page = page_of([correction("a", {}, {Factor.FEEDBACK: GOOD}, number=n) for n in (1, 2)])
    assert (page.read_twice, page.disagreed) == (1, 0)


def test_before_anyone_has_corrected_there_is_nothing() -> None:
    page = page_of([])
    assert page.version == "" and page.by_chance.overall.percent is None


factors = st.dictionaries(st.sampled_from(FACTORS), st.sampled_from(SENTIMENTS))


@given(st.lists(st.tuples(factors, factors), max_size=40))
def test_no_share_is_outside_its_interval(found: list[tuple[dict, dict]]) -> None:  # type: ignore[type-arg]
    page = page_of([correction(n, read, said) for n, (read, said) in enumerate(found)])
    quality = page.by_chance
    assert quality.comments == len(found) and quality.sentiment == Agreed(len(found), len(found))
    assert quality.overall.total == sum(len(read) for read, _ in found)
    for agreed in (quality.overall, quality.stance, *(one.precision for one in quality.factors)):
        assert 0 <= agreed.agreed <= agreed.total
        if agreed.interval is not None and agreed.percent is not None:
            low, high = agreed.interval
            assert 0 <= low <= agreed.percent <= high <= 100
