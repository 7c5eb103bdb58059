"""The snapshot: everything that may be shown of a wave's scores, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

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
from surveyapp.disclosure.hierarchy import Tree, publishable_units

SCHEMA = 1

#: The one explanation for everything that is not shown, whatever the reason (A3).
SUPPRESSED = (
    "We do not show results here. We only show results where enough people answered, "
    "so that nobody can be picked out."
)


@dataclass(frozen=True, slots=True)
class ItemTally:
    """Answers 1…5 to one item, by the unit of the people who gave them."""

    item_id: str
    counts: Mapping[int, Sequence[int]]


@dataclass(frozen=True, slots=True)
class ScaleTally:
    """Person scores of one scale by unit: how many, their sum, their sum of squares."""

    code: str
    sums: Mapping[int, tuple[int, float, float]]


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What may be shown of one unit. A question that is missing here may not be shown."""

    unit_id: int
    parent_id: int | None
    name: str
    respondents: int
    response_rate: int | None
    items: Mapping[str, Figure]
    scales: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The publishable units of a wave. A unit that is missing here may not be shown."""

    k: int
    units: Mapping[int, UnitResult]

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe copy, for the database."""
        return {
            "schema": SCHEMA,
            "k": self.k,
            "units": [asdict(unit) for unit in self.units.values()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        """Raises ValueError for a snapshot of another schema."""
        if data["schema"] != SCHEMA:
            raise ValueError(f"Snapshot of schema {data['schema']}; this release reads {SCHEMA}.")
        units = [
            UnitResult(
                **{
                    **unit,
                    "items": {key: _figure(value) for key, value in unit["items"].items()},
                    "scales": {key: _figure(value) for key, value in unit["scales"].items()},
                }
            )
            for unit in data["units"]
        ]
        return cls(k=data["k"], units={unit.unit_id: unit for unit in units})


def freeze(
    *,
    tree: Tree,
    names: Mapping[int, str],
    invited: Mapping[int, int],
    respondents: Mapping[int, int],
    items: Sequence[ItemTally],
    scales: Sequence[ScaleTally],
    k: int,
) -> Snapshot:
    """Apply the rules to the tallies of a wave. All counts are of each unit's own people."""
    shown = publishable_units(tree, respondents, k=k, invited=invited)
    all_respondents = tree.totals(respondents)
    all_invited = tree.totals(invited)
    item_figures: dict[int, dict[str, Figure]] = {unit: {} for unit in shown}
    for item in items:
        own = {unit: sum(counts) for unit, counts in item.counts.items()}
        options = [
            tree.totals({unit: counts[place] for unit, counts in item.counts.items()})
            for place in range(5)
        ]
        for unit in publishable_units(tree, own, k=k, invited=invited, within=shown):
            counts = [option[unit] for option in options]
            item_figures[unit][item.item_id] = item_figure(counts, k=k, invited=all_invited[unit])
    scale_figures: dict[int, dict[str, Figure]] = {unit: {} for unit in shown}
    for scale in scales:
        own = {unit: sums[0] for unit, sums in scale.sums.items()}
        people = tree.totals(own)
        scores = tree.totals({unit: sums[1] for unit, sums in scale.sums.items()})
        squares = tree.totals({unit: sums[2] for unit, sums in scale.sums.items()})
        for unit in publishable_units(tree, own, k=k, invited=invited, within=shown):
            scale_figures[unit][scale.code] = scale_figure(
                people[unit], scores[unit], squares[unit], k=k, invited=all_invited[unit]
            )
    return Snapshot(
        k=k,
        units={
            unit: UnitResult(
                unit_id=unit,
                parent_id=tree.parents[unit],
                name=names[unit],
                respondents=rounded_count(all_respondents[unit], k=k, invited=all_invited[unit]),
                response_rate=rounded_rate(all_respondents[unit], all_invited[unit], k=k)
                if all_invited[unit] >= k
                else None,
                items=item_figures[unit],
                scales=scale_figures[unit],
            )
            for unit in tree.top_down
            if unit in shown
        },
    )


def _figure(data: Mapping[str, Any]) -> Figure:
    return Figure(
        n=data["n"],
        score=Share(**data["score"]),
        score_precision=Precision(**data["score_precision"]),
        favourable=Share(**data["favourable"]) if data["favourable"] else None,
        favourable_precision=Precision(**data["favourable_precision"])
        if data["favourable_precision"]
        else None,
        split=tuple(SplitPart(**part) for part in data["split"]),
    )
