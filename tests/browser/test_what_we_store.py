"""What staff read about their data, and proof of deletion, in a real browser: small, large, printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy.orm import Session

from surveyapp.privacy import jobs
from surveyapp.pulses.models import Wave
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories import waves
from tests.factories.organisation import Organisation, make_organisation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

SIZES = ({"width": 375, "height": 812}, {"width": 1024, "height": 768}, {"width": 320, "height": 640})


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def counted(session: Session, trust: Organisation) -> Wave:
    """Counted by the test itself: its system has keys of its own."""
    wave = waves.open_wave([trust.root], questions=("annual_full", "full"))
    waves.cast_for(wave, trust.people["Maple"])
    waves.close_and_count(wave)
    return wave


def test_the_page_is_readable_at_every_width_with_everything_unfolded(
    trust: Organisation, counted: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    references = [counted.reference, waves.open_wave([trust.root]).reference]
    for viewport in SIZES:
        visitor = Visitor(phone(viewport=viewport), system.address)
        for reference in references:
            visitor.open(f"/a/{reference}/what-we-store")
            for folded in visitor.page.locator("details summary").all():
                folded.click()
            visitor.check()
            # Headings of columns stand beside what they head, on a phone as on a large screen.
            first = visitor.page.get_by_text("While the pulse is open")
            assert [each.is_visible() for each in first.all()].count(True) >= 1
            expect(visitor.page.get_by_text("token_hash")).to_be_visible()
        visitor.open("/your-data")
        visitor.open("/privacy")


def test_it_can_be_read_without_javascript(
    counted: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    visitor = Visitor(phone(java_script_enabled=False), system.address, javascript=False)
    visitor.open(f"/a/{counted.reference}/what-we-store")
    visitor.page.get_by_text("Files and tests").click()
    expect(visitor.page.get_by_text("tests/integration/test_anonymity.py").first).to_be_visible()


def test_someone_who_answers_finds_it_and_comes_back(
    trust: Organisation, system: System, phone: Callable[..., BrowserContext]
) -> None:
    wave = waves.open_wave([trust.root])
    token = waves.tokens_of(wave)[trust.people["Maple"][0]]
    context = phone()
    visitor = Visitor(context, system.address)
    visitor.open(f"/a/{wave.reference}/{token}")
    with context.expect_page() as opened:
        visitor.page.get_by_role("link", name="See exactly what we store").click()
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_contain_text("What we store")
    page.get_by_role("link", name="See what we hold about you, and your rights").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.close()
    expect(visitor.page.get_by_role("button", name=re.compile("Send"))).to_be_visible()


def test_a_certificate_prints_without_what_surrounds_it(
    session: Session, counted: Wave, system: System, phone: Callable[..., BrowserContext]
) -> None:
    counted.opens_at -= timedelta(days=800)
    counted.closes_at -= timedelta(days=800)
    session.commit()
    jobs.erase_due()
    command = ["--app", "wsgi", "access", "add", "ann@example.org", "--name", "Ann"]
    said = system.run("flask", *command, "--role", "administrator", "--json")
    visitor = Visitor(phone(), system.address)
    visitor.sign_in("ann@example.org", json.loads(said)["password"])
    visitor.follow("Deletion")
    visitor.follow(re.compile("^Certificate"))
    assert visitor.heading == "Certificate of deletion"
    expect(visitor.page.get_by_role("navigation", name="Menu")).to_be_visible()
    visitor.page.emulate_media(media="print")
    for surrounding in (".lp-header", ".lp-footer", ".nhsuk-back-link", ".lp-no-print"):
        expect(visitor.page.locator(surrounding)).to_be_hidden()
    expect(visitor.page.get_by_text("Sets of answers")).to_be_visible()
