"""The review queue and the guardian's page on a phone, with and without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.comments.models import Comment, Release
from surveyapp.pulses.models import Wave
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories.comments import analyse, counted

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

WRITTEN = (
    "Sister Jo has a red bicycle. She keeps the handover short and kind, and ought to teach it.",
    "Nights are unsafe when two of us cover the whole bay, and nobody answers the bleep.",
    *(f"We would like more time to learn, number {n}." for n in range(10)),
)

#: Whatever decides is at least this large (WCAG 2.5.5).
TARGET = 44


@pytest.fixture
def wave_id(session: Session) -> int:
    """A wave whose comments all wait for a reviewer."""
    wave_id, _ = counted(session, WRITTEN, title="Spring learning pulse")
    session.get_one(Wave, wave_id).review_all = True
    session.commit()
    analyse(wave_id)
    return wave_id


def sign_in(visitor: Visitor, system: System, role: str) -> None:
    email = f"{role}@example.org"
    command = ["--app", "wsgi", "access", "add", email, "--name", "Sam", "--role", role, "--json"]
    visitor.sign_in(email, json.loads(system.run("flask", *command))["password"])


def small_targets(page: Page) -> list[str]:
    """What can be pressed in the main part and is too small for a thumb."""
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll("main button, main label, main summary, .lp-tap")]
            .filter((one) => one.checkVisibility())
            .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
            .filter(([, box]) => box.height < least || box.width < least)
            .map(([text, box]) => `${text}: ${box.width} by ${box.height}`)""",
        TARGET,
    )
    return found


@pytest.mark.parametrize("javascript", [True, False])
def test_reviewing_on_a_phone(
    session: Session,
    wave_id: int,
    system: System,
    phone: Callable[..., BrowserContext],
    javascript: bool,
) -> None:
    visitor = Visitor(phone(java_script_enabled=javascript), system.address, javascript=javascript)
    page = visitor.page
    sign_in(visitor, system, "comment_reviewer")
    visitor.open("/review")
    expect(page.get_by_text("12 comments left", exact=True)).to_be_visible()
    release = page.get_by_role("button", name="Release")
    requests: list[str] = []
    while "Sister" not in page.content():
        page.get_by_role("link", name="Skip for now").click()
    page.get_by_text("Edit: take words out").click()
    for word in ("Sister", "red", "bicycle"):
        page.locator("label", has_text=word).first.click()
    page.locator("label", has_text="teach").click()
    page.get_by_role("button", name="Keep all words").click()
    expect(page.locator("input:checked")).to_have_count(0)
    for word in ("Sister", "red", "bicycle"):
        page.locator("label", has_text=word).first.click()
    expect(page.locator("input:checked")).to_have_count(3)
    visitor.check()
    if javascript:
        assert small_targets(page) == []
        page.get_by_label("kind").focus()  # a keyboard does it too
        page.keyboard.press("Space")
        page.keyboard.press("Space")
    release.click()
    expect(page.get_by_role("alert")).to_have_text("Comment released without 3 words.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_text("11 comments left", exact=True)).to_be_visible()
    visitor.check()
    if javascript:
        # The card is at the top, and the two decisions on the first screen.
        assert page.evaluate("scrollY") == 0
        for name in ("Release", "Withhold"):
            box = page.get_by_role("button", name=name).bounding_box()
            assert box is not None and box["y"] + box["height"] <= 812
    page.on(
        "request",
        lambda one: one.resource_type == "document" and requests.append(one.method),
    )
    page.get_by_role("button", name="Withhold").click()
    expect(page.get_by_role("alert")).to_have_text("Comment withheld. Leaders can never read it.")
    for left in range(10, 0, -1):
        expect(page.get_by_text(f"{left} comment")).to_be_visible()
        release.click()
    expect(page.get_by_text("No comment waits for you")).to_be_visible()
    visitor.check()
    assert (requests.count("POST"), requests.count("GET")) == (11, 11)
    session.rollback()
    states = session.scalars(select(Comment.release)).all()
    assert (states.count(Release.RELEASED), states.count(Release.WITHHELD)) == (11, 1)


def test_the_guardian_reads_and_marks_concerns(
    wave_id: int, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = Visitor(phone(), system.address)
    sign_in(visitor, system, "speak_up_guardian")
    visitor.follow("Concerns")
    page = visitor.page
    expect(page.get_by_text(WRITTEN[1])).to_be_visible()
    assert small_targets(page) == []
    visitor.press("Mark as dealt with")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.get_by_text("Dealt with (1)").click()
    visitor.check()
    visitor.press("Put back on the list")
    expect(page.get_by_role("button", name="Mark as dealt with")).to_be_visible()
