"""A year of all pulses: what opens and closes when, and the days that are kept clear."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Wave, WaveKind, WaveState
from surveyapp.series import services
from surveyapp.series.models import Series, SeriesState
from surveyapp.series.planning import Turn
from surveyapp.series.rules import SeriesRules, Window
from surveyapp.timekeeping import LOCAL_ZONE
from surveyapp.working_days import Nation, bank_holiday


class Kind(StrEnum):
    LAUNCHED = "launched"
    PLANNED = "planned"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Bar:
    """A pulse from its first day to its last. `colour` is the place of its series; 0 is for single ones."""

    name: str
    first: date
    last: date
    kind: Kind
    colour: int
    series_id: int | None
    wave_id: int | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A wave of a series that fell due and does not run, and why."""

    name: str
    due: date
    series_id: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clear:
    """Days of a window, both ends included."""

    name: str
    first: date
    last: date
    is_hard: bool


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    last: date
    bars: tuple[Bar, ...]
    windows: tuple[Clear, ...]
    holidays: tuple[tuple[date, str], ...]
    missing: tuple[Missing, ...]

    @property
    def name(self) -> str:
        return f"{self.first:%B %Y}"


@dataclass(frozen=True, slots=True)
class Line:
    """Something of the year in words. It belongs to a pulse, to a series, or to neither."""

    first: date
    last: date
    name: str
    note: str
    series_id: int | None = None
    wave_id: int | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """A series that is not stopped, and what is still to come of it."""

    series: Series
    rules: SeriesRules
    turns: tuple[Turn, ...]

    @property
    def next_turn(self) -> Turn | None:
        return next((turn for turn in self.turns if turn.runs), None)


def all_ahead(session: Session, *, until: date) -> list[Ahead]:
    """Every series that is not stopped, with its turns up to a day. Paused ones too: they may resume."""
    return [
        Ahead(
            series, services.rules_of(session, series), tuple(services.turns_of(session, series, until=until))
        )
        for series in services.listed(session)
        if series.state != SeriesState.STOPPED
    ]


def year_of(session: Session, year: int, ahead: Sequence[Ahead]) -> tuple[Month, ...]:
    """The twelve months. `ahead` reaches to the end of the year. A paused series has only its past."""
    running = [one for one in ahead if one.series.state == SeriesState.RUNNING]
    colours = {series.id: place for place, series in enumerate(services.listed(session), start=1)}
    bars = [*_launched(session, colours), *(bar for one in running for bar in _planned(one, colours))]
    windows = list(_windows(session, running, year))
    nations = {one.rules.nation for one in running} or {Nation.ENGLAND}
    missing = [
        Missing(
            one.rules.title, turn.occurrence, one.series.id, tuple(reason.words for reason in turn.reasons)
        )
        for one in running
        for turn in one.turns
        if not turn.runs
    ]
    return tuple(
        _month(date(year, number, 1), bars, windows, nations - {Nation.NONE}, missing)
        for number in range(1, 13)
    )


def lines_of(months: Iterable[Month]) -> list[Line]:
    """All that the months hold, each thing once, by the day on which it begins."""
    found: dict[Line, None] = {}
    for month in months:
        for window in month.windows:
            note = "Pulses keep clear" if window.is_hard else "Pulses may run: only to know"
            found[Line(window.first, window.last, window.name, note)] = None
        for bar in month.bars:
            note = ". ".join(("Planned", *bar.notes) if bar.kind is Kind.PLANNED else bar.notes)
            found[Line(bar.first, bar.last, bar.name, note, bar.series_id, bar.wave_id)] = None
        for one in month.missing:
            note = ". ".join(("Does not run", *one.notes))
            found[Line(one.due, one.due, one.name, note, one.series_id)] = None
        for day, name in month.holidays:
            found[Line(day, day, "Bank holiday", name)] = None
    return sorted(found, key=lambda line: (line.first, line.last, line.name))


def _month(
    first: date,
    bars: Iterable[Bar],
    windows: Iterable[Clear],
    nations: Iterable[Nation],
    missing: Iterable[Missing],
) -> Month:
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    days = [first + timedelta(days=number) for number in range(last.day)]
    holidays = {
        day: name for nation in sorted(nations) for day in days if (name := bank_holiday(day, nation))
    }
    return Month(
        first=first,
        last=last,
        bars=tuple(
            sorted(
                (bar for bar in bars if bar.first <= last and bar.last >= first),
                key=lambda bar: (bar.colour, bar.first),
            )
        ),
        windows=tuple(window for window in windows if window.first <= last and window.last >= first),
        holidays=tuple(sorted(holidays.items())),
        missing=tuple(one for one in missing if first <= one.due <= last),
    )


def _launched(session: Session, colours: dict[int, int]) -> Iterator[Bar]:
    for wave in pulses.waves(session):
        if wave.kind == WaveKind.IMPORTED:
            continue
        yield Bar(
            name=wave.title,
            first=_day(wave.opens_at),
            last=_day(wave.closes_at),
            kind=Kind.DRAFT if wave.state == WaveState.DRAFT else Kind.LAUNCHED,
            colour=colours.get(wave.series_id or 0, 0),
            series_id=wave.series_id,
            wave_id=wave.id,
            notes=_notes(wave),
        )


def _notes(wave: Wave) -> tuple[str, ...]:
    return (pulses.STATE_LABELS[WaveState(wave.state)][0],)


def _planned(one: Ahead, colours: dict[int, int]) -> Iterator[Bar]:
    for turn in one.turns:
        if turn.opens is not None and turn.closes is not None:
            yield Bar(
                name=f"{one.rules.title}, {turn.opens:%B %Y}",
                first=turn.opens.date(),
                last=turn.closes.date(),
                kind=Kind.PLANNED,
                colour=colours[one.series.id],
                series_id=one.series.id,
                wave_id=None,
                notes=tuple(reason.words for reason in (*turn.reasons, *turn.warnings)),
            )


def windows_of(session: Session, running: Iterable[Ahead]) -> list[Window]:
    """The windows of the organisation and those of series that run, each once."""
    found = [*services.blackouts(session).values()]
    found += [window for one in running for window in one.rules.windows]
    return list(dict.fromkeys(found))


def _windows(session: Session, running: Iterable[Ahead], year: int) -> Iterator[Clear]:
    for window in windows_of(session, running):
        for first, last in window.spans(date(year, 1, 1), date(year, 12, 31)):
            yield Clear(window.name, first, last, window.is_hard)


def _day(moment: datetime) -> date:
    return moment.astimezone(LOCAL_ZONE).date()
