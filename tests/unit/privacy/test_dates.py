"""When answers are deleted: 24 calendar months after the close, by the organisation's clock (A19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.privacy.services import deletion_date, is_due
from surveyapp.pulses.services import WaveState
from surveyapp.timekeeping import LOCAL_ZONE


@dataclass(frozen=True)
class Wave:
    state: str = WaveState.COUNTED
    closes_at: datetime = datetime(2026, 11, 25, 23, 59, tzinfo=UTC)
    erased_at: datetime | None = None


@pytest.mark.parametrize(
    ("closed", "deleted"),
    [
        (datetime(2026, 11, 25, 23, 59, tzinfo=UTC), date(2028, 11, 25)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), date(2030, 2, 28)),
        (datetime(2026, 2, 28, 12, tzinfo=UTC), date(2028, 2, 28)),
        (datetime(2026, 8, 31, 12, tzinfo=UTC), date(2028, 8, 31)),
        # Summer time: in London the next day has begun.
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2028, 7, 1)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2028, 12, 31)),
    ],
)
def test_the_day_is_counted_in_months_of_the_calendar(closed: datetime, deleted: date) -> None:
    assert deletion_date(closed) == deleted


@given(st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_no_wave_is_kept_longer_than_24_months(closed: datetime) -> None:
    day = deletion_date(closed)
    local = closed.astimezone(LOCAL_ZONE).date()
    assert 730 - 1 <= (day - local).days <= 731
    assert (day.year - local.year, day.month) == (2, local.month) and day.day <= local.day


def test_a_wave_is_due_from_its_day_on_and_not_before() -> None:
    day = date(2028, 11, 25)
    assert not is_due(Wave(), today=day - timedelta(days=1))
    assert is_due(Wave(), today=day)
    assert is_due(Wave(), today=day + timedelta(days=4000))


@pytest.mark.parametrize("state", WaveState)
def test_only_what_has_ended_is_due(state: WaveState) -> None:
    ended = state in {WaveState.CLOSED, WaveState.COUNTED, WaveState.CANNOT_BE_COUNTED}
    assert is_due(Wave(state=state), today=date(2099, 1, 1)) is ended


def test_what_was_deleted_is_due_no_more() -> None:
    assert not is_due(Wave(erased_at=datetime(2028, 11, 25, tzinfo=UTC)), today=date(2099, 1, 1))
