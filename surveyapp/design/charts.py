"""Charts as inline SVG. Imported by workers only; each chart stands beside a table of the same."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import altair as alt
import vl_convert

#: Colours of the NHS identity guidelines with enough contrast on white.
_BLUE, _GREEN, _RED, _GREY = "#005eb8", "#007f3b", "#b8420f", "#425563"

_FONT = "Arial"


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


def score_chart(bars: Sequence[ScoreBar]) -> str:
    """A bar for each score. `bars` is not empty."""
    rows = _unique_labels([asdict(bar) for bar in bars])
    base = alt.Chart(alt.Data(values=rows))
    places = [row["label"] for row in rows]
    y = alt.Y("label:N", sort=places, axis=alt.Axis(title=None, labelLimit=170, ticks=False))
    x = alt.X("score:Q", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(title="Score, 0 to 100"))
    drawn = base.mark_bar(color=_BLUE, height=16).encode(x=x, y=y)
    rule = (
        base.transform_filter("datum.low != null")
        .mark_rule(color="#212b32", strokeWidth=2)
        .encode(x="low:Q", x2="high:Q", y=y)
    )
    text = base.mark_text(align="left", dx=4, dy=-13, fontSize=11, color=_GREY).encode(
        x=alt.value(0), y=y, text="words:N"
    )
    described = "; ".join(f"{row['label']}: {row['words']}" for row in rows)
    return _svg(drawn + rule + text, len(rows), "Score of each question", described)


def theme_chart(bars: Sequence[ThemeBar]) -> str:
    """A stacked bar for each theme. `bars` is not empty."""
    rows: list[dict[str, object]] = []
    described = []
    for bar in bars:
        parts = (("Good", bar.good), ("Mixed", bar.mixed), ("Poor", bar.poor))
        rows += [
            {"label": bar.label, "kind": kind, "order": order, "comments": count}
            for order, (kind, count) in enumerate(parts)
        ]
        described.append(f"{bar.label}: {bar.good} good, {bar.mixed} mixed, {bar.poor} poor")
    places = list(dict.fromkeys(str(row["label"]) for row in rows))
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(height=16, stroke="#ffffff")
        .encode(
            x=alt.X("comments:Q", axis=alt.Axis(title="Comments", tickMinStep=1, format="d")),
            y=alt.Y("label:N", sort=places, axis=alt.Axis(title=None, labelLimit=170, ticks=False)),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=["Good", "Mixed", "Poor"], range=[_GREEN, "#aeb7bd", _RED]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order=alt.Order("order:O"),
        )
    )
    return _svg(chart, len(places), "What comments say of each theme", "; ".join(described))


def _unique_labels(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Two questions of one factor must not fall on one bar."""
    seen: dict[object, int] = {}
    unique = []
    for row in rows:
        seen[row["label"]] = seen.get(row["label"], 0) + 1
        count = seen[row["label"]]
        unique.append({**row, "label": f"{row['label']} ({count})" if count > 1 else row["label"]})
    return unique


def _svg(chart: alt.LayerChart | alt.Chart, rows: int, title: str, described: str) -> str:
    spec = (
        chart.properties(width=330, height=max(60, 38 * rows), background="transparent")
        .configure(font=_FONT)
        .configure_axis(labelFontSize=13, titleFontSize=13, labelColor="#212b32", grid=False)
        .configure_legend(labelFontSize=13)
        .configure_view(stroke=None)
        .to_dict()
    )
    svg = str(vl_convert.vegalite_to_svg(spec))
    # One name and description instead of the drawing library's own roles on every part.
    svg = re.sub(r' (?:role|aria-\w+)="[^"]*"', "", svg)
    name = f"<title>{html.escape(title)}</title><desc>{html.escape(described)}</desc>"
    return re.sub(
        r"<svg([^>]*)>",
        lambda match: f'<svg role="img" focusable="false"{match[1]}>{name}',
        svg,
        count=1,
    )
