"""The days on which a series falls due, by the rules of iCalendar. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from dateutil import rrule
from dateutil.relativedelta import relativedelta

from surveyapp.series.rules import Recurrence, Unit

_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}

#: Parts of an RRULE that say something which the series itself says, or that are finer than a day.
_REFUSED = {
    "UNTIL": "Say the last day with 'until'",
    "COUNT": "Say the last day with 'until'",
    "DTSTART": "Say the first day with 'first'",
    "BYHOUR": "Say the hour with 'opens_at'",
    "BYMINUTE": "Say the hour with 'opens_at'",
    "BYSECOND": "Say the hour with 'opens_at'",
}
_FREQUENCIES = ("WEEKLY", "MONTHLY", "YEARLY")


class RecurrenceError(ValueError):
    """A recurrence that cannot be. Says what to write in its place."""


def occurrences(recurrence: Recurrence, *, first: date, until: date) -> Iterator[date]:
    """The days on which it falls due from `first` to `until`, oldest first.

    Raises RecurrenceError for an RRULE that cannot be read.
    """
    start, end = datetime.combine(first, time()), datetime.combine(until, time())
    if end < start:
        return
    rule = _from_text(recurrence.rule, start, end) if recurrence.rule else _rule(recurrence, start, end)
    for moment in rule:
        yield moment.date()


def check_rule(text: str, *, first: date) -> None:
    """Raises RecurrenceError unless it is an RRULE that a series can go by."""
    horizon = datetime.combine(first, time()) + timedelta(days=8 * 366)
    rule = _from_text(text, datetime.combine(first, time()), horizon)
    if next(iter(rule), None) is None:
        raise RecurrenceError("This rule names no day in the eight years from the first day on")


def _rule(recurrence: Recurrence, start: datetime, end: datetime) -> rrule.rrule:
    if recurrence.unit is Unit.WEEK:
        if recurrence.weekday is not None:
            # Weeks are counted from the first such day, and not from the week before it.
            start += relativedelta(weekday=rrule.weekday(recurrence.weekday)(+1))
        return rrule.rrule(rrule.WEEKLY, dtstart=start, until=end, interval=recurrence.interval)
    interval = recurrence.interval * _MONTHS[recurrence.unit]
    if recurrence.weekday is not None:
        day = rrule.weekday(recurrence.weekday, recurrence.nth)
        return rrule.rrule(rrule.MONTHLY, dtstart=start, until=end, interval=interval, byweekday=day)
    wanted = recurrence.month_day or start.day
    # RFC 5545 leaves out months that have no such day. People mean the last day of those.
    return rrule.rrule(
        rrule.MONTHLY,
        dtstart=start,
        until=end,
        interval=interval,
        bymonthday=range(min(wanted, 28), wanted + 1),
        bysetpos=-1,
    )


def _from_text(text: str, start: datetime, end: datetime) -> rrule.rrule:
    parts = dict(part.partition("=")[::2] for part in text.upper().removeprefix("RRULE:").split(";"))
    for name, remedy in _REFUSED.items():
        if name in parts or f"{name}:" in text.upper():
            raise RecurrenceError(f"{name} has no place in this rule. {remedy}")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise RecurrenceError(f"FREQ must be one of {', '.join(_FREQUENCIES)}")
    try:
        rule = rrule.rrulestr(text, dtstart=start)
        if not isinstance(rule, rrule.rrule):
            raise ValueError("more than one rule")
        return rule.replace(until=end)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise RecurrenceError(f"This is no RRULE of iCalendar ({error})") from None
