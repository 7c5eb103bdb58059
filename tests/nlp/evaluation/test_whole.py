"""An evaluation of a few comments worked by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nlp.evaluation import report
from nlp.evaluation.calibration import calibration_error
from nlp.evaluation.confusion import confusion, found_instead
from nlp.evaluation.coverage import risk_coverage
from nlp.evaluation.figures import metrics_of
from nlp.evaluation.mistakes import surest_mistakes
from nlp.evaluation.predictions import Predictions
from nlp.evaluation.timing import slowest
from nlp.evaluation.whole import compare, evaluate, evaluate_rated
from nlp.labelled import LabelledComment, RatedComment
from nlp.taxonomy import FACTORS, SENTIMENTS, Factor, Sentiment

POSITIVE, NEGATIVE, NEUTRAL = Sentiment.POSITIVE, Sentiment.NEGATIVE, Sentiment.NEUTRAL_MIXED
LONG = "My manager\x1b[31m\nnever listens. " + "And so it goes on. " * 20

COMMENTS = [
    LabelledComment(LONG, {Factor.LEADERSHIP: NEGATIVE, Factor.FEEDBACK: POSITIVE}, NEGATIVE, "a"),
    LabelledComment("nothing", {}, POSITIVE, "b"),
    LabelledComment("learning", {Factor.CONTINUOUS_LEARNING: POSITIVE}, NEUTRAL, "c"),
]


def said_of(
    found: dict[tuple[int, Factor], float],
    sentiments: list[Sentiment],
    *,
    levels: list[int] | None = None,
) -> Predictions:
    """A model that gives these factors a chance, and finds them over a half; all stances negative."""
    n = len(sentiments)
    factors = np.full((n, 7), 0.1, dtype=np.float32)
    for (row, factor), chance in found.items():
        factors[row, FACTORS.index(factor)] = chance
    stances = np.zeros((n, 7, 3), dtype=np.float32)
    stances[:, :, SENTIMENTS.index(NEGATIVE)] = 1
    overall = np.full((n, 3), 0.1, dtype=np.float32)
    for row, sentiment in enumerate(sentiments):
        overall[row, SENTIMENTS.index(sentiment)] = 0.8
    five = None if levels is None else np.eye(5, dtype=np.float32)[levels]
    return Predictions("test-1", factors, factors > 0.5, stances, overall, np.arange(n) / n, five)


SAID = said_of(
    {
        (0, Factor.LEADERSHIP): 0.9,
        (0, Factor.MENTORSHIP): 0.8,
        (0, Factor.FEEDBACK): 0.3,
        (2, Factor.CONTINUOUS_LEARNING): 0.7,
    },
    [NEGATIVE, NEUTRAL, NEUTRAL],
)


def test_the_figures_of_a_small_file() -> None:
    result = evaluate(COMMENTS, SAID)
    values = {name: figure.value for name, figure in result.overall.items()}
    assert values == pytest.approx(
        {
            "macro_f1": 2 / 7,  # leadership and continuous learning are right, feedback is missed
            "micro_f1": 2 * 2 / (3 + 3),
            "none_precision": 1,
            "none_recall": 1,
            "none_f1": 1,
            "sentiment_accuracy": 2 / 3,
            "sentiment_macro_f1": (0 + 1 + 2 / 3) / 3,
            "stance_accuracy": 1 / 3,
        }
    )
    assert (result.support["leadership"], result.support["none"]) == (1, 1)
    assert result.factors["feedback"]["f1"].value == 0
    assert result.factors["feedback"]["average_precision"].value == 1
    assert result.factors["leadership"]["stance_accuracy"].value == 1


def test_what_is_taken_for_what() -> None:
    result = evaluate(COMMENTS, SAID)
    # The comment in which feedback was missed is the one in which mentorship was wrongly found.
    expected = np.zeros((7, 8), dtype=int)
    expected[FACTORS.index(Factor.FEEDBACK), FACTORS.index(Factor.MENTORSHIP)] = 1
    assert (result.instead == expected).all()
    positive, neutral = SENTIMENTS.index(POSITIVE), SENTIMENTS.index(NEUTRAL)
    assert result.sentiments[positive, neutral] == 1
    assert result.sentiments.sum() == 3


def test_the_surest_mistakes_come_first() -> None:
    mistakes = [(m.comment, m.what, round(m.chance, 2)) for m in surest_mistakes(COMMENTS, SAID)]
    assert mistakes == [
        ("a", "mentorship found", 0.8),
        ("a", "feedback missed", 0.7),
        ("b", "neutral_mixed instead of positive", 0.8),
    ]


def test_the_report_shows_words_cut_and_harmless_and_json_none() -> None:
    result = evaluate(COMMENTS, SAID)
    shown = "\n".join(report.lines("file", result))
    assert "My manager [31m never listens." in shown
    assert "\x1b" not in shown
    assert all(len(line) < 230 for line in shown.splitlines())
    written = json.dumps(report.as_json(result))
    assert "manager" not in written
    assert '"low"' in written


def test_two_models_are_compared_on_the_same_comments() -> None:
    worse = said_of({}, [NEGATIVE, NEUTRAL, NEGATIVE])
    gaps = compare(metrics_of(COMMENTS, SAID), metrics_of(COMMENTS, worse), 3)
    assert gaps["micro_f1"].value == pytest.approx(2 / 3)
    assert gaps["sentiment_accuracy"].value == pytest.approx(1 / 3)
    assert (gaps["stance_accuracy"].value, gaps["stance_accuracy"].wins) == (0, 0.5)


def test_ratings_are_read_on_three_points_and_on_five() -> None:
    comments = [RatedComment("", level, str(level)) for level in range(5)]
    sentiments = [POSITIVE, POSITIVE, NEUTRAL, NEGATIVE, POSITIVE]
    result = evaluate_rated(comments, said_of({}, sentiments, levels=[0, 0, 2, 3, 4]))
    values = {name: figure.value for name, figure in result.overall.items()}
    assert values["sentiment_accuracy"] == pytest.approx(4 / 5)
    assert values["sentiment_macro_f1"] == pytest.approx((4 / 5 + 2 / 3 + 1) / 3)
    assert values["levels_accuracy"] == pytest.approx(4 / 5)
    assert values["levels_macro_f1"] == pytest.approx((2 / 3 + 0 + 1 + 1 + 1) / 5)
    assert "five points" in "\n".join(report.rated_lines("file", result))


def test_a_model_without_a_five_point_head_says_so() -> None:
    result = evaluate_rated([RatedComment("", 0, "1")], said_of({}, [POSITIVE]))
    assert set(result.overall) == {"sentiment_accuracy", "sentiment_macro_f1"}
    assert "no five-point head" in "\n".join(report.rated_lines("file", result))
    assert report.as_json(result)["confusion"]["levels"] is None


def test_coverage_sets_the_least_certain_aside() -> None:
    truth = np.zeros((4, 7), dtype=bool)
    truth[:, 0] = True
    found = truth.copy()
    found[1, 0] = False  # the least certain comment is wrong on all counts
    right = np.array([True, False, True, True])
    certainty = np.array([0.5, 0.1, 0.9, 0.5], dtype=np.float32)
    kept = list(risk_coverage(certainty, truth, found, right, (1.0, 0.75, 0.5)))
    assert [each.comments for each in kept] == [4, 3, 2]
    assert [each.micro_f1 for each in kept] == pytest.approx([6 / 7, 1, 1])
    assert [each.sentiment_accuracy for each in kept] == pytest.approx([0.75, 1, 1])


@given(st.integers(1, 20).flatmap(lambda n: st.tuples(arrays(bool, (n, 7)), arrays(bool, (n, 7)))))
def test_every_missed_factor_is_counted_at_least_once(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, found = pair
    counted = found_instead(truth, found)
    missed = (truth & ~found).sum(axis=0)
    assert (counted.sum(axis=1) >= missed).all()
    assert (counted.max(axis=1, initial=0) <= missed).all()
    assert (np.diag(counted) == 0).all()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=30))
def test_a_confusion_counts_every_comment_once(pairs: list[tuple[int, int]]) -> None:
    truth, guess = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    counted = confusion(truth, guess, 3)
    assert counted.sum() == len(pairs)
    assert all(counted[t, g] == pairs.count((t, g)) for t in range(3) for g in range(3))


def test_calibration_error_of_a_case_worked_by_hand() -> None:
    chances = np.array([0.95, 0.95, 0.15, 0.15], dtype=np.float32)
    came_true = np.array([True, False, False, False])
    assert calibration_error(chances, came_true) == pytest.approx(0.5 * 0.45 + 0.5 * 0.15, abs=1e-6)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1))
def test_chances_that_always_come_true_are_calibrated(chances: list[float]) -> None:
    sure = np.array(chances, dtype=np.float32)
    assert calibration_error(sure, sure == 1) == 0
    assert calibration_error(sure, sure == 0) == 1


def test_the_slowest_comments_are_named_in_order() -> None:
    timing = slowest(COMMENTS, [3.0, 1.0, 2.0])
    assert timing["median"] == 2
    assert [each["id"] for each in timing["slowest"]] == ["a", "c", "b"]
    assert timing["slowest"][0]["characters"] == len(LONG)
