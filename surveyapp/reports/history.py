"""A unit over several pulses, from what is shown of it in each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surveyapp.disclosure.snapshot import UnitResult
from surveyapp.instruments import services as instruments
from surveyapp.pulses import services as pulses
from surveyapp.reports.view_models import Trend, TrendPoint
from surveyapp.timekeeping import LOCAL_ZONE


@dataclass(frozen=True, slots=True)
class Moment:
    """A unit in one pulse. `result` is None where nothing of it may be shown."""

    wave: pulses.Wave
    result: UnitResult | None


def trends(moments: Sequence[Moment]) -> tuple[Trend, ...]:
    """Every anchor question over the pulses that asked it (B5), by factor.

    `moments` are oldest first. A question that was not shown in any of them is left out. The wordings
    of an own question stand together, under the id of the newest.
    """
    points: dict[str, list[TrendPoint]] = {}
    newest: dict[str, pulses.WaveItem] = {}
    for moment in moments:
        for item in moment.wave.items:
            if not item.anchor:
                continue
            series = instruments.series_of(item.item_id)
            before = newest.get(series)
            points.setdefault(series, []).append(
                TrendPoint(
                    title=moment.wave.title,
                    closed_on=moment.wave.closes_at.astimezone(LOCAL_ZONE).date(),
                    figure=moment.result.items.get(item.item_id) if moment.result else None,
                    is_reworded=before is not None
                    and (before.item_id, before.text) != (item.item_id, item.text),
                )
            )
            newest[series] = item
    if not moments:
        return ()
    library = instruments.load_library(moments[-1].wave.library_version)
    found = [
        Trend(item.item_id, item.text, library.subject(item.item_id, item.factor), tuple(points[series]))
        for series, item in newest.items()
        if any(point.figure for point in points[series])
    ]
    # Questions of no factor come last.
    order = {frame.name: place for place, frame in enumerate(library.factors.values())}
    return tuple(sorted(found, key=lambda trend: order.get(trend.factor, len(order))))


def shown_scores(trend: Trend) -> tuple[int, ...]:
    """The shown scores of a trend since its words changed last, oldest first."""
    scores: list[int] = []
    for point in trend.points:
        if point.is_reworded:
            scores.clear()
        if point.figure is not None:
            scores.append(point.figure.score.value)
    return tuple(scores)
