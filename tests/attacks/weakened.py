"""The product with one of its guards taken away, so that each attack is first seen to work.

Each function takes away one guard, as named, for the rest of a test.
"""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from surveyapp.disclosure import figures, snapshot
from surveyapp.disclosure.breakdown import Cells, Publication, by_group, by_unit
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.organisation import services as organisation
from surveyapp.pulses import drafts
from surveyapp.pulses import services as pulses
from surveyapp.reports import services as reports

# ---------------------------------------------------------------- what is shown


def only_the_minimum(patch: pytest.MonkeyPatch) -> None:
    """Every unit and group of k or more is shown: A2 without A4 and A6."""

    def choose(
        tree: Tree,
        cells: Cells,
        *,
        k: int,
        invited: Cells | None = None,
        within: Publication | None = None,
    ) -> Publication:
        totals, groups = tree.totals(by_unit(cells)), by_group(cells)
        return Publication(
            frozenset(u for u, n in totals.items() if n >= k and (not within or u in within.units)),
            frozenset(
                g for g, n in groups.items() if g and n >= k and (not within or g in within.groups)
            ),
        )

    patch.setattr(snapshot, "choose", choose)


def exact_numbers(patch: pytest.MonkeyPatch) -> None:
    """Counts, rates, shares and scores are printed as they are: no A11 and no A12."""

    def share(favourable: int, n: int) -> figures.Share:
        return figures.Share(round(100 * favourable / n), f"{100 * favourable / n:.2f}%")

    for module in (figures, snapshot):
        patch.setattr(module, "rounded_count", lambda n, **_: n)
        patch.setattr(module, "rounded_rate", lambda part, whole, **_: round(100 * part / whole, 2))
    patch.setattr(figures, "favourable_share", share)
    patch.setattr(figures, "score_share", lambda mean, _: figures.Share(round(mean), f"{mean:.2f}"))
    patch.setattr(figures, "_within_share", lambda mean, _share: mean)


def todays_structure(patch: pytest.MonkeyPatch) -> None:
    """Old waves are read under the units as they are now: no A9."""

    def tree(session: Session, _wave_id: int) -> tuple[Tree, dict[int, str]]:
        units = organisation.frozen_tree(session)
        return Tree({unit: parent for unit, parent, _ in units}), {u: name for u, _, name in units}

    patch.setattr(reports, "_tree", tree)


def smallest_group_never_locked(patch: pytest.MonkeyPatch) -> None:
    """k can be changed after people have answered: A1 without its lock."""

    def set_minimum_group(session: Session, wave_id: int, k: int, *, actor_id: int | None) -> None:
        pulses.lock_wave(session, wave_id).minimum_group = k

    patch.setattr(drafts, "set_minimum_group", set_minimum_group)


def exact_bars(patch: pytest.MonkeyPatch) -> None:
    """A score is rounded in its words, and its bar in the chart is not."""

    def score_share(mean: float, n: int) -> figures.Share:
        return figures.Share(mean, rounded(mean, n).words)  # type: ignore[arg-type]

    rounded = figures.score_share
    patch.setattr(figures, "score_share", score_share)
