"""What stands on each slide, and what to say with it. Pure; from shown figures only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from surveyapp.reports.exporting.blocks import (
    CHANGE,
    FACTOR,
    HOW_SURE,
    Chart,
    Section,
    Series,
    Table,
)
from surveyapp.reports.exporting.findings import CAUTION, finding
from surveyapp.reports.exporting.opening import Opening, opening
from surveyapp.reports.exporting.sections import sections
from surveyapp.reports.view_models import UnitReport

#: Rows of a table that fit on one slide.
ROWS = 8

#: The same of pulses: a year of them, each in a short row.
PULSES = 12


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: words alone, or below a table, which may stand beside its chart.

    `notes` is what to say.
    """

    title: str
    words: tuple[str, ...] = ()
    table: Table | None = None
    notes: tuple[str, ...] = ()


def slides(report: UnitReport) -> tuple[Slide, ...]:
    """The slides in order. What a page gives only to those who ask is left to other formats."""
    first = opening(report)
    return tuple(_slides(report, first))


def _slides(report: UnitReport, first: Opening) -> Iterator[Slide]:
    words = (first.pulse, *first.words) if first.unit else first.words
    notes = (*first.cautions, CAUTION) if first.how else ()
    yield Slide(first.unit or first.pulse, words, notes=notes)
    if first.cautions:
        yield Slide("Read with care", first.cautions)
    for section in sections(report):
        yield from _of_section(section, first)
    if first.how:
        yield Slide("How scores work", first.how)


def _of_section(section: Section, first: Opening) -> Iterator[Slide]:
    if not section.tables:
        yield Slide(section.heading, section.lead)
    for table in section.tables:
        if table.is_detail:
            continue
        parts = _parts(table)
        for number, part in enumerate(parts, start=1):
            title = table.title or section.heading
            if len(parts) > 1:
                title += f" ({number} of {len(parts)})"
            notes = tuple(_notes(section, part, first))
            yield Slide(title, section.lead, _for_a_slide(part), notes)


def _parts(table: Table) -> list[Table]:
    """The table in pieces that fit, each with its piece of the chart."""
    most = PULSES if table.chart and table.chart.breaks else ROWS
    return [
        replace(
            table,
            rows=table.rows[start : start + most],
            chart=_part_of_chart(table.chart, start, start + most) if table.chart else None,
        )
        for start in range(0, len(table.rows), most)
    ]


def _part_of_chart(chart: Chart, start: int, end: int) -> Chart | None:
    # Its bars are those of the table's first rows, all or nearly all of them.
    if not chart.names[start:end]:
        return None
    series = tuple(
        Series(each.name, each.values[start:end], each.words[start:end]) for each in chart.series
    )
    return replace(
        chart, names=chart.names[start:end], series=series, breaks=chart.breaks[start:end]
    )


def _for_a_slide(table: Table) -> Table:
    """As a slide has room for it: how sure we are, and what changed, stand in the notes.

    The chart names the factor of each question.
    """
    keep = [at for at, name in enumerate(table.head) if name not in {HOW_SURE, CHANGE, FACTOR}]
    return replace(
        table,
        head=tuple(table.head[at] for at in keep),
        rows=tuple(tuple(row[at] for at in keep) for row in table.rows),
    )


def _notes(section: Section, table: Table, first: Opening) -> Iterator[str]:
    if table.chart is not None and (found := finding(table.chart)):
        yield found
    if table.note:
        yield table.note
    if HOW_SURE in table.head:
        said = [at for at, name in enumerate(table.head) if name in {HOW_SURE, CHANGE}]
        yield from (f"{row[0]}: {' '.join(row[at] for at in said)}" for row in table.rows)
        if "Score" in table.head:
            yield CAUTION
        yield from first.cautions
    yield from section.close
