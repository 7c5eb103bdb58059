"""The figures that a model folder's manifest keeps: how good the model is on labelled comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.encoder import Encoded, Floats
from nlp.evaluation.calibration import calibration_error
from nlp.evaluation.counts import Truth
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 of one factor, and how many comments have it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Proportions, 0 to 1. `stance_accuracy` is over the factors that people saw."""

    comments: int
    macro_f1: float
    micro_f1: float
    sentiment_accuracy: float
    stance_accuracy: float
    factor_calibration_error: float
    sentiment_calibration_error: float
    labels: Mapping[str, LabelScore]


def truth_of(comments: Sequence[LabelledComment]) -> Truth:
    """(comments, 7): which factors people saw."""
    return np.array([[factor in c.factor_sentiment for factor in FACTORS] for c in comments])


def score(
    comments: Sequence[LabelledComment],
    factors: Floats,
    found: Truth,
    stances: Floats,
    overall: Floats,
) -> Scores:
    """Compare with the labels.

    `factors` (n, 7) and `found` (n, 7): chances and decisions; `stances` (n, 7, 3) and `overall`
    (n, 3): chances.
    """
    truth = truth_of(comments)
    labels = {str(factor): _label_score(truth[:, i], found[:, i]) for i, factor in enumerate(FACTORS)}
    micro = _label_score(truth.ravel(), found.ravel())
    right = [
        SENTIMENTS[int(stances[row, FACTORS.index(factor)].argmax())] == stance
        for row, comment in enumerate(comments)
        for factor, stance in comment.factor_sentiment.items()
    ]
    guesses = overall.argmax(axis=1)
    hits = np.array([SENTIMENTS[int(g)] == c.sentiment for g, c in zip(guesses, comments, strict=True)])
    return Scores(
        comments=len(comments),
        macro_f1=float(np.mean([label.f1 for label in labels.values()])),
        micro_f1=micro.f1,
        sentiment_accuracy=float(hits.mean()),
        stance_accuracy=float(np.mean(right)) if right else 0.0,
        factor_calibration_error=calibration_error(factors.ravel(), truth.ravel()),
        sentiment_calibration_error=calibration_error(overall.max(axis=1), hits),
        labels=labels,
    )


def stack(encoded: Sequence[Encoded]) -> tuple[Floats, Floats, Floats]:
    """Factor, stance and overall logits of many comments as (n, 7), (n, 7, 3) and (n, 3)."""
    return (
        np.stack([e.factor_logits for e in encoded]),
        np.stack([e.stance_logits for e in encoded]),
        np.stack([e.overall_logits for e in encoded]),
    )


def _label_score(truth: Truth, found: Truth) -> LabelScore:
    hits = int((truth & found).sum())
    precision = hits / int(found.sum()) if found.any() else 0.0
    recall = hits / int(truth.sum()) if truth.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return LabelScore(precision, recall, f1, int(truth.sum()))
