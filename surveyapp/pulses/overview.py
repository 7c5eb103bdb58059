"""What L&D reads about a wave before and after its launch. Counts invited people, never answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.disclosure.hierarchy import Tree
from surveyapp.instruments import services as instruments
from surveyapp.organisation import services as organisation
from surveyapp.pulses import services
from surveyapp.pulses.services import FrozenUnit, Wave, WaveKind, WaveState


@dataclass(frozen=True, slots=True)
class SmallUnit:
    """A unit with fewer than k invited people in it and below it: it is never shown alone."""

    name: str
    people: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a wave asks. `names` are the units that were chosen, each with all units below it."""

    everyone: bool
    names: tuple[str, ...]
    small_units: tuple[SmallUnit, ...]


def audience(session: Session, wave: Wave) -> Audience:
    """The audience as frozen at the launch; of a draft, as it is today.

    A unit deleted since the draft was made is left out.
    """
    units = _units(session, wave)
    tree = Tree({unit.unit_id: unit.parent_id for unit in units})
    names = {unit.unit_id: unit.name for unit in units}
    invited = tree.totals({unit.unit_id: unit.invited for unit in units})
    chosen = [unit_id for unit_id in wave.audience_unit_ids if unit_id in names]
    asked = set().union(*(tree.subtree(unit_id) for unit_id in chosen))
    return Audience(
        everyone=tree.root in chosen,
        names=tuple(names[unit_id] for unit_id in chosen),
        small_units=tuple(
            SmallUnit(names[unit_id], invited[unit_id])
            for unit_id in tree.top_down
            if unit_id in asked and invited[unit_id] < wave.minimum_group
        ),
    )


def question_set(wave: Wave) -> str:
    """The name of what a wave asks, such as 'Monthly pulse (5 questions): rotation A, month 1'."""
    if wave.kind == WaveKind.IMPORTED:
        return "Comments collected elsewhere"
    template = instruments.load_library(wave.library_version).templates[wave.template_id]
    labels = [choice.label for choice in template.choices if choice.key == wave.choice_key]
    return ": ".join([template.name, *(label[:1].lower() + label[1:] for label in labels)])


def next_choice(waves: Sequence[Wave], template: instruments.Template) -> str:
    """The set of questions whose turn it is: the one after the newest wave of that template."""
    keys = [choice.key for choice in template.choices]
    for wave in waves:
        if wave.template_id == template.id and wave.choice_key in keys:
            return keys[(keys.index(wave.choice_key) + 1) % len(keys)]
    return keys[0]


def _units(session: Session, wave: Wave) -> list[FrozenUnit]:
    if wave.state not in {WaveState.DRAFT, WaveState.LAUNCHING}:
        return services.wave_units(session, wave.id)
    own = Counter(
        invitee.unit_id
        for invitee in organisation.people_for_audience(session, wave.audience_unit_ids)
    )
    return [
        FrozenUnit(unit_id, parent_id, name, own[unit_id])
        for unit_id, parent_id, name in organisation.frozen_tree(session)
    ]
