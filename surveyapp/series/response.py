"""Whether fewer and fewer people answer a series, so that it should ask less often (F8). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from surveyapp.pulses.services import Wave, WaveState
from surveyapp.series.recurrence import occurrences
from surveyapp.series.rules import SeriesRules
from surveyapp.timekeeping import LOCAL_ZONE

#: So many pulses are looked at, and so many points are a fall. Rates are in bands of 5 points.
PULSES, POINTS = 3, 10

#: A series with pulses this far apart asks once a quarter already.
_QUARTER = timedelta(days=84)

#: How far ahead a second occurrence is looked for.
_FAR = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Fall:
    """Shown response rates in 100: `before`, of the pulse that opened on `since`, and `now`."""

    before: int
    now: int
    since: date


def fall_in_response(waves: Iterable[Wave], rules: SeriesRules) -> Fall | None:
    """The fall over the newest pulses of a series, which come newest first, if there is one to act on.

    It is made of published rates alone. A pulse whose rate may not be shown, or that asked other
    units, says nothing, and so does a series that asks once a quarter or less.
    """
    ended = (
        wave for wave in waves if wave.state in {WaveState.COUNTED, WaveState.CANNOT_BE_COUNTED}
    )
    newest = [*islice(ended, PULSES)]
    rates = [wave.live_rate_band for wave in newest if wave.state == WaveState.COUNTED]
    if len(rates) < PULSES or not _is_more_often_than_quarterly(rules):
        return None
    now, before = rates[0], rates[-1]
    if now is None or before is None or None in rates or before - now < POINTS:
        return None
    if any(wave.audience_unit_ids != newest[0].audience_unit_ids for wave in newest):
        return None
    return Fall(before, now, newest[-1].opens_at.astimezone(LOCAL_ZONE).date())


def _is_more_often_than_quarterly(rules: SeriesRules) -> bool:
    days = [*islice(occurrences(rules.recurrence, first=rules.first, until=rules.first + _FAR), 2)]
    return len(days) == 2 and days[1] - days[0] < _QUARTER
