"""What someone would say of a chart when they show it. Pure; from shown figures only."""

from __future__ import annotations

from surveyapp.reports.exporting.blocks import Chart

#: What must be added to every finding about scores.
CAUTION = (
    "Every score could be a little different by chance. A small gap between two scores often means "
    "nothing. These are opinions of those who answered; they say nothing about anyone by name."
)


def finding(chart: Chart) -> str:
    """One or two sentences on a chart; '' where nothing of it is shown.

    Nothing on a line: what changed is for the tests of change to say (E4), not for its ends.
    """
    if chart.breaks:
        return ""
    return _of_parts(chart) if len(chart.series) > 1 else _of_scores(chart)


def _of_scores(chart: Chart) -> str:
    (series,) = chart.series
    shown = [
        (value, words, name)
        for value, words, name in zip(series.values, series.words, chart.names, strict=True)
        if value is not None
    ]
    if not shown:
        return ""
    highest, lowest = max(shown)[0], min(shown)[0]
    if highest == lowest:
        return f"All scores that are shown are alike: {shown[0][1]}."
    return (
        f"Highest, at {_said(shown, highest)}. Lowest, at {_said(shown, lowest)}. "
        "Scores this far apart may still differ by chance: see how sure we are of each."
    )


def _said(shown: list[tuple[int, str, str]], value: int) -> str:
    words = next(words for of, words, _ in shown if of == value)
    return f"{words}: {'; '.join(name for of, _, name in shown if of == value)}"


def _of_parts(chart: Chart) -> str:
    totals = [
        sum(filter(None, column)) for column in zip(*(s.values for s in chart.series), strict=True)
    ]
    most = totals.index(max(totals))
    parts = ", ".join(f"{series.words[most]} {series.name.lower()}" for series in chart.series)
    return f"Most comments: {chart.names[most]}, with {parts}."
