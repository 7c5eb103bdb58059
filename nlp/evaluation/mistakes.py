"""The mistakes of which a model was surest: where to look for what it has not understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlp.evaluation.figures import classes_of
from nlp.evaluation.predictions import Predictions
from nlp.evaluation.scores import truth_of
from nlp.labelled import LabelledComment
from nlp.taxonomy import FACTORS, SENTIMENTS

#: Mistakes of each kind.
MOST = 5


@dataclass(frozen=True, slots=True)
class Mistake:
    """`chance` is what the model gave the wrong answer, 0 to 1. The text is for a person's eyes."""

    comment: str
    what: str
    chance: float
    text: str = field(repr=False)


def surest_mistakes(
    comments: Sequence[LabelledComment], said: Predictions, most: int = MOST
) -> Iterator[Mistake]:
    """Factors wrongly found, factors missed and sentiments mistaken: `most` of each, surest first."""
    truth = truth_of(comments)
    kinds = (
        ("found", said.found & ~truth, said.factors),
        ("missed", truth & ~said.found, 1 - said.factors),
    )
    for word, wrong, chances in kinds:
        rows, columns = np.nonzero(wrong)
        for place in np.argsort(-chances[rows, columns], kind="stable")[:most]:
            row, column = int(rows[place]), int(columns[place])
            yield _mistake(comments[row], f"{FACTORS[column]} {word}", chances[row, column])
    labels, guesses = classes_of([c.sentiment for c in comments]), said.overall.argmax(axis=1)
    rows = np.flatnonzero(labels != guesses)
    for row in rows[np.argsort(-said.overall[rows].max(axis=1), kind="stable")[:most]]:
        comment = comments[row]
        what = f"{SENTIMENTS[guesses[row]]} instead of {comment.sentiment}"
        yield _mistake(comment, what, said.overall[row].max())


def _mistake(comment: LabelledComment, what: str, chance: float) -> Mistake:
    return Mistake(comment.id, what, float(chance), comment.text)
