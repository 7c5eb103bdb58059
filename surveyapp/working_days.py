"""Weekends and bank holidays of the four nations. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import cache

_SATURDAY = 5


class Nation(StrEnum):
    """Whose bank holidays count."""

    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"
    NONE = "none"


NATION_LABELS: dict[Nation, str] = {
    Nation.ENGLAND: "England",
    Nation.WALES: "Wales",
    Nation.SCOTLAND: "Scotland",
    Nation.NORTHERN_IRELAND: "Northern Ireland",
    Nation.NONE: "None",
}

_SUBDIVISIONS = {
    Nation.ENGLAND: "ENG",
    Nation.WALES: "WLS",
    Nation.SCOTLAND: "SCT",
    Nation.NORTHERN_IRELAND: "NIR",
}


def is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY


def bank_holiday(day: date, nation: Nation) -> str:
    """The name of that day's bank holiday, substitute days too; empty on any other day."""
    return _of_year(day.year, nation).get(day, "")


def is_working_day(day: date, nation: Nation) -> bool:
    return not is_weekend(day) and not bank_holiday(day, nation)


def next_working_day(day: date, nation: Nation) -> date:
    """That day if people work on it, else the first one after it on which they do."""
    while not is_working_day(day, nation):
        day += timedelta(days=1)
    return day


@cache
def _of_year(year: int, nation: Nation) -> dict[date, str]:
    if nation is Nation.NONE:
        return {}
    # Here, because most web processes never ask.
    import holidays

    return dict(holidays.country_holidays("GB", subdiv=_SUBDIVISIONS[nation], years=year))
