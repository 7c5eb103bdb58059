"""The Welsh words of own questions reach the ballot paper, and stay what people were asked."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from surveyapp.instruments import services as instruments
from surveyapp.languages import WELSH
from surveyapp.pulses import services as pulses
from tests.conftest import on_sqlite
from tests.factories.organisation import Organisation
from tests.factories.questions import CLEAR, own_question, own_set
from tests.factories.waves import draft_wave
from tests.support.client import CheckingClient

HELP = "Gallaf ofyn am help."
OPEN = "Beth sy’n eich helpu i ddysgu?"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "LANGUAGES": "en,cy"}


@on_sqlite
def test_a_plan_takes_the_welsh_of_own_questions_beside_that_of_the_library(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    scored = own_question(session, text_cy=HELP)
    prompt = own_question(session, text="What helps you to learn?", text_cy=OPEN, scale="text")
    draft = draft_wave([trust.root], questions=(own_set(session, scored, "LEA1", prompt), "all"))
    library = instruments.load_translation(draft.library_version, WELSH)
    assert library is not None
    assert [item.text_cy for item in draft.items] == [HELP, library.questions["LEA1"], OPEN]
    page = planner.get(f"/preview/{draft.id}?lang=cy").text
    assert f"1. {HELP}" in page and OPEN in page and CLEAR not in page and "Cytuno" in page
    assert "no Welsh words" not in planner.get(f"/pulses/{draft.id}").text


@on_sqlite
def test_own_questions_of_no_factor_stand_under_a_welsh_title(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    own = own_question(session, text_cy=HELP, factor="")
    chosen = own_set(session, own, "LEA1", "LEA2", "LEA3", "COM1", "COM2")
    draft = draft_wave([trust.root], questions=(chosen, "all"))
    assert "Our own question" in planner.get(f"/preview/{draft.id}").text
    page = planner.get(f"/preview/{draft.id}?lang=cy").text
    assert "Ein cwestiwn ein hunain" in page and "Our own question" not in page


@on_sqlite
def test_drafts_take_the_first_welsh_words_and_launched_pulses_stay_as_they_were(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    question = own_question(session)
    chosen = (own_set(session, question, "LEA1"), "all")
    draft, launched = (draft_wave([trust.root], questions=chosen) for _ in range(2))
    pulses.launch(session, launched.id, actor_id=None)
    session.commit()
    assert "1 of its questions has no Welsh words" in planner.get(f"/pulses/{draft.id}").text
    answer = planner.send(
        f"/library/own/{question}/change",
        text=CLEAR,
        text_cy=HELP,
        scale="agree5",
        factor="F3",
        go="save",
    )
    assert answer.status_code == 302
    session.expire_all()
    assert (draft.items[0].text_cy, launched.items[0].text_cy) == (HELP, "")
