"""The main job in one story, on a phone's screen: planned, sent, answered, counted, analysed, read.

Real parts throughout: web server, RQ workers and clock as processes of their own, Redis, the
database, an SMTP server, the model, and Chromium. Each page is checked with axe as it is met.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.pages import Visitor
from tests.browser.system import System
from tests.support.servers import MailServer

pytestmark = pytest.mark.browser

#: The units of the story, and how many of each answer.
TEAMS = {"Ward 4": 16, "Theatres": 13, "Home care": 11}

#: Three more in each are invited and do not answer.
INVITED = sum(TEAMS.values()) + 3 * len(TEAMS)

COMMENTS = (
    "My manager keeps our teaching hour free every week and joins in herself.",
    "I asked for feedback after my first month and nobody ever gave me any.",
    "The preceptor on nights showed me how to run the pumps, I owe her a lot.",
    "There is no time to finish e-learning, so we do it at home unpaid.",
    "We talk through near misses at handover and everyone can speak up.",
    "Nobody ever says thank you when you cover an extra shift.",
    "I would like to do the prescribing course but my appraisal was cancelled twice.",
    "Study leave gets refused because of staffing, three times now.",
)


def staff_file(directory: Path) -> Path:
    """Everyone who answers, some who do not, and one line that cannot be imported, as ESR has them."""
    lines = ["Work Email,Ward,Staff Group,Assignment Status"]
    for team, answering in TEAMS.items():
        slug = team.lower().replace(" ", "-")
        lines += [f"{slug}-{n}@example.org,{team},Nursing,Active Assignment" for n in range(answering + 3)]
    lines.append("not an address,Ward 4,Nursing,Active Assignment")
    file = directory / "staff.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def add_access(system: System, email: str, role: str, *more: str) -> str:
    """Returns the first password."""
    command = ["--app", "wsgi", "access", "add", email, "--name", email.split("@")[0]]
    said = system.run("flask", *command, "--role", role, *more, "--json")
    password: str = json.loads(said)["password"]
    return password


def answer(visitor: Visitor, link: str, number: int, comment: str) -> None:
    """Fill in the five questions; every seventh person is not sure about the last one."""
    page = visitor.page
    visitor.open(link, check=is_new(number))
    for place, group in enumerate(page.locator("fieldset").all()):
        if place == 4 and number % 7 == 0:
            group.get_by_label("Not sure").check()
        else:
            group.get_by_role("radio").nth((number + place) % 3 + 2).check()
    if comment:
        page.locator("textarea").fill(comment)


def is_new(number: int) -> bool:
    """The same page forty times need not be checked forty times."""
    return number in (1, 40)


def links_by_unit(smtp: MailServer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {team: [] for team in TEAMS}
    for address in smtp.addresses:
        team = next(t for t in TEAMS if address.startswith(t.lower().replace(" ", "-")))
        (link,) = re.findall(r"http://\S+/a/\S+", smtp.body_for(address))
        found[team].append(link)
    return found


def test_the_main_job_end_to_end(
    system: System, phone: Callable[..., BrowserContext], smtp: MailServer, tmp_path: Path
) -> None:
    planner = Visitor(phone(), system.address)
    planner.open("/")
    planner.sign_in("lena@example.org", add_access(system, "lena@example.org", "learning_and_development"))
    import_staff(planner, staff_file(tmp_path))
    wave = plan_and_launch(planner)
    until(planner, wave, lambda: len(smtp.addresses) == INVITED, seconds=60)
    everyone_answers(system, phone, links_by_unit(smtp))
    close(planner, wave)
    review_all(system, phone)
    leaders_read(system, phone, wave)


def import_staff(planner: Visitor, file: Path) -> None:
    planner.follow("Staff")
    planner.press("Import a staff list")
    planner.page.set_input_files("input[type=file]", str(file))
    planner.page.get_by_label("Make units that do not exist yet").check()
    planner.press("Check the file", check=False)
    arrive(planner, "Say what the columns hold")
    planner.press("Check the file", check=False)
    arrive(planner, "Check the staff list")
    expect(planner.page.get_by_text("1 row cannot be imported")).to_be_visible()
    planner.press("Import the good rows", check=False)
    arrive(planner, "Staff list imported")
    expect(planner.page.get_by_text("49 added")).to_be_visible()


def arrive(planner: Visitor, heading: str) -> None:
    """The page that waits for a worker goes on by itself."""
    expect(planner.page.get_by_role("heading", level=1)).to_have_text(heading)
    planner.check()


def plan_and_launch(planner: Visitor) -> str:
    """Returns the address of the wave's page."""
    page = planner.page
    planner.follow("Pulses")
    planner.press("Plan a pulse")
    page.get_by_label("Name").fill("How we learn: December")
    planner.press("Save and check")
    expect(page.get_by_text("49 people")).to_be_visible()
    wave = page.url
    planner.follow(re.compile("See what staff will see"))
    expect(page.get_by_text("at least 10 people")).to_be_visible()
    planner.open(wave)
    planner.press("Launch")
    planner.press("Launch")
    expect(page.get_by_text("The pulse is launched.")).to_be_visible()
    return wave


def everyone_answers(
    system: System, phone: Callable[..., BrowserContext], links: dict[str, list[str]]
) -> None:
    """Forty people in three teams: some without JavaScript, two twice, one with a lost reply."""
    with_script = Visitor(phone(), system.address)
    without = Visitor(phone(java_script_enabled=False), system.address, javascript=False)
    number = 0
    for team, answering in TEAMS.items():
        for place, link in enumerate(links[team][:answering]):
            number += 1
            visitor = without if number % 5 == 0 else with_script
            answer(visitor, link, number, COMMENTS[number % len(COMMENTS)] if place < 9 else "")
            if number == 3:
                lose_the_reply(visitor)
            else:
                visitor.press("Send my answers", check=is_new(number))
                assert visitor.heading == "Thank you"
            if number in (3, 7, 22):
                visitor.open(link)
                assert visitor.heading == "Your answers are already in the box"
    assert number == 40
    blank = Visitor(phone(), system.address)
    blank.open(links["Ward 4"][-1])
    blank.press("Send my answers")
    expect(blank.page.get_by_text("There is a problem")).to_be_visible()
    assert blank.page.title().startswith("Error: ")


def lose_the_reply(visitor: Visitor) -> None:
    """The ballot arrives, its reply does not: all that the person sees is a failure.

    They open the link in their mail again.
    """
    page = visitor.page

    def deliver_and_drop(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.route("**/a/**", deliver_and_drop, times=1)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Send my answers").click(no_wait_after=True)
    visitor.new_tab()


def close(planner: Visitor, wave: str) -> None:
    planner.open(wave)
    planner.follow("Close now")
    planner.press("Close now")
    expect(planner.page.get_by_text("The pulse is closed.")).to_be_visible()


def review_all(system: System, phone: Callable[..., BrowserContext]) -> None:
    """Teams of fewer than fifty: a reviewer outside the line reads every comment first."""
    reviewer = Visitor(phone(), system.address)
    reviewer.sign_in("ravi@example.org", add_access(system, "ravi@example.org", "comment_reviewer"))
    until(reviewer, "/review", lambda: "27 comments left" in reviewer.page.content(), seconds=120)
    for left in range(27, 0, -1):
        expect(reviewer.page.get_by_text(re.compile(rf"^{left} comments? left$"))).to_be_visible()
        reviewer.page.get_by_role("button", name="Release").click()
    reviewer.check()
    expect(reviewer.page.get_by_text("No comment waits for you")).to_be_visible()


def leaders_read(system: System, phone: Callable[..., BrowserContext], wave: str) -> None:
    wave_id = wave.rsplit("/", 1)[1]
    ward = Visitor(phone(), system.address)
    ward.sign_in("lou@example.org", add_access(system, "lou@example.org", "leader", "--unit", "Ward 4"))
    ward.follow("Reports")
    ward.follow(re.compile("How we learn: December"))
    ward.follow("Ward 4")
    page = ward.page
    until(ward, page.url, lambda: page.locator("figure svg").count() >= 1, seconds=60)
    expect(page.get_by_text("My manager shows that they keep learning too.").first).to_be_visible()
    expect(page.get_by_text(re.compile("points higher or lower")).first).to_be_visible()
    report = page.url
    for link in ("See how scores have come along over time", "Write down what you will do about it"):
        ward.follow(link)
        page.goto(report)
    ward.open(f"/reports/{wave_id}/side-by-side")
    page.goto(report)
    page.locator("a[href*='/themes/']").first.click()
    ward.check()
    expect(page.locator("blockquote mark").first).to_be_visible()
    other = Visitor(phone(), system.address)
    other.sign_in("theo@example.org", add_access(system, "theo@example.org", "leader", "--unit", "Theatres"))
    refused = other.page.goto(report)
    assert refused is not None and refused.status == 403
    other.check()
    own = other.page.goto(f"{system.address}/reports/{wave_id}")
    assert own is not None and own.status == 200
    expect(other.page.get_by_text("Theatres").first).to_be_visible()
    expect(other.page.get_by_text("Ward 4")).to_have_count(0)


def until(visitor: Visitor, path: str, is_there: Callable[[], bool], *, seconds: int) -> None:
    """Look again, as a person would, until what workers do has been done."""
    for _ in range(seconds):
        visitor.open(path)
        if is_there():
            return
        visitor.page.wait_for_timeout(1000)
    raise AssertionError(f"{visitor.page.url} still says: {visitor.page.inner_text('main')}")
