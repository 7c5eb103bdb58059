"""A month of the planner as a small SVG, drawn at once: no library, no script. A table says the same.

Names stand above their bars, so that a drawing fits a phone without shrinking its text; what a colour
says is said by a name or a pattern too.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup

from surveyapp.series.year import Bar, Clear, Kind, Month

#: Each 4.5:1 or more on white. A single pulse has the first, series take turns with the others.
_COLOURS = ("#4c6272", "#005eb8", "#007f3b", "#7c2855", "#8a4b08")
_TEXT, _LINE, _HARD, _SOFT, _FREE = "#212b32", "#aeb7bd", "#d8dde0", "#fff4cc", "#e1e7ea"

_DAY = 10
_LEFT = 2
_TOP = 34
_LANE = 34
_BAR = 10
_LETTER = 6.6
_LOAD_WIDTH = 320

_HATCHED = (
    '<defs><pattern id="{mark}-hard" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="{_HARD}"/><rect width="2" height="6" fill="{_LINE}"/>'
    "</pattern></defs>"
)


def month_drawing(month: Month, *, today: date) -> Markup:
    """The days of a month from left to right, each pulse in a lane of its own."""
    days = month.last.day
    width = _LEFT * 2 + 31 * _DAY
    lanes: list[Bar | Clear] = [*month.windows, *month.bars]
    height = _TOP + max(1, len(lanes)) * _LANE + 6
    mark = f"month-{month.first:%Y-%m}"
    parts = [
        _start(mark, width, height, month.name, ". ".join(in_words(month))),
        _HATCHED.format(mark=mark),
        *_ground(month, height),
    ]
    for place, one in enumerate(lanes):
        top = _TOP + place * _LANE
        parts += _lane(month, one, top, width, mark)
    if not lanes:
        parts.append(_said(_LEFT + 4, _TOP + 16, "No pulse"))
    if month.first <= today <= month.last:
        x = _x(today) + _DAY / 2
        parts += [
            f'<line x1="{x}" x2="{x}" y1="14" y2="{height}" stroke="{_TEXT}" stroke-width="2"/>',
            _said(x + 4 if days - today.day > 6 else x - 40, 29, "Today", bold=True),
        ]
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - every text in it is escaped above


def in_words(month: Month) -> list[str]:
    """All that the drawing shows."""
    if not (month.windows or month.bars or month.holidays):
        return ["No pulse"]
    kept = {True: "kept clear", False: "to know"}
    return [
        *(f"{one.name}, {kept[one.is_hard]}, {_days(one)}" for one in month.windows),
        *(f"{bar.name}, {bar.kind}, {_days(bar)}" for bar in month.bars),
        *(f"Bank holiday {_short(day)}, {name}" for day, name in month.holidays),
    ]


def _ground(month: Month, height: int) -> Iterator[str]:
    day = month.first
    while day <= month.last:
        if day.weekday() >= 5:
            yield f'<rect x="{_x(day)}" y="14" width="{_DAY}" height="{height - 14}" fill="{_FREE}"/>'
        day += timedelta(days=1)
    yield f'<line x1="{_LEFT}" x2="{_LEFT + month.last.day * _DAY}" y1="14" y2="14" stroke="{_LINE}"/>'
    for number in (1, 8, 15, 22, 29):
        if number <= month.last.day:
            x = _x(month.first.replace(day=number))
            yield f'<line x1="{x}" x2="{x}" y1="14" y2="{height}" stroke="{_LINE}" stroke-width="0.5"/>'
            yield _said(x + 1, 10, str(number))
    for day, _ in month.holidays:
        middle = _x(day) + _DAY / 2
        yield f'<path d="M{middle} 15 l4.5 5 l-4.5 5 l-4.5 -5 z" fill="{_TEXT}"/>'


def _lane(month: Month, one: Bar | Clear, top: int, width: int, mark: str) -> Iterator[str]:
    first, last = max(one.first, month.first), min(one.last, month.last)
    x, end = _x(first), _x(last) + _DAY
    y = top + _LANE - _BAR - 4
    fill, edge, more = _paint(one, mark)
    yield (
        f'<rect x="{x}" y="{y}" width="{end - x}" height="{_BAR}" fill="{fill}" stroke="{edge}" '
        f'stroke-width="1.5"{more}/>'
    )
    pen = f'fill="none" stroke="{_arrow(one)}" stroke-width="1.5"'
    if one.first < month.first:
        yield f'<path d="M{x + 7} {y + 1} l-5 4 l5 4" {pen}/>'
    if one.last > month.last:
        yield f'<path d="M{end - 7} {y + 1} l5 4 l-5 4" {pen}/>'
    room = int((width - 2 * _LEFT) / _LETTER)
    name = one.name if len(one.name) <= room else f"{one.name[: room - 1]}…"
    yield _said(min(x, width - _LEFT - len(name) * _LETTER), y - 5, name)


def _paint(one: Bar | Clear, mark: str) -> tuple[str, str, str]:
    """Fill, edge, and what else says how it is painted."""
    if isinstance(one, Clear):
        return (f"url(#{mark}-hard)", _COLOURS[0], "") if one.is_hard else (_SOFT, _COLOURS[0], "")
    colour = _colour(one)
    if one.kind is Kind.LAUNCHED:
        return colour, colour, ""
    if one.kind is Kind.DRAFT:
        return "#ffffff", colour, ' stroke-dasharray="4 2"'
    return colour, colour, ' fill-opacity="0.2"'


def _colour(bar: Bar) -> str:
    return _COLOURS[0] if bar.colour == 0 else _COLOURS[1 + (bar.colour - 1) % (len(_COLOURS) - 1)]


def _arrow(one: Bar | Clear) -> str:
    return "#ffffff" if isinstance(one, Bar) and one.kind is Kind.LAUNCHED else _TEXT


def _start(mark: str, width: int, height: int, title: str, words: str) -> str:
    return (
        f'<svg role="img" focusable="false" aria-labelledby="{mark}-title {mark}-desc" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'xmlns="http://www.w3.org/2000/svg" font-family="Arial, Helvetica, sans-serif">'
        f'<title id="{mark}-title">{html.escape(title)}</title>'
        f'<desc id="{mark}-desc">{html.escape(words)}</desc>'
    )


def _said(x: float, y: float, text: str, *, bold: bool = False) -> str:
    style = f'font-size="12" fill="{_TEXT}"' + (' font-weight="700"' if bold else "")
    return f'<text x="{max(x, 0):g}" y="{y:g}" {style}>{html.escape(text)}</text>'


def _x(day: date) -> int:
    return _LEFT + (day.day - 1) * _DAY


def _days(one: Bar | Clear) -> str:
    return f"{_short(one.first)} to {_short(one.last)}"


def _short(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def load_drawing(load: Mapping[int, int]) -> Markup:
    """A bar for each number of times that people were asked, the fewest first. Not for an empty load."""
    rows: Sequence[tuple[int, int]] = sorted(load.items())
    most = max(people for _, people in rows)
    lines = [
        f"{times_words(times)}: {people} {'person' if people == 1 else 'people'}" for times, people in rows
    ]
    height = len(rows) * _LANE + 4
    parts = [
        _start("load", _LOAD_WIDTH, height, "How often people were asked", "; ".join(lines)),
    ]
    for place, (line, (_, people)) in enumerate(zip(lines, rows, strict=True)):
        top = place * _LANE
        parts.append(_said(0, top + 14, line))
        length = max(2, round(_LOAD_WIDTH * people / most))
        parts.append(f'<rect x="0" y="{top + 18}" width="{length}" height="{_BAR}" fill="{_COLOURS[1]}"/>')
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - every text in it is escaped above


def times_words(times: int) -> str:
    return {0: "Not asked", 1: "Once", 2: "Twice"}.get(times, f"{times} times")
