"""A leader reads what people say, on a phone: with JavaScript, without, and by keyboard alone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy.orm import Session

from surveyapp.reports import jobs
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories.reports import Trust
from tests.factories.told import HANDOVER, HUDDLE, Counted, told_trust

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def told(session: Session) -> Trust:
    made = told_trust(session)
    jobs.group_wave(made.wave_id, embedder=Counted())
    return made


def sign_in(visitor: Visitor, system: System) -> None:
    email = "learning@example.org"
    role = "learning_and_development"
    command = ["--app", "wsgi", "access", "add", email, "--name", "Sam", "--role", role, "--json"]
    visitor.sign_in(email, json.loads(system.run("flask", *command))["password"])


@pytest.mark.parametrize("javascript", [True, False])
def test_from_the_overview_to_the_comments_that_have_a_word(
    told: Trust, system: System, phone: Callable[..., BrowserContext], javascript: bool
) -> None:
    visitor = Visitor(phone(java_script_enabled=javascript), system.address, javascript=javascript)
    page = visitor.page
    sign_in(visitor, system)
    visitor.open(told.path("Maple"))
    expect(page.get_by_role("heading", name="What people write about most")).to_be_visible()
    expect(page.locator("main blockquote")).to_have_count(1)
    page.get_by_role("link", name="Read all comments").click()
    visitor.check()
    quotes = page.locator(".lp-comments blockquote")
    visitor.follow("Good comments (6)")
    expect(quotes).to_have_count(len(HUDDLE))
    visitor.follow("Poor comments (23)")
    page.get_by_role("navigation", name="Show comments by what they speak of").get_by_role(
        "link", name="Handover"
    ).click()
    visitor.check()
    here = page.get_by_role("navigation", name="Show comments by what they speak of")
    expect(here.locator("a[aria-current]")).to_contain_text("Handover")
    page.get_by_label("Words in these comments").fill("NIGHT")
    page.get_by_role("button", name="Search these comments").click()
    visitor.check()
    expect(quotes).to_have_count(sum("night" in text for text in HANDOVER))
    expect(page.get_by_label("Words in these comments")).to_have_value("NIGHT")
    visitor.follow("Stop searching")
    expect(here.locator("a[aria-current]")).to_contain_text("Handover")


def test_all_of_it_by_keyboard(told: Trust, system: System, phone: Callable[..., BrowserContext]) -> None:
    visitor = Visitor(phone(viewport={"width": 1280, "height": 900}), system.address)
    page = visitor.page
    sign_in(visitor, system)
    visitor.open(told.path("Maple", "/themes/communication"))
    box = page.get_by_label("Words in these comments")
    for _ in range(40):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "(() => { const box = document.activeElement.getBoundingClientRect();"
            " return box.width > 0 && box.top >= 0 && box.bottom <= innerHeight; })()"
        )
        assert shown, page.evaluate("document.activeElement.outerHTML")
        if box.evaluate("(one) => one === document.activeElement"):
            break
    page.keyboard.type("huddle")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    visitor.check()
    expect(page.locator(".lp-comments blockquote")).to_have_count(len(HUDDLE))


@pytest.mark.parametrize("width", [375, 1280])
def test_every_page_of_a_report_is_clean(
    told: Trust, system: System, phone: Callable[..., BrowserContext], width: int
) -> None:
    visitor = Visitor(phone(viewport={"width": width, "height": 900}), system.address)
    sign_in(visitor, system)
    for path in (
        "/reports",
        f"/reports/{told.wave_id}",
        f"/reports/{told.wave_id}/side-by-side",
        told.path("Trust"),
        told.path("Maple", "/trends"),
        told.path("Maple", "/themes/communication?q=zebedee"),
        told.path(999),
        "/actions",
        "/you-said-we-did",
    ):
        visitor.open(path)
