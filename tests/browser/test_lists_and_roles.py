"""Pages that stand beside the main job: a staff list with rough edges, the parts of the system, and a
long form in which someone says that they learn. On a phone and on a wide screen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from sqlalchemy.orm import Session

from surveyapp.pulses.services import Breakdown
from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.factories.organisation import make_organisation
from tests.factories.waves import open_wave, tokens_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

EMAIL = "admin@example.org"

_LIST = """Work E-mail;Division;Ward;Staff Group;Assignment Status;Mobile
{moves};Surgery;Ward 4;Nursing;Active Assignment;07700 900123
new@example.org;Surgery;Ward 4;Nursing;On sabbatical;
not an address;Surgery;Ward 4;Nursing;Active Assignment;
"""

widths = pytest.mark.parametrize("width", [375, 1280])


@widths
def test_a_staff_list_with_rough_edges_and_the_parts_of_the_system(
    session: Session, system: System, phone: Callable[..., BrowserContext], tmp_path: Path, width: int
) -> None:
    make_organisation(session, {"Maple": 3})
    file = tmp_path / "esr.csv"
    file.write_text(_LIST.format(moves="maple.1@staff.example"), encoding="cp1252")
    command = ["--app", "wsgi", "access", "add", EMAIL, "--name", "Sam", "--role", "administrator", "--json"]
    visitor = Visitor(phone(viewport={"width": width, "height": 900}), system.address)
    page, heading = visitor.page, visitor.page.get_by_role("heading", level=1)
    visitor.sign_in(EMAIL, json.loads(system.run("flask", *command))["password"])
    visitor.open("/organisation/staff/import")
    page.set_input_files("input[type=file]", str(file))
    page.get_by_label("Make units that do not exist yet").check()
    visitor.press("Check the file", check=False)
    expect(heading).to_have_text("Say what the columns hold")
    visitor.check()
    visitor.press("Check the file", check=False)
    expect(heading).to_have_text("Check the staff list")
    visitor.check()
    visitor.follow("Say what the file's words for a status mean")
    page.get_by_role("radio", name="Away, such as on long leave").check()
    visitor.press("Check the file again", check=False)
    expect(heading).to_have_text("Check the staff list")
    visitor.check()
    visitor.open("/operations")
    expect(heading).to_have_text("Operations")
    expect(page.get_by_text("Runs", exact=True)).to_be_visible()


@widths
def test_a_learner_is_asked_more(
    session: Session, system: System, phone: Callable[..., BrowserContext], width: int
) -> None:
    trust = make_organisation(session, {"Maple": 20})
    wave = open_wave([trust.root], questions=("quarterly_12", "q1"), breakdown=Breakdown.ROLE)
    token = tokens_of(wave)[trust.people["Maple"][0]]
    visitor = Visitor(phone(viewport={"width": width, "height": 900}), system.address)
    page = visitor.page
    visitor.open(f"/a/{wave.reference}/{token}")
    says = page.get_by_label("A learner, such as a student")
    for _ in range(20):
        for question in page.locator("main fieldset").all():
            question.get_by_role("radio").first.check()
        if says.count():
            break
        visitor.press("Continue")
    visitor.press("Continue")
    expect(page.get_by_text("I get the right amount of support for the tasks I do.")).to_be_visible()
