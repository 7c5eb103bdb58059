"""When the demonstration's waves run, seen from the day it is loaded. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

#: Three weeks, from a Monday to a Sunday.
_OPEN_FOR = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Window:
    opens_on: date
    closes_on: date

    @property
    def month(self) -> str:
        return f"{self.opens_on:%B %Y}"


def window_now(today: date) -> Window:
    """A wave that has been open since the last Monday before today, and is for a while yet."""
    return _from(today - timedelta(days=today.weekday() or 7))


def window_before(window: Window, months: int) -> Window:
    """The wave that opened on the same Monday of an earlier month.

    Its fourth where that month may have no fifth; so two waves are never less than 28 days apart.
    """
    monday = min((window.opens_on.day - 1) // 7, 3)
    year, month = divmod(window.opens_on.year * 12 + window.opens_on.month - 1 - months, 12)
    first = date(year, month + 1, 1)
    first_monday = first + timedelta(days=-first.weekday() % 7)
    return _from(first_monday + timedelta(weeks=monday))


def _from(monday: date) -> Window:
    return Window(monday, monday + _OPEN_FOR)
