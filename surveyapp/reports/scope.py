"""Which waves and units a reader may open, in a wave's frozen tree."""

from __future__ import annotations

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.pulses import services as pulses


class NotYoursError(LookupError):
    """Not a wave or unit that this reader may open, whether it exists or not."""


class NoResultsYetError(LookupError):
    """The wave is not counted: nobody sees results before (A8)."""


class CannotBeCountedError(NoResultsYetError):
    """The wave's keys are lost, so it never will be counted."""


def counted(session: Session, wave_id: int) -> pulses.Wave:
    """The wave, if it is counted. Raises NotYoursError or NoResultsYetError."""
    wave = pulses.wave(session, wave_id)
    if wave is None:
        raise NotYoursError
    if wave.state == pulses.WaveState.CANNOT_BE_COUNTED:
        raise CannotBeCountedError
    if wave.state != pulses.WaveState.COUNTED:
        raise NoResultsYetError
    return wave


def frozen(session: Session, wave_id: int) -> tuple[Tree, dict[int, str]]:
    """The tree as it stood at launch, and the names of its units."""
    units = pulses.wave_units(session, wave_id)
    return pulses.tree_of(units), {unit.unit_id: unit.name for unit in units}


def readable(tree: Tree, reader: Reader) -> set[int]:
    """Units of the frozen tree that the reader may open.

    Who leads a unit may open the group that it is shown in too, but no other unit of the group.
    """
    if reader.reads_all_units:
        return set(tree.parents)
    found: set[int] = set()
    for unit_id in reader.unit_ids.intersection(tree.parents):
        found |= tree.subtree(unit_id)
        parent = tree.parents[unit_id]
        if parent is not None and pulses.is_reporting_group(parent):
            found.add(parent)
    return found


def check(tree: Tree, reader: Reader, unit_id: int) -> None:
    """Raises NotYoursError unless the reader may open the unit."""
    # Whoever reads all units learns nothing from a unit that does not exist: it looks suppressed.
    if not reader.reads_all_units and unit_id not in readable(tree, reader):
        raise NotYoursError
