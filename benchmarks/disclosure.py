"""Disclosure control: a trust of a thousand units and a hundred thousand answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from functools import partial

from benchmarks.measuring import Measurement, seconds
from surveyapp.disclosure.gate import choose
from surveyapp.disclosure.hierarchy import Tree, publishable_units
from surveyapp.disclosure.placement import place_comments
from surveyapp.disclosure.snapshot import ItemTally, freeze

UNITS = 1_000
RESPONDENTS = 100_000
#: The monthly form, and the yearly one.
FORMS = (5, 50)
GROUPS = 8
K = 10


def measure() -> Iterator[Measurement]:
    rng = random.Random(7)
    tree = Tree({unit: None if unit == 0 else rng.randrange(unit) for unit in range(UNITS)})
    respondents = Counter(rng.randrange(UNITS) for _ in range(RESPONDENTS))
    names = {unit: f"Unit {unit}" for unit in range(UNITS)}
    size = f"{UNITS} units, {RESPONDENTS} answers"
    yield Measurement(
        f"which units may be shown, {size}",
        "s",
        seconds(lambda: publishable_units(tree, respondents, k=K)),
    )
    staffed = Counter((unit, f"group {rng.randrange(GROUPS)}") for unit in respondents.elements())
    yield Measurement(
        f"which units and which of {GROUPS} staff groups may be shown, {size}",
        "s",
        seconds(lambda: choose(tree, staffed, k=K)),
    )
    for questions in FORMS:
        items = [
            ItemTally(f"Q{item}", {cell: _spread(rng, n) for cell, n in staffed.items()})
            for item in range(questions)
        ]
        work = partial(
            freeze,
            tree=tree,
            names=names,
            invited={cell: count + rng.randrange(6) for cell, count in staffed.items()},
            respondents=staffed,
            items=items,
            scales=[],
            k=K,
        )
        yield Measurement(f"the whole snapshot of {questions} questions, {size}", "s", seconds(work))
    shown = publishable_units(tree, respondents, k=K)
    comments = Counter(rng.randrange(UNITS) for _ in range(RESPONDENTS // 3))
    yield Measurement(
        f"a place for each of {RESPONDENTS // 3} comments, {UNITS} units",
        "s",
        seconds(lambda: place_comments(tree, shown, respondents, comments, k=K)),
    )


def _spread(rng: random.Random, n: int) -> list[int]:
    answers = Counter(rng.choices(range(5), weights=(1, 2, 3, 5, 3), k=n))
    return [answers[place] for place in range(5)]
