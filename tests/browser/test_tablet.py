"""An open link on a shared tablet: whoever takes it next meets nothing of whoever had it before."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.ballots.models import SealedBallot
from surveyapp.pulses.models import Wave
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories.organisation import make_organisation
from tests.factories.waves import open_link_wave

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

TABLET = {"width": 768, "height": 1024}

#: The clock of a page runs on beside what a test adds to it: each step leaves ten seconds or more
#: for a slow machine.
SECOND = 1000


@pytest.fixture
def wave(session: Session) -> Wave:
    return open_link_wave(make_organisation(session).root, title="How we learn")


@pytest.fixture
def long_wave(session: Session) -> Wave:
    trust = make_organisation(session)
    return open_link_wave(trust.root, title="How we learn", questions=("annual_full", "full"))


def at_start(wave: Wave, system: System, context: BrowserContext) -> Visitor:
    visitor = Visitor(context, system.address)
    visitor.page.clock.install()
    visitor.open(f"/o/{wave.reference}/tablet")
    return visitor


def fill_in(visitor: Visitor, comment: str = "") -> None:
    for group in visitor.page.locator("fieldset").all():
        group.get_by_role("radio").nth(1).check()
    if comment:
        visitor.page.locator("textarea").first.fill(comment)


def settled(page: Page) -> None:
    """Wait for what the page hears a frame later (scrolling to a field, a closed dialog): it counts
    as a touch, and must be heard before a test moves the clock. Frames are asked of an observer,
    because the test's clock holds the page's own timers."""
    for _ in range(2):
        page.evaluate(
            "new Promise((seen) => new IntersectionObserver(seen).observe(document.body))"
        )


def is_start(visitor: Visitor) -> None:
    """The start page, and nothing that anyone could have entered."""
    expect(visitor.page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert visitor.page.locator("input, textarea").count() == 0


def ballots(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(SealedBallot)) or 0


def test_two_people_one_after_the_other(
    session: Session, wave: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = at_start(wave, system, phone(viewport=TABLET))
    page = visitor.page
    is_start(visitor)
    visitor.press("Start")
    expect(page.get_by_text("only shown for the whole organisation")).to_be_visible()
    page.locator("textarea").fill("Only for the reviewer")
    visitor.press("Send my answers")  # none of the questions is answered
    expect(page.get_by_text("There is a problem")).to_be_visible()
    assert page.locator("textarea").input_value() == "Only for the reviewer"
    page.get_by_role("link", name=re.compile("answer to question 2")).click()
    expect(page.locator("fieldset").nth(1).get_by_role("radio").first).to_be_focused()
    fill_in(visitor)
    visitor.press("Send my answers")
    assert visitor.heading == "Thank you" and ballots(session) == 1
    page.clock.run_for(10 * SECOND)
    assert visitor.heading == "Thank you"
    page.mouse.click(5, 5)  # a touch keeps it
    page.clock.run_for(10 * SECOND)
    assert visitor.heading == "Thank you"
    page.clock.run_for(11 * SECOND)
    is_start(visitor)
    for _ in range(3):  # paper with errors, paper, start
        page.go_back()
        is_start(visitor)
    page.reload()
    is_start(visitor)
    visitor.press("Start")
    fill_in(visitor)
    visitor.press("Send my answers")
    visitor.press("Ready for the next person")
    is_start(visitor)
    assert ballots(session) == 2


def test_it_is_cleared_after_a_warning_when_someone_walks_away(
    session: Session, wave: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = at_start(wave, system, phone(viewport=TABLET))
    page = visitor.page
    visitor.press("Start")
    fill_in(visitor, "I was called away")
    warning = page.get_by_role("alertdialog", name="Do you need more time?")
    stay = warning.get_by_role("button", name="I need more time")
    settled(page)
    page.clock.run_for(45 * SECOND)
    expect(warning).to_be_hidden()
    for ask_for_more in (stay.click, lambda: page.keyboard.press("Escape")):
        page.clock.run_for(16 * SECOND)
        expect(warning).to_be_visible()
        expect(stay).to_be_focused()
        expect(warning.get_by_text(re.compile(r"cleared in (30|2[0-9]) seconds"))).to_be_visible()
        page.clock.run_for(19 * SECOND)
        expect(warning.get_by_text("10 seconds left")).to_be_attached()
        visitor.check()
        ask_for_more()
        expect(warning).to_be_hidden()
        settled(page)
        assert page.locator("textarea").input_value() == "I was called away"
        page.clock.run_for(45 * SECOND)
        expect(warning).to_be_hidden()
    page.clock.run_for(16 * SECOND)
    expect(warning).to_be_visible()
    page.clock.run_for(31 * SECOND)
    is_start(visitor)
    page.go_back()
    is_start(visitor)
    assert ballots(session) == 0


def test_a_tablet_that_slept_asks_before_it_clears(
    wave: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = at_start(wave, system, phone(viewport=TABLET))
    visitor.press("Start")
    fill_in(visitor)
    visitor.page.clock.fast_forward(60 * 60 * SECOND)
    stay = visitor.page.get_by_role("button", name="I need more time")
    stay.click()
    expect(stay).to_be_hidden()
    assert visitor.page.locator("input:checked").count() == 5


def test_a_page_that_the_browser_kept_is_left_at_once(
    wave: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = at_start(wave, system, phone())
    visitor.press("Start")
    fill_in(visitor)
    visitor.page.evaluate(
        "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    )
    is_start(visitor)


def test_with_the_keyboard_alone(
    session: Session, wave: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = at_start(wave, system, phone(viewport=TABLET))
    page, press = visitor.page, visitor.page.keyboard.press

    def tab_to(selector: str) -> None:
        for _ in range(40):
            press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached")

    tab_to(".lp-start")
    press("Space")
    expect(page.locator("fieldset")).to_have_count(5)
    for group in page.locator("fieldset").all():
        name = group.locator("input").first.get_attribute("name")
        tab_to(f"input[name='{name}']")
        press("Space")
        press("ArrowDown")
    expect(page.locator("input:checked")).to_have_count(5)
    tab_to("button[name=go]")
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    tab_to(".lp-start")
    press("Enter")
    is_start(visitor)
    assert ballots(session) == 1


def test_a_long_form_leaves_no_page_behind(
    session: Session, long_wave: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = at_start(long_wave, system, phone())
    page = visitor.page
    visitor.press("Start")
    fill_in(visitor)
    visitor.press("Continue")
    fill_in(visitor)
    visitor.press("Clear my answers")
    for _ in range(2):
        is_start(visitor)
        page.go_back()
    is_start(visitor)
    visitor.press("Start")
    fill_in(visitor)
    while page.get_by_role("button", name="Continue").count():
        # All pages have one address: only the navigation tells that the next one has come.
        with page.expect_navigation():
            page.get_by_role("button", name="Continue").click()
        fill_in(visitor)
    visitor.press("Send my answers", check=False)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert ballots(session) == 1
    page.go_back()
    is_start(visitor)


def test_without_javascript(
    session: Session, wave: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = Visitor(phone(java_script_enabled=False), system.address, javascript=False)
    page = visitor.page
    visitor.open(f"/o/{wave.reference}/tablet")
    visitor.press("Start")
    fill_in(visitor, "To be cleared")
    visitor.press("Clear my answers")
    is_start(visitor)
    page.go_back()
    assert page.locator("input:checked").count() == 0
    assert page.locator("textarea").input_value() == ""
    fill_in(visitor)
    visitor.press("Send my answers")
    assert visitor.heading == "Thank you" and ballots(session) == 1
    expect(page.get_by_text("goes back to the start by itself")).to_be_hidden()
    page.go_back()
    assert page.locator("input:checked").count() == 0
    page.go_forward()
    visitor.press("Ready for the next person")
    is_start(visitor)
