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
    respondents: int = 0
    comments: int = 0

    def joined(self, other: _Pool) -> _Pool:
        return _Pool(
            self.origins + other.origins,
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
) -> dict[int, int | None]:
    """For each unit of origin the unit at which its comments may be read, or None.

    `respondents` and `comments` count each unit's own people. A pool of comments is placed at the
    lowest published unit at which 5 comments and max(k, 10) respondents have come together. The
    respondents counted are those of the pool itself: people whose comments already have a lower
    place cannot have written the ones that are passed up. What is left over at the root takes in
    the smallest placed pool until it is large enough, and is withheld if it never is.
    """
    enough_people = max(k, MINIMUM_RESPONDENTS)

    def is_enough(pool: _Pool) -> bool:
        return pool.respondents >= enough_people and pool.comments >= MINIMUM_COMMENTS

    rising: dict[int, _Pool] = {}
    placed: dict[int, _Pool] = {}
    for unit in reversed(tree.top_down):
        pool = _Pool((unit,), respondents.get(unit, 0), comments.get(unit, 0))
        for child in tree.children[unit]:
            pool = pool.joined(rising.pop(child, _Pool()))
        if unit in published and is_enough(pool):
            placed[unit] = pool
        else:
            rising[unit] = pool
    root = tree.root
    rest = rising.get(root)
    if rest is not None:
        while rest.comments and placed and root in published and not is_enough(rest):
            smallest = min(placed, key=lambda unit: (placed[unit].respondents, unit))
            rest = rest.joined(placed.pop(smallest))
        if root in published and is_enough(rest):
            placed[root] = rest
            rest = None
    places: dict[int, int | None] = {
        origin: unit for unit, pool in placed.items() for origin in pool.origins
    }
    for origin in rest.origins if rest else ():
        places[origin] = None
    return {unit: places.get(unit) for unit, count in comments.items() if count}
