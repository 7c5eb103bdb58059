"""Reporting groups: units too small for results of their own, shown together (A21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.disclosure.forecast import USUAL_RATE, ReportingGroup, propose_groups
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.pulses.models import FIRST_GROUP_ID, FrozenUnit, Wave, WaveState, WaveUnit

#: A forecast from one odd wave must not group everything, or nothing.
_LOWEST_RATE, _HIGHEST_RATE = 0.2, 0.8

#: A group of more units than this is named after the first of them only.
_MOST_NAMES = 4


def expected_rate(session: Session) -> float:
    """How many of those invited are expected to answer: as in the newest counted wave."""
    band = session.scalar(
        select(Wave.live_rate_band)
        .where(Wave.state == WaveState.COUNTED, Wave.live_rate_band.is_not(None))
        .order_by(Wave.closes_at.desc(), Wave.id.desc())
        .limit(1)
    )
    if band is None:
        return USUAL_RATE
    return min(_HIGHEST_RATE, max(_LOWEST_RATE, band / 100))


def with_reporting_groups(session: Session, units: Sequence[FrozenUnit], *, k: int) -> list[FrozenUnit]:
    """The units with their groups between them and their parents.

    Groups of the newest launched wave that has some stay as they are where that is still right.
    """
    tree = Tree({unit.unit_id: unit.parent_id for unit in units})
    groups = propose_groups(
        tree,
        {unit.unit_id: unit.invited for unit in units},
        k=k,
        rate=expected_rate(session),
        keep=_newest_groups(session),
    )
    names = {unit.unit_id: unit.name for unit in units}
    ids = {group: FIRST_GROUP_ID + place for place, group in enumerate(groups)}
    above = {member: ids[group] for group in groups for member in group.members}
    return [
        *(replace(unit, parent_id=above.get(unit.unit_id, unit.parent_id)) for unit in units),
        *(
            FrozenUnit(
                unit_id=ids[group],
                parent_id=group.parent,
                name=_name([names[member] for member in group.members]),
                invited=0,
            )
            for group in groups
        ),
    ]


def groups_of(units: Iterable[FrozenUnit]) -> tuple[ReportingGroup, ...]:
    """The groups in a frozen tree."""
    units = list(units)
    members: defaultdict[int | None, list[int]] = defaultdict(list)
    for unit in units:
        members[unit.parent_id].append(unit.unit_id)
    return tuple(
        ReportingGroup(unit.parent_id, tuple(sorted(members[unit.unit_id])))
        for unit in units
        if unit.is_group and unit.parent_id is not None
    )


def _newest_groups(session: Session) -> tuple[ReportingGroup, ...]:
    wave_id = session.scalar(select(func.max(WaveUnit.wave_id)).where(WaveUnit.unit_id >= FIRST_GROUP_ID))
    rows = session.scalars(select(WaveUnit).where(WaveUnit.wave_id == wave_id))
    return groups_of(row.frozen() for row in rows)


def _name(names: Sequence[str]) -> str:
    """'Maple, Oak and Elm'; of many units the first few and how many more."""
    if len(names) > _MOST_NAMES:
        first = names[: _MOST_NAMES - 1]
        return f"{', '.join(first)} and {len(names) - len(first)} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"
