"""The ballot paper for whoever zooms, hears, uses keys or strong colours, and what its comment box says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from tests.browser.pages import Visitor
from tests.factories.organisation import make_organisation
from tests.factories.waves import open_wave, tokens_of
from tests.support.web_server import web_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

#: A window of 1280 pixels at a zoom of 400%.
ZOOMED = {"width": 320, "height": 256}

#: In CSS pixels (WCAG 2.5.8).
TARGET = 24

Phone = Callable[..., BrowserContext]

SPEAKS = {
    "Dr Patel never lets me go.": "‘Dr Patel’ may be a person’s name.",
    "I asked my manager Oyinkan for leave.": "‘Oyinkan’ may be a person’s name.",
    "fy rheolwr Eluned": "‘Eluned’ may be a person’s name.",
    "On nights Priya’s teaching is the best.": "‘Priya’s’ may be a person’s name.",
    "I gave it to Grace Obi.": "‘Grace Obi’ may be a person’s name.",
    "Ask jo.b@trust.example about it": "‘jo.b@trust.example’ may be an e-mail address.",
    "Ring 07700 900 123.": "‘07700 900 123’ may be a phone number.",
    "Bleep +44 (0)20 7946 0958": "‘+44 (0)20 7946 0958’ may be a phone number.",
    "The patient was 943 476 5919": "‘943 476 5919’ may be an NHS number.",
}

QUIET = (
    "May we start at 9? Will you ask? Grace under pressure. I will mark it in May, with grace.",
    "Florence Ward, Maple Ward and A&E at St Mary’s Hospital. My manager. Will she?",
    "Martha’s Rule and the Oliver McGowan Mandatory Training, with Datix and in Welsh.",
    "Our Ward Manager and the Nurse Practitioner at the Queen Elizabeth Hospital",
    "Shifts 0730-2000 from 01/02/2026, Band 5, 1234567890, 943 476 5918.",
    "My manager is kind. Our matron May be away. I'm new, I've asked.",
)


@pytest.fixture
def server(environ: dict[str, str], session: Session, tmp_path: Path) -> Iterator[str]:
    with web_server({**environ, "LANGUAGES": "en,cy"}, tmp_path / "web.log") as address:
        yield address


@pytest.fixture
def link(server: str, session: Session) -> str:
    trust = make_organisation(session)
    wave = open_wave([trust.root])
    return f"{server}/a/{wave.reference}/{tokens_of(wave)[trust.people['Maple'][0]]}"


def outline(page: Page) -> list[str]:
    """What a screen reader meets in `main`: headings, groups, boxes and buttons, in order."""
    lines = page.locator("main").aria_snapshot().splitlines()
    kept = ("heading", "group", "textbox", "button", "alert", "radio")
    return [line.strip(" -") for line in lines if line.strip(" -").startswith(kept)]


def small_targets(page: Page) -> list[str]:
    """Things to press that are smaller than they must be, save links inside a sentence."""
    found: list[str] = page.evaluate(
        """least => [...document.querySelectorAll(
          'a[href], button, summary, textarea, input:not([type=hidden])')].filter(one => {
            const box = (one.type === 'radio' ? one.parentElement : one).getBoundingClientRect();
            const inSentence = one.matches('p a, li a') && one.parentElement.textContent !== one.textContent;
            return box.width > 1 && !inSentence && (box.width < least || box.height < least);
          }).map(one => one.outerHTML.slice(0, 120))""",
        TARGET,
    )
    return found


def test_it_is_answered_by_keys_alone_at_400_per_cent_in_strong_colours(link: str, phone: Phone) -> None:
    visitor = Visitor(phone(viewport=ZOOMED, forced_colors="active"), "")
    page = visitor.page
    visitor.open(link)  # each look is checked with axe and for scrolling sideways
    seen = outline(page)
    groups = [line for line in seen if re.match(r'group "\d', line)]
    assert seen[0].startswith("heading") and seen[0].endswith("[level=1]")
    assert [line[:9] for line in groups] == [f'group "{number}.' for number in range(1, 6)]
    assert seen.index(groups[-1]) < next(n for n, line in enumerate(seen) if line.startswith("textbox"))
    assert seen[-1].startswith('button "') and any("Send my answers" in line for line in seen[-2:])
    assert small_targets(page) == []

    def to(selector: str) -> None:
        for _ in range(40):
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"No key leads to {selector}.")

    to("button[value=on]")
    page.keyboard.press("Enter")
    summary = page.locator(".nhsuk-error-summary")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    visitor.check()
    links = summary.get_by_role("link").all()
    assert len(links) == 5
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("fieldset input").first).to_be_focused()
    described = str(page.locator("fieldset").first.get_attribute("aria-describedby"))
    expect(page.locator(f"#{described.split()[-1]}")).to_contain_text("Select an answer to question 1")
    for number in range(5):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        # What is chosen shows without colour, and focus is not hidden at the window's edge.
        expect(page.locator("fieldset").nth(number).locator("input").nth(1)).to_be_checked()
        assert page.evaluate(
            "() => { const box = document.activeElement.getBoundingClientRect();"
            " return box.bottom > 0 && box.top < window.innerHeight; }"
        )
    to("textarea")
    page.keyboard.type("Two hours a month would do.")
    to("button[value=on]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    visitor.check()
    assert small_targets(page) == []


def test_text_of_twice_the_size_fits_a_phone(link: str, phone: Phone) -> None:
    visitor = Visitor(phone(), "")
    visitor.open(link, check=False)
    visitor.page.add_style_tag(content="html { font-size: 200% } body * { line-height: 1.5 !important; }")
    visitor.check()


def test_the_comment_box_speaks_of_names_and_numbers_and_sends_nothing(link: str, phone: Phone) -> None:
    page = phone(bypass_csp=False).new_page()
    page.clock.install()
    page.goto(link)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box, said = page.get_by_role("textbox"), page.locator(".lp-guard")
    expect(said).to_have_attribute("role", "status")
    assert str(said.get_attribute("id")) in str(box.get_attribute("aria-describedby")).split()
    kept = "[JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie]"
    before = page.evaluate(kept)

    def said_of(text: str) -> str:
        box.fill(text)
        page.clock.run_for(1000)  # it waits for a pause
        return said.inner_text()

    for text, words in SPEAKS.items():
        assert said_of(text).startswith(words) and "Please leave it out if you can." in said.inner_text()
    for text in QUIET:
        assert said_of("Dr Patel") != ""
        assert said_of(text) == "", text
    box.fill("Dr Patel")
    assert said.inner_text() == ""  # nobody is talked over
    assert said_of("Dr Patel") != ""
    expect(page.get_by_text("characters remaining").first).to_be_visible()
    assert asked == [] and page.evaluate(kept) == before
    for group in page.locator("fieldset").all():
        group.get_by_role("radio").first.check()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")  # it never blocks


def test_the_comment_box_speaks_welsh_on_a_welsh_page(link: str, phone: Phone) -> None:
    visitor = Visitor(phone(), "")
    visitor.open(f"{link}?lang=cy", check=False)
    visitor.page.get_by_role("textbox").fill("Dr Patel")
    expect(visitor.page.locator(".lp-guard")).to_contain_text("Gall ‘Dr Patel’ fod yn enw person.")
    visitor.check()
