"""When the waves of a series open: the awkward days, one by one, and the rules for any series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.instruments.services import load_library, questions_for
from surveyapp.series.planning import Choice, LastWave, Turn, Why, plan
from surveyapp.series.rotation import choices_of
from surveyapp.series.rules import (
    MonthDay,
    Otherwise,
    Recurrence,
    SeriesRules,
    Unit,
    Window,
    national_windows,
)
from surveyapp.working_days import Nation, is_working_day

FIRST_TUESDAY = Recurrence(Unit.MONTH, weekday=1, nth=1)


def rules(recurrence: Recurrence = FIRST_TUESDAY, **changed: object) -> SeriesRules:
    """A monthly pulse without national surveys, unless a test says otherwise."""
    given: dict[str, object] = {
        "title": "Learning pulse",
        "template_id": "monthly_pulse_5",
        "choices": choices_of("monthly_pulse_5"),
        "recurrence": recurrence,
        "first": date(2026, 1, 1),
        "windows": (),
        **changed,
    }
    return SeriesRules(**given)  # type: ignore[arg-type]


def turns(given: SeriesRules, until: date, **known: object) -> list[Turn]:
    return list(plan(given, until=until, **known))  # type: ignore[arg-type]


def opened(planned: Sequence[Turn]) -> list[date]:
    return [turn.opens.date() for turn in planned if turn.opens is not None]


def why(turn: Turn) -> list[Why]:
    return [reason.why for reason in turn.reasons]


# ---------------------------------------------------------------- days that will do


def test_the_first_tuesday_of_each_month() -> None:
    planned = turns(rules(), date(2026, 4, 30))
    assert opened(planned) == [date(2026, 1, 6), date(2026, 2, 3), date(2026, 3, 3), date(2026, 4, 7)]
    assert all(turn.reasons == () for turn in planned)


@pytest.mark.parametrize(
    ("recurrence", "until", "expected"),
    [
        (Recurrence(Unit.WEEK, 4), date(2026, 3, 1), [(1, 1), (1, 29), (2, 26)]),
        (Recurrence(Unit.WEEK, 6, weekday=0), date(2026, 3, 1), [(1, 5), (2, 16)]),
        (Recurrence(Unit.QUARTER, month_day=10), date(2026, 12, 31), [(1, 10), (4, 10), (7, 10), (10, 10)]),
        (Recurrence(Unit.YEAR, month_day=15), date(2027, 12, 31), [(1, 15), (1, 15)]),
        (Recurrence(rule="FREQ=MONTHLY;BYDAY=-1FR"), date(2026, 2, 28), [(1, 30), (2, 27)]),
    ],
)
def test_recurrences(recurrence: Recurrence, until: date, expected: list[tuple[int, int]]) -> None:
    due = [turn.occurrence for turn in turns(rules(recurrence), until)]
    assert [(day.month, day.day) for day in due] == expected


def test_the_last_day_of_short_months_and_leap_years() -> None:
    given = rules(Recurrence(Unit.MONTH, month_day=31), first=date(2028, 1, 1), on_weekend=Otherwise.KEEP)
    due = [turn.occurrence for turn in turns(given, date(2028, 6, 30))]
    assert [day.day for day in due] == [31, 29, 31, 30, 31, 30]


def test_a_yearly_pulse_of_29_february_comes_on_the_28th_in_other_years() -> None:
    given = rules(Recurrence(Unit.YEAR), first=date(2028, 2, 29))
    due = [turn.occurrence for turn in turns(given, date(2032, 12, 31))]
    assert due == [
        date(2028, 2, 29), date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29)
    ]  # fmt: skip


def test_week_53_comes_in_years_that_have_one() -> None:
    given = rules(Recurrence(rule="FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO"), first=date(2026, 1, 1))
    due = [turn.occurrence for turn in turns(given, date(2033, 12, 31))]
    assert due == [date(2026, 12, 28), date(2032, 12, 27)]


# ---------------------------------------------------------------- days that will not


def test_easter_monday_moves_to_the_tuesday_after() -> None:
    (turn,) = turns(rules(Recurrence(Unit.YEAR), first=date(2026, 4, 6)), date(2026, 12, 31))
    assert opened([turn]) == [date(2026, 4, 7)]
    assert why(turn) == [Why.BANK_HOLIDAY] and "Easter Monday" in turn.reasons[0].words


def test_easter_monday_is_a_working_day_in_scotland() -> None:
    given = rules(Recurrence(Unit.YEAR), first=date(2026, 4, 6), nation=Nation.SCOTLAND)
    assert opened(turns(given, date(2026, 12, 31))) == [date(2026, 4, 6)]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (date(2026, 12, 25), date(2026, 12, 29)),  # Friday, Boxing Day on a Saturday, its substitute
        (date(2027, 12, 25), date(2027, 12, 29)),  # Saturday, with two substitute days
        (date(2028, 1, 1), date(2028, 1, 4)),  # New Year's Day on a Saturday
        (date(2027, 3, 26), date(2027, 3, 30)),  # Good Friday to the Tuesday after Easter
    ],
)
def test_substitute_days_are_holidays_too(due: date, expected: date) -> None:
    assert opened(turns(rules(Recurrence(Unit.YEAR), first=due), due)) == [expected]


def test_clocks_that_go_forward_and_back_leave_the_hour_alone() -> None:
    given = rules(Recurrence(Unit.WEEK, 4, weekday=1), first=date(2026, 3, 3))
    planned = turns(given, date(2026, 11, 30))
    assert {turn.opens.hour for turn in planned if turn.opens} == {8}
    assert {turn.opens.astimezone(UTC).hour for turn in planned if turn.opens} == {7, 8}


def test_an_hour_that_the_clocks_leap_over_comes_an_hour_later() -> None:
    given = rules(
        Recurrence(Unit.YEAR), first=date(2027, 3, 28), opens_at=time(1, 30), on_weekend=Otherwise.KEEP
    )
    (turn,) = turns(given, date(2027, 12, 31))
    assert turn.opens is not None and turn.opens.isoformat() == "2027-03-28T02:30:00+01:00"


def test_of_an_hour_that_comes_twice_the_first_counts() -> None:
    given = rules(
        Recurrence(Unit.YEAR), first=date(2026, 10, 25), opens_at=time(1, 30), on_weekend=Otherwise.KEEP
    )
    (turn,) = turns(given, date(2026, 12, 31))
    assert turn.opens is not None and turn.opens.isoformat() == "2026-10-25T01:30:00+01:00"


# ---------------------------------------------------------------- windows


def test_a_wave_that_would_be_open_in_a_hard_window_moves_behind_it() -> None:
    window = Window("Move of wards", date(2026, 4, 15), date(2026, 4, 19), is_hard=True)
    planned = turns(rules(windows=(window,)), date(2026, 5, 31))
    assert opened(planned)[3:] == [date(2026, 4, 20), date(2026, 5, 18)]
    assert why(planned[3]) == [Why.BLACKOUT] and why(planned[4]) == [Why.REST]


def test_a_window_that_swallows_months_leaves_out_and_no_question_is_missed() -> None:
    planned = turns(rules(windows=national_windows(["nhs-staff-survey"])), date(2026, 12, 31))
    left_out = [turn.occurrence.month for turn in planned if not turn.runs]
    assert left_out == [9, 10, 11]
    assert opened(planned)[-1] == date(2026, 12, 1)
    assert [turn.choice_key for turn in planned if turn.runs] == list(choices_of("monthly_pulse_5"))


def test_a_window_across_new_year() -> None:
    window = Window("Winter", MonthDay(12, 20), MonthDay(1, 10), is_hard=True)
    planned = turns(rules(windows=(window,), first=date(2026, 12, 1)), date(2027, 1, 31))
    assert opened(planned) == [date(2026, 12, 1), date(2027, 1, 11)]


def test_a_quarter_survives_the_season_of_the_staff_survey() -> None:
    given = rules(Recurrence(Unit.QUARTER, month_day=1), windows=national_windows(["nhs-staff-survey"]))
    assert opened(turns(given, date(2026, 12, 31)))[-1] == date(2026, 12, 1)


def test_two_quarters_do_not_crowd_together_behind_a_season() -> None:
    given = rules(
        Recurrence(Unit.QUARTER, month_day=9),
        first=date(2026, 6, 9),
        windows=national_windows(["nhs-staff-survey"]),
        sample=50,
    )
    assert opened(turns(given, date(2027, 3, 31))) == [date(2026, 6, 9), date(2026, 12, 9), date(2027, 3, 9)]


def test_a_window_without_end_leaves_no_day() -> None:
    window = Window("Always", MonthDay(1, 1), MonthDay(12, 31), is_hard=True)
    planned = turns(rules(windows=(window,)), date(2026, 3, 31))
    assert [turn.runs for turn in planned] == [False] * 3
    assert why(planned[0])[-1] is Why.NO_ROOM


def test_a_soft_window_is_said_and_moves_nothing() -> None:
    planned = turns(rules(windows=national_windows(["nqps"])), date(2026, 4, 30))
    warned = [
        turn.occurrence.month for turn in planned if turn.warnings and turn.warnings[0].why == Why.SOFT_WINDOW
    ]
    assert warned == [1, 4] and not any(turn.reasons for turn in planned)


# ---------------------------------------------------------------- what people and clocks decide


def test_one_can_be_left_out_or_moved() -> None:
    planned = turns(
        rules(),
        date(2026, 4, 30),
        choices={date(2026, 2, 3): Choice(None), date(2026, 3, 3): Choice(date(2026, 3, 12))},
    )
    assert opened(planned) == [date(2026, 1, 6), date(2026, 3, 12), date(2026, 4, 9)]
    assert [turn.number for turn in planned] == [1, None, 2, 3]


def test_a_late_clock_opens_a_wave_as_long_as_it_would_still_be_open() -> None:
    late = turns(rules(), date(2026, 1, 31), not_before=date(2026, 1, 9))
    assert opened(late) == [date(2026, 1, 9)] and why(late[0]) == [Why.LATE]
    too_late = turns(rules(), date(2026, 1, 31), not_before=date(2026, 1, 21))
    assert opened(too_late) == [] and why(too_late[0]) == [Why.LATE]


def test_days_before_it_was_resumed_are_past() -> None:
    assert opened(turns(rules(), date(2026, 4, 30), since=date(2026, 3, 20))) == [date(2026, 4, 7)]


def test_reminders_keep_off_weekends_and_the_last_day() -> None:
    (turn,) = turns(rules(reminders=(4, 11, 13)), date(2026, 1, 31))
    assert [moment.date().day for moment in turn.reminders] == [12, 19]
    assert all(is_working_day(moment.date(), Nation.ENGLAND) for moment in turn.reminders)
    assert any("No reminder" in warning.words for warning in turn.warnings)


# ---------------------------------------------------------------- any series

DAYS = st.dates(date(2025, 1, 1), date(2031, 12, 31))
MONTH_DAYS = st.builds(
    lambda day: MonthDay(day.month, day.day), st.dates(date(2028, 1, 1), date(2028, 12, 31))
)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    hard = draw(st.booleans())
    if draw(st.booleans()):
        first = draw(DAYS)
        return Window("Once", first, first + timedelta(days=draw(st.integers(0, 120))), is_hard=hard)
    return Window("Each year", draw(MONTH_DAYS), draw(MONTH_DAYS), is_hard=hard)


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    unit = draw(st.sampled_from(Unit))
    if unit is Unit.WEEK:
        return Recurrence(unit, draw(st.integers(1, 60)), weekday=draw(st.none() | st.integers(0, 6)))
    interval = draw(st.integers(1, 4))
    if draw(st.booleans()):
        return Recurrence(unit, interval, month_day=draw(st.integers(1, 31)))
    weekday, nth = draw(st.integers(0, 6)), draw(st.sampled_from([1, 2, 3, 4, -1]))
    return Recurrence(unit, interval, weekday=weekday, nth=nth)


SERIES = st.builds(
    rules,
    recurrences(),
    first=DAYS,
    open_days=st.integers(14, 60),
    reminders=st.lists(st.integers(1, 13), max_size=3, unique=True).map(tuple),
    windows=st.lists(windows(), max_size=3).map(tuple),
    nation=st.sampled_from(Nation),
    on_bank_holiday=st.sampled_from(Otherwise),
    on_weekend=st.sampled_from(Otherwise),
    on_blackout=st.sampled_from([Otherwise.MOVE, Otherwise.SKIP]),
    skipped_months=st.sets(st.integers(1, 12), max_size=3).map(frozenset),
    sample=st.sampled_from([5, 25, 50, 100]),
)


@settings(max_examples=300, deadline=None)
@given(SERIES)
def test_what_holds_for_any_series(given: SeriesRules) -> None:
    planned = turns(given, given.first + timedelta(days=1100))
    ran = [turn for turn in planned if turn.opens is not None and turn.closes is not None]
    assert [turn.occurrence for turn in planned] == sorted({turn.occurrence for turn in planned})
    assert [turn.number for turn in ran] == list(range(1, len(ran) + 1))
    assert all(turn.reasons for turn in planned if not turn.runs)
    for turn in ran:
        assert turn.opens is not None and turn.closes is not None
        opens_on, closes_on = turn.opens.date(), turn.closes.date()
        assert (opens_on == turn.occurrence) == (not turn.reasons)
        assert closes_on - opens_on == timedelta(days=given.open_days)
        assert turn.choice_key == given.choice(turn.number or 0)
        for window in given.windows:
            assert not (window.is_hard and window.spans(opens_on, closes_on))
        if given.on_weekend is not Otherwise.KEEP:
            assert opens_on.weekday() < 5
        if given.on_weekend is given.on_bank_holiday is Otherwise.MOVE:
            assert is_working_day(opens_on, given.nation)
        days = [moment.date() for moment in turn.reminders]
        assert days == sorted(set(days)) and all(opens_on < day < closes_on for day in days)
    for before, after in pairwise(ran):
        assert before.opens is not None and after.opens is not None
        assert after.opens.date() - before.opens.date() >= given.days_apart


@settings(max_examples=100, deadline=None)
@given(SERIES, st.integers(0, 400))
def test_going_on_from_any_wave_gives_the_same_plan(given: SeriesRules, days: int) -> None:
    """What a preview prints is what the clock does, one wave after the other."""
    until = given.first + timedelta(days=900)
    whole = turns(given, until)
    last, stepped = None, []
    for turn in whole:
        (again, *_) = turns(given, turn.occurrence, last=last, since=turn.occurrence)
        stepped.append(again)
        if again.number is not None and again.opens is not None and again.closes is not None:
            last = LastWave(again.number, again.occurrence, again.opens.date(), again.closes.date())
    assert stepped == whole


@settings(max_examples=100, deadline=None)
@given(SERIES, st.integers(0, 600))
def test_a_late_clock_opens_nothing_in_the_past_and_nothing_that_is_over(
    given: SeriesRules, days: int
) -> None:
    today = given.first + timedelta(days=days)
    in_time = turns(given, today + timedelta(days=200))
    for turn in turns(given, today + timedelta(days=200), not_before=today):
        if turn.opens is not None and turn.closes is not None:
            assert turn.opens.date() >= today
            assert turn.closes.date() >= today
            if Why.LATE in why(turn):
                due_then = next(one for one in in_time if one.occurrence == turn.occurrence)
                assert due_then.closes is None or due_then.closes.date() >= today


def test_three_in_a_row_ask_each_factor_its_anchor_and_one_more_and_nine_miss_none() -> None:
    library = load_library()
    keys = choices_of("monthly_pulse_5")
    asked = [questions_for(library, "monthly_pulse_5", key).items for key in (*keys, *keys)]
    for start in range(len(keys)):
        items = [item for form in asked[start : start + 3] for item in form if item.set == "factor"]
        for factor in library.factors:
            of_factor = [item for item in items if item.factor == factor]
            assert sorted(item.anchor for item in of_factor) == [False, True], (start, factor)
    nine = {item.id for form in asked[:9] for item in form}
    assert {item.id for item in library.items.values() if item.set == "factor"} <= nine
