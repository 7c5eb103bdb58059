"""What each text's outputs should be: labels, teachers' opinions, or a mixture of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.components import probabilities, sigmoid
from nlp.encoder import Floats
from nlp.labelled import SENTIMENT_OF_LEVEL
from nlp.taxonomy import FACTORS, SENTIMENTS
from nlp.training.opinions import Opinion, Opinions, digest
from nlp.training.readings import Reading, Readings
from nlp.training.texts import Example

_FACTORS, _SENTIMENTS, _LEVELS = len(FACTORS), len(SENTIMENTS), len(SENTIMENT_OF_LEVEL)


@dataclass(frozen=True, slots=True)
class Targets:
    """Chances that outputs should have, and how much each counts; n texts.

    `factors` (n, 7), `stances` (n, 7, 3), `overall` (n, 3), `levels` (n, 5), `concern` (n,);
    the weights `of_factors` (n,), `of_stances` (n, 7), `of_overall` (n,), `of_levels` (n,) and
    `of_concern` (n,) are 0 where nothing is known.
    """

    factors: Floats
    stances: Floats
    overall: Floats
    levels: Floats
    concern: Floats
    of_factors: Floats
    of_stances: Floats
    of_overall: Floats
    of_levels: Floats
    of_concern: Floats

    def level_shares(self) -> Floats:
        """How common each level is among texts whose level is known, (5,); none is 0."""
        common = (self.levels * self.of_levels[:, None]).sum(axis=0) + 1
        result: Floats = common / common.sum()
        return result


#: What a teacher's opinion of the level counts where nobody gave one: levels belong to patients'
#: feedback, which the many other texts must not drown.
_LEVEL_UNASKED = 0.2

#: The share of two readings beside teachers' opinions. Both were asked for where teachers doubt the label,
#: and the second reader took the label's side three times in four.
_TRUST_IN_TWO = 0.8


def targets_of(
    examples: Sequence[Example],
    *,
    teachers: Sequence[Opinions] = (),
    readings: Readings | None = None,
    trust: float,
    smoothing: float,
) -> Targets:
    """Targets of `examples`.

    `trust` is the share of the label where teachers have an opinion too: a label that every
    teacher doubts then pulls less. Source: Hinton et al. 2015, "Distilling the knowledge in a
    neural network". A label that was read twice is the mean of its `readings`, and counts more.
    `smoothing` is the doubt in any label.
    """
    n = len(examples)
    targets = Targets(
        factors=np.zeros((n, _FACTORS), np.float32),
        stances=np.zeros((n, _FACTORS, _SENTIMENTS), np.float32),
        overall=np.zeros((n, _SENTIMENTS), np.float32),
        levels=np.zeros((n, _LEVELS), np.float32),
        concern=np.zeros(n, np.float32),
        of_factors=np.zeros(n, np.float32),
        of_stances=np.zeros((n, _FACTORS), np.float32),
        of_overall=np.zeros(n, np.float32),
        of_levels=np.zeros(n, np.float32),
        of_concern=np.zeros(n, np.float32),
    )
    for i, example in enumerate(examples):
        _label(targets, i, example, smoothing)
        key = digest(example.text)
        second = (readings or {}).get(key) if example.stances is not None else None
        if second:
            _read_again(targets, i, second, smoothing)
        opinions = [teacher[key] for teacher in teachers if key in teacher]
        if opinions:
            _mix(targets, i, opinions, _TRUST_IN_TWO if second else trust)
    return targets


def _label(targets: Targets, i: int, example: Example, smoothing: float) -> None:
    if example.stances is not None:
        targets.of_factors[i] = 1
        targets.factors[i] = smoothing
        for factor, stance in example.stances.items():
            column = FACTORS.index(factor)
            targets.factors[i, column] = 1 - smoothing
            targets.stances[i, column] = _one_of(_SENTIMENTS, SENTIMENTS.index(stance), smoothing)
            targets.of_stances[i, column] = 1
    if example.sentiment is not None:
        targets.overall[i] = _one_of(
            _SENTIMENTS, SENTIMENTS.index(example.sentiment), smoothing
        )
        targets.of_overall[i] = 1
    if example.level is not None:
        targets.levels[i] = _one_of(_LEVELS, example.level, smoothing)
        targets.of_levels[i] = 1
    if example.concern is not None:
        targets.concern[i] = 1 - smoothing if example.concern else smoothing
        targets.of_concern[i] = 1


def _read_again(targets: Targets, i: int, second: Reading, smoothing: float) -> None:
    """The mean of the label and what the second reader says; a stance counts as far as its factor does."""
    for column, factor in enumerate(FACTORS):
        found = 1 - smoothing if factor in second.stances else smoothing
        targets.factors[i, column] = (targets.factors[i, column] + found) / 2
        weight = targets.of_stances[i, column]
        if factor in second.stances:
            stance = _one_of(_SENTIMENTS, SENTIMENTS.index(second.stances[factor]), smoothing)
            targets.stances[i, column] = (weight * targets.stances[i, column] + stance) / (weight + 1)
            weight += 1
        targets.of_stances[i, column] = weight / 2
    overall = _one_of(_SENTIMENTS, SENTIMENTS.index(second.sentiment), smoothing)
    targets.overall[i] = (targets.overall[i] + overall) / 2


def _one_of(count: int, place: int, smoothing: float) -> Floats:
    chances = np.full(count, smoothing / count, np.float32)
    chances[place] += 1 - smoothing
    return chances


def _mix(
    targets: Targets, i: int, opinions: Sequence[Opinion], trust: float
) -> None:
    """Blend the label with the mean chance that teachers give; without a label, take the latter."""

    def blend(label: Floats, soft: Floats, known: bool) -> Floats:
        return trust * label + (1 - trust) * soft if known else soft

    factors = np.mean([sigmoid(o.factors, 1.0) for o in opinions], axis=0)
    targets.factors[i] = blend(targets.factors[i], factors, targets.of_factors[i] > 0)
    targets.of_factors[i] = 1
    stances = np.mean([probabilities(o.stances, 1.0) for o in opinions], axis=0)
    for column in range(_FACTORS):
        known = targets.of_stances[i, column] > 0
        targets.stances[i, column] = blend(targets.stances[i, column], stances[column], known)
        if not known:
            # The stance towards a factor matters as far as the factor is there.
            targets.of_stances[i, column] = targets.factors[i, column]
    for name, unasked in (("overall", 1.0), ("levels", _LEVEL_UNASKED)):
        values, weights = getattr(targets, name), getattr(targets, f"of_{name}")
        soft = np.mean([probabilities(getattr(o, name), 1.0) for o in opinions], axis=0)
        known = weights[i] > 0
        values[i] = blend(values[i], soft, known)
        weights[i] = 1 if known else unasked
