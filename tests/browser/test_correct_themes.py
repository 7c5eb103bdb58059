"""Correcting themes: with one key for each step, with a thumb, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.comments.models import CommentAnalysis, CommentCorrection
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.browser.test_review import sign_in, small_targets
from tests.factories.reports import counted_trust, read_and_draw

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture
def wave_id(session: Session) -> int:
    """A counted wave with seven released comments. The one of the long shifts is the least certain."""
    wave_id = counted_trust(session).wave_id
    read_and_draw(wave_id)
    for analysis in session.scalars(select(CommentAnalysis)):
        if (analysis.comment.text or "").startswith("Long shifts"):
            analysis.certainty = 0.1
    session.commit()
    return wave_id


def said(session: Session) -> list[dict[str, object]]:
    session.rollback()
    return list(session.scalars(select(CommentCorrection.said).order_by(CommentCorrection.number)))


def test_one_key_for_each_step(
    session: Session, wave_id: int, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = Visitor(phone(viewport=DESKTOP), system.address)
    page = visitor.page
    sign_in(visitor, system, "comment_reviewer")
    visitor.follow("Correct themes")
    expect(page.get_by_text("0 of 2 that need a person")).to_be_visible()
    expect(page.locator("blockquote mark")).to_have_text("The handover is too short.")
    expect(page.get_by_text("Enter confirms")).to_be_visible()
    tick = page.get_by_role("checkbox")
    expect(tick.nth(1)).to_be_checked()
    # Outside the region the keys are nobody's.
    page.get_by_role("link", name="Review comments").first.focus()
    page.keyboard.press("1")
    page.keyboard.press("p")
    expect(tick.nth(0)).not_to_be_checked()
    # Where the page puts the focus, they work at once.
    page.reload()
    expect(page.locator("[data-one-key]:focus, [data-one-key] :focus")).to_have_count(1)
    page.keyboard.press("2")
    expect(tick.nth(1)).not_to_be_checked()
    page.keyboard.press("5")
    expect(tick.nth(4)).to_be_checked()
    expect(tick.nth(4)).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_role("status")).to_have_text("Mentorship: Poor")
    page.keyboard.press("0")
    page.keyboard.press("p")
    expect(page.get_by_role("status")).to_have_text("The whole comment: Good")
    visitor.check()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Your correction is kept.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_text("1 of 2 that need a person")).to_be_visible()
    visitor.check()
    shown = page.locator("blockquote").inner_text()
    with page.expect_navigation():
        page.keyboard.press("s")
    expect(page.locator("blockquote")).not_to_have_text(shown)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Confirmed.")
    # A key that is held down with another one belongs to the browser.
    page.keyboard.press("Control+1")
    kept = said(session)
    assert {"factors": {"mentorship": "negative"}, "sentiment": "positive"} in kept
    assert len(kept) == 2
    visitor.open("/theme-quality")
    visitor.open("/corrections?pick=random")


@pytest.mark.parametrize("javascript", [True, False])
def test_with_a_thumb_or_a_plain_form(
    session: Session,
    wave_id: int,
    system: System,
    phone: Callable[..., BrowserContext],
    javascript: bool,
) -> None:
    visitor = Visitor(phone(java_script_enabled=javascript), system.address, javascript=javascript)
    page = visitor.page
    sign_in(visitor, system, "comment_reviewer")
    visitor.open("/corrections")
    if javascript:
        assert small_targets(page) == []
    expect(page.get_by_text("Enter confirms")).to_be_hidden()
    page.get_by_label("Leadership").first.check()
    page.get_by_role("group", name="What it says of Leadership").get_by_label("Good").check()
    visitor.check()
    visitor.press("Confirm")
    expect(page.get_by_role("alert")).to_have_text("Your correction is kept.")
    assert said(session) == [
        {
            "factors": {"leadership": "positive", "communication": "negative"},
            "sentiment": "neutral_mixed",
        }
    ]
    for _ in range(6):
        visitor.press("Confirm")
    expect(page.get_by_text("No comment waits for you")).to_be_visible()
    assert len(said(session)) == 7
    visitor.open("/theme-quality")
