"""What the invented staff do: who answers, how, and who writes which comment. Pure.

The same people answer the same way each time, so that a load that was cut short can be gone
through again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveyapp.demonstration import trust

_COMMENTS = Path(__file__).parent / "comments.jsonl"

#: The comments written for the wave that is open; later ones use them again.
_OPEN_WAVE = 4

#: How people see each factor on the whole, on the scale from 1 to 5.
_VIEW = {"F1": 3.4, "F2": 3.9, "F3": 3.5, "F4": 3.1, "F5": 3.0, "F6": 2.9, "F7": 2.8}

#: How a unit differs, and by how much that changes from wave to wave.
_LEAN = {
    "acute": (-0.3, 0.05),
    "elderly": (0.25, 0.05),
    "theatres": (-0.45, 0.0),
    "surgical": (0.0, 0.1),
    "emergency": (-0.5, 0.25),
    "district": (0.45, 0.0),
    "mental": (0.25, -0.2),
    "podiatry": (0.2, 0.0),
    "support": (-0.15, 0.0),
}

#: Keys of the units where these people work.
PLACES = frozenset(_LEAN)

#: Groups of units that a comment may name instead of one.
_GROUPS = {"ward": frozenset({"acute", "elderly", "surgical"})}


@dataclass(frozen=True, slots=True)
class Member:
    """Someone invited. `place` is the key of the unit."""

    person_id: int
    place: str


@dataclass(frozen=True, slots=True)
class WrittenComment:
    """`place` is a unit or group where it could have been written; `mood` 1, 0 or -1."""

    place: str
    mood: int
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question to be answered: its id and its factor."""

    item_id: str
    factor: str


def comments_of(wave: int) -> list[WrittenComment]:
    with _COMMENTS.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        WrittenComment(row["place"], row["mood"], row["text"])
        for row in rows
        if row["wave"] == min(wave, _OPEN_WAVE)
    ]


def who_answers(members: Iterable[Member], wave: int, *, share: float = 1.0) -> list[Member]:
    """Some answer each time and some never; `share` is how far the wave has come."""
    rates = {unit.key: unit.rate for unit in trust.UNITS}
    answering = []
    for member in members:
        habit = random.Random(f"habit {member.person_id}").uniform(-0.3, 0.3)
        chance = (rates[member.place] + habit - 0.02 * min(wave, 3)) * share
        if random.Random(f"wave {wave} {member.person_id}").random() < chance:
            answering.append(member)
    return answering


def who_writes(answering: Sequence[Member], wave: int) -> dict[int, WrittenComment]:
    """Comments by person. One that fits nobody is left out."""
    draw = random.Random(f"comments {wave}")
    left = list(answering)
    draw.shuffle(left)
    written: dict[int, WrittenComment] = {}
    # Those that only some could have written first.
    for comment in sorted(comments_of(wave), key=lambda comment: not comment.place):
        places = _GROUPS.get(comment.place) or trust.places_within(comment.place)
        writer = next((member for member in left if member.place in places), None)
        if writer is not None:
            left.remove(writer)
            written[writer.person_id] = comment
    return written


def answers_of(
    member: Member, questions: Iterable[Question], wave: int, *, mood: int
) -> Mapping[str, int | None]:
    """Answers from 1 to 5, or None for 'not sure'. `mood` is that of the person's comment."""
    draw = random.Random(f"answers {wave} {member.person_id}")
    lean, trend = _LEAN[member.place]
    own = draw.gauss(0, 0.5) + 0.4 * mood + lean + trend * (min(wave, 4) - 1)
    answers: dict[str, int | None] = {}
    for question in questions:
        felt = round(draw.gauss(_VIEW[question.factor] + own, 0.8))
        answers[question.item_id] = None if draw.random() < 0.04 else min(5, max(1, felt))
    return answers
