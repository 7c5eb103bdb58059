"""What L&D reads about a wave before and after its launch. Counts invited people, never answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.disclosure.forecast import ENOUGH_CHANCE, chance_of
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.instruments import services as instruments
from surveyapp.organisation import services as organisation
from surveyapp.pulses import grouping, services
from surveyapp.pulses.services import Channel, FrozenUnit, Wave, WaveState


@dataclass(frozen=True, slots=True)
class Forecast:
    """A unit or reporting group, its invited people, and the chance that enough of them answer."""

    name: str
    people: int
    chance: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a wave asks. `names` are the units that were chosen, each with all units below it.

    `expected_rate` in 100 is the response that the forecasts are for. `doubt` is the chance that
    even the organisation itself has enough answers, where that is in doubt.
    """

    everyone: bool
    names: tuple[str, ...]
    small_units: tuple[Forecast, ...] = ()
    groups: tuple[Forecast, ...] = ()
    expected_rate: int = 0
    doubt: str = ""


def audience(session: Session, wave: Wave) -> Audience:
    """The audience as frozen at the launch; of a draft, as it is today.

    A unit deleted since the draft was made is left out. An open link asks whoever comes by, and
    shows no single unit.
    """
    if wave.channel == Channel.OPEN_LINK:
        return Audience(everyone=True, names=())
    units = _units(session, wave)
    tree = services.tree_of(units)
    names = {unit.unit_id: unit.name for unit in units}
    invited = tree.totals({unit.unit_id: unit.invited for unit in units})
    chosen = [unit_id for unit_id in wave.audience_unit_ids if unit_id in names]
    rate = grouping.expected_rate(session)
    chances = {
        unit_id: chance_of(wave.minimum_group, people, rate) for unit_id, people in invited.items() if people
    }
    whole = chances.get(tree.root, 0.0)
    group_ids = {unit.unit_id for unit in units if unit.is_group}
    return Audience(
        everyone=tree.root in chosen,
        names=tuple(names[unit_id] for unit_id in chosen),
        small_units=tuple(
            Forecast(
                name=_path(tree, names, unit_id),
                people=invited[unit_id],
                chance=_chance_words(chances[unit_id]),
            )
            for unit_id in tree.top_down[1:]
            if chances.get(unit_id, 1) < ENOUGH_CHANCE and not _is_one_child(tree, invited, unit_id)
        ),
        groups=tuple(
            Forecast(names[unit_id], invited[unit_id], _chance_words(chances[unit_id]))
            for unit_id in sorted(group_ids)
        ),
        expected_rate=round(100 * rate),
        doubt="" if whole >= ENOUGH_CHANCE else _chance_words(whole),
    )


def _is_one_child(tree: Tree, invited: Mapping[int, int], unit_id: int) -> bool:
    """Whether all people of a unit are in one unit below it, which says the same."""
    return any(invited[child] == invited[unit_id] for child in tree.children[unit_id])


def _chance_words(chance: float) -> str:
    """'65 in 100', to the nearest 5, but for what is as good as sure."""
    if chance == 0:
        return "never"
    in_hundred = 5 * round(20 * chance)
    return {0: "hardly ever", 100: "nearly always"}.get(in_hundred, f"{in_hundred} in 100")


def domains(session: Session, wave: Wave) -> tuple[tuple[str, int], ...]:
    """Where the invitations of a draft will go: domains with the number of people, most first.

    The person who launches can see invented people by where their mail goes.
    """
    invitees = organisation.people_for_audience(session, wave.audience_unit_ids)
    found = organisation.address_domains(session, [invitee.person_id for invitee in invitees])
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def question_set(session: Session, wave: Wave) -> str:
    """The name of what a wave asks; of an own set, the one that it has now."""
    library = instruments.load_library(wave.library_version)
    template = instruments.template(session, library, wave.template_id)
    name = set_name(template, wave.choice_key) if template else wave.template_id
    asks_more = any(item.item_id == library.follow_up.id for item in wave.items)
    return f"{name}, and if people have seen changes" if asks_more else name


def set_name(template: instruments.Template, choice_key: str, *, short: bool = False) -> str:
    """A template and one of its choices: 'Monthly pulse (5 questions): rotation A, month 1'.

    An own set has one choice, and is called by its own name. `short` leaves out what is in brackets,
    so that a list on a phone shows what differs.
    """
    if instruments.is_own(template.id):
        return template.name
    label = next(choice.label for choice in template.choices if choice.key == choice_key)
    name = template.name.partition(" (")[0] if short else template.name
    return f"{name}: {label[:1].lower()}{label[1:]}"


def next_turn(
    waves: Sequence[Wave], templates: Mapping[str, instruments.Template], like: Wave | None
) -> str:
    """The questions to offer first, as 'template/choice'.

    They follow on the newest wave of the template of `like`, or of the newest wave of all.
    """
    pulses = [wave for wave in waves if wave.template_id in templates]
    newest = like if like in pulses else next(iter(pulses), None)
    if newest is None:
        template = next(iter(templates.values()))
        return f"{template.id}/{template.choices[0].key}"
    template = templates[newest.template_id]
    keys = [choice.key for choice in template.choices]
    for wave in pulses:
        if wave.template_id == template.id and wave.choice_key in keys:
            return f"{template.id}/{keys[(keys.index(wave.choice_key) + 1) % len(keys)]}"
    return f"{template.id}/{keys[0]}"


def _path(tree: Tree, names: Mapping[int, str], unit_id: int) -> str:
    """The unit's name after those of the units above it, save the organisation's own."""
    below_root = [up for up in tree.path_up(unit_id)[:-1] if not services.is_reporting_group(up)]
    below_root = below_root or [unit_id]
    return f" {organisation.PATH_SEPARATOR} ".join(names[each] for each in reversed(below_root))


def _units(session: Session, wave: Wave) -> list[FrozenUnit]:
    if wave.state not in {WaveState.DRAFT, WaveState.LAUNCHING}:
        return services.wave_units(session, wave.id)
    return services.units_to_freeze(session, wave, services.people_to_ask(session, wave))
