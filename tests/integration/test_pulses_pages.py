"""The pages with which pulses are planned, launched and closed, and the outbox."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Action
from surveyapp.organisation.models import Person
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs, ledger, outbox, services
from surveyapp.pulses.models import MailState, WaveMail
from surveyapp.pulses.services import Wave, WaveState
from surveyapp.queueing import COUNT, MAIL, queue
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.factories import waves as made
from tests.factories.organisation import Organisation, make_organisation
from tests.support.client import CheckingClient

SignIn = Callable[..., CheckingClient]

#: Enough where only the page is looked at. What changes or finds a wave runs on both databases.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


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


def audited(session: Session, action: Action) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


# ---------------------------------------------------------------- who may


PATHS = ("", "/new", "/1", "/1/launch", "/1/close", "/1/delete", "/1/smallest-group")


@on_sqlite
@pytest.mark.parametrize(
    "role", [RoleName.ADMINISTRATOR, RoleName.LEADER, RoleName.COMMENT_REVIEWER]
)
def test_only_learning_and_development_plans(
    role: RoleName, trust: Organisation, sign_in: SignIn, client: CheckingClient
) -> None:
    made.draft_wave([trust.root])
    other = sign_in(role)
    for path in PATHS:
        assert other.get(f"/pulses{path}").status_code == 403
        assert client.get(f"/pulses{path}").status_code == 302
        answer = other.post(f"/pulses{path}", data={"csrf_token": other.token("/change-password")})
        assert answer.status_code in {403, 405}


@on_sqlite
def test_the_outbox_is_for_administrators(planner: CheckingClient, sign_in: SignIn) -> None:
    assert planner.get("/pulses/outbox").status_code == 403
    admin = sign_in(RoleName.ADMINISTRATOR)
    assert admin.get("/pulses/outbox").status_code == 200
    assert "/pulses/outbox" in admin.get("/").text
    assert "/pulses/outbox" not in planner.get("/").text


@on_sqlite
@pytest.mark.usefixtures("smtp")
def test_with_a_mail_server_there_is_no_outbox(sign_in: SignIn) -> None:
    admin = sign_in(RoleName.ADMINISTRATOR)
    assert admin.get("/pulses/outbox").status_code == 404
    assert "/pulses/outbox" not in admin.get("/").text


# ---------------------------------------------------------------- planning


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
    assert "split by staff group" in page and "reads every comment first" in page
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


# ---------------------------------------------------------------- k


def test_k_changes_until_the_pulse_is_open(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    draft = made.draft_wave([trust.root])
    later = made.open_wave([trust.root], opens_in=timedelta(days=1))
    for wave in (draft, later):
        answer = planner.send(f"/pulses/{wave.id}/smallest-group", minimum_group="15")
        assert answer.location == f"/pulses/{wave.id}"
        session.refresh(wave)
        assert wave.minimum_group == 15
        for bad in ("4", "21", "ten", "", "1" * 5000):
            page = planner.send(f"/pulses/{wave.id}/smallest-group", minimum_group=bad)
            assert page.status_code == 200 and "There is a problem" in page.text
        session.refresh(wave)
        assert wave.minimum_group == 15


def test_k_is_locked_from_the_opening_on_and_says_why(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.open_wave([trust.root], opens_in=timedelta(days=1))
    token = planner.token(f"/pulses/{wave.id}/smallest-group")
    wave.opens_at = utc_now() - timedelta(minutes=1)
    session.commit()
    services.advance(session, wave.id)
    session.commit()
    planner.post(
        f"/pulses/{wave.id}/smallest-group", data={"csrf_token": token, "minimum_group": "5"}
    )
    page = planner.get(f"/pulses/{wave.id}").text
    assert "people were told it before they answered" in page
    assert "10 people, locked" in page and "/smallest-group" not in page
    session.refresh(wave)
    assert wave.minimum_group == 10
    assert planner.get(f"/pulses/{wave.id}/smallest-group").status_code == 302


# ---------------------------------------------------------------- launching


def test_a_launch_is_confirmed_audited_and_enqueued(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.draft_wave([trust.root])
    asked = planner.get(f"/pulses/{wave.id}/launch").text
    assert "46 people get an e-mail" in asked and state_of(session, wave.id) == "draft"
    answer = planner.send(f"/pulses/{wave.id}/launch")
    assert answer.location == f"/pulses/{wave.id}"
    assert state_of(session, wave.id) == WaveState.LAUNCHING
    assert [event.details["wave_id"] for event in audited(session, Action.WAVE_LAUNCHED)] == [wave.id]
    enqueued = queue(MAIL).jobs
    assert [(job.func_name, list(job.args)) for job in enqueued] == [
        ("surveyapp.pulses.jobs.prepare", [wave.id])
    ]
    page = planner.get(f"/pulses/{wave.id}").text
    assert "Getting ready" in page and "Check again" in page and 'http-equiv="refresh"' not in page


def test_a_second_click_on_launch_gets_a_calm_answer(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.draft_wave([trust.root])
    token = planner.token(f"/pulses/{wave.id}/launch")
    for _ in range(2):
        answer = planner.post(f"/pulses/{wave.id}/launch", data={"csrf_token": token})
        assert answer.location == f"/pulses/{wave.id}"
    assert "has been launched already" in planner.get(f"/pulses/{wave.id}").text
    assert len(audited(session, Action.WAVE_LAUNCHED)) == 1
    assert len(queue(MAIL).jobs) == 1


@on_sqlite
def test_a_launch_needs_k_people_and_time(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    few = made.draft_wave([trust.units["Willow"]])
    late = made.draft_wave([trust.root], opens_in=timedelta(days=-15))
    for wave, reason in ((few, "Only 4 people would be invited"), (late, "closing date has passed")):
        assert reason in planner.get(f"/pulses/{wave.id}").text
        page = planner.send(f"/pulses/{wave.id}/launch")
        assert page.status_code == 200 and reason in page.text and "There is a problem" in page.text
        assert state_of(session, wave.id) == WaveState.DRAFT
    assert queue(MAIL).jobs == []


@on_sqlite
def test_a_late_launch_is_warned_of(planner: CheckingClient, trust: Organisation) -> None:
    wave = made.draft_wave([trust.root], opens_in=timedelta(days=-9, minutes=-5))
    page = planner.get(f"/pulses/{wave.id}").text
    assert "Little time to answer" in page and "people have 4 days to answer" in page


@on_sqlite
def test_a_queue_that_is_down_does_not_stop_a_launch(
    app: Flask, planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    from redis import Redis

    app.extensions["redis"] = Redis.from_url("redis://127.0.0.1:1/0")
    wave = made.draft_wave([trust.root])
    assert planner.send(f"/pulses/{wave.id}/launch").status_code == 302
    assert state_of(session, wave.id) == WaveState.LAUNCHING


# ---------------------------------------------------------------- a launched wave


@on_sqlite
def test_an_open_wave_shows_its_mails_and_nothing_of_who(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.open_wave([trust.root])
    mails = session.scalars(select(WaveMail).where(WaveMail.wave_id == wave.id)).all()
    for mail in mails[:40]:
        mail.state = MailState.SENT
    for mail in mails[40:43]:
        mail.state = MailState.FAILED
    session.commit()
    assert ledger.progress(session, wave.id).waiting == 3
    page = planner.get(f"/pulses/{wave.id}").text
    shown = re.findall(r"<d[td][^>]*>\s*([^<]*?)\s*</d[td]>", page)
    named = dict(pairwise(shown))
    assert (named["Sent"], named["Waiting to be sent"], named["Could not be sent"]) == ("40", "3", "3")
    assert "staff.example" not in page
    assert "‘Outbox’ in the menu" in page


def test_the_live_rate_is_a_daily_band_of_the_whole_and_nothing_else(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.open_wave([trust.root])
    assert "Not known yet" in planner.get(f"/pulses/{wave.id}").text
    made.cast_for(wave, trust.everyone[:9])
    jobs.note_live_rates()
    assert "too few to show" in planner.get(f"/pulses/{wave.id}").text
    session.refresh(wave)
    wave.live_rate_on = today() - timedelta(days=1)
    session.commit()
    made.cast_for(wave, trust.everyone[9:21])
    jobs.note_live_rates()
    page = planner.get(f"/pulses/{wave.id}").text
    assert "about <strong>45%</strong>" in page
    made.cast_for(wave, trust.everyone[21:40])
    jobs.note_live_rates()
    assert planner.get(f"/pulses/{wave.id}").text.count("%") == page.count("%")
    assert "about <strong>45%</strong>" in planner.get(f"/pulses/{wave.id}").text
    assert "Maple" not in page and "Oak" not in page


def test_closing_is_confirmed_audited_and_enqueued_and_a_second_click_is_calm(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.open_wave([trust.root])
    token = planner.token(f"/pulses/{wave.id}/close")
    for _ in range(2):
        answer = planner.post(f"/pulses/{wave.id}/close", data={"csrf_token": token})
        assert answer.location == f"/pulses/{wave.id}"
    page = planner.get(f"/pulses/{wave.id}").text
    assert "Closed – being counted" in page and "is not open, so it cannot be closed" in page
    assert state_of(session, wave.id) == WaveState.CLOSED
    assert len(audited(session, Action.WAVE_CLOSED_EARLY)) == 1
    assert [list(job.args) for job in queue(COUNT).jobs] == [[wave.id]]


@on_sqlite
def test_a_counted_wave_leads_to_its_results(
    planner: CheckingClient, trust: Organisation
) -> None:
    wave = made.open_wave([trust.root])
    made.cast_for(wave, trust.everyone[:20])
    made.close_and_count(wave)
    page = planner.get(f"/pulses/{wave.id}").text
    assert "Results ready" in page and f'href="/reports/{wave.id}"' in page
    assert "E-mails" not in page and "%" not in page


@on_sqlite
def test_lost_keys_end_in_an_apology(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.open_wave([trust.root])
    made.close(wave)
    services.mark_uncountable(session, wave)
    session.commit()
    page = planner.get(f"/pulses/{wave.id}").text
    assert "Cannot be counted" in page and "We are sorry" in page


@on_sqlite
def test_an_imported_wave_is_shown_as_such_and_takes_no_action(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    oak = trust.units["Oak"]
    wave = services.create_imported_wave(session, title="Exit talks", unit_counts={oak: 12})
    session.commit()
    assert "Imported" in planner.get("/pulses").text
    page = planner.get(f"/pulses/{wave.id}").text
    assert "collected elsewhere" in page and f'href="/reports/{wave.id}"' in page
    for action in ("launch", "close", "delete", "smallest-group"):
        assert planner.get(f"/pulses/{wave.id}/{action}").status_code == 302
    assert planner.get(f"/preview/{wave.id}").status_code == 404
    assert planner.get(f"/pulses/new?like={wave.id}").status_code == 200
    assert state_of(session, wave.id) == WaveState.COUNTED


def every_state(trust: Organisation, session: Session) -> dict[str, Wave]:
    waves = {
        "draft": made.draft_wave([trust.root]),
        "launching": made.launched_wave([trust.root]),
        "scheduled": made.open_wave([trust.root], opens_in=timedelta(days=2)),
        "open": made.open_wave([trust.root]),
        "closed": made.open_wave([trust.root]),
        "counted": made.open_wave([trust.root]),
        "cannot_be_counted": made.open_wave([trust.root]),
    }
    made.close(waves["closed"])
    made.close_and_count(waves["counted"])
    made.close(waves["cannot_be_counted"])
    services.mark_uncountable(session, waves["cannot_be_counted"])
    session.commit()
    return waves


def test_each_action_in_each_state_is_done_or_calmly_refused(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    waves = every_state(trust, session)
    assert planner.get("/pulses").text.count('class="nhsuk-tag') == len(waves)
    token = planner.token(f"/pulses/{waves['draft'].id}/launch")
    allowed = {("launch", "draft"), ("close", "open"), ("delete", "draft")}
    for action in ("launch", "close", "delete"):
        for state, wave in waves.items():
            assert planner.get(f"/pulses/{wave.id}").status_code == 200
            if (action, state) in allowed:
                assert planner.get(f"/pulses/{wave.id}/{action}").status_code == 200
                continue
            for method in (planner.get, planner.post):
                answer = method(f"/pulses/{wave.id}/{action}", data={"csrf_token": token})
                assert answer.location == f"/pulses/{wave.id}"
            assert state_of(session, wave.id) == state
    for wave in waves.values():
        assert planner.get(f"/pulses/new?like={wave.id}").status_code == 200


@pytest.mark.parametrize(
    "number", ["0", "99", "2147483648", "9223372036854775808", "9" * 200, "-1", "x", "1.5"]
)
def test_a_wave_that_is_not_there(number: str, planner: CheckingClient, trust: Organisation) -> None:
    made.draft_wave([trust.root])
    token = planner.token("/pulses/1/launch")
    assert planner.get(f"/pulses/{number}").status_code == 404
    for action in ("launch", "close", "delete", "smallest-group"):
        path = f"/pulses/{number}/{action}"
        assert planner.get(path).status_code == 404
        assert planner.post(path, data={"csrf_token": token}).status_code == 404
    assert planner.get(f"/pulses/new?like={number}").status_code == 200
    assert planner.get(f"/preview/{number}").status_code == 404


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


# ---------------------------------------------------------------- the outbox


def kept_mail(directory: Path, name: str, content: bytes, *, age: int = 0) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))


@pytest.fixture
def kept(app: Flask) -> Path:
    return Path(app.instance_path) / "outbox"


@pytest.fixture
def admin(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.ADMINISTRATOR)


@on_sqlite
def test_an_empty_outbox(admin: CheckingClient) -> None:
    assert "There is no e-mail yet" in admin.get("/pulses/outbox").text


@on_sqlite
def test_sent_mails_can_be_read_and_their_links_followed(
    admin: CheckingClient, client: CheckingClient, trust: Organisation
) -> None:
    wave = made.open_wave([trust.root], title="Café <b> pulse")
    jobs.send_mail(wave.id)
    first = admin.get("/pulses/outbox")
    assert "46 e-mails, page 1 of 3" in first.text
    assert "Trust: Café &lt;b&gt; pulse" in first.text and "@staff.example" in first.text
    seen = set()
    for page in (1, 2, 3):
        text = admin.get(f"/pulses/outbox?page={page}").text
        seen |= set(re.findall(r'href="https://pulse.example.org(/a/[^"]+)"', text))
    assert len(seen) == 46
    assert client.head(seen.pop()).status_code == 200


@pytest.mark.parametrize("page", ["0", "-5", "99", "9" * 400, "x", ""])
@on_sqlite
def test_any_page_number_shows_a_page(page: str, admin: CheckingClient, kept: Path) -> None:
    kept_mail(kept, "1.log", b"To: a@staff.example\n\nHello\n")
    assert "Hello" in admin.get("/pulses/outbox", query_string={"page": page}).text


@on_sqlite
def test_odd_files_do_no_harm(admin: CheckingClient, kept: Path) -> None:
    end = b"\n" + b"-" * 79 + b"\n"
    kept_mail(kept, "good.log", b"To: good@staff.example\nSubject: Hi\n\nHello" + end, age=9)
    kept_mail(kept, "two.log", (b"To: x@staff.example\n\nOne" + end) * 2, age=8)
    kept_mail(kept, "empty.log", b"")
    kept_mail(kept, "half.log", b"To: half@staff.example\nSub")
    kept_mail(kept, "cut.log", b"To: cut@staff.example\nSubject: =?utf-8?q?caf")
    kept_mail(kept, "noise.log", bytes(range(256)) * 300)
    kept_mail(kept, "charset.log", b"To: c@staff.example\nSubject: =?none?q?x?=\n"
              b"Content-Type: text/plain; charset=none\n\nOdd \xff letters" + end)
    kept_mail(kept, "base64.log", b"To: d@staff.example\nContent-Transfer-Encoding: base64\n\n???")
    kept_mail(kept, "parts.log", b"To: e@staff.example\nContent-Type: multipart/mixed\n\nx")
    kept_mail(kept, "evil.log", b"To: <script>@x\n\n<script>alert(1)</script>" + end)
    kept_mail(kept, "link.log", b"To: f@staff.example\n\nhttps://elsewhere.example/a/b" + end)
    kept_mail(kept, "notes.txt", b"To: notes@staff.example\n\nNot a mail of ours")
    (kept / "folder.log").mkdir()
    (kept / "dangling.log").symlink_to(kept / "gone")
    (kept / "outside.log").symlink_to("/etc/passwd")
    page = admin.get("/pulses/outbox").text
    assert "good@staff.example" in page and page.count("x@staff.example") >= 2
    assert "notes@staff.example" not in page and "root:" not in page
    assert "<script>alert" not in page and 'href="https://elsewhere' not in page


@on_sqlite
def test_an_outbox_that_cannot_be_read_is_empty(admin: CheckingClient, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("a file where the folder should be")
    assert "There is no e-mail yet" in admin.get("/pulses/outbox").text


def test_the_newest_mails_come_first(tmp_path: Path) -> None:
    for number in range(300):
        kept_mail(tmp_path, f"{number % 7}-{number}.log", b"To: p%d@x\n\nHi" % number, age=number)
    page = outbox.read_page(tmp_path, number=2, size=20)
    assert [mail.to for mail in page.mails] == [f"p{number}@x" for number in range(20, 40)]
    assert (page.pages, page.total) == (15, 300)
