"""At which unit a comment may be read (A15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from surveyapp.disclosure.hierarchy import Tree

MINIMUM_RESPONDENTS = 10
MINIMUM_COMMENTS = 5


@dataclass(frozen=True, slots=True)
class _Pool:
    """Comments that look for a place, and the people any of whom may have written them."""

    origins: tuple[int, ...] = ()
    invited: int = 0
    respondents: int = 0
    comments: int = 0

    def joined(self, other: _Pool) -> _Pool:
        return _Pool(
            self.origins + other.origins,
            self.invited + other.invited,
            self.respondents + other.respondents,
            self.comments + other.comments,
        )


def place_comments(
    tree: Tree,
    published: frozenset[int],
    respondents: Mapping[int, int],
    comments: Mapping[int, int],
    *,
    k: int,
    invited: Mapping[int, int] | None = None,
) -> dict[int, int | None]:
    """For each unit of origin the unit at which its comments may be read, or None.

    All counts are of each unit's own people. A pool of comments is placed at the lowest published
    unit at which 5 comments and max(k, 10) respondents have come together; those above and between
    may be hidden. The respondents counted are those of the pool itself: people whose comments
    already have a lower place cannot have written the ones that are passed up.

    What is left over at the root takes in the smallest pool that has no other above it, so that a
    comment is always read at the nearest place above its unit, and readers know no smaller crowd
    than ours. A rest of few people does so even if none of them wrote: else the places would tell
    whether one of a few did. That goes by who was invited; without `invited` whoever did not
    answer was not asked. Where no pool is large enough, all is withheld.
    """
    enough_people = max(k, MINIMUM_RESPONDENTS)

    def is_enough(pool: _Pool) -> bool:
        return pool.respondents >= enough_people and pool.comments >= MINIMUM_COMMENTS

    rising: dict[int, _Pool] = {}
    placed: dict[int, _Pool] = {}
    for unit in reversed(tree.top_down):
        own, written = respondents.get(unit, 0), comments.get(unit, 0)
        # Whoever wrote was asked, whatever the list of the invited says.
        asked = max(own, written, (invited or {}).get(unit, 0))
        pool = _Pool((unit,), asked, own, written)
        for child in tree.children[unit]:
            pool = pool.joined(rising.pop(child, _Pool()))
        if unit in published and is_enough(pool):
            placed[unit] = pool
        else:
            rising[unit] = pool
    root = tree.root
    rest = rising.get(root)
    if (
        rest is not None
        and root in published
        and placed
        and (rest.comments or (rest.invited and rest.respondents < enough_people))
    ):
        rest = rest.joined(placed.pop(_smallest_at_the_top(tree, placed)))
        # One is always enough: it was large enough for a place of its own.
        placed[root] = rest
    places = {origin: unit for unit, pool in placed.items() for origin in pool.origins}
    return {unit: places.get(unit) for unit, count in comments.items() if count}


def _smallest_at_the_top(tree: Tree, placed: Mapping[int, _Pool]) -> int:
    """Of the placed units that have none above them, the one with the fewest respondents."""
    top = [unit for unit in placed if not placed.keys() & set(tree.path_up(unit)[1:])]
    return min(top, key=lambda unit: (placed[unit].respondents, unit))
