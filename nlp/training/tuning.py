"""Temperatures and thresholds, chosen on the development sets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from nlp.bag_of_words import BagOfWords
from nlp.components import certainty, in_order, limits_of, probabilities, sigmoid
from nlp.concerns import signs_of_harm
from nlp.encoder import Encoder, Floats
from nlp.evaluation import Scores, score, stack, truth_of
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS

#: The share of the development sets' comments, the least certain ones, that need a person.
NEEDS_PERSON = 0.2

#: The share of the development sets' comments that wordings and concern head together may flag. Two or
#: three in a hundred of those comments voice a concern indeed: that leaves under 3% of the ordinary ones.
MOST_FLAGGED = 0.055

#: How far the shift of sentiments is held back, per unit squared.
_STIFFNESS = 0.005


def tune(
    sets: Mapping[str, Sequence[LabelledComment]], encoder: Encoder, *, staffs_own: str
) -> tuple[dict[str, Any], dict[str, Scores]]:
    """Temperatures and thresholds from the development sets, and the scores they give there.

    Temperatures: each set weighs the same. Thresholds: one for each factor from the sets of reviews,
    and one from the set `staffs_own`, in staff's own voice; from all sets where either is missing.
    """
    encoded = {name: encoder.encode([c.text for c in rows]) for name, rows in sets.items()}
    outputs = {name: stack(comments) for name, comments in encoded.items()}
    shift = _stance_shift(sets, outputs)
    outputs = {name: (out[0], out[1] + shift, out[2]) for name, out in outputs.items()}
    temperatures = {
        "factors": _best_temperature(sets, outputs, _factor_loss),
        "stances": _best_temperature(sets, outputs, _stance_loss),
        "overall": _best_temperature(sets, outputs, _overall_loss),
    }
    chances = {name: sigmoid(out[0], temperatures["factors"]) for name, out in outputs.items()}
    limits = _thresholds(sets, chances, staffs_own)
    in_rows = [in_order(each) for each in limits]
    found = {
        name: own >= limits_of(*in_rows, np.array([comment.voice for comment in encoded[name]]))
        for name, own in chances.items()
    }
    moods = {name: probabilities(out[2], temperatures["overall"]) for name, out in outputs.items()}
    scores = {
        name: score(
            rows,
            chances[name],
            found[name],
            probabilities(outputs[name][1], temperatures["stances"]),
            moods[name],
        )
        for name, rows in sets.items()
    }
    certainties = np.concatenate(
        [certainty(own, found[name], moods[name].max(axis=1)) for name, own in chances.items()]
    )
    return {
        "temperatures": temperatures,
        "thresholds": limits[0],
        "staff_thresholds": limits[1],
        "stance_shift": [round(float(each), 3) for each in shift],
        "person_below": round(float(np.quantile(certainties, NEEDS_PERSON)), 4),
        "concern_threshold": concern_threshold(
            (comment.text, output.concern_logit)
            for name, rows in sets.items()
            for comment, output in zip(rows, encoded[name], strict=True)
        ),
    }, scores


def _thresholds(
    sets: Mapping[str, Sequence[LabelledComment]], chances: Mapping[str, Floats], staffs_own: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Of each factor, for reviews and for staff's own voice."""
    staffs = [name for name in sets if name == staffs_own] or list(sets)
    others = [name for name in sets if name != staffs_own] or list(sets)

    def best(names: Sequence[str]) -> dict[str, float]:
        return {
            str(factor): _best_threshold(
                [(chances[name][:, i], truth_of(sets[name])[:, i]) for name in names]
            )
            for i, factor in enumerate(FACTORS)
        }

    return best(others), best(staffs)


def _best_threshold(parts: Sequence[tuple[Floats, Any]]) -> float:
    chances = np.concatenate([part[0] for part in parts])
    truth = np.concatenate([part[1] for part in parts])
    grid = np.arange(0.1, 0.8, 0.01)
    values = np.array([_f1(truth, chances >= limit) for limit in grid])
    # The middle of a smoothed peak holds better on other text than the peak itself.
    smooth = np.convolve(np.pad(values, 3, mode="edge"), np.ones(7) / 7, mode="valid")
    return round(float(grid[int(smooth.argmax())]), 2)


def _stance_shift(sets: Mapping[str, Sequence[LabelledComment]], outputs: Mapping[str, Any]) -> Floats:
    """What is added to the logits of the three sentiments towards a factor, (3,), so that each is as
    common as it is; each set weighs the same. The network finds too many neutral: it has also learnt
    from texts in which a factor is doubtful, and the sentiment towards it with it."""

    def loss(shift: Floats) -> float:
        shifted = {name: (out[0], out[1] + shift, out[2]) for name, out in outputs.items()}
        own = sum(_stance_loss(rows, shifted[name], 1.0) for name, rows in sets.items()) / len(sets)
        return own + _STIFFNESS * float((shift**2).sum())

    result: Floats = minimize(loss, np.zeros(len(SENTIMENTS))).x.round(3)
    return result


def share_of_words(
    sets: Mapping[str, Sequence[LabelledComment]],
    encoder: Encoder,
    words: BagOfWords,
    *,
    staffs_own: str,
) -> float:
    """How much the words count beside a network without any: the share with which macro F1, a
    mean over the sets, is best."""
    network, said = {}, {}
    for name, rows in sets.items():
        texts = [row.text for row in rows]
        network[name] = stack(encoder.encode(texts))[0]
        said[name] = np.stack([words.read(text)[0] for text in texts])
    shares = np.arange(0, 1.55, 0.1)
    values = []
    for share in shares:
        chances = {name: sigmoid(network[name] + share * said[name], 1.0) for name in sets}
        limits = _thresholds(sets, chances, staffs_own)
        values.append(
            np.mean(
                [
                    _f1(truth_of(rows)[:, i], chances[name][:, i] >= limits[name == staffs_own][factor])
                    for name, rows in sets.items()
                    for i, factor in enumerate(FACTORS)
                ]
            )
        )
    # The middle of a smoothed peak, as for thresholds.
    smooth = np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return round(float(shares[int(smooth.argmax())]), 2)


def concern_threshold(comments: Iterable[tuple[str, float | None]]) -> float:
    """The head's chance from which it flags: the lowest with which it and the wordings together
    flag no more than MOST_FLAGGED of the comments, most of which are ordinary.

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
    first_left_alone = chances[int(MOST_FLAGGED * len(chances))]
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
