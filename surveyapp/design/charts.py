"""Charts as inline SVG. Imported by workers only; each chart stands beside a table of the same.

Labels stand above their bars, not beside them: drawn that way, a chart fits a phone without
shrinking its text. Every bar says its figures in words, so colour is never the only cue.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import vl_convert

#: Colours of the NHS identity guidelines, each at least 3:1 on white. Text is far above 4.5:1.
_BLUE, _GREEN, _RED, _GREY, _TEXT = "#005eb8", "#007f3b", "#b8420f", "#768692", "#212b32"

_FONT = "Arial, Helvetica, sans-serif"
_WIDTH = 320
_ROW_HEIGHT = 50
_BAR_HEIGHT = 14
_LINE_HEIGHT = 18
_SEAM = 2
_TREND_HEIGHT = 190

#: Points of a trend that have room for their scores.
_WRITTEN_ON = 8

_SCORE_AXIS = alt.Axis(title="Score, 0 to 100", values=[0, 20, 40, 60, 80, 100])


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A score from 0 to 100 as shown, in words too, with its interval where there is one."""

    label: str
    score: int
    words: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class ThemeBar:
    """How many comments speak well, in a mixed way, or badly of a theme."""

    label: str
    good: int
    mixed: int
    poor: int


@dataclass(frozen=True, slots=True)
class TrendDot:
    """A score in one pulse. `score` is None where nothing is shown, `is_reworded` where the words
    of the question changed before it: the line is broken at both.
    """

    label: str
    score: int | None
    words: str
    low: int | None
    high: int | None
    is_reworded: bool = False


def trend_chart(title: str, dots: Sequence[TrendDot]) -> str:
    """A question's scores over several pulses, oldest first. One of them at least is shown."""
    piece = 0
    points = []
    for place, dot in enumerate(dots):
        piece += dot.is_reworded or dot.score is None
        if dot.score is not None:
            point = {"place": place, "score": dot.score, "words": dot.words, "piece": piece}
            points.append(point | {"top": dot.score if dot.high is None else dot.high})
    between = [
        {"place": place, "low": dot.low, "high": dot.high}
        for place, dot in enumerate(dots)
        if dot.low is not None and dot.high is not None
    ]
    names = {place: dot.label for place, dot in enumerate(dots)}
    axis = alt.Axis(
        title=None,
        values=list(names),
        labelExpr=f"{json.dumps([*names.values()])}[datum.value]",
        labelAngle=-45,
        labelOverlap=True,
    )
    x = alt.X("place:Q", scale=alt.Scale(domain=[-0.5, len(dots) - 0.5], nice=False), axis=axis)
    scale = alt.Scale(domain=[0, 100])
    y = alt.Y("score:Q", scale=scale, axis=alt.Axis(title="Score, 0 to 100", values=[0, 25, 50, 75, 100]))
    data = alt.Chart(alt.Data(values=points))
    layers: list[alt.Chart] = []
    if between:
        layers.append(
            alt.Chart(alt.Data(values=between))
            .mark_rule(color=_GREY, strokeWidth=3)
            .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q")
        )
    layers += [
        data.mark_line(color=_BLUE, strokeWidth=2).encode(x=x, y=y, detail="piece:N"),
        data.mark_point(color=_BLUE, filled=True, size=70, opacity=1).encode(x=x, y=y),
    ]
    if len(points) <= _WRITTEN_ON:
        layers.append(
            data.mark_text(dy=-12, fontSize=13, color=_TEXT).encode(
                x=x, y=alt.Y("top:Q", scale=scale), text="words:N"
            )
        )
    return _svg(
        alt.layer(*layers),
        rows=1,
        title=title,
        lines=[f"{dot.label}: {dot.words}" for dot in dots],
        row_height=_TREND_HEIGHT,
    )


def score_chart(bars: Sequence[ScoreBar]) -> str:
    """A bar for each score. `bars` is not empty."""
    lines = [f"{bar.label}: {bar.words}" for bar in bars]
    rows = [{"row": row, "line": lines[row], "score": bar.score} for row, bar in enumerate(bars)]
    intervals = [
        {"row": row, "low": bar.low, "high": bar.high}
        for row, bar in enumerate(bars)
        if bar.low is not None and bar.high is not None
    ]
    scale = alt.Scale(domain=[0, 100])
    layers: list[alt.Chart] = [
        alt.Chart(alt.Data(values=rows))
        .mark_bar(color=_BLUE, height=_BAR_HEIGHT)
        .encode(x=alt.X("score:Q", scale=scale, axis=_SCORE_AXIS), y=_rows()),
        _lines(rows),
    ]
    if intervals:
        between = alt.Chart(alt.Data(values=intervals)).encode(
            x=alt.X("low:Q", scale=scale), x2="high:Q", y=_rows()
        )
        # White under black, so that the line shows on the bar as well as beside it.
        layers += [
            between.mark_rule(color="#ffffff", strokeWidth=6),
            between.mark_rule(color=_TEXT, strokeWidth=2),
        ]
    title = "Score of each question"
    if intervals:
        title += ", with the range that chance alone could explain"
    return _svg(alt.layer(*layers), rows=len(rows), title=title, lines=lines)


def theme_chart(bars: Sequence[ThemeBar]) -> str:
    """A stacked bar for each theme. `bars` is not empty."""
    counts = [f"{bar.good} good, {bar.mixed} mixed, {bar.poor} poor" for bar in bars]
    parts = [
        {"row": row, "kind": kind, "order": order, "comments": count}
        for row, bar in enumerate(bars)
        for order, (kind, count) in enumerate(
            (("Good", bar.good), ("Mixed", bar.mixed), ("Poor", bar.poor))
        )
    ]
    most = max(bar.good + bar.mixed + bar.poor for bar in bars)
    scale = alt.Scale(domain=[0, most])
    axis = alt.Axis(title="Comments", tickCount=min(5, most), format="d")
    stacked = (
        alt.Chart(alt.Data(values=parts))
        .mark_bar(height=_BAR_HEIGHT)
        .encode(
            x=alt.X("comments:Q", scale=scale, axis=axis),
            y=_rows(),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=["Good", "Mixed", "Poor"], range=[_GREEN, _GREY, _RED]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order=alt.Order("order:O"),
        )
    )
    seams = (
        alt.Chart(alt.Data(values=_seams(bars, most)))
        .mark_tick(color="#ffffff", orient="vertical", thickness=_SEAM, size=_BAR_HEIGHT)
        .encode(x=alt.X("at:Q", scale=scale), y=_rows())
    )
    # On two lines: the longest theme and its counts would not fit a phone side by side.
    named = _lines(
        [{"row": row, "line": f"{bar.label}\n{counts[row]}"} for row, bar in enumerate(bars)],
        height=2,
    )
    return _svg(
        alt.layer(stacked, seams, named),
        rows=len(bars),
        title="What comments say of each theme",
        lines=[f"{bar.label}: {count}" for bar, count in zip(bars, counts, strict=True)],
        row_height=_ROW_HEIGHT + _LINE_HEIGHT,
    )


def _seams(bars: Sequence[ThemeBar], most: int) -> list[dict[str, int]]:
    """Where the parts of a bar meet: a white line there tells them apart without colour.

    None beside a part so narrow that the line would hide it.
    """
    narrow = 3 * _SEAM * most / _WIDTH
    found = []
    for row, bar in enumerate(bars):
        parts = [count for count in (bar.good, bar.mixed, bar.poor) if count]
        end = 0
        for part, after in itertools.pairwise(parts):
            end += part
            if min(part, after) >= narrow:
                found.append({"row": row, "at": end})
    return found


def _rows() -> alt.Y:
    return alt.Y("row:O", axis=None)


def _lines(rows: Sequence[dict[str, object]], *, height: int = 1) -> alt.Chart:
    """The words above each bar, `height` lines of them."""
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_text(
            align="left",
            baseline="bottom",
            dy=-10 - _LINE_HEIGHT * (height - 1),
            fontSize=14,
            lineHeight=_LINE_HEIGHT,
            lineBreak="\n",
            color=_TEXT,
        )
        .encode(x=alt.value(0), y=_rows(), text="line:N")
    )


def _svg(
    chart: alt.LayerChart | alt.FacetChart,
    *,
    rows: int,
    title: str,
    lines: Sequence[str],
    row_height: int = _ROW_HEIGHT,
) -> str:
    spec = (
        chart.properties(width=_WIDTH, height=row_height * rows, background="transparent")
        .configure(font=_FONT, padding=4)
        .configure_axis(
            labelFontSize=13, titleFontSize=13, labelColor=_TEXT, titleColor=_TEXT, grid=False
        )
        .configure_legend(labelFontSize=13, labelColor=_TEXT)
        .configure_view(stroke=None)
        .to_dict()
    )
    svg = str(vl_convert.vegalite_to_svg(spec))
    # One name and description instead of the drawing library's own roles on every part.
    svg = re.sub(r' (?:role|aria-\w+)="[^"]*"', "", svg)
    # Several charts stand on one page, and ids must differ there.
    mark = "chart-" + hashlib.sha256("\n".join([title, *lines, svg]).encode()).hexdigest()[:10]
    start = f'<svg role="img" focusable="false" aria-labelledby="{mark}-title {mark}-desc"'
    words = (
        f'<title id="{mark}-title">{html.escape(title)}</title>'
        f'<desc id="{mark}-desc">{html.escape("; ".join(lines))}</desc>'
    )
    return re.sub(r"<svg([^>]*)>", lambda match: f"{start}{match[1]}>{words}", svg, count=1)
