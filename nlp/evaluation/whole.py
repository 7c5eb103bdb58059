"""Everything that is said of a model on one file of labelled comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.evaluation.bootstrap import Difference, Estimate, Metric, difference, estimate, resamples
from nlp.evaluation.calibration import calibration_error
from nlp.evaluation.confusion import Counts, confusion, found_instead
from nlp.evaluation.counts import Weights
from nlp.evaluation.coverage import Kept, risk_coverage
from nlp.evaluation.figures import (
    classes_of,
    factor_metrics,
    metrics_of,
    sentiment_metrics,
    stances_right,
)
from nlp.evaluation.mistakes import Mistake, surest_mistakes
from nlp.evaluation.predictions import Predictions
from nlp.evaluation.scores import truth_of
from nlp.labelled import LabelledComment, RatedComment
from nlp.taxonomy import SENTIMENTS


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`overall` and `factors` hold figures by name (`nlp.evaluation.figures`); `support` the number
    of comments with each factor and with `none`. `calibration_errors` are of factors, sentiment and
    stances (sentiment towards a factor). `sentiments` (3, 3) and `instead` (7, 8) are as in
    `nlp.evaluation.confusion`.
    """

    version: str
    comments: int
    overall: Mapping[str, Estimate]
    factors: Mapping[str, Mapping[str, Estimate]]
    support: Mapping[str, int]
    calibration_errors: Mapping[str, float]
    coverage: Sequence[Kept]
    sentiments: Counts
    instead: Counts
    mistakes: Sequence[Mistake]


@dataclass(frozen=True, slots=True)
class RatedEvaluation:
    """Figures by name on comments rated on five points: `sentiment_…` on three points and, from a
    model with a five-point head, `levels_…`. `sentiments` (3, 3) and `levels` (5, 5) are confusions.
    """

    version: str
    comments: int
    overall: Mapping[str, Estimate]
    calibration_error: float
    sentiments: Counts
    levels: Counts | None


def evaluate(comments: Sequence[LabelledComment], said: Predictions) -> Evaluation:
    """Compare what a model said with the labels. `comments` are not empty."""
    weights = resamples(len(comments))
    truth, labels = truth_of(comments), classes_of([c.sentiment for c in comments])
    guesses = said.overall.argmax(axis=1)
    by_factor = factor_metrics(comments, said)
    support = {factor: int(count) for factor, count in zip(by_factor, truth.sum(axis=0), strict=True)}
    return Evaluation(
        version=said.version,
        comments=len(comments),
        overall=_estimates(metrics_of(comments, said), weights),
        factors={factor: _estimates(metrics, weights) for factor, metrics in by_factor.items()},
        support=support | {"none": int((~truth.any(axis=1)).sum())},
        calibration_errors={
            "factors": calibration_error(said.factors.ravel(), truth.ravel()),
            "sentiment": calibration_error(said.overall.max(axis=1), labels == guesses),
            "stances": calibration_error(
                said.stances.max(axis=2)[truth], stances_right(comments, said)[truth]
            ),
        },
        coverage=tuple(risk_coverage(said.certainty, truth, said.found, labels == guesses)),
        sentiments=confusion(labels, guesses, len(SENTIMENTS)),
        instead=found_instead(truth, said.found),
        mistakes=tuple(surest_mistakes(comments, said)),
    )


def evaluate_rated(comments: Sequence[RatedComment], said: Predictions) -> RatedEvaluation:
    """Compare what a model said with ratings. `comments` are not empty."""
    labels = classes_of([comment.sentiment for comment in comments])
    guesses = said.overall.argmax(axis=1)
    levels = None
    if said.levels is not None:
        ratings = np.array([comment.level for comment in comments])
        levels = confusion(ratings, said.levels.argmax(axis=1), said.levels.shape[1])
    return RatedEvaluation(
        version=said.version,
        comments=len(comments),
        overall=_estimates(rated_metrics(comments, said), resamples(len(comments))),
        calibration_error=calibration_error(said.overall.max(axis=1), labels == guesses),
        sentiments=confusion(labels, guesses, len(SENTIMENTS)),
        levels=levels,
    )


def rated_metrics(comments: Sequence[RatedComment], said: Predictions) -> Mapping[str, Metric]:
    """Figures by name, those of `levels` only from a model with a five-point head."""
    metrics = dict(sentiment_metrics("sentiment", classes_of([c.sentiment for c in comments]), said.overall))
    if said.levels is not None:
        ratings = np.array([comment.level for comment in comments], dtype=np.int64)
        metrics |= sentiment_metrics("levels", ratings, said.levels)
    return metrics


def compare(
    first: Mapping[str, Metric], second: Mapping[str, Metric], comments: int
) -> dict[str, Difference]:
    """Paired differences, first less second, of the figures that both have."""
    weights = resamples(comments)
    names = [name for name in first if name in second]
    return {name: difference(first[name], second[name], weights) for name in names}


def _estimates(metrics: Mapping[str, Metric], weights: Weights) -> dict[str, Estimate]:
    return {name: estimate(metric, weights) for name, metric in metrics.items()}
