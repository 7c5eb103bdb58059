"""The whole way in Welsh, on a phone and on a wide screen, with and without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories import waves
from tests.factories.organisation import Organisation, make_organisation
from tests.support.servers import MailServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

COMMENT = "Mwy o amser i ddysgu"
SCREENS = [{"width": 375, "height": 812}, {"width": 1280, "height": 900}]


@dataclass
class BilingualSystem(System):
    """One that offers Welsh."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "LANGUAGES": "en,cy"}


@pytest.fixture
def system(
    tmp_path: Path, database_url: str, redis_url: str, smtp: MailServer
) -> Iterator[System]:
    running = BilingualSystem(tmp_path, database_url, redis_url, smtp.port)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session)


def language(page: Page) -> str:
    return str(page.evaluate("document.documentElement.lang"))


def answer_all(page: Page, *, but: int = 0) -> None:
    for group in page.locator("fieldset").all()[but:]:
        group.get_by_role("radio").nth(3).check()


@pytest.mark.parametrize("screen", SCREENS, ids=["phone", "wide"])
def test_a_pulse_is_answered_in_welsh(
    screen: dict[str, int],
    system: System,
    trust: Organisation,
    phone: Callable[..., BrowserContext],
) -> None:
    wave = waves.open_wave([trust.root])
    link = f"/a/{wave.reference}/{waves.tokens_of(wave)[trust.everyone[0]]}"
    context = phone(viewport=screen)
    visitor = Visitor(context, system.address)
    page = visitor.page
    visitor.open(link)
    visitor.follow("Cymraeg")
    assert language(page) == "cy"
    expect(page.get_by_role("group", name="1. Mae fy rheolwr")).to_be_visible()
    answer_all(page, but=1)
    visitor.press("Anfon fy atebion")
    assert page.title().startswith("Gwall: ")
    page.get_by_role("link", name="Dewiswch ateb i gwestiwn 1").click()
    answer_all(page)
    page.locator("textarea").fill(COMMENT)
    expect(page.get_by_text("Mae gennych 480 nod ar ôl").first).to_be_visible()
    page.get_by_text("Sut rydym yn cadw eich atebion yn gyfrinachol").click()
    page.get_by_text("Os oes rhywun mewn perygl nawr", exact=True).click()
    visitor.check()
    visitor.press("Anfon fy atebion")
    assert visitor.heading == "Diolch"
    visitor.open(f"{link}?lang=cy")
    assert visitor.heading == "Mae eich atebion eisoes yn y blwch"
    for path in ("/privacy", "/your-data", "/accessibility", "/you-said-we-did", "/a/x/y"):
        visitor.open(f"{path}?lang=cy")
        assert language(page) == "cy", path
    visitor.open(f"/a/{wave.reference}/what-we-store?lang=cy")
    assert context.cookies() == []


def test_what_was_entered_is_taken_along_to_the_other_language(
    system: System, trust: Organisation, phone: Callable[..., BrowserContext]
) -> None:
    wave = waves.open_wave([trust.root])
    link = f"/a/{wave.reference}/{waves.tokens_of(wave)[trust.everyone[0]]}"
    visitor = Visitor(phone(), system.address)
    page = visitor.page
    visitor.open(link)
    answer_all(page)
    page.locator("textarea").fill(COMMENT)
    visitor.follow("Cymraeg")
    expect(page.get_by_role("button", name="Anfon fy atebion")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(5)
    expect(page.locator("textarea")).to_have_value(COMMENT)
    visitor.press("Change to English. Your answers stay.")
    expect(page.get_by_role("button", name="Send my answers")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(5)
    assert language(page) == "en"


def test_it_works_by_keyboard_and_without_javascript(
    system: System, trust: Organisation, phone: Callable[..., BrowserContext]
) -> None:
    wave = waves.open_wave([trust.root])
    link = f"/a/{wave.reference}/{waves.tokens_of(wave)[trust.everyone[0]]}"
    visitor = Visitor(phone(java_script_enabled=False), system.address, javascript=False)
    page = visitor.page
    visitor.open(link)
    page.get_by_role("link", name="Cymraeg").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Anfon fy atebion")).to_be_visible()
    answer_all(page, but=2)
    # Enter in a question sends the form. It must not change the language.
    page.locator("fieldset").nth(2).get_by_role("radio").nth(3).press("Enter")
    expect(page.get_by_text("Mae problem")).to_be_visible()
    page.get_by_role("button", name="Change to English. Your answers stay.").press("Enter")
    expect(page.get_by_role("button", name="Send my answers")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(3)


def test_a_tablet_goes_back_to_english_for_the_next_person(
    system: System, trust: Organisation, phone: Callable[..., BrowserContext]
) -> None:
    start = f"/o/{waves.open_link_wave(trust.root).reference}/tablet"
    visitor = Visitor(phone(viewport={"width": 768, "height": 1024}), system.address)
    page = visitor.page
    visitor.open(start)
    visitor.follow("Cymraeg")
    visitor.press("Dechrau")
    assert language(page) == "cy"
    answer_all(page)
    visitor.press("Anfon fy atebion")
    assert visitor.heading == "Diolch"
    visitor.press("Yn barod ar gyfer y person nesaf")
    assert language(page) == "en"
    assert page.url == system.address + start


def test_a_tablet_left_in_welsh_goes_back_by_itself(
    system: System, trust: Organisation, phone: Callable[..., BrowserContext]
) -> None:
    start = f"/o/{waves.open_link_wave(trust.root).reference}/tablet"
    visitor = Visitor(phone(), system.address)
    page = visitor.page
    page.clock.install()
    visitor.open(start, check=False)
    page.get_by_role("link", name="Cymraeg").click()
    expect(page.get_by_role("button", name="Dechrau")).to_be_visible()
    page.clock.run_for(59_000)
    assert language(page) == "cy"
    page.clock.run_for(3_000)
    page.wait_for_url(system.address + start)
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_the_warning_on_a_tablet_counts_in_welsh(
    system: System, trust: Organisation, phone: Callable[..., BrowserContext]
) -> None:
    start = f"/o/{waves.open_link_wave(trust.root).reference}/tablet"
    visitor = Visitor(phone(), system.address)
    page = visitor.page
    page.clock.install()
    visitor.open(f"{start}/answer?lang=cy", check=False)
    page.clock.run_for(61_000)
    expect(page.get_by_role("alertdialog")).to_contain_text("Oes angen mwy o amser arnoch?")
    visitor.check()
    page.clock.run_for(20_000)
    expect(page.locator("[data-said]")).to_have_text("10 eiliad ar ôl")
    expect(page.locator("[data-left]")).to_have_text(re.compile(r"^\d+ eiliad$"))
    page.get_by_role("button", name="Mae angen mwy o amser arnaf").click()
    expect(page.get_by_role("alertdialog")).to_be_hidden()


@pytest.mark.parametrize("screen", SCREENS, ids=["phone", "wide"])
def test_who_plans_looks_at_the_welsh_paper_first(
    screen: dict[str, int],
    system: System,
    trust: Organisation,
    phone: Callable[..., BrowserContext],
) -> None:
    draft = waves.draft_wave([trust.root])
    email, role = "lena@example.org", "learning_and_development"
    command = ["--app", "wsgi", "access", "add", email, "--name", "Lena", "--role", role, "--json"]
    visitor = Visitor(phone(viewport=screen), system.address)
    visitor.sign_in(email, json.loads(system.run("flask", *command))["password"])
    visitor.open(f"/pulses/{draft.id}")
    expect(visitor.page.get_by_role("heading", name="The Welsh words are a draft")).to_be_visible()
    visitor.page.get_by_text("Invitation that staff will get").click()
    visitor.check()
    visitor.follow("See it in Welsh")
    expect(visitor.page.get_by_role("group", name="1. Mae fy rheolwr")).to_be_visible()
    visitor.open(f"/pulses/{draft.id}?lang=cy")
    assert language(visitor.page) == "en"
