"""Counting what comments speak of, once for all units of a wave. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from surveyapp.comments.services import Factor, ReleasedComment, Sentiment, Theme
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.reports.view_models import ThemeRow
from surveyapp.reports.wording import NO_THEME, theme_label


@dataclass(frozen=True, slots=True)
class ThemeCounts:
    """The themes of each shown unit, and whether every comment had been read by then.

    `corrections` tells these counts from those after another correction.
    """

    units: Mapping[int, tuple[ThemeRow, ...]]
    is_complete: bool
    corrections: int = 0


def factor_of(code: str) -> Factor | None:
    """The factor of that code; None for NO_THEME. Raises ValueError for any other."""
    return None if code == NO_THEME else Factor(code)


def mentions(comment: ReleasedComment) -> Iterator[Theme | None]:
    """The comment's themes, or a single None if it has none, so that no comment is lost."""
    yield from comment.themes or (None,)


def count_by_unit(
    comments: Iterable[ReleasedComment], tree: Tree, shown: Collection[int]
) -> dict[int, tuple[ThemeRow, ...]]:
    """The themes of each shown unit, those of the units below it included."""
    counts: dict[int, Counter[tuple[str, str]]] = {unit: Counter() for unit in shown}
    for comment in comments:
        found = [
            (NO_THEME, comment.sentiment) if theme is None else (str(theme.factor), theme.sentiment)
            for theme in mentions(comment)
        ]
        for unit in tree.path_up(comment.unit_id):
            if unit in counts:
                counts[unit].update(found)
    return {unit: _rows(unit_counts) for unit, unit_counts in counts.items()}


def to_json(themes: Mapping[int, Iterable[ThemeRow]]) -> dict[str, list[list[Any]]]:
    """A JSON-safe copy, for the database."""
    return {
        str(unit): [[row.factor, row.positive, row.mixed, row.negative] for row in rows]
        for unit, rows in themes.items()
    }


def from_json(payload: Mapping[str, list[list[Any]]], unit_id: int) -> tuple[ThemeRow, ...]:
    """The themes of one unit."""
    return tuple(
        ThemeRow(factor, theme_label(factor_of(factor)), positive, mixed, negative)
        for factor, positive, mixed, negative in payload.get(str(unit_id), ())
    )


def _rows(counts: Mapping[tuple[str, str], int]) -> tuple[ThemeRow, ...]:
    """Themes with a comment at least, those of most comments first, 'no theme' last."""
    rows = [
        ThemeRow(
            factor=factor,
            label=theme_label(factor_of(factor)),
            positive=counts.get((factor, Sentiment.POSITIVE), 0),
            mixed=counts.get((factor, Sentiment.NEUTRAL_MIXED), 0),
            negative=counts.get((factor, Sentiment.NEGATIVE), 0),
        )
        for factor in {factor for factor, _ in counts}
    ]
    return tuple(sorted(rows, key=lambda row: (row.factor == NO_THEME, -row.total, row.label)))
