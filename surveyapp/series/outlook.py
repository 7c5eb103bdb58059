"""What the next wave of a series can be expected to show: whom it asks, how many answer, how sure it is.

Counts people who would be asked, never answers.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.disclosure.forecast import ENOUGH_CHANCE, chance_of
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.organisation import services as organisation
from surveyapp.pulses import allocation
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Channel, FrozenUnit
from surveyapp.series import launching
from surveyapp.series.models import Series
from surveyapp.series.planning import Turn


@dataclass(frozen=True, slots=True)
class UnitOutlook:
    """A unit, a group of units that are shown together (A21), or the organisation.

    `answers` are as many as are expected. `margin` is how many points a percentage could be higher or
    lower by chance alone (C3); None where there will rarely be results at all. `is_top` is for units right
    below the organisation.
    """

    name: str
    staff: int
    asked: int
    answers: int
    margin: int | None
    is_often_shown: bool
    is_group: bool
    is_top: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """`share` and `rate` in 100. `resting` are people who were asked too short before.

    Of an open link, which asks whoever comes by, there is no outlook.
    """

    turn: Turn
    share: int
    rate: int
    resting: int
    whole: UnitOutlook
    units: tuple[UnitOutlook, ...]

    @property
    def rarely_shown(self) -> int:
        """How many units will rarely have results of their own."""
        return sum(not unit.is_often_shown and not unit.is_group for unit in self.units)


def outlook(session: Session, series: Series, turn: Turn | None) -> Outlook | None:
    """The outlook of a wave that is to come, with the staff of today; None where nobody is asked."""
    if turn is None or turn.opens is None or series.channel == Channel.OPEN_LINK:
        return None
    opens_on = turn.opens.date()
    share = launching.share_of(session, series, turn)
    people = organisation.people_for_audience(session, series.audience_unit_ids)
    asked = allocation.choose(people, opens_on=opens_on, share=share, chance=random.Random(0))
    if not people:
        return None
    own = Counter(person.unit_id for person in asked)
    units = [
        FrozenUnit(unit_id, parent_id, name, own[unit_id])
        for unit_id, parent_id, name in organisation.frozen_tree(session)
    ]
    if series.groups_small_units:
        units = pulses.with_reporting_groups(session, units, k=series.minimum_group)
    tree = pulses.tree_of(units)
    staff = tree.totals(Counter(person.unit_id for person in people))
    invited = tree.totals(own)
    rate = pulses.expected_rate(session)
    groups = {unit.unit_id for unit in units if unit.is_group}
    names = {unit.unit_id: unit.name for unit in units}

    def of(unit_id: int, name: str) -> UnitOutlook:
        chance = chance_of(series.minimum_group, invited[unit_id], rate)
        margin = allocation.margin_of_error(rate * invited[unit_id], staff[unit_id])
        return UnitOutlook(
            name=name,
            staff=staff[unit_id],
            asked=invited[unit_id],
            answers=round(rate * invited[unit_id]),
            margin=None if chance < ENOUGH_CHANCE or margin is None else round(margin),
            is_often_shown=chance >= ENOUGH_CHANCE,
            is_group=unit_id in groups,
            is_top=tree.parents[unit_id] == tree.root,
        )

    return Outlook(
        turn=turn,
        share=round(100 * share),
        rate=round(100 * rate),
        resting=allocation.left_alone_too_short(people, opens_on),
        whole=of(tree.root, names[tree.root]),
        units=tuple(
            of(unit_id, _path(tree, names, unit_id)) for unit_id in tree.top_down[1:] if staff[unit_id]
        ),
    )


def _path(tree: Tree, names: Mapping[int, str], unit_id: int) -> str:
    """The unit's name after those of the units above it, save the organisation's own and groups'."""
    ups = [up for up in tree.path_up(unit_id)[:-1] if up == unit_id or not pulses.is_reporting_group(up)]
    return f" {organisation.PATH_SEPARATOR} ".join(names[each] for each in reversed(ups))
