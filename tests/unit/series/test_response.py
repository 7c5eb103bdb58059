"""F8: when a series is said to lose its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from surveyapp.pulses.models import Wave, WaveState
from surveyapp.series.response import Fall, fall_in_response
from surveyapp.series.rules import Recurrence, SeriesRules, Unit

NEWEST = datetime(2027, 4, 6, 8, tzinfo=UTC)
RULES = SeriesRules(
    title="Pulse",
    template_id="monthly_pulse_5",
    choices=("A-1",),
    recurrence=Recurrence(unit=Unit.MONTH, interval=1),
    first=date(2027, 1, 5),
)


def waves(rates: Sequence[int | None], *, state: WaveState = WaveState.COUNTED) -> list[Wave]:
    """Newest first, as the rates come."""
    return [
        Wave(
            state=state,
            live_rate_band=rate,
            audience_unit_ids=[1],
            opens_at=NEWEST - timedelta(days=30 * place),
        )
        for place, rate in enumerate(rates)
    ]


@pytest.mark.parametrize(
    ("rates", "is_fall"),
    [
        ((50, 55, 60), True),
        ((50, 70, 60), True),
        ((50, 55, 60, 30), True),  # an older one does not count
        ((55, 55, 60), False),
        ((60, 55, 50), False),
        ((50, None, 60), False),
        ((None, 50, 60), False),
        ((50, 60), False),
        ((), False),
    ],
)
def test_ten_points_over_the_newest_three_pulses_are_a_fall(
    rates: Sequence[int | None], is_fall: bool
) -> None:
    expected = Fall(60, 50, date(2027, 2, 5)) if is_fall else None
    assert fall_in_response(waves(rates), RULES) == expected


def test_a_pulse_that_is_still_open_does_not_count() -> None:
    now_open = waves([20], state=WaveState.OPEN)
    assert fall_in_response([*now_open, *waves([60, 60, 60])], RULES) is None
    assert fall_in_response([*now_open, *waves([50, 55, 60])], RULES) is not None


def test_a_pulse_that_could_not_be_counted_breaks_the_row() -> None:
    lost = waves([None], state=WaveState.CANNOT_BE_COUNTED)
    assert fall_in_response([*lost, *waves([50, 55, 60])], RULES) is None


def test_other_people_are_no_fall() -> None:
    found = waves([50, 55, 60])
    found[-1].audience_unit_ids = [2]
    assert fall_in_response(found, RULES) is None


@pytest.mark.parametrize(
    ("unit", "interval", "offers"),
    [(Unit.WEEK, 4, True), (Unit.MONTH, 2, True), (Unit.MONTH, 3, False), (Unit.QUARTER, 1, False)],
)
def test_a_quarterly_series_is_offered_nothing(unit: Unit, interval: int, offers: bool) -> None:
    rules = replace(RULES, recurrence=Recurrence(unit=unit, interval=interval))
    assert (fall_in_response(waves([50, 55, 60]), rules) is not None) is offers
