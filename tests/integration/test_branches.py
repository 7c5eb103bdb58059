"""Questions for learners and supervisors, from the plan to the report (A5, A22, G2)."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.ballots.models import Answer
from surveyapp.pulses.planning import PlanError
from surveyapp.pulses.services import Breakdown, Wave
from surveyapp.reports import storage
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import cast, close_and_count, draft_wave, open_wave, scored_items, tokens_of
from tests.support.client import CheckingClient

QUARTERLY = ("quarterly_12", "q1")
BRANCHES = {"HL2", "HS1"}
NOBODY, LEARNER, SUPERVISOR, BOTH, NEITHER = "na", "1", "2", "3", "4"


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 30, "Oak": 30})


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    return open_wave([trust.root], questions=QUARTERLY, breakdown=Breakdown.ROLE)


class Phone:
    """Someone without JavaScript, who says the best of everything."""

    def __init__(self, client: CheckingClient, link: str) -> None:
        self._client, self._link = client, link
        self.page = BeautifulSoup(client.get(link).text, "html5lib")
        self.asked: list[str] = []

    @property
    def names(self) -> list[str]:
        shown = self.page.select("main input[type=radio], main textarea")
        return list(dict.fromkeys(field["name"] for field in shown))

    @property
    def has_sent(self) -> bool:
        return "Thank you" in self.page.text

    def go(self, button: str = "on", **answers: str) -> None:
        self.asked += [name for name in self.names if name not in self.asked]
        hidden = {field["name"]: field["value"] for field in self.page.select("main input[type=hidden]")}
        given = {name: "" if name.startswith("OPN") else "5" for name in self.names}
        answer = self._client.post(
            self._link, data={**hidden, **given, **answers, "go": button}, follow_redirects=True
        )
        self.page = BeautifulSoup(answer.text, "html5lib")

    def on_to(self, name: str) -> None:
        while name not in self.names:
            self.go()

    def to_the_end(self) -> None:
        while not self.has_sent:
            self.go()


@pytest.mark.parametrize(
    ("says", "gets"),
    [(NOBODY, set()), (LEARNER, {"HL2"}), (SUPERVISOR, {"HS1"}), (BOTH, BRANCHES), (NEITHER, set())],
)
def test_only_who_says_so_gets_the_questions_of_a_branch(
    wave: Wave, client: CheckingClient, says: str, gets: set[str]
) -> None:
    phone = Phone(client, f"/a/{wave.reference}/{next(iter(tokens_of(wave).values()))}")
    assert "There are 13 questions" in phone.page.text and "a few more questions" in phone.page.text
    stored = client.get(f"/a/{wave.reference}/what-we-store").text
    assert "It does not go into the box" in stored and "The other 7 questions" in stored
    phone.on_to("ROLE1")
    assert "We do not keep your answer" in phone.page.text
    phone.go(ROLE1=says)
    phone.to_the_end()
    assert set(phone.asked) & BRANCHES == gets


def test_who_thinks_again_leaves_nothing_of_the_other_branch_in_the_box(
    session: Session, wave: Wave, client: CheckingClient
) -> None:
    people = iter(tokens_of(wave).items())
    for _ in range(30):
        cast(wave, next(people)[1], dict.fromkeys(set(scored_items(wave)) - BRANCHES, 4))
    for _ in range(10):
        phone = Phone(client, f"/a/{wave.reference}/{next(people)[1]}")
        phone.on_to("ROLE1")
        phone.go(ROLE1=LEARNER)
        phone.go()  # HL2
        phone.go("back")
        phone.go("back")
        phone.go(ROLE1=SUPERVISOR)
        assert phone.names == ["HS1"]
        phone.to_the_end()
    close_and_count(wave)
    assert wave.set_aside == 0
    report = shown(session, wave)
    assert "HL2" not in report and report["HS1"] == 10


def shown(session: Session, wave: Wave) -> dict[str, int]:
    root = min(storage.shown_units(session, wave.id))
    result = storage.unit_result(session, wave.id, root)
    assert result is not None
    return {item_id: figure.n for item_id, figure in result.items.items()}


def test_results_of_a_branch_are_the_organisation_s_and_no_row_says_who_is_who(
    session: Session, trust: Organisation, wave: Wave, planner: CheckingClient
) -> None:
    tokens = tokens_of(wave)
    everybody = set(scored_items(wave)) - BRANCHES
    learners = trust.people["Maple"][:12]
    for people in trust.people.values():
        for person in people:
            extra = {"HL2"} if person in learners else {"HS1"} if person == people[-1] else set()
            cast(wave, tokens[person], dict.fromkeys(everybody | extra, 4))
    close_and_count(wave)
    read_and_draw(wave.id)
    assert set(session.scalars(select(Answer.item_id))) == everybody
    whole = planner.get(f"/reports/{wave.id}/units/{trust.root}").text
    assert "tasks I do. (learners only)" in whole
    assert "(supervisors only)" in whole and "staff group" not in whole
    assert set(shown(session, wave)) == everybody | {"HL2"}
    unit = planner.get(f"/reports/{wave.id}/units/{trust.units['Maple']}").text
    assert "(learners only)" not in unit and "tasks I do" not in unit
    sheet = planner.get(f"/reports/{wave.id}/heat-map?family=questions").text
    assert "tasks I do" not in sheet


def test_the_yearly_survey_adds_whole_scales(trust: Organisation, planner: CheckingClient) -> None:
    wave = draft_wave([trust.root], questions=("annual_full", "full"), breakdown=Breakdown.ROLE)
    page = planner.get(f"/preview/{wave.id}").text
    assert "Which of these are you?" in page and "they are supervisors" in page
    added = [item.item_id for item in wave.items if item.item_id[:2] in {"HL", "HS", "HC"}]
    assert len(added) == 11


def test_a_form_of_one_page_has_no_branches(trust: Organisation) -> None:
    with pytest.raises(PlanError, match="quarterly and yearly sets"):
        draft_wave([trust.root], breakdown=Breakdown.ROLE)


def test_without_that_choice_nobody_is_asked_for_a_role(
    trust: Organisation, client: CheckingClient
) -> None:
    wave = open_wave([trust.root], questions=QUARTERLY)
    phone = Phone(client, f"/a/{wave.reference}/{next(iter(tokens_of(wave).values()))}")
    phone.to_the_end()
    assert not set(phone.asked) & {*BRANCHES, "ROLE1"}
