"""The year at a glance, the days that are kept clear, and the calendar feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, audited, users
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.reports.digest_stop import token_for as stop_token
from surveyapp.series import services
from surveyapp.series.feed import token_for
from surveyapp.series.models import Series
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import SignIn, on_sqlite
from tests.factories.organisation import Organisation
from tests.factories.series import make_series
from tests.factories.waves import draft_wave, open_wave
from tests.support.client import CheckingClient

NEXT_YEAR = utc_now().year + 1


def rows_of(page: str, caption: str) -> list[list[str]]:
    """The cells of the table with that caption, without the headings that phones show."""
    soup = BeautifulSoup(page, "html5lib")
    table = next(one for one in soup.find_all("table") if caption in one.caption.text)
    for heading in table.select(".nhsuk-table__heading"):
        heading.decompose()
    return [
        [" ".join(cell.text.split()) for cell in row.find_all(["th", "td"])]
        for row in table.tbody.find_all("tr")
    ]


def plain(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# ---------------------------------------------------------------- the year


def test_a_busy_year_says_the_same_in_its_drawings_and_its_table(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    surveys = ["nhs-staff-survey", "nqps"]
    first = make_series(session, trust, title="Monthly <b>", on="first tuesday", national_surveys=surveys)
    make_series(session, trust, title="Quarterly", every="quarter", sample=25, audience=[trust.units["Oak"]])
    paused = make_series(session, trust, title="Paused one")
    services.pause(session, paused.id, actor_id=None)
    services.take_blackout(session, name="Audit", first="02-27", last="03-05", is_hard=True, actor_id=None)
    session.commit()
    page = planner.get(f"/series/planner?year={NEXT_YEAR}").text
    drawings = BeautifulSoup(page, "html5lib").select(".lp-month svg[role=img]")
    assert len(drawings) == 12
    rows = rows_of(page, "All that is drawn above")
    turns = services.turns_of(session, first, until=date(NEXT_YEAR, 12, 31))
    of_year = [turn for turn in turns if turn.opens is not None and turn.opens.year == NEXT_YEAR]
    assert len(of_year) > 5
    for turn in of_year:
        assert turn.opens is not None and turn.closes is not None
        days = f"{plain(turn.opens.date())} to {plain(turn.closes.date())}"
        name = f"Monthly <b>, {turn.opens:%B %Y}"
        (row,) = [row for row in rows if row[1] == name]
        assert row[0] == days.replace(f" {NEXT_YEAR}", "")
        assert all(reason.words in row[2] for reason in (*turn.reasons, *turn.warnings))
        assert f"{name}, planned, {days}" in drawings[turn.opens.month - 1].desc.text
    assert ["15 September to 30 November", "NHS Staff Survey", "Pulses keep clear"] in rows
    assert ["27 February to 5 March", "Audit", "Pulses keep clear"] in rows
    assert "Paused one, " not in page and "is paused" in page
    assert any("Christmas" in row[2] for row in rows)


def test_single_pulses_and_drafts_stand_in_the_year_too(planner: CheckingClient, trust: Organisation) -> None:
    open_wave([trust.root], title="Spring pulse")
    draft_wave([trust.root], title="Idea")
    rows = rows_of(planner.get("/series/planner").text, "All that is drawn above")
    assert {(row[1], row[2]) for row in rows if row[1] in ("Spring pulse", "Idea")} == {
        ("Spring pulse", "Open"),
        ("Idea", "Draft"),
    }


def test_how_often_people_were_asked(planner: CheckingClient, trust: Organisation) -> None:
    wave = open_wave([trust.units["Oak"]])
    page = planner.get("/series/planner").text
    year = wave.opens_at.astimezone(LOCAL_ZONE).year
    if year == utc_now().astimezone(LOCAL_ZONE).year:
        assert rows_of(page, "People who work now") == [["Not asked", "34"], ["Once", "12"]]
        assert "Once: 12 people" in page


def test_what_the_next_pulse_can_show(planner: CheckingClient, trust: Organisation, session: Session) -> None:
    series = make_series(session, trust)
    page = planner.get(f"/series/{series.id}").text
    assert "asks 46 of 46 people (100 in 100)" in page and "about 16 answers" in page
    # 1.96 · √(0.25 / 16.1) · √((46 − 16.1) / 45) · 100
    assert "20 points higher or lower by chance alone" in page
    rows = {row[0]: row[1:] for row in rows_of(page, "The next pulse in each unit")}
    assert rows["Willow"] == ["4", "1", "Rarely any results"]
    assert "20 points higher or lower" in planner.get("/series/planner").text


@on_sqlite
@pytest.mark.parametrize("asked", ["", "x", "0", "-1", "99999999999999999", "2027.5", "1e3", "<b>", "%00"])
def test_a_year_that_is_none_is_this_year(planner: CheckingClient, trust: Organisation, asked: str) -> None:
    page = planner.get(f"/series/planner?year={asked}")
    assert page.status_code == 200
    assert f"Planner {utc_now().astimezone(LOCAL_ZONE).year}" in page.text


# ---------------------------------------------------------------- days to keep clear of


def window(**changed: str) -> dict[str, str]:
    return {"name": "Audit <i>", "first": "12-20", "last": "01-06", "kind": "hard", **changed}


def test_days_to_keep_clear_of_are_added_and_removed(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    planner.send("/series/planner/days", **window())
    planner.send("/series/planner/days", **window(name="Once", first="2030-03-01", last="2030-03-02"))
    page = planner.get("/series/planner/days").text
    assert "20 December to 6 January, every year" in page and "1 March 2030 to 2 March 2030" in page
    first, _ = services.blackouts(session)
    assert planner.get(f"/series/planner/days/{first}/remove").status_code == 200
    planner.send(f"/series/planner/days/{first}/remove")
    session.expire_all()
    assert [one.name for one in services.blackouts(session).values()] == ["Once"]
    changes = [details["change"] for details in audited(session, Action.BLACKOUT_CHANGED)]
    assert changes == ["made", "made", "removed"]


@on_sqlite
@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"name": " "}, "name", "Enter a name"),
        ({"name": "x" * 61}, "name", "60 characters"),
        ({"first": ""}, "first", "Enter the first day"),
        ({"first": "13-01"}, "first", "there is no day"),
        ({"first": "soon"}, "first", "is no day"),
        ({"last": "2027-01-01"}, "last", "both ends"),
        ({"first": "2027-02-02", "last": "2027-02-01"}, "last", "must not lie before"),
        ({"kind": "x"}, "kind", "Select one"),
    ],
)
def test_wrong_days_are_refused_at_their_field(
    planner: CheckingClient, session: Session, change: dict[str, str], field: str, says: str
) -> None:
    page = BeautifulSoup(planner.send("/series/planner/days", **window(**change)).data, "html5lib")
    message = page.find(id=f"{field}-error")
    assert message is not None and says.lower() in message.text.lower()
    assert services.blackouts(session) == {}


# ---------------------------------------------------------------- the calendar


def feed(client: CheckingClient, settings: Settings, user_id: int) -> list[Event]:
    token = token_for(settings.secret_key, user_id)
    answer = client.get(f"/series/planner/{token}/planner.ics")
    assert answer.status_code == 200 and answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    assert calendar.errors == []
    return calendar.walk("VEVENT")


def planners_id(session: Session) -> int:
    return users(session)[0].id


def test_the_feed_has_every_turn_at_its_local_time(
    planner: CheckingClient,
    client: CheckingClient,
    trust: Organisation,
    session: Session,
    settings: Settings,
) -> None:
    series = make_series(session, trust, on="day 15", on_weekend="keep", on_bank_holiday="keep")
    services.take_blackout(session, name="Audit", first="08-01", last="08-31", is_hard=False, actor_id=None)
    session.commit()
    until = utc_now().astimezone(LOCAL_ZONE).date() + timedelta(days=366)
    turns = [one for one in services.turns_of(session, series, until=until) if one.runs]
    events = {str(event["UID"]): event for event in feed(client, settings, planners_id(session))}
    for turn in turns:
        uid = f"series-{series.id}-{turn.occurrence:%Y%m%d}"
        event = events.pop(f"{uid}@learning-pulse")
        assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (turn.opens, turn.closes)
        assert event.decoded("DTSTART").hour == 8  # winter and summer
        assert event["DTSTART"].params["TZID"] == "Europe/London"
        for number, moment in enumerate(turn.reminders, start=1):
            assert events.pop(f"{uid}-reminder-{number}@learning-pulse").decoded("DTSTART") == moment
    offsets = {turn.opens.utcoffset() for turn in turns if turn.opens}
    assert offsets == {timedelta(0), timedelta(hours=1)}
    assert {str(event["SUMMARY"]) for event in events.values()} == {"Audit: pulses may run"}
    for event in events.values():
        first, after = event.decoded("DTSTART"), event.decoded("DTEND")
        assert (first.day, first.month, after.day, after.month) == (1, 8, 1, 9)
        assert isinstance(first, date) and not isinstance(first, datetime)
        assert event.decoded("DTSTAMP").tzinfo is not None


def test_a_pulse_keeps_its_name_in_the_feed_when_it_is_launched(
    planner: CheckingClient, client: CheckingClient, trust: Organisation, session: Session, settings: Settings
) -> None:
    series = make_series(session, trust)
    turn = services.turns_of(session, series, until=date(NEXT_YEAR, 12, 31))[0]
    before = {str(event["UID"]) for event in feed(client, settings, planners_id(session))}
    wave = open_wave([trust.root])
    wave.series_id, wave.occurrence, wave.number = series.id, turn.occurrence, 1
    session.commit()
    draft_wave([trust.root], title="Idea")
    after = {str(event["UID"]): event for event in feed(client, settings, planners_id(session))}
    uid = f"series-{series.id}-{turn.occurrence:%Y%m%d}@learning-pulse"
    assert uid in before and str(after[uid]["SUMMARY"]) == "Spring pulse"
    assert after[uid].decoded("DTSTART").astimezone(UTC) == wave.opens_at.replace(microsecond=0)
    assert "Idea" not in {str(event["SUMMARY"]) for event in after.values()}


def test_the_feed_says_nothing_of_people(
    planner: CheckingClient, client: CheckingClient, trust: Organisation, session: Session, settings: Settings
) -> None:
    make_series(session, trust)
    open_wave([trust.root])
    token = token_for(settings.secret_key, planners_id(session))
    told = client.get(f"/series/planner/{token}/planner.ics").text.replace("\r\n ", "")
    assert "@staff.example" not in told and "Someone" not in told
    of_no_moment = re.sub(r"\d{8}T\d{6}", "", told)
    assert len(of_no_moment) < len(told) and "46" not in of_no_moment  # as many people are asked


def test_only_an_address_that_was_made_here_for_someone_who_plans_is_answered(
    sign_in: SignIn, client: CheckingClient, session: Session, settings: Settings
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT, email="planner@example.org")
    sign_in(RoleName.LEADER, email="leader@example.org")
    ids = {user.email: user.id for user in users(session)}
    ask: Callable[[str], int] = lambda token: client.get(f"/series/planner/{token}/planner.ics").status_code  # noqa: E731
    good = token_for(settings.secret_key, ids["planner@example.org"])
    assert ask(good) == 200
    shown = BeautifulSoup(planner.get("/series/planner/calendar").data, "html5lib").code.text
    assert shown == f"https://pulse.example.org/series/planner/{good}/planner.ics"
    wrong = [
        "x", "1", good[:-1], f"{good}a", good.swapcase(), good.replace(".", ""),
        token_for("another key", ids["planner@example.org"]),
        stop_token(settings.secret_key, ids["planner@example.org"]),
        token_for(settings.secret_key, ids["leader@example.org"]),
        token_for(settings.secret_key, 987654),
        token_for(settings.secret_key, 10**30),
        token_for(settings.secret_key, "1"),  # type: ignore[arg-type]
        token_for(settings.secret_key, None),  # type: ignore[arg-type]
    ]  # fmt: skip
    assert [token for token in wrong if ask(token) != 404] == []
    user = next(one for one in users(session) if one.email == "planner@example.org")
    user.active = False
    db.session.commit()
    assert ask(good) == 404


@on_sqlite
def test_the_series_of_a_busy_trust_are_each_counted_once(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    """Four series of everyone are shared out: no page says that more are asked than there are."""
    made = [make_series(session, trust, title=f"Series {n}", sample=100, on="day 15") for n in range(4)]
    session.commit()
    assert session.query(Series).count() == len(made)
    page = planner.get(f"/series/{made[0].id}").text
    assert "(25 in 100)" in page or "(33 in 100)" in page or "(50 in 100)" in page
