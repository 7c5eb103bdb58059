"""The snapshot: everything that may be shown of a wave's scores, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from surveyapp.disclosure.breakdown import Cells, Group
from surveyapp.disclosure.figures import (
    Figure,
    Precision,
    Share,
    SplitPart,
    item_figure,
    rounded_count,
    rounded_rate,
    scale_figure,
)
from surveyapp.disclosure.gate import choose
from surveyapp.disclosure.hierarchy import Number, Tree
from surveyapp.disclosure.relations import Relation
from surveyapp.disclosure.reliability import Reliability

SCHEMA = 4

#: Snapshots of schema 1 know no groups, those of schema 2 no relations, of schema 3 no reliability.
_READABLE = (1, 2, 3, 4)

#: The one explanation for everything that is not shown, whatever the reason (A3).
SUPPRESSED = (
    "We do not show results here. We only show results where enough people answered, "
    "so that nobody can be picked out."
)


@dataclass(frozen=True, slots=True)
class ItemTally:
    """Answers 1…5 to one item, by the unit and group of the people who gave them."""

    item_id: str
    counts: Mapping[tuple[int, Group], Sequence[int]]


@dataclass(frozen=True, slots=True)
class ScaleTally:
    """Person scores of one scale by unit and group: how many, their sum, their sum of squares."""

    code: str
    sums: Mapping[tuple[int, Group], tuple[int, float, float]]


@dataclass(frozen=True, slots=True)
class Result:
    """What may be shown of some people. A question that is missing here may not be shown."""

    name: str
    respondents: int
    response_rate: int | None
    items: Mapping[str, Figure]
    scales: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class UnitResult(Result):
    """The same of a unit of the frozen tree."""

    unit_id: int
    parent_id: int | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UnitResult:
        """One of the units that `Snapshot.to_json` gives."""
        return cls(**_with_figures(data))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The publishable units of a wave, and the publishable groups of its one breakdown (A5).

    A unit or group that is missing here may not be shown.
    """

    k: int
    units: Mapping[int, UnitResult]
    groups: Mapping[Group, Result] = field(default_factory=dict)
    #: Which factors go with the wish to recommend, over the whole organisation.
    relations: tuple[Relation, ...] = ()
    #: How well the questions of each scale hang together, over the whole organisation.
    reliability: tuple[Reliability, ...] = ()

    @property
    def items_only(self) -> frozenset[str]:
        """Scales that are shown nowhere as one score (D3)."""
        return frozenset(one.code for one in self.reliability if not one.is_fit)

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe copy, for the database."""
        return {
            "schema": SCHEMA,
            "k": self.k,
            "units": [asdict(unit) for unit in self.units.values()],
            "groups": [asdict(group) for group in self.groups.values()],
            "relations": [asdict(relation) for relation in self.relations],
            "reliability": [asdict(one) for one in self.reliability],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        """Raises ValueError for a snapshot of another schema."""
        if data["schema"] not in _READABLE:
            raise ValueError(f"Snapshot of schema {data['schema']}; this release reads {_READABLE}.")
        units = [UnitResult.from_json(unit) for unit in data["units"]]
        groups = [Result(**_with_figures(group)) for group in data.get("groups", ())]
        return cls(
            k=data["k"],
            units={unit.unit_id: unit for unit in units},
            groups={group.name: group for group in groups},
            relations=tuple(Relation(**relation) for relation in data.get("relations", ())),
            reliability=tuple(Reliability(**one) for one in data.get("reliability", ())),
        )


def freeze(
    *,
    tree: Tree,
    names: Mapping[int, str],
    invited: Cells | None,
    respondents: Cells,
    items: Sequence[ItemTally],
    scales: Sequence[ScaleTally],
    k: int,
) -> Snapshot:
    """Apply the rules to the tallies of a wave.

    All counts are of each unit's own people, by their group of the one breakdown; '' where there
    is none. `invited` is None where nobody knows how many could have answered (A23).
    """
    shown = choose(tree, respondents, k=k, invited=invited)
    figures = {key: _Figures({}, {}) for key in shown.keys}
    asked = None if invited is None else _sums(tree, invited)
    for item in items:
        own = {cell: sum(counts) for cell, counts in item.counts.items()}
        options = [
            _sums(tree, {cell: counts[place] for cell, counts in item.counts.items()})
            for place in range(5)
        ]
        may = choose(tree, own, k=k, invited=invited, within=shown)
        for key in may.keys:
            counts = [option.get(key, 0) for option in options]
            figures[key].items[item.item_id] = item_figure(
                counts, k=k, invited=None if asked is None else asked[key]
            )
    for scale in scales:
        people, scores, squares = (
            _sums(tree, {cell: sums[place] for cell, sums in scale.sums.items()})
            for place in range(3)
        )
        own = {cell: sums[0] for cell, sums in scale.sums.items()}
        may = choose(tree, own, k=k, invited=invited, within=shown)
        for key in may.keys:
            figures[key].scales[scale.code] = scale_figure(
                int(people[key]),
                scores[key],
                squares[key],
                k=k,
                invited=None if asked is None else int(asked[key]),
            )
    answered = _sums(tree, respondents)

    def result(key: int | Group, name: str) -> dict[str, Any]:
        whole = None if asked is None else int(asked[key])
        return {
            "name": name,
            "respondents": rounded_count(int(answered[key]), k=k, invited=whole),
            "response_rate": None
            if whole is None or whole < k
            else rounded_rate(int(answered[key]), whole, k=k),
            "items": figures[key].items,
            "scales": figures[key].scales,
        }

    return Snapshot(
        k=k,
        units={
            unit: UnitResult(
                unit_id=unit, parent_id=tree.parents[unit], **result(unit, names[unit])
            )
            for unit in tree.top_down
            if unit in shown.units
        },
        groups={group: Result(**result(group, group)) for group in sorted(shown.groups)},
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    items: dict[str, Figure]
    scales: dict[str, Figure]


def _sums(tree: Tree, cells: Mapping[tuple[int, Group], Number]) -> dict[int | Group, Number]:
    """Totals of every unit, with all below it, and of every group."""
    own: dict[int, Number] = {}
    sums: dict[int | Group, Number] = {}
    for (unit, group), number in cells.items():
        own[unit] = own.get(unit, 0) + number
        sums[group] = sums.get(group, 0) + number
    for unit, total in tree.totals(own).items():
        sums[unit] = total
    return sums


def _with_figures(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **data,
        "items": {key: figure_from_json(value) for key, value in data["items"].items()},
        "scales": {key: figure_from_json(value) for key, value in data["scales"].items()},
    }


def figure_from_json(data: Mapping[str, Any]) -> Figure:
    """One of the figures of a result that `Snapshot.to_json` gives."""
    return Figure(
        n=data["n"],
        score=Share(**data["score"]),
        score_precision=Precision(**data["score_precision"]),
        favourable=Share(**data["favourable"]) if data["favourable"] else None,
        favourable_precision=Precision(**data["favourable_precision"])
        if data["favourable_precision"]
        else None,
        split=tuple(SplitPart(**part) for part in data["split"]),
        spread=data.get("spread"),
    )
