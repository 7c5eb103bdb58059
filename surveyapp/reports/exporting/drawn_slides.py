"""Slides, drawn. Imported where slides are written: python-pptx is no part of a web process's start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Inches, Pt

from surveyapp.reports.exporting.blocks import WORDING, Chart, Series, Table
from surveyapp.reports.exporting.cells import one_line
from surveyapp.reports.exporting.deck import Slide
from surveyapp.reports.exporting.over_time import CLOSED_ON

_FONT = "Arial"
_LANGUAGE = "en-GB"
_TEXT, _BLUE = RGBColor(0x21, 0x2B, 0x32), RGBColor(0x00, 0x5E, 0xB8)
#: Good, mixed, poor. Each dark enough for white figures on it.
_PARTS = (RGBColor(0x00, 0x7F, 0x3B), RGBColor(0x4C, 0x62, 0x72), RGBColor(0xB8, 0x42, 0x0F))
_WHITE, _PALE = RGBColor(0xFF, 0xFF, 0xFF), RGBColor(0xF0, 0xF4, 0xF5)

_WIDTH, _HEIGHT, _MARGIN = Inches(13.333), Inches(7.5), Inches(0.6)
_TOP, _INNER = Inches(1.55), Inches(5.5)
_TITLE_ONLY = 5

#: Columns of words; the others hold a figure each.
_WIDE = {"Question", "Area", "Theme", "In words", CLOSED_ON, WORDING}
_NARROW = Inches(1.35)

#: Points of a line that have room for their scores.
_WRITTEN_ON = 8


def empty_deck() -> Any:
    """A presentation without slides, in the shape of today's screens."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = _WIDTH, _HEIGHT
    return deck


def describe(deck: Any, title: str, closed: datetime) -> None:
    """Title and dates; no author, no computer."""
    about = deck.core_properties
    about.title, about.language = title, _LANGUAGE
    about.author = about.last_modified_by = about.subject = about.keywords = about.comments = ""
    about.created = about.modified = about.last_printed = closed
    about.revision = 1


def add(deck: Any, slide: Slide) -> None:
    """Draw one slide at the end of the deck."""
    drawn = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    title = drawn.shapes.title
    title.left, title.top = _MARGIN, Inches(0.4)
    title.width, title.height = _WIDTH - 2 * _MARGIN, Inches(1.0)
    title.text_frame.word_wrap = True
    title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    _say(
        title.text_frame,
        [slide.title],
        align=PP_ALIGN.LEFT,
        size=30 if len(slide.title) < 60 else 22,
        bold=True,
    )
    if slide.table is not None:
        _add_table(drawn, slide.table, slide.words)
    elif slide.words:
        box = drawn.shapes.add_textbox(_MARGIN, _TOP, _WIDTH - 2 * _MARGIN, _INNER)
        box.text_frame.word_wrap = True
        _say(box.text_frame, slide.words, size=20, space=10)
    if slide.notes:
        drawn.notes_slide.notes_text_frame.text = "\n".join(map(one_line, slide.notes))


def _add_table(drawn: Any, table: Table, words: Sequence[str]) -> None:
    left, chart = _MARGIN, table.chart
    if chart is not None and any(any(v is not None for v in s.values) for s in chart.series):
        _add_chart(drawn, chart)
        left = Inches(6.7)
    width = _WIDTH - left - _MARGIN
    shape = (len(table.rows) + 1, len(table.head))
    frame = drawn.shapes.add_table(*shape, left, _TOP, width, Inches(0.4))
    _name(frame, "Table", table.caption)
    grid = frame.table
    words_in = [name in _WIDE for name in table.head]
    rest = width - _NARROW * words_in.count(False)
    for column, is_wide in zip(grid.columns, words_in, strict=True):
        column.width = rest // words_in.count(True) if is_wide else _NARROW
    longest = max(len(cell) for row in table.rows for cell in row)
    size = 14 if len(table.rows) < 6 and longest < 90 else 11
    for at, row in enumerate([table.head, *table.rows]):
        for column, said in enumerate(row):
            _fill(grid.cell(at, column), said, size=size, is_head=at == 0, is_odd=at % 2 == 1)
    below = [*words, table.note] if table.note else [*words]
    if below:
        box = drawn.shapes.add_textbox(left, Inches(6.1), width, Inches(1.1))
        box.text_frame.word_wrap = True
        box.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
        _say(box.text_frame, below, size=11, space=3)


def _fill(cell: Any, words: str, *, size: int, is_head: bool, is_odd: bool) -> None:
    cell.margin_top = cell.margin_bottom = Inches(0.03)
    size = min(size, 12) if is_head else size
    cell.fill.solid()
    cell.fill.fore_color.rgb = _BLUE if is_head else _PALE if is_odd else _WHITE
    _say(cell.text_frame, [words], size=size, bold=is_head, colour=_WHITE if is_head else _TEXT)


def _add_chart(drawn: Any, chart: Chart) -> None:
    if chart.breaks:
        _add_line(drawn, chart)
    else:
        _add_bars(drawn, chart)


def _framed(drawn: Any, chart: Chart, kind: Any, series: Sequence[Series]) -> Any:
    """An empty frame of that kind filled with the series, under the chart's title."""
    data = CategoryChartData(number_format="0")
    data.categories = [one_line(name) for name in _categories(chart)]
    for each in series:
        data.add_series(each.name, each.values)
    frame = drawn.shapes.add_chart(kind, _MARGIN, _TOP, Inches(5.9), _INNER, data)
    _name(frame, "Chart", chart.in_words)
    made = frame.chart
    made.font.size, made.font.name, made.font.color.rgb = Pt(12), _FONT, _TEXT
    made.has_title = True
    _say(made.chart_title.text_frame, [chart.title], size=14, bold=True)
    made.category_axis.format.line.color.rgb = _TEXT
    return made


def _add_line(drawn: Any, chart: Chart) -> None:
    pieces = _pieces(chart)
    made = _framed(drawn, chart, XL_CHART_TYPE.LINE_MARKERS, pieces)
    made.has_legend = False
    axis = made.value_axis
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = 0, chart.top, 25
    axis.major_gridlines.format.line.color.rgb = _PALE
    for drawn_series, piece in zip(made.plots[0].series, pieces, strict=True):
        drawn_series.smooth = False
        drawn_series.format.line.color.rgb, drawn_series.format.line.width = _BLUE, Pt(2.25)
        marker = drawn_series.marker
        marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, 8
        for part in (marker.format.fill, marker.format.line.fill):
            part.solid()
            part.fore_color.rgb = _BLUE
        if len(chart.names) <= _WRITTEN_ON:
            _label(drawn_series, piece.values, piece.words, at=XL_LABEL_POSITION.ABOVE)


def _pieces(chart: Chart) -> list[Series]:
    """The line as one series for each wording of its question: no program draws between two."""
    (line,) = chart.series
    starts = [0, *(at for at, is_break in enumerate(chart.breaks) if is_break and at)]
    if len(starts) == 1:
        return [line]
    return [
        Series(
            f"{line.name} in wording {number}",
            tuple(value if start <= at < end else None for at, value in enumerate(line.values)),
            line.words,
        )
        for number, (start, end) in enumerate(
            zip(starts, [*starts[1:], len(line.values)], strict=True), start=1
        )
    ]


def _add_bars(drawn: Any, chart: Chart) -> None:
    is_stacked = len(chart.series) > 1
    kind = XL_CHART_TYPE.BAR_STACKED if is_stacked else XL_CHART_TYPE.BAR_CLUSTERED
    made = _framed(drawn, chart, kind, chart.series)
    made.has_legend = is_stacked
    if is_stacked:
        made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    made.category_axis.reverse_order = True  # the first at the top, as in the table
    axis = made.value_axis
    axis.minimum_scale, axis.maximum_scale = 0, chart.top
    axis.has_major_gridlines = False
    axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    axis.visible = False
    plot = made.plots[0]
    plot.gap_width = 80
    for drawn_series, series, colour in zip(
        plot.series, chart.series, _PARTS if is_stacked else (_BLUE,), strict=True
    ):
        drawn_series.format.fill.solid()
        drawn_series.format.fill.fore_color.rgb = colour
        at = XL_LABEL_POSITION.CENTER if is_stacked else XL_LABEL_POSITION.OUTSIDE_END
        _label(drawn_series, series.values, series.words, at=at)


def _categories(chart: Chart) -> list[str]:
    """The names of the bars. A missing one must not be taken for nought."""
    return [
        name
        if any(series.values[at] is not None for series in chart.series)
        else f"{name}: not shown"
        for at, name in enumerate(chart.names)
    ]


def _label(
    drawn_series: Any, values: Sequence[int | None], words: Sequence[str], *, at: Any
) -> None:
    colour = _WHITE if at == XL_LABEL_POSITION.CENTER else _TEXT
    for place, (value, said) in enumerate(zip(values, words, strict=True)):
        if not value:
            continue
        label = drawn_series.points[place].data_label
        _say(label.text_frame, [said], size=12, bold=True, colour=colour)
        label.position = at


def _name(frame: Any, name: str, words: str) -> None:
    """Alternative text for those who cannot see it."""
    properties = frame._element.nvGraphicFramePr.cNvPr
    properties.set("name", name)
    properties.set("descr", one_line(words))


def _say(
    frame: Any,
    paragraphs: Sequence[str],
    *,
    size: int,
    bold: bool = False,
    colour: RGBColor = _TEXT,
    space: int = 0,
    align: Any = None,
) -> None:
    for at, words in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.space_after, paragraph.alignment = Pt(space), align
        run = paragraph.add_run()
        run.text = one_line(words)
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, _FONT
        run.font.color.rgb = colour
        run._r.get_or_add_rPr().set("lang", _LANGUAGE)
