"""When mail may go out, and when reminders are due. Pure.

Moments are aware datetimes. Hours and days are those of the organisation's clock.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from surveyapp import working_days
from surveyapp.config import MailSettings
from surveyapp.timekeeping import LOCAL_ZONE
from surveyapp.working_days import Nation

#: Days after the opening on which the first two reminders go out (F6).
REMINDER_DAYS = (5, 10)

#: The third goes out this many days before the close.
DAYS_BEFORE_CLOSE = 2

MOST_REMINDERS = 3

#: A pulse that is open for longer than this has a third reminder unless someone chooses otherwise.
LONG_PULSE = timedelta(days=21)

#: Days that must lie between two reminders, or the later one is left out.
BETWEEN_REMINDERS = timedelta(days=2)

#: Nobody is reminded so shortly before the close: whoever is off that day could only be annoyed.
LAST_HOURS = timedelta(hours=24)

#: A reminder that nobody could send for so long is left out: the next one is near.
LONGEST_DELAY = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class MailTimes:
    """Mail goes out from `first` until before `last` on working days.

    `spread` is how long it takes from the first mail to the last. `nation` is whose bank holidays
    are no working days.
    """

    first: time = time(8)
    last: time = time(18)
    spread: timedelta = timedelta(minutes=30)
    nation: Nation = Nation.ENGLAND

    def is_working_day(self, day: date) -> bool:
        return working_days.is_working_day(day, self.nation)

    def allow(self, moment: datetime) -> bool:
        """Whether mail may go out at this moment."""
        local = moment.astimezone(LOCAL_ZONE)
        return self.first <= local.time() < self.last and self.is_working_day(local.date())

    def next_moment(self, moment: datetime) -> datetime:
        """The moment itself if mail may go out then, else the next one when it may."""
        if self.allow(moment):
            return moment
        local = moment.astimezone(LOCAL_ZONE)
        day = local.date() if local.time() < self.first else local.date() + timedelta(days=1)
        return _at(working_days.next_working_day(day, self.nation), self.first)

    def later(self, moment: datetime, by: timedelta) -> datetime:
        """So much later, where only time counts in which mail may go out."""
        at = self.next_moment(moment).astimezone(UTC)
        while True:
            left = _at(at.astimezone(LOCAL_ZONE).date(), self.last) - at
            if by < left:
                return at + by
            by -= left
            at = self.next_moment(at + left)

    def place(self, moment: datetime, *, secret: bytes, identity: str) -> datetime:
        """When a mail goes out of those that go out from `moment` on.

        It is the same each time it is worked out, and tells nothing to whoever lacks the secret.
        """
        digest = hmac.new(secret, f"mail-order:{identity}".encode(), hashlib.sha256).digest()
        return self.later(moment, self.spread * (int.from_bytes(digest[:8], "big") / 2**64))


#: What is reckoned with where settings are not at hand: before the launch.
USUAL = MailTimes()


def times_of(mail: MailSettings) -> MailTimes:
    return MailTimes(
        first=mail.from_hour,
        last=mail.to_hour,
        spread=timedelta(minutes=mail.spread_minutes),
        nation=mail.holidays,
    )


def usual_reminders(opens_on: date, closes_on: date) -> int:
    """How many reminders a pulse has unless someone chooses otherwise."""
    return len(REMINDER_DAYS) + (closes_on - opens_on > LONG_PULSE)


def reminder_moments(
    opens_at: datetime, closes_at: datetime, wanted: int, *, times: MailTimes = USUAL
) -> tuple[datetime, ...]:
    """When reminders are due: as many of the wanted ones as fit, in UTC."""
    opens_on, closes_on = (each.astimezone(LOCAL_ZONE).date() for each in (opens_at, closes_at))
    days = [opens_on + timedelta(days=number) for number in REMINDER_DAYS]
    last = closes_on - timedelta(days=DAYS_BEFORE_CLOSE)
    while not times.is_working_day(last):
        last -= timedelta(days=1)  # a weekend later it would come in the last hours
    found: list[datetime] = []
    for day in [*days, last][:wanted]:
        moment = _at(day, times.first)
        is_far = not found or moment - found[-1] >= BETWEEN_REMINDERS
        if is_far and moment > opens_at and _ends(moment, times) <= closes_at - LAST_HOURS:
            found.append(moment)
    return tuple(found)


def due_reminder(
    moments: Sequence[datetime], *, last: int, now: datetime, closes_at: datetime, times: MailTimes
) -> int | None:
    """The number, from 1, of the reminder that is to go out now, or None.

    `last` is the number of the one that went out before, or 0. Of two that are due the later one
    goes. One that waited too long, or would come too shortly before the close, is left out.
    """
    due = [number for number, moment in enumerate(moments, start=1) if number > last and moment <= now]
    if not due or now - moments[due[-1] - 1] > LONGEST_DELAY:
        return None
    return due[-1] if _ends(now, times) <= closes_at - LAST_HOURS else None


def parsed(moments: Iterable[str]) -> tuple[datetime, ...]:
    """Moments as they are stored: in UTC, in the form of ISO 8601."""
    return tuple(datetime.fromisoformat(moment).astimezone(UTC) for moment in moments)


def stored(moments: Iterable[datetime]) -> list[str]:
    return [moment.astimezone(UTC).isoformat() for moment in moments]


def _ends(moment: datetime, times: MailTimes) -> datetime:
    """When the last mail goes out of those that go out from `moment` on."""
    return times.later(moment, times.spread)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LOCAL_ZONE).astimezone(UTC)
