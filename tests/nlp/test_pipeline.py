"""What the pipeline promises of any text, with the shipped model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.flags import flags_of
from nlp.pipeline import Pipeline
from nlp.taxonomy import FACTORS, Factor, Flag, Sentiment
from nlp.types import CommentAnalysis

AWKWARD = (
    "",
    " \n\t",
    "👍👍 🎉",
    "\x00\x01\x1b[31m",
    "\ud800 half a pair",
    "مرحبا كيف حالك اليوم",
    "e\u0301" * 500,
    "a" * 100_000,
    "We get good training. " * 900,
    "• no feedback\r\n• \u2028 training was good",
)


def check(analysis: CommentAnalysis) -> None:
    """The invariants that hold whatever the text."""
    assert 0 <= analysis.sentiment_probability <= 1
    assert 0 <= analysis.certainty <= 1
    assert len(set(analysis.flags)) == len(analysis.flags)
    assert tuple(reading.factor for reading in analysis.factors) == FACTORS
    assert analysis.findings == tuple(reading for reading in analysis.factors if reading.assigned)
    if {Flag.TOO_SHORT, Flag.NOT_ENGLISH} & set(analysis.flags):
        assert analysis.findings == ()
    for reading in analysis.factors:
        assert 0 <= reading.quote_start <= reading.quote_end <= len(analysis.text)
        quote = analysis.text[reading.quote_start : reading.quote_end]
        assert quote == quote.strip()
        assert bool(quote) == bool(analysis.text.strip())
        assert 0 <= reading.probability <= 1
        assert 0 <= reading.sentiment_probability <= 1


def test_awkward_texts_are_all_answered_in_order(pipeline: Pipeline) -> None:
    analyses = list(pipeline.analyse(AWKWARD, batch_size=3))
    assert len(analyses) == len(AWKWARD)
    for text, analysis in zip(AWKWARD, analyses, strict=True):
        check(analysis)
        assert len(analysis.text) == len(text)  # nothing of these is personal


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=300), max_size=5))
def test_any_text_is_answered(pipeline: Pipeline, texts: list[str]) -> None:
    analyses = list(pipeline.analyse(texts))
    assert len(analyses) == len(texts)
    for analysis in analyses:
        check(analysis)


def test_offsets_agree_with_the_redacted_text(pipeline: Pipeline) -> None:
    text = "Dr Okafor-Williamson is on nights. The induction training I got was excellent."
    (analysis,) = pipeline.analyse([text])
    assert "Okafor" not in analysis.text
    assert analysis.redactions == (("PERSON", 1),)
    (learning,) = [f for f in analysis.findings if f.factor == Factor.CONTINUOUS_LEARNING]
    assert learning.sentiment == Sentiment.POSITIVE
    quote = analysis.text[learning.quote_start : learning.quote_end]
    assert quote == "The induction training I got was excellent."


def test_the_tail_of_a_long_comment_is_read(pipeline: Pipeline) -> None:
    filler = "The car park is full by seven and the canteen shuts at two. " * 60
    end = "Nobody has ever given me an appraisal or told me how I am doing."
    (analysis,) = pipeline.analyse([filler + end])
    (feedback,) = [f for f in analysis.findings if f.factor == Factor.FEEDBACK]
    assert analysis.text[feedback.quote_start : feedback.quote_end] == end


def test_each_factor_has_its_own_evidence(pipeline: Pipeline) -> None:
    learning = "The induction training I got was excellent."
    leading = "Our matron ignores every concern we raise."
    (analysis,) = pipeline.analyse([f"{learning} The car park is full. {leading}"])
    quotes = {f.factor: analysis.text[f.quote_start : f.quote_end] for f in analysis.factors}
    assert quotes[Factor.CONTINUOUS_LEARNING] == learning
    assert quotes[Factor.LEADERSHIP] == leading


def test_what_is_not_english_is_shown_with_its_chances_but_not_themed(pipeline: Pipeline) -> None:
    text = "Il nous faut plus de temps pour la formation, et personne ne nous donne du feedback."
    (analysis,) = pipeline.analyse([text])
    assert Flag.NOT_ENGLISH in analysis.flags
    assert analysis.findings == ()
    assert max(reading.probability for reading in analysis.factors) > 0.2


def test_it_is_lazy_and_says_its_version(pipeline: Pipeline) -> None:
    analyses = pipeline.analyse((f"Comment {i} about training" for i in range(10**9)), batch_size=2)
    assert next(analyses).model_version == pipeline.model_version


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("I am being bullied by the band 7 and nobody acts", Flag.CONCERN),
        ("There have been days when I wanted to die", Flag.CONCERN),
        ("Staffing at night is not safe for patients", Flag.CONCERN),
        ("He touched me in the sluice", Flag.CONCERN),
        ("Je ne suis pas content avec mon chef car il ne nous parle jamais", Flag.NOT_ENGLISH),
        ("نحن بحاجة إلى المزيد من التدريب", Flag.NOT_ENGLISH),
        ("", Flag.TOO_SHORT),
        ("ok", Flag.TOO_SHORT),
    ],
)
def test_flags_are_raised(text: str, flag: Flag) -> None:
    assert flag in flags_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "Good training and kind colleagues.",
        "Ward 7 needs more preceptors before the autumn intake arrives please.",
        "My manager gives me time for my apprenticeship and tells me how I am doing.",
    ],
)
def test_flags_are_not_raised_without_cause(text: str) -> None:
    assert flags_of(text) == ()
