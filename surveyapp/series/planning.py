"""From the rules of a series to its waves: which run, when each opens, and why one moved or did not run.

Pure, and the one place where this is decided: what a preview prints, what the planner shows and what
the clock opens all come from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from surveyapp.pulses.allocation import REST
from surveyapp.series.recurrence import occurrences
from surveyapp.series.rules import Otherwise, SeriesRules
from surveyapp.working_days import Nation, bank_holiday, is_weekend, is_working_day

#: A wave closes at the end of its last day.
CLOSES_AT = time(23, 59)

#: The most by which a wave that moves may push the next one.
_FURTHEST_PUSH = timedelta(days=14)

#: A wave whose days are all taken for longer than this has no day.
_FURTHEST = timedelta(days=366)

_ONE_DAY = timedelta(days=1)


class Why(StrEnum):
    """Why a wave opens on another day than it fell due, or does not run."""

    WEEKEND = "weekend"
    BANK_HOLIDAY = "bank_holiday"
    BLACKOUT = "blackout"
    REST = "rest"
    STILL_OPEN = "still_open"
    LATE = "late"
    CHOSEN = "chosen"
    SKIP_RULE = "skip_rule"
    NO_ROOM = "no_room"
    SOFT_WINDOW = "soft_window"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Reason:
    why: Why
    words: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided about one occurrence: another day to open, or none at all."""

    opens_on: date | None


@dataclass(frozen=True, slots=True)
class LastWave:
    """The newest wave that ran: where the plan goes on."""

    number: int
    occurrence: date
    opens_on: date
    closes_on: date


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of one occurrence. Without a number it does not run, and has no times.

    `reasons` are why it moved or does not run, in the order in which they came up; `warnings` are
    what to know of a wave that runs. Times are aware, in the zone of the series.
    """

    occurrence: date
    number: int | None = None
    choice_key: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()

    @property
    def runs(self) -> bool:
        return self.number is not None


@dataclass(slots=True)
class _Day:
    """A day that is looked for, and why it is not the one it began with."""

    opens_on: date
    reasons: list[Reason] = field(default_factory=list)

    def move(self, to: date, why: Why, words: str) -> None:
        self.opens_on = to
        self.reasons.append(Reason(why, words))


def plan(
    rules: SeriesRules,
    *,
    until: date,
    last: LastWave | None = None,
    choices: Mapping[date, Choice] | None = None,
    since: date | None = None,
    not_before: date | None = None,
) -> Iterator[Turn]:
    """What becomes of each occurrence up to `until`, by the day it falls due, oldest first.

    `last` is the newest wave that ran; occurrences up to its own are past, and so are those before
    `since`. `choices` are decisions of people by occurrence. No wave opens before `not_before`: the
    clock passes today's date, so that one it could not open on its day is planned again like any
    other that must move, as long as it would still have been open.
    """
    decided = choices or {}
    # The one after the last is looked at too: it says how far the last may move.
    horizon = min(until, rules.until or until)
    ahead = min(_add(horizon, _FURTHEST * 2), rules.until or date.max)
    due = occurrences(rules.recurrence, first=rules.first, until=ahead)
    days = [day for day in due if (last is None or day > last.occurrence) and (since is None or day >= since)]
    for day, following in zip(days, [*days[1:], None], strict=False):
        if day > horizon:
            return
        turn = _turn(rules, day, following, last, decided.get(day), not_before)
        yield turn
        if turn.number is not None and turn.opens is not None and turn.closes is not None:
            last = LastWave(turn.number, day, turn.opens.date(), turn.closes.date())


def _turn(
    rules: SeriesRules,
    day: date,
    following: date | None,
    last: LastWave | None,
    choice: Choice | None,
    not_before: date | None,
) -> Turn:
    if choice is not None and choice.opens_on is None:
        return Turn(day, reasons=(Reason(Why.CHOSEN, "Left out by a person"),))
    if choice is None and (day in rules.skipped_dates or day.month in rules.skipped_months):
        return Turn(day, reasons=(Reason(Why.SKIP_RULE, "The series leaves out this day or month"),))
    found = _Day(day)
    if choice is not None and choice.opens_on is not None and choice.opens_on != day:
        found.move(choice.opens_on, Why.CHOSEN, "Moved by a person")
    stop = _settle(rules, found, last)
    if stop is None and not_before is not None and found.opens_on < not_before:
        if found.opens_on + timedelta(days=rules.open_days) < not_before:
            stop = Reason(Why.LATE, f"Left out: it would have opened on {_said(found.opens_on)} and is over")
        else:
            found.move(not_before, Why.LATE, f"It could not open on {_said(found.opens_on)}")
            stop = _settle(rules, found, last)
    if stop is not None:
        return Turn(day, reasons=(*found.reasons, stop))
    closes_on = found.opens_on + timedelta(days=rules.open_days)
    if following is not None and found.opens_on > day and choice is None:
        # A wave that moves may push the next one a little. A whole season late, it gives way to it.
        half_way = (following - day) / 2
        free = found.opens_on + max(rules.days_apart, min(REST, half_way))
        if rules.sample == 100:
            free = max(free, closes_on + _ONE_DAY)
        if free - following > min(_FURTHEST_PUSH, half_way):
            return Turn(
                day,
                reasons=(
                    *found.reasons,
                    Reason(Why.NO_ROOM, f"Left out: too close to the next one, due on {_said(following)}"),
                ),
            )
    number = 1 if last is None else last.number + 1
    reminders, about_reminders = _reminders(rules, found.opens_on, closes_on)
    return Turn(
        occurrence=day,
        number=number,
        choice_key=rules.choice(number),
        opens=_moment(rules, found.opens_on, rules.opens_at),
        closes=_moment(rules, closes_on, CLOSES_AT),
        reminders=reminders,
        reasons=tuple(found.reasons),
        warnings=(*_soft(rules, found.opens_on, closes_on), *about_reminders),
    )


def _settle(rules: SeriesRules, found: _Day, last: LastWave | None) -> Reason | None:
    """Move the day on until nothing speaks against it. Returns why it cannot run, if it cannot."""
    furthest = _add(found.opens_on, _FURTHEST)
    while True:
        day = found.opens_on
        if day > furthest:
            return Reason(Why.NO_ROOM, "Left out: no day within a year is free")
        closes_on = day + timedelta(days=rules.open_days)
        holiday = bank_holiday(day, rules.nation)
        blackout = _first_blackout(rules, day, closes_on)
        if last is not None and day < last.opens_on + rules.days_apart:
            to = last.opens_on + rules.days_apart
            found.move(to, Why.REST, f"{rules.days_apart.days} days after the wave of {_said(last.opens_on)}")
        elif last is not None and rules.sample == 100 and day <= last.closes_on:
            found.move(
                last.closes_on + _ONE_DAY,
                Why.STILL_OPEN,
                f"The wave before is open until {_said(last.closes_on)}",
            )
        elif blackout is not None:
            name, end = blackout
            if rules.on_blackout is Otherwise.SKIP:
                return Reason(Why.BLACKOUT, f"Left out: it would be open in {name}")
            found.move(end + _ONE_DAY, Why.BLACKOUT, f"It would be open in {name}, until {_said(end)}")
        elif holiday and rules.on_bank_holiday is Otherwise.SKIP:
            return Reason(Why.BANK_HOLIDAY, f"Left out: bank holiday, {holiday}")
        elif holiday and rules.on_bank_holiday is Otherwise.MOVE:
            found.move(day + _ONE_DAY, Why.BANK_HOLIDAY, f"{_said(day)} is a bank holiday, {holiday}")
        elif is_weekend(day) and rules.on_weekend is Otherwise.SKIP:
            return Reason(Why.WEEKEND, f"Left out: {_said(day)} is at a weekend")
        elif is_weekend(day) and rules.on_weekend is Otherwise.MOVE:
            found.move(day + timedelta(days=7 - day.weekday()), Why.WEEKEND, f"{_said(day)} is at a weekend")
        else:
            return None


def _first_blackout(rules: SeriesRules, opens_on: date, closes_on: date) -> tuple[str, date] | None:
    """The hard window that the wave would be open in and that ends first, and its last day."""
    met = [
        (end, window.name)
        for window in rules.windows
        if window.is_hard
        for _, end in window.spans(opens_on, closes_on)
    ]
    return (min(met)[1], min(met)[0]) if met else None


def _soft(rules: SeriesRules, opens_on: date, closes_on: date) -> Iterator[Reason]:
    met = {
        window.name: None
        for window in rules.windows
        if not window.is_hard and window.spans(opens_on, closes_on)
    }
    for name in met:
        yield Reason(Why.SOFT_WINDOW, f"People may be asked by {name} at the same time")


def _reminders(
    rules: SeriesRules, opens_on: date, closes_on: date
) -> tuple[tuple[datetime, ...], list[Reason]]:
    """When reminders go: on working days, each on a day of its own, the last a day before the close."""
    days: list[date] = []
    said: list[Reason] = []
    for offset in sorted(rules.reminders):
        planned = opens_on + timedelta(days=offset)
        day = max(planned, days[-1] + _ONE_DAY) if days else planned
        while not _may_remind(rules, day):
            day += _ONE_DAY
        if day >= closes_on:
            said.append(Reason(Why.REMINDER, f"No reminder on {_said(planned)}: too close to the end"))
            continue
        if day != planned:
            said.append(Reason(Why.REMINDER, f"Reminder on {_said(day)} instead of {_said(planned)}"))
        days.append(day)
    return tuple(_moment(rules, day, rules.opens_at) for day in days), said


def _may_remind(rules: SeriesRules, day: date) -> bool:
    nation = rules.nation if rules.on_bank_holiday is not Otherwise.KEEP else Nation.NONE
    if rules.on_weekend is Otherwise.KEEP:
        return not bank_holiday(day, nation)
    return is_working_day(day, nation)


def _moment(rules: SeriesRules, day: date, hour: time) -> datetime:
    """That local time. One that the clocks leap over comes as much later; of one they pass twice, the
    first (PEP 495, as RFC 5545 wants it).
    """
    return datetime.combine(day, hour, rules.zone).astimezone(UTC).astimezone(rules.zone)


def _said(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _add(day: date, time_on: timedelta) -> date:
    """The day so much later, or the last there is."""
    return day + time_on if day <= date.max - time_on else date.max
