"""When mails go out and reminders are due: the rules alone, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.pulses.mail_times import (
    BETWEEN_REMINDERS,
    LAST_HOURS,
    LONGEST_DELAY,
    MailTimes,
    due_reminder,
    parsed,
    reminder_moments,
    stored,
    usual_reminders,
)
from surveyapp.pulses.planning import LONGEST_WAVE, SHORTEST_WAVE, closing_moment
from surveyapp.timekeeping import LOCAL_ZONE
from surveyapp.working_days import Nation

TIMES = MailTimes()

SECRET = b"a secret of thirty-two bytes ...."

moments = st.integers(0, 90_000_000).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
waits = st.timedeltas(timedelta(0), timedelta(days=9))
windows = st.builds(
    MailTimes,
    first=st.times(time(0), time(11)).map(lambda at: at.replace(microsecond=0)),
    last=st.times(time(12), time(23, 59)).map(lambda at: at.replace(microsecond=0)),
    spread=st.timedeltas(timedelta(0), timedelta(hours=4)),
    nation=st.sampled_from(Nation),
)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LOCAL_ZONE)  # type: ignore[misc,arg-type]


# ---------------------------------------------------------------- hours, weekends, bank holidays


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (local(2026, 11, 4, 8, 0), local(2026, 11, 4, 8, 0)),
        (local(2026, 11, 4, 17, 59), local(2026, 11, 4, 17, 59)),
        (local(2026, 11, 4, 18, 0), local(2026, 11, 5, 8, 0)),
        (local(2026, 11, 4, 3, 0), local(2026, 11, 4, 8, 0)),
        (local(2026, 11, 6, 20, 0), local(2026, 11, 9, 8, 0)),  # from Friday evening to Monday
        (local(2026, 12, 24, 19, 0), local(2026, 12, 29, 8, 0)),  # Boxing Day is on a Saturday
        (local(2027, 3, 26, 9, 0), local(2027, 3, 30, 8, 0)),  # Good Friday to after Easter Monday
        (local(2026, 10, 24, 12, 0), local(2026, 10, 26, 8, 0)),  # the night the clocks go back
        (local(2026, 7, 1, 7, 30), local(2026, 7, 1, 8, 0)),  # in summer time
    ],
)
def test_the_next_moment_for_mail(asked: datetime, answer: datetime) -> None:
    assert TIMES.next_moment(asked) == answer


def test_nations_have_bank_holidays_of_their_own() -> None:
    st_andrews = date(2026, 11, 30)
    assert MailTimes(nation=Nation.ENGLAND).is_working_day(st_andrews)
    assert not MailTimes(nation=Nation.SCOTLAND).is_working_day(st_andrews)
    assert MailTimes(nation=Nation.NONE).is_working_day(date(2026, 12, 25))


def test_only_time_in_which_mail_may_go_out_counts() -> None:
    friday = local(2026, 11, 6, 17, 50)
    assert TIMES.later(friday, timedelta(minutes=5)) == local(2026, 11, 6, 17, 55)
    assert TIMES.later(friday, timedelta(minutes=10)) == local(2026, 11, 9, 8, 0)
    assert TIMES.later(friday, timedelta(minutes=30)) == local(2026, 11, 9, 8, 20)
    assert TIMES.later(friday, timedelta(hours=11)) == local(2026, 11, 10, 8, 50)


@given(windows, moments, waits)
def test_mail_never_goes_out_when_it_may_not(times: MailTimes, moment: datetime, wait: timedelta) -> None:
    later = times.later(moment, wait)
    assert times.allow(later) and later >= moment + wait
    assert times.next_moment(later) == later
    assert later >= times.next_moment(moment)


@given(windows, moments, waits, waits)
def test_waiting_twice_is_waiting_once_as_long(
    times: MailTimes, moment: datetime, first: timedelta, second: timedelta
) -> None:
    assert times.later(times.later(moment, first), second) == times.later(moment, first + second)


# ---------------------------------------------------------------- in which order


@given(windows, moments, st.text(max_size=20))
def test_a_mail_has_one_place_inside_the_window(times: MailTimes, moment: datetime, identity: str) -> None:
    place = times.place(moment, secret=SECRET, identity=identity)
    assert place == times.place(moment, secret=SECRET, identity=identity)
    assert times.next_moment(moment) <= place <= times.later(moment, times.spread)
    assert times.allow(place)


def test_the_order_of_arrival_tells_nothing_without_the_secret() -> None:
    start = local(2026, 11, 4, 8, 0)

    def order(secret: bytes, kind: str) -> list[int]:
        return sorted(
            range(200), key=lambda n: TIMES.place(start, secret=secret, identity=f"1:{kind}:{n}")
        )

    orders = [order(SECRET, "invitation"), order(SECRET, "reminder_1"), order(b"other", "invitation")]
    for number, one in enumerate(orders):
        assert one != sorted(one)
        for other in orders[:number]:
            # Of two orders that have nothing to do with each other, hardly anyone has one place.
            assert sum(a == b for a, b in zip(one, other, strict=True)) < 10


def test_the_places_fill_the_window_evenly() -> None:
    start = local(2026, 11, 4, 8, 0)
    minutes = [
        (TIMES.place(start, secret=SECRET, identity=str(n)) - start).total_seconds() / 60
        for n in range(3000)
    ]
    thirds = [sum(low <= each < low + 10 for each in minutes) for low in (0, 10, 20)]
    assert sum(thirds) == 3000 and min(thirds) > 900


# ---------------------------------------------------------------- reminders


def test_a_pulse_of_two_weeks_has_two_reminders_and_a_long_one_three() -> None:
    opens, closes = local(2026, 11, 2, 8, 0), closing_moment(date(2026, 11, 16))
    assert usual_reminders(date(2026, 11, 2), date(2026, 11, 23)) == 2
    assert usual_reminders(date(2026, 11, 2), date(2026, 11, 24)) == 3
    assert reminder_moments(opens, closes, 2) == (local(2026, 11, 7, 8, 0), local(2026, 11, 12, 8, 0))
    assert reminder_moments(opens, closes, 0) == ()
    # The third would come a day after the second, for the Saturday is no working day.
    assert len(reminder_moments(opens, closes, 3)) == 2
    longer = closing_moment(date(2026, 11, 30))
    assert reminder_moments(opens, longer, 3)[2] == local(2026, 11, 27, 8, 0)


pulses = st.tuples(
    st.dates(date(2026, 1, 1), date(2028, 6, 1)),
    st.timedeltas(SHORTEST_WAVE, LONGEST_WAVE),
    st.integers(0, 3),
)


@given(pulses, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_reminders_keep_their_distance_from_each_other_and_from_the_close(
    pulse: tuple[date, timedelta, int], late: timedelta
) -> None:
    day, length, wanted = pulse
    opens = datetime.combine(day, time(8), LOCAL_ZONE) + late  # a draft may wait past its day
    closes = closing_moment(day + timedelta(days=length.days))
    found = reminder_moments(opens, closes, wanted)
    assert len(found) <= wanted
    if not late and wanted <= 2:
        assert len(found) == wanted
    for moment in found:
        assert moment > opens
        assert TIMES.later(moment, TIMES.spread) <= closes - LAST_HOURS
    assert all(b - a >= BETWEEN_REMINDERS for a, b in pairwise(found))


@given(pulses, st.lists(st.floats(0, 1.1), max_size=60), st.data())
def test_each_reminder_goes_once_in_order_and_never_late(
    pulse: tuple[date, timedelta, int], looks: list[float], data: st.DataObject
) -> None:
    """The clock looks at random moments, as one does that is down now and then."""
    day, length, wanted = pulse
    opens = datetime.combine(day, time(8), LOCAL_ZONE)
    closes = closing_moment(day + timedelta(days=length.days))
    due_at = reminder_moments(opens, closes, wanted)
    last, gone = 0, []
    for share in sorted(looks):
        now = opens + share * (closes - opens)
        number = due_reminder(due_at, last=last, now=now, closes_at=closes, times=TIMES)
        if number is not None:
            assert number > last
            assert timedelta(0) <= now - due_at[number - 1] <= LONGEST_DELAY
            assert TIMES.later(now, TIMES.spread) <= closes - LAST_HOURS
            # None that was due after it was passed over.
            assert all(moment > now for moment in due_at[number:])
            last = number
            gone.append(number)
    assert gone == sorted(set(gone))


def test_of_two_that_are_due_after_a_failure_only_the_later_one_goes() -> None:
    closes = local(2026, 12, 1, 23, 59)
    due_at = (local(2026, 11, 9, 8, 0), local(2026, 11, 11, 8, 0))

    def due(last: int, *now: int) -> int | None:
        return due_reminder(due_at, last=last, now=local(*now), closes_at=closes, times=TIMES)

    assert due(0, 2026, 11, 9, 7, 59) is None
    assert due(0, 2026, 11, 9, 8, 0) == 1
    assert due(1, 2026, 11, 9, 8, 1) is None
    assert due(0, 2026, 11, 11, 9, 0) == 2
    assert due(2, 2026, 11, 11, 9, 0) is None
    assert due(0, 2026, 11, 14, 8, 1) is None  # three days late


def test_moments_are_stored_without_loss() -> None:
    at = (local(2026, 7, 6, 8, 0), local(2026, 11, 6, 8, 0))
    assert parsed(stored(at)) == at
    assert all(text.endswith("+00:00") for text in stored(at))
