"""Results of questions that only some people were asked, by what they said of themselves.

Nobody knows how many could have answered them, and a person may be in more than one audience. So
they are shown of the whole organisation only, each audience as one cell of a breakdown whose other
cell is everybody else who answered (A5, A6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surveyapp.disclosure.breakdown import Cells
from surveyapp.disclosure.figures import item_figure, scale_figure
from surveyapp.disclosure.gate import choose
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally, Snapshot

#: The one unit of the tree that the gate is asked about, and its two cells.
_WHOLE, _ASKED, _OTHERS = 0, "asked", "others"


def with_branches(
    snapshot: Snapshot,
    root: int,
    *,
    respondents: int,
    items: Sequence[ItemTally],
    scales: Sequence[ScaleTally],
) -> Snapshot:
    """The snapshot with those of these figures that may be shown, at its `root`.

    `respondents` are all who answered. It is unchanged where the organisation itself is not shown.
    """
    whole = snapshot.units.get(root)
    if whole is None:
        return snapshot
    k = snapshot.k
    figures = dict(whole.items)
    for item in items:
        counts = [sum(options) for options in zip(*item.counts.values(), strict=True)]
        if may_show(sum(counts), respondents, k=k):
            figures[item.item_id] = item_figure(counts, k=k)
    scores = dict(whole.scales)
    for scale in scales:
        people = sum(n for n, _, _ in scale.sums.values())
        if may_show(people, respondents, k=k):
            total = sum(total for _, total, _ in scale.sums.values())
            squares = sum(squares for _, _, squares in scale.sums.values())
            scores[scale.code] = scale_figure(people, total, squares, k=k)
    shown = replace(whole, items=figures, scales=scores)
    return replace(snapshot, units={**snapshot.units, root: shown})


def may_show(answered: int, respondents: int, *, k: int) -> bool:
    """Whether a question may be shown that so many of all respondents answered.

    Both they and the others must be k or more. Were nobody among the others a reason to show it,
    then what is shown would say of everyone that they are of this audience.
    """
    cells: Cells = {(_WHOLE, _ASKED): answered, (_WHOLE, _OTHERS): respondents - answered}
    # Anyone could have been in either cell.
    invited = dict.fromkeys(cells, max(respondents, 2))
    return _ASKED in choose(Tree({_WHOLE: None}), cells, k=k, invited=invited).groups
