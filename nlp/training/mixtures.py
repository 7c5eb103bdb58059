"""Texts put together from others, to learn from another network's answers: labels it needs none.

Source: Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent".
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from nlp.training.pieces import sentences_of
from nlp.training.texts import MIXED, OWN, PIECES, Example

#: Chances of the voices: care staff, patients, and all others. The first is the hardest to learn.
_VOICES = {OWN: 2, "patients": 1, "": 1}

#: Sentences of a comment that go together, at most.
_RUN = 3


def mixtures(examples: Sequence[Example], number: int, chance: random.Random) -> list[Example]:
    """So many texts of some sentences in a row of one comment, and of another in the same voice."""
    comments: defaultdict[str, list[list[str]]] = defaultdict(list)
    for example in examples:
        if example.source != PIECES and (sentences := sentences_of(example.text)):
            comments[example.source if example.source in _VOICES else ""].append(sentences)
    voices = sorted(comments)
    drawn = chance.choices(voices, [_VOICES[voice] for voice in voices], k=number)
    pairs = [(_run(chance, comments[voice]), _run(chance, comments[voice])) for voice in drawn]
    return [Example(text=" ".join(pair), source=MIXED) for pair in pairs]


def _run(chance: random.Random, comments: Sequence[Sequence[str]]) -> str:
    sentences = chance.choice(comments)
    first = chance.randrange(len(sentences))
    return " ".join(sentences[first : first + chance.randint(1, _RUN)])
