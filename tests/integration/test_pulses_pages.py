"""The pages of planned pulses: launched, watched and closed, by those who may."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Action
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs, ledger, services
from surveyapp.pulses.models import MailState, WaveMail
from surveyapp.pulses.services import Wave, WaveState
from surveyapp.queueing import COUNT, MAIL, queue
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import SignIn, on_sqlite
from tests.factories import waves as made
from tests.factories.organisation import Organisation
from tests.support.client import CheckingClient


def today() -> date:
    return utc_now().astimezone(LOCAL_ZONE).date()


def state_of(session: Session, wave_id: int) -> str | None:
    session.expire_all()
    return session.scalar(select(Wave.state).where(Wave.id == wave_id))


def audited(session: Session, action: Action) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


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


# ---------------------------------------------------------------- k


def test_k_changes_until_the_launch(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    wave = made.draft_wave([trust.root])
    answer = planner.send(f"/pulses/{wave.id}/smallest-group", minimum_group="15")
    assert answer.location == f"/pulses/{wave.id}"
    session.refresh(wave)
    assert wave.minimum_group == 15
    for bad in ("4", "21", "ten", "", "1" * 5000):
        page = planner.send(f"/pulses/{wave.id}/smallest-group", minimum_group=bad)
        assert page.status_code == 200 and "There is a problem" in page.text
    session.refresh(wave)
    assert wave.minimum_group == 15


@pytest.mark.parametrize("opens_in", [timedelta(days=1), timedelta(minutes=-5)])
def test_k_is_locked_from_the_launch_on_and_says_why(
    planner: CheckingClient, trust: Organisation, session: Session, opens_in: timedelta
) -> None:
    """Small teams are put together by it, even where nobody can answer yet."""
    draft = made.draft_wave([trust.root])
    token = planner.token(f"/pulses/{draft.id}/smallest-group")
    wave = made.open_wave([trust.root], opens_in=opens_in)
    planner.post(
        f"/pulses/{wave.id}/smallest-group", data={"csrf_token": token, "minimum_group": "5"}
    )
    page = planner.get(f"/pulses/{wave.id}").text
    assert "people are told it before they answer" in page
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
