"""The audit of an organisation described in a file: what would be shown, and what would follow (A7)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveyapp.disclosure.breakdown import Group, Leak, Publication, find_leak
from surveyapp.disclosure.gate import choose
from surveyapp.disclosure.hierarchy import Tree

#: Ids of units as the file has them: whole numbers or text.
UnitId = int | str

#: Stands above the units that have no parent where there are several of them.
_EVERYONE = 0


class AuditFileError(ValueError):
    """The description cannot be used. The message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Description:
    """An organisation as read from a file, its units numbered 1, 2, … in the file's order.

    `claimed` is what the file says to be published, or None when the gate is to choose.
    """

    k: int
    tree: Tree
    cells: Mapping[tuple[int, Group], int]
    unit_ids: Mapping[int, UnitId]
    claimed: Publication | None


def read(text: str) -> Description:
    """Read the JSON of a description. Raises AuditFileError."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AuditFileError(f"This is not JSON: {str(error)[:100]}") from None
    if not isinstance(data, dict):
        raise AuditFileError('The file must hold one JSON object with "k", "units", "respondents".')
    k = data.get("k")
    if type(k) is not int or k < 1:
        raise AuditFileError('"k" must be a whole number, 1 or more.')
    units = _rows(data, "units")
    numbers: dict[UnitId, int] = {}
    for place, unit in enumerate(units, start=1):
        unit_id = unit.get("id")
        if not isinstance(unit_id, str | int) or isinstance(unit_id, bool):
            raise AuditFileError(f'units[{place - 1}]: "id" must be text or a whole number.')
        if unit_id in numbers:
            raise AuditFileError(f"units[{place - 1}]: the id {unit_id!r} is there twice.")
        numbers[unit_id] = place
    cells: Counter[tuple[int, Group]] = Counter()
    for place, person in enumerate(_rows(data, "respondents")):
        group = person.get("group")
        if group is not None and (not isinstance(group, str) or not group):
            raise AuditFileError(f'respondents[{place}]: "group" must be some text, or null.')
        cells[_number(numbers, person.get("unit"), f"respondents[{place}]"), group or ""] += 1
    return Description(
        k=k,
        tree=_tree(units, numbers),
        cells=cells,
        unit_ids={number: unit_id for unit_id, number in numbers.items()},
        claimed=_claimed(data, numbers, {group for _, group in cells}),
    )


def audit(described: Description) -> dict[str, Any]:
    """What is published and which crowds of fewer than k follow from it, ready for JSON."""
    shown = described.claimed
    if shown is None:
        shows_root = described.tree.root != _EVERYONE
        shown = choose(described.tree, described.cells, k=described.k, shows_root=shows_root)
    leak = find_leak(described.tree, described.cells, shown, k=described.k)
    ids = described.unit_ids
    return {
        "published_units": [ids[unit] for unit in sorted(shown.units) if unit in ids],
        "published_groups": sorted(shown.groups),
        "derivable_below_k": [] if leak is None else [_described(leak, ids)],
    }


def _described(leak: Leak, ids: Mapping[int, UnitId]) -> dict[str, Any]:
    return {
        "people": leak.people,
        "from_units": [ids[unit] for unit in sorted(leak.units) if unit in ids],
        "from_groups": sorted(leak.groups),
    }


def _rows(data: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    rows = data.get(name)
    if not isinstance(rows, list):
        raise AuditFileError(f'"{name}" must be a list.')
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            raise AuditFileError(f"{name}[{place}] must be an object.")
    return rows


def _number(numbers: Mapping[UnitId, int], unit_id: Any, where: str) -> int:
    # In Python True is an int, and an id must not be one.
    if not isinstance(unit_id, str | int) or isinstance(unit_id, bool) or unit_id not in numbers:
        raise AuditFileError(f"{where}: there is no unit {unit_id!r}.")
    return numbers[unit_id]


def _tree(units: Sequence[Mapping[str, Any]], numbers: Mapping[UnitId, int]) -> Tree:
    parents: dict[int, int | None] = {}
    for place, unit in enumerate(units):
        above = unit.get("parent")
        parents[place + 1] = None if above is None else _number(numbers, above, f"units[{place}]")
    tops = [unit for unit, parent in parents.items() if parent is None]
    if len(tops) > 1:
        parents |= dict.fromkeys(tops, _EVERYONE)
        parents[_EVERYONE] = None
    try:
        return Tree(parents)
    except ValueError:
        raise AuditFileError(
            '"units" must hold at least one unit without a parent, and none below itself.'
        ) from None


def _claimed(
    data: Mapping[str, Any], numbers: Mapping[UnitId, int], known: Collection[Group]
) -> Publication | None:
    if "published_units" not in data and "published_groups" not in data:
        return None
    units, groups = data.get("published_units", []), data.get("published_groups", [])
    if not isinstance(units, list) or not isinstance(groups, list):
        raise AuditFileError('"published_units" and "published_groups" must be lists.')
    for group in groups:
        if not isinstance(group, str) or not group or group not in known:
            raise AuditFileError(f"published_groups: nobody is in the group {group!r}.")
    return Publication(
        frozenset(_number(numbers, unit, "published_units") for unit in units), frozenset(groups)
    )
