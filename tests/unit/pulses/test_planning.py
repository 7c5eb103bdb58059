"""What a plan must satisfy, and when its days begin and end (A1, F6)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.pulses.planning import (
    FURTHEST_OPENING,
    LONGEST_WAVE,
    SHORTEST_WAVE,
    Plan,
    PlanError,
    check_minimum_group,
    check_plan,
    closing_moment,
    new_reference,
    opening_moment,
)
from surveyapp.timekeeping import LOCAL_ZONE

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=300)

TODAY = date(2026, 3, 1)
PLAN = Plan("Spring", "monthly_pulse_5", "A-1", (1,), TODAY, TODAY + SHORTEST_WAVE)

#: Days on which clocks change, and their neighbours.
CLOCK_CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]


def refused(plan: Plan, *, today: date = TODAY) -> str:
    with pytest.raises(PlanError) as caught:
        check_plan(plan, today=today)
    assert re.match(r"[A-Z][^.]*$", str(caught.value))  # a form's error: no full stop
    return caught.value.field


def test_a_good_plan_is_accepted() -> None:
    check_plan(PLAN, today=TODAY)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " \t"}, "title"),
        ({"audience_unit_ids": ()}, "audience"),
        ({"minimum_group": 4}, "minimum_group"),
        ({"minimum_group": 21}, "minimum_group"),
        ({"opens_on": TODAY - timedelta(1)}, "opens_on"),
        ({"closes_on": TODAY + SHORTEST_WAVE - timedelta(1)}, "closes_on"),
        ({"closes_on": TODAY + LONGEST_WAVE + timedelta(1)}, "closes_on"),
        ({"closes_on": TODAY - timedelta(1)}, "closes_on"),
    ],
)
def test_a_bad_plan_names_the_field_to_mend(change: dict[str, object], field: str) -> None:
    assert refused(replace(PLAN, **change)) == field  # type: ignore[arg-type]


@pytest.mark.parametrize("k", range(5, 21))
def test_every_minimum_from_5_to_20_may_be_chosen(k: int) -> None:
    check_minimum_group(k)


@pytest.mark.parametrize("k", [-1, 0, 1, 4, 21, 1000])
def test_no_other_minimum_may_be_chosen(k: int) -> None:
    with pytest.raises(PlanError, match="from 5 to 20"):
        check_minimum_group(k)


@REPEATABLE
@given(st.integers(-400, 800), st.integers(-50, 150))
def test_days_are_accepted_exactly_within_bounds(ahead: int, length: int) -> None:
    opens_on = TODAY + timedelta(ahead)
    plan = replace(PLAN, opens_on=opens_on, closes_on=opens_on + timedelta(length))
    good_start = 0 <= ahead <= FURTHEST_OPENING.days
    if good_start and SHORTEST_WAVE.days <= length <= LONGEST_WAVE.days:
        check_plan(plan, today=TODAY)
    else:
        assert refused(plan) == ("closes_on" if good_start else "opens_on")


@REPEATABLE
@given(st.dates(date(2020, 1, 1), date(2037, 12, 31)), st.integers(14, 92))
def test_a_wave_opens_at_8_and_closes_at_a_minute_to_midnight(day: date, length: int) -> None:
    before = datetime.combine(day - timedelta(1), time(12), LOCAL_ZONE)
    opens, closes = opening_moment(day, now=before), closing_moment(day + timedelta(length))
    for moment, hour in ((opens, time(8, 0)), (closes, time(23, 59))):
        assert moment.astimezone(UTC).astimezone(LOCAL_ZONE).time() == hour
    # The clock time is kept, so the real time may be an hour off across a change of clocks.
    real = closes.astimezone(UTC) - opens.astimezone(UTC)
    assert abs(real - timedelta(days=length, hours=15, minutes=59)) <= timedelta(hours=1)
    assert real >= SHORTEST_WAVE


@pytest.mark.parametrize("day", CLOCK_CHANGES)
def test_days_on_which_clocks_change(day: date) -> None:
    summer = day.month == 3  # the day on which summer time begins, at 01:00
    yesterday = datetime.combine(day - timedelta(1), time(12), LOCAL_ZONE)
    assert opening_moment(day, now=yesterday).astimezone(UTC).hour == (7 if summer else 8)
    assert closing_moment(day).astimezone(UTC).hour == (22 if summer else 23)
    lasted = closing_moment(day).astimezone(UTC) - closing_moment(day - timedelta(1)).astimezone(UTC)
    assert lasted == timedelta(hours=23 if summer else 25)


@REPEATABLE
@given(st.integers(1_577_923_200, 2_114_380_800))  # seconds from 2020 to 2037
def test_a_pulse_that_opens_today_opens_by_8_and_never_later_than_now(second: int) -> None:
    now = datetime.fromtimestamp(second, UTC)
    today = now.astimezone(LOCAL_ZONE).date()
    opens = opening_moment(today, now=now)
    assert opens <= now
    assert opening_moment(today + timedelta(1), now=now) > now


def test_references_are_readable_and_do_not_repeat() -> None:
    made = {new_reference() for _ in range(5000)}
    assert len(made) >= 4999  # of 27^7 one may come twice in a long while
    assert all(re.fullmatch(r"[2-9b-df-hj-km-np-tv-xz]{7}", reference) for reference in made)
    assert not set("".join(made)) & set("aeiouyl01")
