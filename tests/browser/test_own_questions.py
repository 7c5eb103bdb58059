"""L&D writes a question, puts a set together and plans a pulse: on a phone, at a desk, by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import PHONE
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.browser.test_review import sign_in
from tests.factories.organisation import make_organisation
from tests.factories.questions import CLEAR, UNSURE, own_question, own_set

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

DESKTOP = {"width": 1280, "height": 900}
ROLE = "learning_and_development"

#: More stops of the Tab key than any of these pages has.
_STOPS = 200


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(PHONE, True), (PHONE, False), (DESKTOP, True)], ids=str
)
def test_from_a_question_to_a_plan(
    session: Session,
    system: System,
    phone: Callable[..., BrowserContext],
    viewport: dict[str, int],
    javascript: bool,
) -> None:
    make_organisation(session)
    visitor = Visitor(
        phone(viewport=viewport, java_script_enabled=javascript), system.address, javascript=javascript
    )
    page = visitor.page
    sign_in(visitor, system, ROLE)
    visitor.open("/library")
    visitor.follow("Our own questions, and sets of questions")
    visitor.press("Write a question")
    visitor.press("Save")
    expect(page.get_by_role("alert")).to_contain_text("Enter the question in English")
    page.get_by_label("In English").fill("I can ask for help and rest.")
    page.get_by_role("radio", name="From ‘Strongly disagree’ to ‘Strongly agree’").check()
    page.get_by_label("Learning culture factor").select_option("Mentorship")
    visitor.press("Save")
    expect(page.get_by_role("alert")).to_contain_text("Ask about one thing")
    # What is there already on the same factor is open to read.
    expect(page.get_by_text("I know how to get a mentor here.")).to_be_visible()
    page.get_by_label("In English").fill(UNSURE)
    page.get_by_label("In Welsh (optional)").fill("Mae fy swydd yn anodd.")
    visitor.press("See how it looks")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("group", name=f"1. {UNSURE}")).to_be_visible()
    assert (preview.bounding_box() or {})["width"] <= PHONE["width"]
    visitor.press("Save")
    expect(page.get_by_role("alert")).to_contain_text("Change the question, or tick")
    page.get_by_label("Use it anyway").check()
    visitor.press("Save")
    assert visitor.heading == UNSURE
    expect(page.locator("main [lang=cy]").first).to_have_text("Mae fy swydd yn anodd.")

    visitor.open("/library/own")
    visitor.press("Make a set")
    page.get_by_label("Name of the set").fill("Night shifts")
    visitor.press("Continue")
    page.get_by_label("Learning culture factor").select_option("Mentorship")
    visitor.press("Show questions")
    for text in (UNSURE, "I know how to get a mentor here."):
        page.get_by_role("checkbox", name=text).check()
    visitor.press("Add to the set")
    listed = page.locator("main .nhsuk-list--border li")
    expect(listed.first).to_contain_text(UNSURE)
    visitor.press(f"Move down ‘{UNSURE}’")
    expect(listed.first).to_contain_text("I know how to get a mentor here.")
    visitor.press("Take out ‘I know how to get a mentor here.’")
    expect(listed).to_have_count(1)
    visitor.follow("Change the name of this set")
    visitor.open("/library/own/sets/1/retire")
    visitor.open("/library/own/1/retire")

    visitor.open("/pulses/new")
    page.get_by_label("Name", exact=True).fill("Nights")
    page.get_by_label("Questions", exact=True).select_option("Night shifts")
    visitor.press("Save and check")
    expect(page.get_by_text("Night shifts")).to_be_visible()
    visitor.follow("See what staff will see")
    expect(page.get_by_role("group", name=f"1. {UNSURE}")).to_be_visible()


def test_all_of_it_by_keyboard(
    session: Session, system: System, phone: Callable[..., BrowserContext]
) -> None:
    question = own_question(session)
    own_set(session, "LEA1", question)
    visitor = Visitor(phone(viewport=DESKTOP), system.address)
    page = visitor.page
    sign_in(visitor, system, ROLE)
    visitor.open("/library/own/new")
    _tab_to(page, page.get_by_label("In English"))
    page.keyboard.type("My manager thanks me.")
    _tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    _tab_to(page, page.get_by_role("button", name="Save", exact=True))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert visitor.heading == "My manager thanks me."
    visitor.open("/library/own/sets/1")
    _tab_to(page, page.get_by_role("button", name=f"Move up ‘{CLEAR}’"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("main .nhsuk-list--border li").first).to_contain_text(CLEAR)


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there. What it passes is focused where people can see it."""
    for _ in range(_STOPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            expect(wanted).to_be_in_viewport()
            return
    raise AssertionError("The Tab key never came there.")
