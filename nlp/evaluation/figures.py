"""Each figure of a model's predictions, as something that can be taken of any resample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nlp.evaluation import counts
from nlp.evaluation.bootstrap import Metric
from nlp.evaluation.counts import Truth
from nlp.evaluation.predictions import Predictions
from nlp.evaluation.scores import truth_of
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS, Sentiment


def classes_of(sentiments: Sequence[Sentiment]) -> NDArray[np.int64]:
    """(n,): places in the taxonomy."""
    return np.array([SENTIMENTS.index(sentiment) for sentiment in sentiments], dtype=np.int64)


def stances_right(comments: Sequence[LabelledComment], said: Predictions) -> Truth:
    """(n, 7): the sentiment towards the factor is as labelled. False where people saw no factor."""
    guesses = said.stances.argmax(axis=2)
    right = np.zeros(guesses.shape, dtype=bool)
    for row, comment in enumerate(comments):
        for factor, stance in comment.factor_sentiment.items():
            place = FACTORS.index(factor)
            right[row, place] = SENTIMENTS[guesses[row, place]] == stance
    return right


def metrics_of(comments: Sequence[LabelledComment], said: Predictions) -> Mapping[str, Metric]:
    """The figures of all factors together and of sentiment, by name.

    `none` is the class of comments that are on no factor. `stance_accuracy` pools the sentiment
    towards every factor that people saw, found or not.
    """
    truth, found = truth_of(comments), said.found
    none: Truth = np.asarray(~truth.any(axis=1))
    none_found: Truth = np.asarray(~found.any(axis=1))
    return {
        "macro_f1": partial(counts.macro_f1, truth, found),
        "micro_f1": partial(counts.micro_f1, truth, found),
        "none_precision": partial(counts.precision, none, none_found),
        "none_recall": partial(counts.recall, none, none_found),
        "none_f1": partial(counts.f1, none, none_found),
        **sentiment_metrics("sentiment", classes_of([c.sentiment for c in comments]), said.overall),
        "stance_accuracy": partial(counts.share, stances_right(comments, said), truth),
    }


def sentiment_metrics(
    name: str, labels: NDArray[np.int64], chances: NDArray[np.float32]
) -> Mapping[str, Metric]:
    """Accuracy and macro-F1 of one choice among several: `labels` (n,), `chances` (n, classes)."""
    classes = chances.shape[1]
    guesses = chances.argmax(axis=1)
    truth, found = (counts.one_column_each(each, classes) for each in (labels, guesses))
    everyone = np.ones(len(labels), dtype=bool)
    return {
        f"{name}_accuracy": partial(counts.share, labels == guesses, everyone),
        f"{name}_macro_f1": partial(counts.macro_f1, truth, found),
    }


def factor_metrics(
    comments: Sequence[LabelledComment], said: Predictions
) -> Mapping[str, Mapping[str, Metric]]:
    """The figures of each factor, by factor and name."""
    truth, right = truth_of(comments), stances_right(comments, said)
    return {
        str(factor): {
            "precision": partial(counts.precision, truth[:, i], said.found[:, i]),
            "recall": partial(counts.recall, truth[:, i], said.found[:, i]),
            "f1": partial(counts.f1, truth[:, i], said.found[:, i]),
            "average_precision": partial(counts.average_precision, truth[:, i], said.factors[:, i]),
            "stance_accuracy": partial(counts.share, right[:, i], truth[:, i]),
        }
        for i, factor in enumerate(FACTORS)
    }
