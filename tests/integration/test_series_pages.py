"""The pages on which series are set up, looked at and changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, audited
from surveyapp.permissions import RoleName
from surveyapp.series import services
from surveyapp.series.models import Series, SeriesState
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import SignIn, on_sqlite
from tests.factories.organisation import Organisation
from tests.factories.series import make_series
from tests.factories.waves import draft_wave, open_wave
from tests.support.client import CheckingClient


def today() -> date:
    return utc_now().astimezone(LOCAL_ZONE).date()


def entries(trust: Organisation, **changed: object) -> dict[str, object]:
    """A filled-in form, as it is sent. `first` and `until` are dates."""
    entered: dict[str, object] = {
        "title": "Learning pulse",
        "questions": "monthly_pulse_5",
        "starts_with": "",
        "audience": [trust.root],
        "sample": "100",
        "interval": "1",
        "unit": "month",
        "on": "first Tuesday",
        "first": today() + timedelta(days=3),
        "until": None,
        "opens_at": "08:00",
        "open_days": "14",
        "reminders": "5, 10",
        "bank_holidays": "england",
        "on_bank_holiday": "move",
        "on_weekend": "move",
        "on_blackout": "move",
        "national_surveys": ["nhs-staff-survey"],
        "skip_months": ["8"],
        "minimum_group": "10",
        "breakdown": "none",
        "safeguards": ["groups"],
        "waits_for_action": "y",
        "owner": "",
        **changed,
    }
    for name in ("first", "until"):
        day = entered.pop(name, None)
        if isinstance(day, date):
            parts = {"day": day.day, "month": day.month, "year": day.year}
            entered |= {f"{name}-{part}": str(value) for part, value in parts.items()}
    return entered


def the_series(session: Session) -> Series:
    session.expire_all()
    return session.scalars(select(Series)).one()


def state_of(session: Session) -> str:
    return the_series(session).state


def error_at(page: str, field: str) -> str:
    """The message at a field, to which the summary leads."""
    soup = BeautifulSoup(page, "html5lib")
    message = soup.find(id=f"{field}-error") or soup.find(id=f"{field}-group-error")
    assert message is not None, [tag.text for tag in soup.select(".nhsuk-error-summary a")]
    assert soup.select_one(f'.nhsuk-error-summary a[href="#{field}"]') is not None
    return message.get_text(" ", strip=True)


@on_sqlite
def test_without_staff_there_is_nobody_to_ask(planner: CheckingClient) -> None:
    assert "There is no series yet" in planner.get("/series").text
    assert "nobody to invite yet" in planner.get("/series/new").text


def test_a_filled_in_form_becomes_a_series_that_runs(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    answer = planner.send("/series/new", **entries(trust))
    series = the_series(session)
    assert answer.location == f"/series/{series.id}" and series.state == SeriesState.RUNNING
    assert series.audience_unit_ids == [trust.root] and series.waits_for_action
    assert not series.asks_follow_up and series.groups_small_units and not series.review_all
    rules = services.rules_of(session, series)
    assert rules.reminders == (5, 10) and rules.skipped_months == frozenset({8})
    assert [window.name for window in rules.windows] == ["NHS Staff Survey"]
    page = planner.get(f"/series/{series.id}").text
    turns = services.turns_of(session, series, until=today() + timedelta(days=366))
    for turn in turns:
        shown = turn.opens.date() if turn.opens else turn.occurrence
        assert f"{shown.day} {shown:%B %Y}" in page
        for reason in turn.reasons:
            assert reason.words in page
    assert "Every month, first Tuesday" in page
    listed = planner.get("/series").text
    assert "Learning pulse" in listed and "Running" in listed


def test_a_series_is_changed_by_the_same_form_and_keeps_what_the_form_does_not_show(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    kept = {
        "blackouts": [{"name": "Audit", "from": "03-01", "to": "03-20"}],
        "skip_dates": ["2030-01-01"],
        "time_zone": "Europe/London",
    }
    series = make_series(session, trust, **kept)
    page = BeautifulSoup(planner.get(f"/series/{series.id}/change").data, "html5lib")
    assert page.find(id="title")["value"] == "Learning pulse"
    answer = planner.send(f"/series/{series.id}/change", **entries(trust, title="Other", sample="50"))
    assert answer.location == f"/series/{series.id}", error_at(answer.text, "title")
    changed = the_series(session)
    assert changed.rules["title"] == "Other" and changed.rules["sample"] == 50
    assert {key: changed.rules[key] for key in kept} == kept


def test_a_rule_of_a_file_stays_until_another_takes_its_place(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    series = make_series(session, trust, every=None, rrule="FREQ=MONTHLY;BYDAY=2WE")
    page = BeautifulSoup(planner.get(f"/series/{series.id}/change").data, "html5lib")
    assert page.select_one('input[name="unit"][value="rrule"]').has_attr("checked")
    planner.send(f"/series/{series.id}/change", **entries(trust, unit="rrule", on=""))
    assert the_series(session).rules["rrule"] == "FREQ=MONTHLY;BYDAY=2WE"
    assert "every" not in the_series(session).rules
    planner.send(f"/series/{series.id}/change", **entries(trust, unit="quarter", on="last day"))
    assert the_series(session).rules["every"] == "1 quarter"
    assert "rrule" not in the_series(session).rules


@on_sqlite
@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"title": " "}, "title", "Enter a name"),
        ({"title": "x" * 61}, "title", "60 characters"),
        ({"questions": "none_such"}, "questions", "Select one of the options"),
        ({"starts_with": "annual_full/full"}, "starts_with", "Select"),
        ({"starts_with": "quarterly_12/B"}, "starts_with", "Select"),
        ({"audience": []}, "audience", "Select at least one unit"),
        ({"audience": ["99999999999999999999"]}, "audience", "Select units from the list"),
        ({"sample": "4"}, "sample", "from 5 to 100"),
        ({"sample": "many"}, "sample", "whole number"),
        ({"interval": "0"}, "interval", "from 1 to 52"),
        ({"interval": "2", "unit": "week", "on": ""}, "interval", "28 must lie between"),
        ({"unit": "century"}, "unit", "Select one of the options"),
        ({"on": "someday"}, "on", "last friday"),
        ({"interval": "4", "unit": "week", "on": "day 15"}, "on", "day of the week"),
        ({"first-day": "31", "first-month": "2", "first-year": "2030"}, "first", "real date"),
        ({"first-day": "", "first-month": "", "first-year": ""}, "first", "Enter the first day"),
        ({"until": date(2020, 1, 1)}, "until", "on or after the first day"),
        ({"first": date(2019, 1, 1), "until": date(2020, 1, 1)}, "until", "in the future"),
        ({"opens_at": "25:00"}, "opens_at", "no time of day"),
        ({"open_days": "13"}, "open_days", "from 14 to 92"),
        ({"reminders": "5, 5"}, "reminders", "each day once"),
        ({"reminders": "soon"}, "reminders", "whole number from 1 to 13"),
        ({"reminders": "1 2 3 4"}, "reminders", "at most 3"),
        ({"bank_holidays": "france"}, "bank_holidays", "Select one"),
        ({"on_bank_holiday": "x"}, "on_bank_holiday", "Select one"),
        ({"on_weekend": "x"}, "on_weekend", "Select one"),
        ({"on_blackout": "keep"}, "on_blackout", "Select one"),
        ({"national_surveys": ["x"]}, "national_surveys", "Select one"),
        ({"skip_months": [str(one) for one in range(1, 13)]}, "skip_months", "Leaves no month"),
        ({"skip_months": ["13"]}, "skip_months", "Select one"),
        ({"minimum_group": "4"}, "minimum_group", "from 5 to 20"),
        ({"breakdown": "x"}, "breakdown", "Select one"),
        ({"breakdown": "role"}, "breakdown", "quarterly and yearly sets"),
        ({"safeguards": ["x"]}, "safeguards", "Select one"),
        ({"owner": "7654321"}, "owner", "Select one"),
    ],
)
def test_every_error_stands_at_its_field(
    planner: CheckingClient,
    trust: Organisation,
    session: Session,
    change: dict[str, object],
    field: str,
    says: str,
) -> None:
    if "first-day" in change:
        change = {"first": None, **change}
    page = planner.send("/series/new", **entries(trust, **change))
    assert page.status_code == 200 and says in error_at(page.text, field)
    assert session.scalars(select(Series)).all() == []


# ---------------------------------------------------------------- files

FILE = b"""title: Ward pulse
questions: monthly_pulse_5
audience: [Maple]
every: month
on: second wednesday
first: 2027-01-01
opens_at: 10:30
"""


def test_a_file_goes_in_and_comes_out_the_same(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    answer = planner.send("/series/from-file", file=(BytesIO(FILE), "ward.yaml"), minimum_group="8")
    series = the_series(session)
    assert answer.location == f"/series/{series.id}"
    assert series.audience_unit_ids == [trust.units["Maple"]] and series.minimum_group == 8
    assert services.rules_of(session, series).opens_at.isoformat() == "10:30:00"
    taken = planner.get(f"/series/{series.id}/file")
    assert taken.headers["Content-Disposition"] == f"attachment; filename=series-{series.id}.yaml"
    planner.send("/series/from-file", file=(BytesIO(taken.data), "again.yaml"), minimum_group="8")
    session.expire_all()
    first, second = session.scalars(select(Series).order_by(Series.id)).all()
    assert first.rules == second.rules and first.audience_unit_ids == second.audience_unit_ids


@on_sqlite
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe", "UTF-8"),
        (FILE.replace(b"10:30", b"soon"), "Line 7: opens_at"),
        (FILE.replace(b"Maple", b"Elsewhere"), "there is no unit 'Elsewhere'"),
        (FILE + b"until: 2027-02-30\n", "Line 8: until"),
        (b"x" * 300_000, "larger than"),
        (b"series:\n  - " + FILE.replace(b"\n", b"\n    ") + b"\n  - title: B\n", "is missing"),
    ],
)
def test_of_a_wrong_file_nothing_is_kept(
    planner: CheckingClient, trust: Organisation, session: Session, content: bytes, says: str
) -> None:
    page = planner.send("/series/from-file", file=(BytesIO(content), "a.yaml"), minimum_group="10")
    assert says in error_at(page.text, "file")
    assert session.scalars(select(Series)).all() == []


# ---------------------------------------------------------------- what comes


def test_one_pulse_is_left_out_moved_and_put_back(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    series = make_series(session, trust, on="day 10")
    turn = next(one for one in turns_of(session) if one.runs)
    address = f"/series/{series.id}/pulses/{turn.occurrence}"
    assert "Leave out the pulse" in planner.get(f"{address}/leave-out").text
    assert turns_of(session)[0].runs
    planner.send(f"{address}/leave-out")
    assert not one_of(session, turn.occurrence).runs
    assert "Left out by a person" in planner.get(f"/series/{series.id}").text
    planner.send(f"{address}/put-back")
    assert one_of(session, turn.occurrence).runs
    to = turn.occurrence + timedelta(days=8 - (turn.occurrence + timedelta(days=7)).weekday())
    day = {"opens_on-day": to.day, "opens_on-month": to.month, "opens_on-year": to.year}
    planner.send(f"{address}/move", **day)
    moved = one_of(session, turn.occurrence)
    assert moved.opens is not None and moved.opens.date() == to
    changes = [details["change"] for details in audited(session, Action.SERIES_CHANGED)]
    assert changes == ["made", "one left out", "one put back", "one moved"]


@on_sqlite
def test_a_day_that_will_not_do_is_refused_with_its_reason(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    series = make_series(session, trust, on="day 10")
    turn = next(one for one in turns_of(session) if one.runs)
    address = f"/series/{series.id}/pulses/{turn.occurrence}/move"
    saturday = turn.occurrence + timedelta(days=(5 - turn.occurrence.weekday()) % 7)
    for day, says in ((saturday, "weekend"), (today(), "in the future"), (date(2099, 1, 5), "")):
        sent = {"opens_on-day": day.day, "opens_on-month": day.month, "opens_on-year": day.year}
        assert says in error_at(planner.send(address, **sent).text, "opens_on")


def test_a_series_is_paused_resumed_and_stopped(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    series = make_series(session, trust)
    address = f"/series/{series.id}"
    for deed, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert planner.get(f"{address}/{deed}").status_code == 200
        assert state_of(session) != state
        assert planner.send(f"{address}/{deed}").location == address
        assert state_of(session) == state
    for deed in ("pause", "resume", "stop", "open-without-action"):
        assert planner.send(f"{address}/{deed}").location == address
    assert planner.get(f"{address}/change").location == address
    assert state_of(session) == "stopped"


def test_what_a_pulse_waits_for_is_said_and_can_be_waived(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    series = make_series(session, trust)
    address = f"/series/{series.id}"
    assert "The next pulse waits" not in planner.get(address).text
    wave = open_wave([trust.root], title="Last <i>pulse")
    wave.series_id, wave.occurrence, wave.number = series.id, today() - timedelta(days=3), 1
    session.commit()
    page = planner.get(address).text
    assert "The next pulse waits" in page and "Last &lt;i&gt;pulse" in page
    assert "Waits for an action" in planner.get("/series").text
    assert "Let the next pulse open" in planner.get(f"{address}/open-without-action").text
    assert audited(session, Action.ACTION_WAIVED) == []
    assert planner.send(f"{address}/open-without-action").location == address
    assert audited(session, Action.ACTION_WAIVED) == [{"series_id": series.id, "wave_id": wave.id}]
    assert "The next pulse waits" not in planner.get(address).text
    assert f'href="/pulses/{wave.id}"' in planner.get(address).text


@on_sqlite
def test_when_fewer_people_answer_a_quarterly_pulse_is_offered(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    series = make_series(session, trust, title="Ward <b>pulse")
    for number, rate in enumerate((60, 55, 50), start=1):
        wave = draft_wave([trust.root])
        wave.series_id, wave.occurrence = series.id, today() - timedelta(days=90 - number)
        wave.number, wave.state, wave.live_rate_band = number, "counted", rate
    session.commit()
    for page in (f"/series/{series.id}", "/series/planner"):
        main = BeautifulSoup(planner.get(page).data, "html5lib").select_one("main")
        assert main is not None and main.find("a", href=f"/series/{series.id}/change")
        words = " ".join(main.get_text(" ").split())
        assert "Fewer people answer" in words
        assert "About 60 in 100 answered the pulse of" in words and "about 50 in 100 the newest" in words
    planner.send(f"/series/{series.id}/pause")
    assert "Fewer people answer" not in planner.get(f"/series/{series.id}").text


def turns_of(session: Session) -> list[services.Turn]:
    series = the_series(session)
    return services.turns_of(session, series, until=today() + timedelta(days=366))


def one_of(session: Session, occurrence: date) -> services.Turn:
    return next(turn for turn in turns_of(session) if turn.occurrence == occurrence)


# ---------------------------------------------------------------- who, and junk


@on_sqlite
def test_series_are_for_those_who_plan(
    trust: Organisation, session: Session, sign_in: SignIn, client: CheckingClient
) -> None:
    series = make_series(session, trust)
    turn = next(one for one in turns_of(session) if one.runs)
    one = f"/series/{series.id}"
    pages = [
        "/series", "/series/new", "/series/from-file", one, f"{one}/file", f"{one}/change",
        f"{one}/pause", f"{one}/resume", f"{one}/stop", f"{one}/open-without-action",
        f"{one}/pulses/{turn.occurrence}/move", f"{one}/pulses/{turn.occurrence}/leave-out",
        f"{one}/pulses/{turn.occurrence}/put-back", "/series/planner", "/series/planner/days",
        "/series/planner/calendar",
    ]  # fmt: skip
    others = [sign_in(role) for role in RoleName if role is not RoleName.LEARNING_AND_DEVELOPMENT]
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    for page in pages:
        assert planner.get(page).status_code == 200, page
        assert client.get(page).status_code == 302, page
        assert {other.get(page).status_code for other in others} == {403}, page


@on_sqlite
def test_what_is_not_there_is_not_found(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    series = make_series(session, trust)
    ask: Callable[[str], int] = lambda path: planner.get(path).status_code  # noqa: E731
    for path in ("999", "999/file", "999/change", "999/stop", "999/pulses/2027-01-05/move"):
        assert ask(f"/series/{path}") == 404, path
    for day in ("x", "2027-13-01", "0001-01-01", "9999-12-31", "2027-W01", "%00", "２０２７-01-05"):
        for deed in ("move", "leave-out", "put-back"):
            assert ask(f"/series/{series.id}/pulses/{day}/{deed}") == 404, (day, deed)
    assert ask("/series/99999999999999999999999999") == 404
    assert ask("/series/planner/days/999/remove") == 404
