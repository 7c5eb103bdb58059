"""The ballot paper on a phone of one's own: answers stay until they are sent, and go then."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories import waves
from tests.factories.organisation import make_organisation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

COMMENT = "More time to learn"

#: Everything on the paper that leads away from it.
LEADING_AWAY = ("See exactly what we store", "How we protect your answers", "Accessibility")


@pytest.fixture(params=["personal", "open"])
def address(request: pytest.FixtureRequest, session: Session) -> str:
    """Of a ballot paper."""
    trust = make_organisation(session)
    if request.param == "open":
        return f"/o/{waves.open_link_wave(trust.root).reference}"
    wave = waves.open_wave([trust.root])
    return f"/a/{wave.reference}/{waves.tokens_of(wave)[trust.people['Maple'][0]]}"


@pytest.fixture
def keeping_browser(chromium: Browser) -> Iterator[Browser]:
    """One that keeps whole pages when they are left, as phones do and the tests' own does not."""
    browser = chromium.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


def fill_in(page: Page, questions: int) -> None:
    for group in page.locator("fieldset").all()[:questions]:
        group.get_by_role("radio").nth(1).check()
    page.locator("textarea").first.fill(COMMENT)


def has_all(page: Page, questions: int) -> None:
    expect(page.locator("input:checked")).to_have_count(questions)
    expect(page.locator("textarea").first).to_have_value(COMMENT)


def has_nothing(page: Page) -> None:
    expect(page.locator("input:checked")).to_have_count(0)
    assert COMMENT not in [box.input_value() for box in page.locator("textarea").all()]


def brought_back(page: Page) -> None:
    """What a browser says to a page that it kept whole, and shows again as it was."""
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.wait_for_load_state()


def test_answers_survive_a_look_at_what_is_stored(
    address: str, system: System, phone: Callable[..., BrowserContext]
) -> None:
    context = phone()
    visitor = Visitor(context, system.address)
    page = visitor.page
    visitor.open(address)
    fill_in(page, questions=2)
    for name in LEADING_AWAY:
        with context.expect_page() as opened:
            page.get_by_role("link", name=f"{name} (opens in a new tab)", exact=True).click()
        expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
        assert opened.value.evaluate("window.opener") is None
        opened.value.close()
        has_all(page, questions=2)
    brought_back(page)
    has_all(page, questions=2)


def test_a_page_with_errors_is_not_emptied(
    address: str, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = Visitor(phone(), system.address)
    visitor.open(address)
    fill_in(visitor.page, questions=1)
    visitor.press("Send my answers")
    expect(visitor.page.get_by_text("There is a problem")).to_be_visible()
    brought_back(visitor.page)
    has_all(visitor.page, questions=1)


def test_going_back_after_sending_shows_nothing(
    address: str, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = Visitor(phone(), system.address)
    page = visitor.page
    visitor.open(address)
    fill_in(page, questions=5)
    visitor.press("Send my answers")
    assert visitor.heading == "Thank you"
    page.go_back()
    has_nothing(page)


def test_a_page_that_the_browser_kept_is_emptied_once_it_was_sent(
    address: str, system: System, keeping_browser: Browser
) -> None:
    page = keeping_browser.new_page()
    page.goto(system.address + address)
    fill_in(page, questions=5)
    page.goto(system.address + "/privacy")
    page.go_back(wait_until="commit")
    expect(page.get_by_role("button", name="Send my answers")).to_be_visible()
    has_all(page, questions=5)
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    page.go_back(wait_until="commit")
    expect(page.get_by_role("heading", name="Thank you")).to_have_count(0)
    has_nothing(page)
