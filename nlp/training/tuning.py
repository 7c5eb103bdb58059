"""Temperatures and thresholds, chosen on the development sets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nlp.bag_of_words import BagOfWords
from nlp.components import certainty, probabilities, sigmoid
from nlp.concerns import signs_of_harm
from nlp.encoder import Encoder, Floats
from nlp.evaluation import Scores, score, stack, truth_of
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS

#: The share of the development sets' comments, the least certain ones, that need a person.
NEEDS_PERSON = 0.2

#: The share of the development sets' comments that wordings and concern head together may flag.
#: One in a hundred of those comments is a concern indeed.
ORDINARY_FLAGGED = 0.03


def tune(
    sets: Mapping[str, Sequence[LabelledComment]], encoder: Encoder
) -> tuple[dict[str, Any], dict[str, Scores]]:
    """Temperatures and thresholds from the development sets, and the scores they give there.

    Temperatures: each set weighs the same. Thresholds: each comment does, of either set.
    """
    encoded = {name: encoder.encode([c.text for c in rows]) for name, rows in sets.items()}
    outputs = {name: stack(comments) for name, comments in encoded.items()}
    temperatures = {
        "factors": _best_temperature(sets, outputs, _factor_loss),
        "stances": _best_temperature(sets, outputs, _stance_loss),
        "overall": _best_temperature(sets, outputs, _overall_loss),
    }
    chances = {name: sigmoid(out[0], temperatures["factors"]) for name, out in outputs.items()}
    thresholds = {
        str(factor): _best_threshold(
            [(chances[name][:, i], truth_of(rows)[:, i]) for name, rows in sets.items()]
        )
        for i, factor in enumerate(FACTORS)
    }
    limits = np.array([thresholds[factor] for factor in FACTORS], dtype=np.float32)
    moods = {name: probabilities(out[2], temperatures["overall"]) for name, out in outputs.items()}
    scores = {
        name: score(
            rows,
            chances[name],
            chances[name] >= limits,
            probabilities(outputs[name][1], temperatures["stances"]),
            moods[name],
        )
        for name, rows in sets.items()
    }
    certainties = np.concatenate(
        [certainty(own, own >= limits, moods[name].max(axis=1)) for name, own in chances.items()]
    )
    return {
        "temperatures": temperatures,
        "thresholds": thresholds,
        "person_below": round(float(np.quantile(certainties, NEEDS_PERSON)), 4),
        "concern_threshold": concern_threshold(
            (comment.text, output.concern_logit)
            for name, rows in sets.items()
            for comment, output in zip(rows, encoded[name], strict=True)
        ),
    }, scores


def _best_threshold(parts: Sequence[tuple[Floats, Any]]) -> float:
    chances = np.concatenate([part[0] for part in parts])
    truth = np.concatenate([part[1] for part in parts])
    grid = np.arange(0.2, 0.75, 0.01)
    values = np.array([_f1(truth, chances >= limit) for limit in grid])
    # The middle of a smoothed peak holds better on other text than the peak itself.
    smooth = np.convolve(np.pad(values, 3, mode="edge"), np.ones(7) / 7, mode="valid")
    return round(float(grid[int(smooth.argmax())]), 2)


def share_of_words(
    sets: Mapping[str, Sequence[LabelledComment]], encoder: Encoder, words: BagOfWords
) -> float:
    """How much the words count beside a network without any: the share with which macro F1, a
    mean over the sets, is best."""
    truths = {name: truth_of(rows) for name, rows in sets.items()}
    network, said = {}, {}
    for name, rows in sets.items():
        texts = [row.text for row in rows]
        network[name] = stack(encoder.encode(texts))[0]
        said[name] = np.stack([words.logits(text) for text in texts])
    shares = np.arange(0, 1.55, 0.1)
    values = []
    for share in shares:
        chances = {name: sigmoid(network[name] + share * said[name], 1.0) for name in sets}
        limits = [
            _best_threshold([(chances[name][:, i], truths[name][:, i]) for name in sets])
            for i in range(len(FACTORS))
        ]
        values.append(
            np.mean(
                [
                    _f1(truths[name][:, i], chances[name][:, i] >= limits[i])
                    for name in sets
                    for i in range(len(FACTORS))
                ]
            )
        )
    # The middle of a smoothed peak, as for thresholds.
    smooth = np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return round(float(shares[int(smooth.argmax())]), 2)


def concern_threshold(comments: Iterable[tuple[str, float | None]]) -> float:
    """The head's chance from which it flags: the lowest with which it and the wordings together
    flag no more than ORDINARY_FLAGGED of the comments, most of which are ordinary.

    `comments` are texts with the head's logits. What a wording flags counts as sure to be flagged:
    the more the wordings take of the share, the less is left to the head.
    """
    chances = sorted(
        (
            1.0 if any(signs_of_harm(text)) else float(sigmoid(np.array(logit), 1.0))
            for text, logit in comments
        ),
        reverse=True,
    )
    first_left_alone = chances[int(ORDINARY_FLAGGED * len(chances))]
    return math.floor(first_left_alone * 1000 + 1) / 1000


def _f1(truth: Any, found: Any) -> float:
    hits = (truth & found).sum()
    return float(2 * hits / max(1, truth.sum() + found.sum()))


def _best_temperature(sets: Mapping[str, Any], outputs: Mapping[str, Any], loss: Any) -> float:
    grid = np.arange(0.5, 3.01, 0.05)
    losses = [sum(loss(rows, outputs[name], t) for name, rows in sets.items()) for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 2)


def _factor_loss(rows: Sequence[LabelledComment], out: Any, temperature: float) -> float:
    chances = np.clip(sigmoid(out[0], temperature), 1e-6, 1 - 1e-6)
    return float(-np.log(np.where(truth_of(rows), chances, 1 - chances)).mean())


def _stance_loss(rows: Sequence[LabelledComment], out: Any, temperature: float) -> float:
    chances = probabilities(out[1], temperature)
    return float(
        -np.mean(
            [
                np.log(chances[i, FACTORS.index(f), SENTIMENTS.index(s)] + 1e-9)
                for i, row in enumerate(rows)
                for f, s in row.factor_sentiment.items()
            ]
        )
    )


def _overall_loss(rows: Sequence[LabelledComment], out: Any, temperature: float) -> float:
    chances = probabilities(out[2], temperature)
    return float(
        -np.mean(
            [np.log(chances[i, SENTIMENTS.index(r.sentiment)] + 1e-9) for i, r in enumerate(rows)]
        )
    )
