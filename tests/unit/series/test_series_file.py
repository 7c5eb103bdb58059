"""A series as a file: what it says, and what is said of a wrong one."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.series.rotation import choices_of
from surveyapp.series.rules import MonthDay, Otherwise, Recurrence, Unit, Window
from surveyapp.series.series_file import SeriesInFile, read_series
from surveyapp.series.yaml_lines import SeriesFileError
from surveyapp.working_days import Nation

LEAST = "title: Learning pulse\nquestions: monthly_pulse_5\nevery: month\nfirst: 2026-01-06\n"


def read(text: str) -> list[SeriesInFile]:
    return read_series(text.encode(), choices_of=choices_of)


def refusal(text: str) -> SeriesFileError:
    with pytest.raises(SeriesFileError) as caught:
        read(text)
    return caught.value


def test_the_least_that_a_file_must_say() -> None:
    (found,) = read(LEAST)
    assert found.rules.title == "Learning pulse" and found.rules.first == date(2026, 1, 6)
    assert found.rules.recurrence == Recurrence(Unit.MONTH) and found.rules.opens_at == time(8)
    assert {window.name for window in found.rules.windows} == {
        "NHS Staff Survey", "National Quarterly Pulse Survey", "National Education and Training Survey"
    }  # fmt: skip
    assert found.audience == ()


def test_all_that_a_file_can_say() -> None:
    (found,) = read(
        """
title: Learning pulse
questions: monthly_pulse_5
starts_with: B-1
audience: [Surgery, "Medicine > Ward 4"]
every: 2 months
on: last friday
first: 2026-01-06
until: 2028-12-31
opens_at: 07:30
open_days: 21
reminders: [12, 5]
time_zone: Europe/London
bank_holidays: scotland
on_bank_holiday: skip
on_weekend: keep
on_blackout: skip
national_surveys: [nqps]
blackouts:
  - {name: Winter, from: 12-20, to: 01-05}
  - {name: New system, from: 2026-03-01, to: 2026-03-09, kind: soft}
skip_months: [8]
skip_dates: [2026-05-29]
sample: 50
"""
    )
    rules = found.rules
    assert found.audience == ("Surgery", "Medicine > Ward 4")
    assert rules.recurrence == Recurrence(Unit.MONTH, 2, weekday=4, nth=-1)
    assert (rules.until, rules.opens_at, rules.open_days) == (date(2028, 12, 31), time(7, 30), 21)
    assert rules.reminders == (5, 12) and rules.nation is Nation.SCOTLAND and rules.sample == 50
    assert (rules.on_bank_holiday, rules.on_weekend, rules.on_blackout) == (
        Otherwise.SKIP, Otherwise.KEEP, Otherwise.SKIP
    )  # fmt: skip
    assert rules.windows[-2:] == (
        Window("Winter", MonthDay(12, 20), MonthDay(1, 5), is_hard=True),
        Window("New system", date(2026, 3, 1), date(2026, 3, 9), is_hard=False),
    )
    assert rules.skipped_months == {8} and rules.skipped_dates == {date(2026, 5, 29)}
    assert rules.choice(1) == "B-1" and rules.choice(7) == "A-1"


def test_several_in_one_file() -> None:
    text = "series:\n" + "".join(
        f"  - {{title: {name}, questions: quarterly_12, every: quarter, first: 2026-02-01}}\n"
        for name in "AB"
    )
    assert [found.rules.title for found in read(text)] == ["A", "B"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("first: 2026-02-30", "'2026-02-30' is no day"),
        ("first: 06/01/2026", "is no day"),
        ("first: 1926-01-06", "2000 to 2100"),
        ("first: 2026-01-06\nopen_day: 14", "'open_day' is not known here"),
        ("first: 2026-01-06\nfirst: 2026-01-07", "stands here twice"),
        ("first: 2026-01-06\nopen_days: 13", "from 14 to 92"),
        ("first: 2026-01-06\nopen_days: [14]", "write one value here"),
        ("first: 2026-01-06\nreminders: 5", "write a list here"),
        ("first: 2026-01-06\nreminders: [14]", "from 1 to 13"),
        ("first: 2026-01-06\nreminders: [1, 2, 3, 4]", "at most 3"),
        ("first: 2026-01-06\non: 5th tuesday", "first tuesday"),
        ("first: 2026-01-06\non: day 32", "first tuesday"),
        ("first: 2026-01-06\nopens_at: 25:00", "no time of day"),
        ("first: 2026-01-06\ntime_zone: Mars/Base", "no time zone"),
        ("first: 2026-01-06\nbank_holidays: france", "not one of england"),
        ("first: 2026-01-06\nblackouts: [{name: A, from: 02-30, to: 03-01}]", "no day 02-30"),
        ("first: 2026-01-06\nblackouts: [{name: A, from: 02-20}]", "'to' is missing"),
        ("first: 2026-01-06\nblackouts: [{name: A, from: 02-20, to: 2026-03-01}]", "both ends"),
        ("first: 2026-01-06\nskip_months: [13]", "from 1 to 12"),
        ("first: 2026-01-06\nsample: 4", "from 5 to 100"),
        ("first: 2026-01-06\nuntil: 2026-01-05", "on or after the first day"),
        ("first: 2026-01-06\nstarts_with: D-1", "not one of A-1"),
        ("first: 2026-01-06\nnational_surveys: [gp]", "not one of nhs-staff-survey"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(line: str, said: str) -> None:
    error = refusal(LEAST.replace("first: 2026-01-06", line))
    assert said in str(error)
    assert error.line == 3 + line.count("\n") + 1 and str(error).startswith(f"Line {error.line}: ")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY", "FREQ must be"),
        ("FREQ=MONTHLY;COUNT=3", "COUNT has no place"),
        ("FREQ=MONTHLY;BYDAY=XX", "no RRULE"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "names no day"),
        ("FREQ=MONTHLY;BYHOUR=9", "BYHOUR has no place"),
        ("every month", "FREQ must be"),
    ],
)
def test_an_rrule_that_cannot_be(rule: str, said: str) -> None:
    error = refusal(LEAST.replace("every: month", f"rrule: {rule}"))
    assert said in str(error) and error.line == 3


def test_either_every_or_an_rrule() -> None:
    assert refusal(LEAST + "rrule: FREQ=MONTHLY\n").line == 3
    assert "'every' is missing" in str(refusal(LEAST.replace("every: month\n", "")))


def test_more_often_than_people_may_be_asked() -> None:
    assert "sample: 25" in str(refusal(LEAST.replace("every: month", "every: week")))
    (found,) = read(LEAST.replace("every: month", "every: week") + "sample: 25\n")
    assert found.rules.days_apart.days == 7


@pytest.mark.parametrize(
    "text", ["", "- 1", "title", "series: []", "title: [", "a: &a [*a]", "\x00", "title: A", "? [a]\n: b"]
)
def test_files_that_are_none(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    ("text", "said"), [("- " * 3_000, "too many lists within lists"), ("title: \x07", "no text has")]
)
def test_what_no_reader_takes_is_said_in_words(text: str, said: str) -> None:
    assert said in str(refusal(text))


def test_a_file_in_another_encoding() -> None:
    with pytest.raises(SeriesFileError) as caught:
        read_series("title: Café".encode("cp1252"), choices_of=choices_of)
    assert caught.value.line == 1 and "UTF-8" in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_at_all_breaks_the_reader(content: bytes) -> None:
    try:
        read_series(content, choices_of=choices_of)
    except SeriesFileError as error:
        assert str(error)


_WORD = st.sampled_from(
    ["month", "4 weeks", "2026-02-30", "14", "[]", "{}", "[5]", "~", "-1", "day 3", "'", "x"]
)
_KEY = st.sampled_from(
    ["every", "on", "first", "until", "open_days", "reminders", "blackouts", "sample", "rrule", "skip_dates"]
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_KEY, _WORD, max_size=5))
def test_no_value_under_any_key_breaks_the_reader(values: dict[str, str]) -> None:
    lines = {"title": "A", "questions": "quarterly_12", "every": "month", "first": "2026-01-06", **values}
    try:
        read("".join(f"{key}: {value}\n" for key, value in lines.items()))
    except SeriesFileError as error:
        assert error.line or "file" in str(error).lower()


def test_an_own_set_has_one_choice() -> None:
    (found,) = read(LEAST.replace("monthly_pulse_5", "own-3"))
    assert found.rules.template_id == "own-3" and choices_of("own-3") == ("all",)
