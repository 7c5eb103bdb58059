"""What is set up once for a series: how it recurs, what it asks, and which days it keeps clear of. Pure."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from surveyapp.pulses.allocation import REST
from surveyapp.timekeeping import LOCAL_ZONE
from surveyapp.working_days import Nation


class Unit(StrEnum):
    """In what a recurrence is counted."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Otherwise(StrEnum):
    """What happens to a wave whose day will not do."""

    MOVE = "move"
    SKIP = "skip"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When a series falls due, before weekends and the like are looked at.

    Every `interval` units from the series' first day on. `weekday` (0 is Monday) alone is for weeks;
    with `nth` (1 to 4, or -1 for the last) it is that weekday of the month. `month_day` is a day of
    the month, and in a shorter month its last. Without any of these the first day decides. `rule`,
    an RRULE of RFC 5545, stands in place of all that.
    """

    unit: Unit = Unit.MONTH
    interval: int = 1
    weekday: int | None = None
    nth: int | None = None
    month_day: int | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day of every year. 29 February is the 28th where there is no 29th."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        return date(year, self.month, min(self.day, calendar.monthrange(year, self.month)[1]))


@dataclass(frozen=True, slots=True)
class Window:
    """Days that pulses keep clear of. Both ends belong to it.

    A hard one moves waves; a soft one is only said. From one `MonthDay` to another it comes every
    year, perhaps across New Year; from one date to another it comes once.
    """

    name: str
    first: date | MonthDay
    last: date | MonthDay
    is_hard: bool

    def spans(self, first: date, last: date) -> list[tuple[date, date]]:
        """Its (first, last) days wherever they meet the days from `first` to `last`."""
        if isinstance(self.first, date) and isinstance(self.last, date):
            found = [(self.first, self.last)]
        elif isinstance(self.first, MonthDay) and isinstance(self.last, MonthDay):
            wraps = self.last < self.first
            found = [
                (self.first.in_year(year), self.last.in_year(year + wraps))
                for year in range(max(first.year - 1, date.min.year), last.year + 1)
            ]
        else:
            raise ValueError("Both ends of a window must come every year, or both once.")
        return [(start, end) for start, end in found if start <= last and end >= first]


#: Surveys that reach the same people. F7: the first is kept clear of, the others are said.
NATIONAL_SURVEYS: dict[str, tuple[Window, ...]] = {
    "nhs-staff-survey": (Window("NHS Staff Survey", MonthDay(9, 15), MonthDay(11, 30), is_hard=True),),
    "nqps": tuple(
        Window("National Quarterly Pulse Survey", MonthDay(month, 1), MonthDay(month, 31), is_hard=False)
        for month in (1, 4, 7)
    ),
    "nets": (
        Window("National Education and Training Survey", MonthDay(10, 1), MonthDay(11, 30), is_hard=False),
    ),
}


def national_windows(names: Sequence[str]) -> tuple[Window, ...]:
    """The windows of national surveys by their names in NATIONAL_SURVEYS."""
    return tuple(window for name in names for window in NATIONAL_SURVEYS[name])


@dataclass(frozen=True, slots=True)
class SeriesRules:
    """All that decides when the waves of a series open and what each asks.

    `choices` are the sets of questions that take turns. `opens_at` is local time in `zone`.
    `reminders` are days after the opening. `sample` is how many in 100 of the audience each wave
    asks; waves keep so far apart that nobody could be asked twice within 28 days.
    """

    title: str
    template_id: str
    choices: tuple[str, ...]
    recurrence: Recurrence
    first: date
    until: date | None = None
    opens_at: time = time(8)
    open_days: int = 14
    reminders: tuple[int, ...] = (5, 10)
    zone: ZoneInfo = LOCAL_ZONE
    nation: Nation = Nation.ENGLAND
    windows: tuple[Window, ...] = field(default_factory=lambda: national_windows(tuple(NATIONAL_SURVEYS)))
    on_bank_holiday: Otherwise = Otherwise.MOVE
    on_weekend: Otherwise = Otherwise.MOVE
    on_blackout: Otherwise = Otherwise.MOVE
    skipped_months: frozenset[int] = frozenset()
    skipped_dates: frozenset[date] = frozenset()
    sample: int = 100
    #: Which of `choices` the first wave asks.
    starts_with: int = 0

    @property
    def days_apart(self) -> timedelta:
        """The least time between two openings.

        A sample of a quarter can be followed by three other quarters before its people are asked again.
        """
        return timedelta(days=math.ceil(REST.days * self.sample / 100))

    def choice(self, number: int) -> str:
        """What wave `number`, counted from 1, asks: by how many ran, whatever the calendar says."""
        return self.choices[(self.starts_with + number - 1) % len(self.choices)]
