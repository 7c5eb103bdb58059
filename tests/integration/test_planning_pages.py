"""The pages on which a pulse is planned, and its draft."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.organisation.models import Person
from surveyapp.pulses.services import Wave
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import on_sqlite
from tests.factories import waves as made
from tests.factories.organisation import Organisation, make_organisation
from tests.support.client import CheckingClient


def today() -> date:
    return utc_now().astimezone(LOCAL_ZONE).date()


def entries(trust: Organisation, **changed: object) -> dict[str, object]:
    """A filled-in plan, as the form sends it. `opens_on` and `closes_on` are dates."""
    entered: dict[str, object] = {
        "title": "March pulse",
        "template": "monthly_pulse_5/A-1",
        "audience": [trust.root],
        "opens_on": today() + timedelta(days=3),
        "closes_on": today() + timedelta(days=20),
        "minimum_group": "10",
        "channel": "personal",
        "breakdown": "none",
        "safeguards": "groups",
        **changed,
    }
    for name in ("opens_on", "closes_on"):
        day = entered.pop(name, None)
        if isinstance(day, date):
            parts = {"day": day.day, "month": day.month, "year": day.year}
            entered |= {f"{name}-{part}": str(value) for part, value in parts.items()}
    return entered


def the_wave(session: Session) -> Wave:
    session.expire_all()
    return session.scalars(select(Wave)).one()


def state_of(session: Session, wave_id: int) -> str | None:
    session.expire_all()
    return session.scalar(select(Wave.state).where(Wave.id == wave_id))


@on_sqlite
def test_without_staff_there_is_nothing_to_plan(planner: CheckingClient) -> None:
    assert "There is no pulse yet" in planner.get("/pulses").text
    page = planner.get("/pulses/new")
    assert page.status_code == 200 and "nobody to invite yet" in page.text


def test_a_plan_becomes_a_draft(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    answer = planner.send("/pulses/new", **entries(trust, title="  Ma\x00rch \n pulse\x7f "))
    wave = the_wave(session)
    assert answer.location == f"/pulses/{wave.id}"
    assert (wave.title, wave.state, wave.minimum_group) == ("March pulse", "draft", 10)
    assert (wave.template_id, wave.choice_key) == ("monthly_pulse_5", "A-1")
    assert wave.audience_unit_ids == [trust.root]
    page = planner.get(answer.location).text
    assert "46 people would be invited" in page and "Everyone on the staff list" in page
    assert "Monthly pulse (5 questions): rotation A, month 1" in page
    assert f"/preview/{wave.id}" in page
    # Of 30 people too few answer often enough, of 12 and of 4 nearly always.
    assert "about 35 in 100 people answering" in page and "3 teams will often have fewer" in page
    rows = {row.th.text.strip(): row.text.split() for row in BeautifulSoup(page, "html5lib").select("tr")}
    assert rows["Maple"][-3:] == ["65", "in", "100"] and rows["Willow"][-1] == "never"
    assert "Oak:" not in page and "Maple:" not in page
    assert "March pulse" in planner.get("/pulses").text


@on_sqlite
def test_what_the_form_offers_first(planner: CheckingClient, trust: Organisation) -> None:
    page = planner.get("/pulses/new").text
    assert f'value="{trust.root}" checked' in page
    assert f'value="{(today() + timedelta(days=14)).year}"' in page
    assert re.search(r'value="monthly_pulse_5/A-1" selected', page)
    made.draft_wave([trust.units["Oak"]], title="Oak only", minimum_group=12)
    page = planner.get("/pulses/new").text
    assert re.search(r'value="monthly_pulse_5/A-2" selected', page)
    assert f'value="{trust.root}" checked' in page
    like = planner.get("/pulses/new?like=1").text
    assert 'value="Oak only"' in like and 'value="12"' in like
    assert f'value="{trust.units["Oak"]}" checked' in like
    assert f'value="{trust.root}" checked' not in like


@on_sqlite
def test_the_turn_goes_round(planner: CheckingClient, trust: Organisation) -> None:
    made.draft_wave([trust.root], questions=("monthly_pulse_5", "C-3"))
    made.draft_wave([trust.root], questions=("annual_full", "full"))
    assert 'value="annual_full/full" selected' in planner.get("/pulses/new").text
    assert 'value="monthly_pulse_5/A-1" selected' in planner.get("/pulses/new?like=1").text


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"title": " "}, "title", "Enter a name for this pulse"),
        ({"title": "x" * 81}, "title", "80 characters or fewer"),
        ({"title": "A 100% anonymous pulse"}, "title", "Take out ‘100% anonymous’"),
        ({"template": "monthly_pulse_5/Z-9"}, "template", "Select a set of questions"),
        ({"template": "<b"}, "template", "Select a set of questions"),
        ({"template": ""}, "template", "Select a set of questions"),
        ({"audience": []}, "audience", "Select at least one unit"),
        ({"audience": ["999999999999999999999999"]}, "audience", "Select units from the list"),
        ({"audience": ["ward"]}, "audience", "Select one of the options"),
        ({"minimum_group": "4"}, "minimum_group", "from 5 to 20"),
        ({"minimum_group": "21"}, "minimum_group", "from 5 to 20"),
        ({"minimum_group": "9" * 5000}, "minimum_group", "must be a whole number"),
        ({"minimum_group": ""}, "minimum_group", "Enter the smallest group"),
        ({"opens_on": date(2020, 1, 1)}, "opens_on", "today or in the future"),
        ({"opens_on": date(9999, 12, 1), "closes_on": date(9999, 12, 31)}, "opens_on", "a year"),
        ({"opens_on-month": "13"}, "opens_on", "must be a real date"),
        ({"closes_on-year": "0000"}, "closes_on", "must be a real date"),
        ({"closes_on-day": ""}, "closes_on", "must include a day"),
        ({"closes_on": date(9999, 12, 31)}, "closes_on", "no more than 92 days"),
        ({"closes_on": date(1, 1, 1)}, "closes_on", "4 numbers"),
    ],
)
@on_sqlite
def test_an_error_stands_at_its_field_and_nothing_entered_is_lost(
    change: dict[str, object],
    field: str,
    says: str,
    planner: CheckingClient,
    trust: Organisation,
    session: Session,
) -> None:
    entered = entries(trust, **change) | {k: v for k, v in change.items() if "-" in k}
    page = planner.send("/pulses/new", **entered)
    assert page.status_code == 200 and re.search(r"<title>\s*Error: ", page.text)
    assert f'href="#{field}"' in page.text and says in page.text
    assert session.scalar(select(Wave.id)) is None
    for name in {"title", "minimum_group", "opens_on-year", "closes_on-year"} - {field, *change}:
        if name.partition("-")[0] != field:
            assert f'value="{entered[name]}"' in page.text


@on_sqlite
def test_everyone_and_some_units_at_once_is_refused(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    both = [trust.root, trust.units["Oak"]]
    page = planner.send("/pulses/new", **entries(trust, audience=both)).text
    assert "Untick ‘Everyone’, or untick all the units" in page
    assert f'value="{trust.units["Oak"]}" checked' in page
    assert session.scalar(select(Wave.id)) is None


@on_sqlite
def test_who_launches_sees_where_the_mail_goes(session: Session, planner: CheckingClient) -> None:
    """Invented people, to surround one real answer, need addresses of their own."""
    trust = make_organisation(session, {"Maple": 12})
    unit_id = trust.units["Maple"]
    session.add_all(
        Person(email=f"x{n}@mail.example", unit_id=unit_id, staff_group="Care") for n in range(9)
    )
    session.commit()
    wave = made.draft_wave([trust.root])
    page = planner.get(f"/pulses/{wave.id}/launch").text
    assert "12 people at staff.example" in page and "9 people at mail.example" in page


@on_sqlite
def test_the_safeguards_of_a_plan_are_kept_and_offered_again(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    planner.send("/pulses/new", **entries(trust, breakdown="staff_group", safeguards="review_all"))
    wave = the_wave(session)
    assert (wave.breakdown, wave.groups_small_units, wave.review_all) == ("staff_group", False, True)
    page = planner.get(f"/pulses/{wave.id}").text
    assert "By staff group, for the whole organisation only" in page and "reads every comment first" in page
    again = BeautifulSoup(planner.get(f"/pulses/new?like={wave.id}").text, "html5lib")
    assert [box["value"] for box in again.select("input[name=safeguards][checked]")] == ["review_all"]
    assert again.select_one("input[name=breakdown][checked]")["value"] == "staff_group"


@on_sqlite
def test_units_are_named_with_their_path(
    session: Session, planner: CheckingClient
) -> None:
    trust = make_organisation(session, {"Surgery > Theatre": 3, "Medicine > Ward": 20})
    assert "Surgery &gt; Theatre (3 people)" in planner.get("/pulses/new").text
    wave = made.draft_wave([trust.root])
    page = planner.get(f"/pulses/{wave.id}").text
    assert "Surgery &gt; Theatre" in page and "2 teams will often have fewer" in page
    theatre = made.draft_wave([trust.units["Theatre"]])
    small = planner.get(f"/pulses/{theatre.id}").text
    assert "Only 3 people would be invited" in small and "/launch" not in small


@on_sqlite
def test_names_are_text_not_markup(planner: CheckingClient, session: Session) -> None:
    trust = make_organisation(session, {"<img src=x": 4, "Oak": 12})
    made.draft_wave([trust.root], title="<b class=x>{{ 7 * 7 }}")
    pages = ("", "/new", "/new?like=1", "/1", "/1/launch", "/1/delete", "/1/smallest-group")
    for path in pages:
        page = planner.get(f"/pulses{path}").text
        assert "<img src=x" not in page and "<b class=x" not in page and ">49" not in page


@on_sqlite
def test_the_draft_shows_the_e_mail_but_no_link_that_works(
    planner: CheckingClient, trust: Organisation
) -> None:
    wave = made.draft_wave([trust.root])
    page = planner.get(f"/pulses/{wave.id}").text
    assert f"https://pulse.example.org/a/{wave.reference}/…" in page
    assert "groups of at least 10 people" in page


def test_a_draft_can_be_deleted_once(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave_id = made.draft_wave([trust.root]).id
    token = planner.token(f"/pulses/{wave_id}/delete")
    first = planner.post(f"/pulses/{wave_id}/delete", data={"csrf_token": token})
    assert first.location == "/pulses"
    assert state_of(session, wave_id) is None
    second = planner.post(f"/pulses/{wave_id}/delete", data={"csrf_token": token})
    assert second.status_code == 404


@on_sqlite
def test_nothing_happens_without_the_token_of_a_form(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    draft, running = made.draft_wave([trust.root]), made.open_wave([trust.root])
    for path in (f"{draft.id}/launch", f"{draft.id}/delete", f"{running.id}/close", "new"):
        # That page stands alone and has no nonce, which the checking client asks for.
        answer = FlaskClient.open(planner, f"/pulses/{path}", method="POST", data=entries(trust))
        assert answer.status_code == 400
    assert state_of(session, draft.id) == "draft" and state_of(session, running.id) == "open"
