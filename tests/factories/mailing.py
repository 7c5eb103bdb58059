"""A clock for the mailing jobs: no test waits for a working day, and none depends on today."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from surveyapp.pulses import jobs
from surveyapp.pulses.mail_times import MailTimes
from surveyapp.timekeeping import LOCAL_ZONE, utc_now

TIMES = MailTimes()


class MailClock:
    """What the jobs of mail take for now. Its Monday begins a week that has no bank holiday."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.monday = _plain_monday()
        self.now = self.at(0, 9)
        patch.setattr(jobs, "database_now", lambda _session: self.now)

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """A moment of that week: day 0 is its Monday, 5 its Saturday."""
        moment = time(hour, minute)
        return datetime.combine(self.monday + timedelta(days=day), moment, LOCAL_ZONE)

    def set(self, day: int, hour: int, minute: int = 0) -> None:
        self.now = self.at(day, hour, minute)


def _plain_monday() -> date:
    """Some weeks from now, so that what happens before it has happened."""
    monday = utc_now().astimezone(LOCAL_ZONE).date() + timedelta(days=14)
    while monday.weekday() or not all(TIMES.is_working_day(monday + timedelta(days=n)) for n in range(5)):
        monday += timedelta(days=1)
    return monday
