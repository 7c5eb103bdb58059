"""What documents are built of, whatever their format: sections of words, tables and charts."""

from __future__ import annotations

from dataclasses import dataclass

#: Columns that not every format has room for.
HOW_SURE = "How sure we are"
CHANGE = "Change"
FACTOR = "Factor"
WORDING = "Wording"


@dataclass(frozen=True, slots=True)
class Series:
    """One bar for each name of a chart; None where nothing is shown. `words` are what it says."""

    name: str
    values: tuple[int | None, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars or a line beside a table. `drawing` is the page's own SVG of them, where a worker has drawn it."""

    title: str
    names: tuple[str, ...]
    series: tuple[Series, ...]
    #: Where the axis ends; None where that depends on the numbers.
    top: int | None = None
    drawing: str | None = None
    #: Of a line: at which of its points it starts anew. Empty for bars.
    breaks: tuple[bool, ...] = ()

    @property
    def in_words(self) -> str:
        """The whole chart as one sentence, for those who cannot see it."""
        bars = []
        for position, name in enumerate(self.names):
            parts = [
                f"{series.words[position]} {series.name.lower()}"
                if len(self.series) > 1
                else series.words[position]
                for series in self.series
            ]
            bars.append(f"{name}: {', '.join(parts)}")
        return f"{self.title}. {'; '.join(bars)}."


@dataclass(frozen=True, slots=True)
class Table:
    """A table under a heading of its own, or under that of its section where `title` is empty."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    chart: Chart | None = None
    #: The one explanation, where a row is not shown (A3).
    note: str = ""
    #: What the page gives only to those who ask for it.
    is_detail: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what is said before its tables, and what after them."""

    heading: str
    lead: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    close: tuple[str, ...] = ()
