"""A series as a file: reads one or several from YAML. Pure.

docs/series.md describes every key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from surveyapp.series.recurrence import RecurrenceError, check_rule
from surveyapp.series.rules import (
    NATIONAL_SURVEYS,
    MonthDay,
    Otherwise,
    Recurrence,
    SeriesRules,
    Unit,
    Window,
    national_windows,
)
from surveyapp.series.yaml_lines import Part, read_yaml
from surveyapp.timekeeping import LOCAL_ZONE
from surveyapp.working_days import Nation

#: F6, and as for a single pulse.
OPEN_DAYS = range(14, 93)
MOST_REMINDERS = 3
SAMPLE = range(5, 101)
#: With its month the title still fits the subject of an e-mail.
LONGEST_TITLE = 60
_YEARS = range(2000, 2101)

_KEYS = (
    "title",
    "questions",
    "starts_with",
    "audience",
    "every",
    "on",
    "rrule",
    "first",
    "until",
    "opens_at",
    "open_days",
    "reminders",
    "time_zone",
    "bank_holidays",
    "on_bank_holiday",
    "on_weekend",
    "on_blackout",
    "national_surveys",
    "blackouts",
    "skip_months",
    "skip_dates",
    "sample",
)
_NEEDED = ("title", "questions", "first")

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_EVERY = re.compile(r"(?:(\d{1,3}) )?(week|month|quarter|year)s?")
_DAY = re.compile(r"day (\d{1,2})")
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})")

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class SeriesInFile:
    """A series and the units it asks, by name or path. No unit means everyone.

    `written` are its keys as they stand in the file, without the audience.
    """

    rules: SeriesRules
    audience: tuple[str, ...]
    written: Mapping[str, Any]


def read_series(content: bytes, *, choices_of: Callable[[str], tuple[str, ...]]) -> list[SeriesInFile]:
    """One series, or each of a list under 'series'.

    `choices_of` gives the sets of questions of a template that take turns, or raises KeyError.
    Raises SeriesFileError with the line and what to do.
    """
    root = read_yaml(content)
    if root.is_map() and any(key.value == "series" for key, _ in root.node.value):
        rows = root.entries(("series",))["series"].rows()
        if not rows:
            raise root.error("'series' holds none. Write at least one, after a dash")
        return [_series(Part(row.node, ""), choices_of) for row in rows]
    return [_series(root, choices_of)]


def _series(part: Part, choices_of: Callable[[str], tuple[str, ...]]) -> SeriesInFile:
    given = part.entries(_KEYS, needed=_NEEDED)
    template_id, choices = _questions(given["questions"], choices_of)
    first = _date(given["first"])
    surveys = given.get("national_surveys")
    windows = national_windows(
        tuple(NATIONAL_SURVEYS)
        if surveys is None
        else [_named(row, NATIONAL_SURVEYS) for row in surveys.rows()]
    )
    local = given.get("blackouts")
    open_days = _number(given.get("open_days"), OPEN_DAYS, 14)
    rules = SeriesRules(
        title=_title(given["title"]),
        template_id=template_id,
        choices=choices,
        recurrence=_recurrence(part, given, first),
        first=first,
        until=_date(given["until"]) if "until" in given else None,
        opens_at=_time(given["opens_at"]) if "opens_at" in given else time(8),
        open_days=open_days,
        reminders=_reminders(given.get("reminders"), open_days),
        zone=_zone(given["time_zone"]) if "time_zone" in given else LOCAL_ZONE,
        nation=_one_of(given.get("bank_holidays"), Nation, tuple(Nation), Nation.ENGLAND),
        windows=(*windows, *(_window(row) for row in (local.rows() if local else ()))),
        on_bank_holiday=_one_of(given.get("on_bank_holiday"), Otherwise, tuple(Otherwise), Otherwise.MOVE),
        on_weekend=_one_of(given.get("on_weekend"), Otherwise, tuple(Otherwise), Otherwise.MOVE),
        on_blackout=_one_of(
            given.get("on_blackout"), Otherwise, (Otherwise.MOVE, Otherwise.SKIP), Otherwise.MOVE
        ),
        skipped_months=frozenset(_each(given.get("skip_months"), lambda row: _number(row, range(1, 13), 0))),
        skipped_dates=frozenset(_each(given.get("skip_dates"), _date)),
        sample=_number(given.get("sample"), SAMPLE, 100),
        starts_with=_start(given.get("starts_with"), choices),
    )
    _check(part, given, rules)
    audience = given.get("audience")
    names = tuple(row.text() for row in audience.rows()) if audience else ()
    written = {key: value.plain() for key, value in given.items() if key != "audience"}
    return SeriesInFile(rules, names, written)


def _check(part: Part, given: Mapping[str, Part], rules: SeriesRules) -> None:
    """What no single value can show."""
    if rules.until is not None and rules.until < rules.first:
        raise given["until"].error(f"must be on or after the first day, {rules.first}")
    if len(rules.skipped_months) == 12:
        raise given["skip_months"].error("leaves no month. Leave out fewer")
    recurrence = rules.recurrence
    if recurrence.unit is Unit.WEEK and not recurrence.rule:
        days = 7 * recurrence.interval
        if days < rules.days_apart.days:
            raise given["every"].error(
                f"people would be asked again after {days} days, and 28 must lie between. Write "
                f"'every: 4 weeks', or ask a part of them each time with 'sample: {100 * days // 28}'"
            )


def _questions(part: Part, choices_of: Callable[[str], tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    template_id = part.text()
    try:
        return template_id, choices_of(template_id)
    except KeyError as error:
        raise part.error(f"there is no set '{template_id}'. {error.args[0]}") from None


def _start(part: Part | None, choices: tuple[str, ...]) -> int:
    if part is None:
        return 0
    if part.text() not in choices:
        raise part.error(f"'{part.text()}' is not one of {', '.join(choices)}")
    return choices.index(part.text())


def _recurrence(part: Part, given: Mapping[str, Part], first: date) -> Recurrence:
    if "rrule" in given:
        for name in ("every", "on"):
            if name in given:
                raise given[name].error("leave it out where 'rrule' says when")
        try:
            check_rule(given["rrule"].text(), first=first)
        except RecurrenceError as error:
            raise given["rrule"].error(str(error)) from None
        return Recurrence(rule=given["rrule"].text())
    if "every" not in given:
        raise part.error("'every' is missing: say how often, like 'every: month' or 'every: 4 weeks'")
    matched = _EVERY.fullmatch(given["every"].text().lower())
    if matched is None or matched[1] == "0" or int(matched[1] or 1) == 0:
        raise given["every"].error("write week, month, quarter or year, or a number of them like '4 weeks'")
    unit, interval = Unit(matched[2]), int(matched[1] or 1)
    if "on" not in given:
        return Recurrence(unit, interval)
    text = " ".join(given["on"].text().lower().split())
    words = text.split()
    if unit is Unit.WEEK:
        if text not in _WEEKDAYS:
            raise given["on"].error("write a day of the week, like tuesday")
        return Recurrence(unit, interval, weekday=_WEEKDAYS.index(text))
    if text == "last day":
        return Recurrence(unit, interval, month_day=31)
    day = _DAY.fullmatch(text)
    if day and 1 <= int(day[1]) <= 31:
        return Recurrence(unit, interval, month_day=int(day[1]))
    if len(words) == 2 and words[0] in _NTH and words[1] in _WEEKDAYS:
        return Recurrence(unit, interval, weekday=_WEEKDAYS.index(words[1]), nth=_NTH[words[0]])
    raise given["on"].error("write like 'first tuesday', 'last friday', 'day 15' or 'last day'")


def _reminders(part: Part | None, open_days: int) -> tuple[int, ...]:
    if part is None:
        return (5, 10)
    days = tuple(_number(row, range(1, open_days), 0) for row in part.rows())
    if len(days) > MOST_REMINDERS:
        raise part.error(f"write at most {MOST_REMINDERS} days")
    if len(set(days)) != len(days):
        raise part.error("write each day once")
    return tuple(sorted(days))


def read_window(name: str, first: str, last: str, *, is_hard: bool) -> Window:
    """A window from the words of its two ends. Raises SeriesFileError."""
    days = {"name": name, "from": first, "to": last, "kind": "hard" if is_hard else "soft"}
    return _window(read_yaml(json.dumps(days, ensure_ascii=False).encode()))


def _window(row: Part) -> Window:
    given = Part(row.node, "").entries(("name", "from", "to", "kind"), needed=("name", "from", "to"))
    first, last = _window_day(given["from"]), _window_day(given["to"])
    if isinstance(first, date) != isinstance(last, date):
        raise given["to"].error("write both ends with a year, for once, or both without, for every year")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        raise given["to"].error("must not lie before 'from'")
    kind = given.get("kind")
    if kind is not None and kind.text() not in ("hard", "soft"):
        raise kind.error("write hard (waves move) or soft (it is only said)")
    return Window(given["name"].text(), first, last, is_hard=kind is None or kind.text() == "hard")


def _window_day(part: Part) -> date | MonthDay:
    matched = _MONTH_DAY.fullmatch(part.text())
    if matched is None:
        return _date(part)
    try:
        date(2000, int(matched[1]), int(matched[2]))  # a leap year: 29 February is a day
    except ValueError:
        raise part.error(f"there is no day {part.text()}. Write month-day, like 09-15") from None
    return MonthDay(int(matched[1]), int(matched[2]))


def _date(part: Part) -> date:
    try:
        day = date.fromisoformat(part.text())
    except ValueError:
        raise part.error(f"'{part.text()}' is no day. Write year-month-day, like 2027-01-05") from None
    if day.year not in _YEARS:
        raise part.error(f"write a day from {_YEARS.start} to {_YEARS.stop - 1}")
    return day


def _time(part: Part) -> time:
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", part.text()):
        raise part.error(f"'{part.text()}' is no time of day. Write hours and minutes, like 08:00")
    hour, minute = part.text().split(":")
    return time(int(hour), int(minute))


def _zone(part: Part) -> ZoneInfo:
    try:
        return ZoneInfo(part.text())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise part.error(f"'{part.text()}' is no time zone. Write one like Europe/London") from None


def _title(part: Part) -> str:
    if len(part.text()) > LONGEST_TITLE:
        raise part.error(f"write at most {LONGEST_TITLE} characters")
    return part.text()


def _number(part: Part | None, allowed: range, default: int) -> int:
    if part is None:
        return default
    text = part.text()
    if not re.fullmatch(r"\d{1,4}", text) or int(text) not in allowed:
        raise part.error(f"write a whole number from {allowed.start} to {allowed.stop - 1}, not '{text}'")
    return int(text)


def _one_of(
    part: Part | None, kind: type[_Choice], allowed: tuple[_Choice, ...], default: _Choice
) -> _Choice:
    return default if part is None else kind(_named(part, allowed))


def _named(part: Part, allowed: Iterable[str]) -> str:
    names = [str(name) for name in allowed]
    if part.text() not in names:
        raise part.error(f"'{part.text()}' is not one of {', '.join(names)}")
    return part.text()


_Value = TypeVar("_Value")


def _each(part: Part | None, read: Callable[[Part], _Value]) -> list[_Value]:
    return [] if part is None else [read(row) for row in part.rows()]
