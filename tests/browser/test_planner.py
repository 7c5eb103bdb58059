"""A series is set up and looked at: on a phone without JavaScript, by keyboard, and on a wide screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy.orm import Session

from surveyapp.series import services
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.series import make_series

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session)


def sign_in(visitor: Visitor, system: System) -> None:
    email = "learning@example.org"
    role = "learning_and_development"
    command = ["--app", "wsgi", "access", "add", email, "--name", "Sam", "--role", role, "--json"]
    visitor.sign_in(email, json.loads(system.run("flask", *command))["password"])


@pytest.mark.parametrize("javascript", [True, False])
def test_a_series_is_set_up_on_a_phone(
    trust: Organisation, system: System, phone: Callable[..., BrowserContext], javascript: bool
) -> None:
    visitor = Visitor(phone(java_script_enabled=javascript), system.address, javascript=javascript)
    page = visitor.page
    sign_in(visitor, system)
    visitor.follow("Planner")
    visitor.follow("All series")
    visitor.press("Set up a series")
    visitor.press("Save and see what comes")
    summary = page.get_by_role("alert").get_by_role("link", name="Enter a name for this series")
    summary.click()
    page.keyboard.type("Learning pulse")
    page.get_by_label("On which day").fill("first tuesday")
    visitor.press("Save and see what comes")
    expect(page.get_by_role("heading", level=1)).to_have_text("Learning pulse")
    turns = page.locator(".lp-turns tbody tr")
    expect(turns.first).to_contain_text("to")
    page.get_by_role("link", name="Leave out").first.click()
    visitor.check()
    visitor.press("Leave it out")
    expect(page.get_by_text("Left out by a person")).to_be_visible()
    page.get_by_role("link", name="Put back").first.click()
    visitor.press("Put it back")
    expect(page.get_by_text("Left out by a person")).to_have_count(0)


def test_the_planner_by_keyboard(
    trust: Organisation, session: Session, system: System, phone: Callable[..., BrowserContext]
) -> None:
    make_series(session, trust)
    visitor = Visitor(phone(viewport={"width": 1280, "height": 900}), system.address)
    page = visitor.page
    sign_in(visitor, system)
    visitor.open("/series/planner")
    next_year = utc_now().astimezone(LOCAL_ZONE).year + 1
    wanted = page.get_by_role("link", name=str(next_year), exact=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")
    visitor.check()
    assert visitor.heading == f"Planner {next_year}"
    drawing = page.locator(f"svg[aria-labelledby^=month-{next_year}-01]")
    expect(drawing).to_be_visible()
    name = drawing.evaluate(
        "(one) => document.getElementById(one.getAttribute('aria-labelledby').split(' ')[1]).textContent"
    )
    assert "Learning pulse, " in name and ", planned, " in name


@pytest.mark.parametrize("width", [375, 1280])
def test_every_page_is_clean(
    trust: Organisation, session: Session, system: System, phone: Callable[..., BrowserContext], width: int
) -> None:
    tomorrow = utc_now().astimezone(LOCAL_ZONE).date() + timedelta(days=1)
    series = make_series(
        session, trust, title="A long name for a series of everyone in the trust", every="4 weeks", sample=50,
        national_surveys=["nhs-staff-survey", "nqps", "nets"], first=tomorrow.isoformat(),
    )  # fmt: skip
    make_series(session, trust, title="Quarterly", every="quarter", questions="quarterly_12")
    services.take_blackout(session, name="Winter", first="12-15", last="01-06", is_hard=True, actor_id=None)
    services.take_blackout(session, name="Audit", first="03-01", last="03-09", is_hard=False, actor_id=None)
    session.commit()
    turns = services.turns_of(session, series, until=tomorrow + timedelta(days=300))
    turn = next(one for one in turns if one.runs)
    visitor = Visitor(phone(viewport={"width": width, "height": 900}), system.address)
    sign_in(visitor, system)
    one = f"/series/{series.id}"
    for path in (
        "/series", "/series/new", "/series/from-file", one, f"{one}/change", f"{one}/pause", f"{one}/stop",
        f"{one}/pulses/{turn.occurrence}/move", f"{one}/pulses/{turn.occurrence}/leave-out",
        "/series/planner", f"/series/planner?year={tomorrow.year + 1}", "/series/planner/days",
        "/series/planner/days/1/remove", "/series/planner/calendar", "/pulses",
    ):  # fmt: skip
        visitor.open(path)
