"""From the keys of a file to a form and back, and to a drawing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.series.drawing import load_drawing, month_drawing
from surveyapp.series.entries import as_yaml, entries_of, how_often
from surveyapp.series.rotation import choices_of
from surveyapp.series.series_file import read_series
from surveyapp.series.year import Bar, Clear, Kind, Month

_RULES = st.fixed_dictionaries(
    {
        "title": st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60),
        "questions": st.sampled_from(["monthly_pulse_5", "quarterly_12"]),
        "every": st.sampled_from(["month", "2 months", "Quarter", "4 weeks", "years"]),
        "first": st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(date.isoformat),
    },
    optional={
        "open_days": st.integers(14, 92) | st.integers(14, 92).map(str),
        "sample": st.integers(5, 100),
        "reminders": st.lists(st.integers(1, 13), unique=True, max_size=3),
        "opens_at": st.sampled_from(["08:00", "10:30", "9:05"]),
        "skip_months": st.lists(st.integers(1, 12), unique=True, max_size=11),
        "national_surveys": st.just([]) | st.just(["nqps"]),
        "blackouts": st.just([{"name": "A: [b]", "from": "12-15", "to": "01-02", "kind": "soft"}]),
    },
)


@settings(deadline=None)
@given(_RULES)
def test_a_series_taken_as_a_file_is_read_as_the_same(rules: dict[str, Any]) -> None:
    (before,) = read_series(as_yaml(rules, []).encode(), choices_of=choices_of)
    (after,) = read_series(as_yaml(before.written, ["A > B"]).encode(), choices_of=choices_of)
    assert after.rules == before.rules and after.audience == ("A > B",)
    assert after.written == before.written


@settings(deadline=None)
@given(_RULES)
def test_the_form_holds_what_the_reader_reads(rules: dict[str, Any]) -> None:
    (read,) = read_series(as_yaml(rules, []).encode(), choices_of=choices_of)
    entries = entries_of(rules)
    recurrence = read.rules.recurrence
    assert (entries["interval"], entries["unit"]) == (recurrence.interval, recurrence.unit)
    assert (entries["open_days"], entries["sample"]) == (read.rules.open_days, read.rules.sample)
    assert entries["first"] == read.rules.first and entries["until"] is None
    assert {int(month) for month in entries["skip_months"]} == read.rules.skipped_months
    days = [int(day) for day in entries["reminders"].split(", ") if day]
    assert sorted(days) == list(read.rules.reminders)


def test_how_often_in_words() -> None:
    assert how_often({"every": "month", "on": "first tuesday"}) == "Every month, first tuesday"
    assert how_often({"every": "4 weeks"}) == "Every 4 weeks"
    assert how_often({"rrule": "FREQ=YEARLY"}) == "By the rule FREQ=YEARLY"


_DAYS = st.dates(date(2027, 1, 1), date(2027, 12, 31))


@settings(deadline=None)
@given(
    name=st.text(st.characters(exclude_categories=("C",)), max_size=90),
    first=_DAYS,
    length=st.integers(0, 92),
    kind=st.sampled_from(Kind),
    today=_DAYS,
)
def test_a_drawing_is_whole_and_says_all_that_it_shows(
    name: str, first: date, length: int, kind: Kind, today: date
) -> None:
    last = first + timedelta(days=length)
    start = first.replace(day=1)
    end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    month = Month(
        first=start,
        last=end,
        bars=(Bar(name, first, last, kind, 1, 1, None),),
        windows=(Clear(name, first, last, is_hard=True),),
        holidays=((start, "New <Day>"),),
        missing=(),
    )
    drawn = ElementTree.fromstring(month_drawing(month, today=today))
    words = drawn.findtext("{http://www.w3.org/2000/svg}desc") or ""
    assert f"{name}, {kind}, {first.day} " in words and "New <Day>" in words
    width = float(drawn.attrib["width"])
    for bar in drawn.findall("{http://www.w3.org/2000/svg}rect"):
        assert float(bar.attrib["x"]) >= 0
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width


def test_the_load_is_drawn_with_its_figures() -> None:
    drawn = ElementTree.fromstring(load_drawing({2: 1, 0: 40, 1: 7}))
    words = drawn.findtext("{http://www.w3.org/2000/svg}desc")
    assert words == "Not asked: 40 people; Once: 7 people; Twice: 1 person"
