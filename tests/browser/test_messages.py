"""L&D changes the words of a message, prints a poster and copies a text: with JavaScript and without."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy.orm import Session

from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories.organisation import make_organisation
from tests.factories.waves import draft_wave, open_link_wave, open_wave
from tests.support.servers import MailServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

EMAIL = "learning@example.org"


def sign_in(visitor: Visitor, system: System) -> None:
    role = "learning_and_development"
    command = ["--app", "wsgi", "access", "add", EMAIL, "--name", "Sam", "--role", role, "--json"]
    visitor.sign_in(EMAIL, json.loads(system.run("flask", *command))["password"])


@pytest.mark.parametrize("javascript", [True, False])
def test_words_are_written_tried_and_put_back(
    session: Session,
    system: System,
    smtp: MailServer,
    phone: Callable[..., BrowserContext],
    javascript: bool,
) -> None:
    visitor = Visitor(phone(java_script_enabled=javascript), system.address, javascript=javascript)
    page = visitor.page
    sign_in(visitor, system)
    visitor.open("/pulses")
    visitor.follow("Words of the e-mails and texts that staff get")
    visitor.follow("Change Invitation")
    words = page.get_by_label("Words", exact=True)
    words.fill("Hello, this is confidential.")
    visitor.press("Save")
    expect(page.get_by_role("link", name="Put in {link}")).to_be_visible()
    words.fill("Hello, this is confidential.\n{link}")
    visitor.press("Send me a test")
    expect(page.get_by_role("status").first).to_contain_text(f"The test is sent to {EMAIL}")
    assert smtp.addresses == [EMAIL]
    visitor.press("Save")
    expect(page.get_by_text("Change the words, or tick that you mean them").first).to_be_visible()
    page.get_by_label("Use these words all the same").check()
    visitor.press("Save")
    expect(page.get_by_text("Your own words, from")).to_be_visible()
    visitor.follow("Put back the shipped words of: Invitation")
    visitor.press("Put them back")
    expect(page.get_by_text("Your own words, from")).to_have_count(0)


def test_a_text_is_copied_with_one_press(
    session: Session, system: System, phone: Callable[..., BrowserContext]
) -> None:
    wave = open_link_wave(make_organisation(session).root)
    context = phone()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=system.address)
    visitor = Visitor(context, system.address)
    sign_in(visitor, system)
    visitor.open(f"/pulses/{wave.id}")
    visitor.press("Copy the text")
    expect(visitor.page.get_by_text("Copied. You can paste it now.")).to_be_visible()
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied == visitor.page.get_by_label("Text to copy").input_value()
    assert f"/o/{wave.reference}" in copied


def test_without_javascript_there_is_no_button_that_does_nothing(
    session: Session, system: System, phone: Callable[..., BrowserContext]
) -> None:
    wave = open_wave([make_organisation(session).root])
    visitor = Visitor(phone(java_script_enabled=False), system.address, javascript=False)
    sign_in(visitor, system)
    visitor.open(f"/pulses/{wave.id}")
    expect(visitor.page.get_by_label("Text to copy")).to_be_visible()
    expect(visitor.page.get_by_text("Copy the text", exact=True)).to_be_hidden()


@pytest.mark.parametrize("width", [375, 1280])
def test_every_page_of_messages_and_posters_is_clean(
    session: Session, system: System, phone: Callable[..., BrowserContext], width: int
) -> None:
    root = make_organisation(session).root
    draft, poster = draft_wave([root]), open_link_wave(root)
    visitor = Visitor(phone(viewport={"width": width, "height": 900}), system.address)
    sign_in(visitor, system)
    for path in (
        "/pulses/messages",
        *(f"/pulses/messages/en/{kind}" for kind in ("invitation", "reminder", "open_link", "notice")),
        f"/pulses/{draft.id}",
        f"/pulses/{poster.id}",
        f"/pulses/{poster.id}/poster",
    ):
        visitor.open(path)
    visitor.open("/pulses/messages/en/notice")
    visitor.page.get_by_label("Words", exact=True).fill("This is {wrong} and fully anonymous. Confidential!")
    visitor.press("Save")  # a page with errors and warnings
    visitor.page.get_by_label("Words", exact=True).fill("An e-mail has come.")
    visitor.press("Save")
    visitor.open("/pulses/messages/en/notice/put-back")
