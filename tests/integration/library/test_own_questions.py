"""Questions of the organisation's own: written, looked through, changed and retired."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent
from surveyapp.extensions import db
from surveyapp.instruments import own, services
from surveyapp.instruments.own import OwnQuestionError
from surveyapp.permissions import RoleName
from tests.conftest import SignIn, on_sqlite
from tests.factories import waves as made
from tests.factories.organisation import Organisation
from tests.factories.questions import CLEAR, UNSURE, own_question, own_set, wording
from tests.support.client import CheckingClient


def sent(**changed: object) -> dict[str, object]:
    """A question as the form sends it."""
    return {
        "text": CLEAR,
        "text_cy": "",
        "scale": "agree5",
        "factor": "F3",
        "go": "save",
        **changed,
    }


def tick_of(page: str) -> str:
    """What 'Use it anyway' sends."""
    found = BeautifulSoup(page, "html5lib").find("input", {"name": "accepted"})
    assert found is not None
    return str(found["value"])


def words_of(session: Session, question_id: int) -> list[tuple[str, str, bool]]:
    session.rollback()
    question = own.one(session, question_id)
    assert question is not None
    return [(one.item_id, one.wording.text, one.is_used) for one in question.versions]


def audited(session: Session) -> list[tuple[str, dict[str, object]]]:
    session.rollback()
    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    return [(row.action, row.details) for row in rows if row.action.startswith("question_")]


def test_a_question_is_looked_at_and_then_kept(planner: CheckingClient, session: Session) -> None:
    looked = planner.send("/library/own/new", **sent(go="look"))
    assert "We found nothing wrong" in looked.text
    assert own.listed(session) == ()
    # The preview is the paper's own field: five points, 'or', and the one that is not scored.
    shown = BeautifulSoup(looked.text, "html5lib").select_one(".lp-phone")
    assert shown is not None and len(shown.select("input[type=radio]")) == 6
    assert f"1. {CLEAR}" in shown.get_text()
    answer = planner.send(
        "/library/own/new",
        **sent(text=f"  {CLEAR}\r\n", text_cy="Gallaf ofyn am help.", cipd=["C4"], hee=["H1", "H6"]),
    )
    assert answer.location == "/library/own/1"
    session.rollback()
    (question,) = own.listed(session)
    assert question.code == question.now.item_id == "OWN1"
    assert question.now.wording == own.Wording(
        CLEAR, "Gallaf ofyn am help.", "agree5", "F3", ("C4",), ("H1", "H6")
    )
    page = planner.get("/library/own/1").text
    assert '<span lang="cy">Gallaf ofyn am help.</span>' in page and "OWN1" in page
    assert CLEAR in planner.get("/library/own").text
    assert audited(session) == [("question_written", {"question_id": 1, "version": 1})]


@on_sqlite
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": ""}, "Enter the question in English"),
        ({"text": "?!"}, "Enter the question in words"),
        ({"text": "I can learn and rest."}, "Ask about one thing"),
        ({"text": "I can not learn."}, "Say it without ‘not’"),
        ({"text": "I don’t learn."}, "Say it without ‘don&#39;t’"),
        ({"text": "Do I learn?"}, "Say it as a statement"),
        ({"text": "I learn here.", "scale": "freq5"}, "Ask ‘how often’"),
        ({"text": "I can get the training I need to do my job WELL"}, "LRN1 asks this in the same words"),
        ({"text": " ".join(["word"] * 21) + "."}, "Use 20 words or fewer"),
        ({"text": "x" * 201}, "Take out 1 character"),
        ({"text": "Dr Jones helps me."}, "Take the name or address out"),
        ({"scale": ""}, "Select how people answer"),
        ({"scale": "stars"}, "Select how people answer"),
        ({"factor": "F9"}, "Select one of the options"),
        ({"cipd": ["C9"]}, "Select one of the options"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_the_reason(
    planner: CheckingClient, session: Session, change: dict[str, object], says: str
) -> None:
    answer = planner.send("/library/own/new", **sent(**change))
    assert answer.status_code == 200 and says in answer.text
    assert "<title>Error: " in answer.text and "There is a problem" in answer.text
    assert own.listed(session) == ()


@on_sqlite
def test_a_warning_is_accepted_with_a_tick_and_only_that_warning(
    planner: CheckingClient, session: Session
) -> None:
    warned = planner.send("/library/own/new", **sent(text=UNSURE))
    assert "‘hard’ may make the top answer a bad one" in warned.text
    assert "Change the question, or tick ‘Use it anyway’" in warned.text
    accepted = tick_of(warned.text)
    # Other words have other warnings, which nobody has accepted.
    other = planner.send("/library/own/new", **sent(text="I worry at work.", accepted=accepted))
    assert other.status_code == 200 and own.listed(session) == ()
    kept = planner.send("/library/own/new", **sent(text=UNSURE, accepted=accepted))
    assert kept.status_code == 302


def test_words_that_no_pulse_used_are_changed_in_place(
    planner: CheckingClient, session: Session, trust: Organisation
) -> None:
    question = own_question(session)
    wave = made.draft_wave([trust.root], questions=(own_set(session, "LEA1", question), "all"))
    planner.send(f"/library/own/{question}/change", **sent(text="I can ask for help here."))
    assert words_of(session, question) == [("OWN1", "I can ask for help here.", False)]
    # The draft asks what will be asked.
    assert "I can ask for help here." in planner.get(f"/preview/{wave.id}").text


def test_words_that_a_pulse_used_stay_and_others_are_a_new_question(
    planner: CheckingClient, session: Session, trust: Organisation
) -> None:
    question = own_question(session)
    template = own_set(session, "LEA1", question)
    wave = made.open_wave([trust.root], questions=(template, "all"))
    page = planner.get(f"/library/own/{question}/change").text
    assert "A pulse has used these words, so they stay as they are" in page
    answer = planner.send(
        f"/library/own/{question}/change", **sent(text="I can ask for help here.")
    )
    assert "kept as OWN1.2" in planner.get(answer.location).text
    assert words_of(session, question) == [
        ("OWN1", CLEAR, True),
        ("OWN1.2", "I can ask for help here.", False),
    ]
    session.refresh(wave)
    assert [(item.item_id, item.text) for item in wave.items][-1] == ("OWN1", CLEAR)
    # The set asks the new words from now on, and those can still be changed.
    later = made.draft_wave([trust.root], questions=(template, "all"))
    assert [item.item_id for item in later.items] == ["LEA1", "OWN1.2"]
    planner.send(f"/library/own/{question}/change", **sent(text="I can ask for help at work."))
    assert [item_id for item_id, *_ in words_of(session, question)] == ["OWN1", "OWN1.2"]
    session.refresh(later)
    assert later.items[-1].text == "I can ask for help at work."


def test_tags_and_first_welsh_words_change_no_words_that_anyone_read(session: Session) -> None:
    library = services.load_library()
    question = own_question(session)
    own.mark_used(session, ["OWN1"])
    changed = wording(factor="F2", text_cy="Gallaf ofyn am help.", cipd=("C1",))
    own.reword(session, library, question, changed, actor_id=None)
    assert words_of_now(session, question) == ("OWN1", changed)
    # From then on the Welsh words are words that people may have read.
    other = wording(factor="F2", text_cy="Gallaf ofyn am gymorth.")
    own.reword(session, library, question, other, actor_id=None)
    assert words_of_now(session, question) == ("OWN1.2", other)


def words_of_now(session: Session, question_id: int) -> tuple[str, own.Wording]:
    session.flush()
    session.expire_all()
    question = own.one(session, question_id)
    assert question is not None
    return question.now.item_id, question.now.wording


@on_sqlite
def test_a_question_keeps_its_kind(planner: CheckingClient, session: Session) -> None:
    question = own_question(session)
    page = planner.get(f"/library/own/{question}/change").text
    assert 'value="freq5"' in page and 'value="text"' not in page
    answer = planner.send(f"/library/own/{question}/change", **sent(scale="text"))
    assert "Select how people answer" in answer.text
    with pytest.raises(OwnQuestionError, match="cannot become an open one"):
        own.reword(
            session,
            services.load_library(),
            question,
            wording(text="What helps you?", scale="text"),
            actor_id=None,
        )


def test_a_retired_question_is_offered_no_more_until_it_is_taken_back(
    planner: CheckingClient, session: Session
) -> None:
    question = own_question(session)
    template = own_set(session, "LEA1", question)
    page = planner.get(f"/library/own/{question}/retire").text
    assert "Sets ask it" in page and "My set" in page
    for _ in range(2):  # sent twice, it is retired all the same
        planner.send(f"/library/own/{question}/retire", deed="retire")
    assert "Retired" in planner.get("/library/own").text
    set_page = planner.get("/library/own/sets/1").text
    assert "OWN1 is retired. Take it out of this set" in set_page
    assert template not in services.templates(session, services.load_library())
    assert CLEAR not in planner.get("/library/own/sets/1/add").text
    planner.send(f"/library/own/{question}/retire", deed="use")
    assert template in services.templates(session, services.load_library())
    deeds = [details for action, details in audited(session) if action == "question_retired"]
    assert deeds == [
        {"question_id": question, "is_retired": True},
        {"question_id": question, "is_retired": False},
    ]


@on_sqlite
def test_only_those_who_plan_write_and_leaders_may_read(
    session: Session, sign_in: SignIn, client: CheckingClient
) -> None:
    question = own_question(session)
    own_set(session, "LEA1", question)
    write = [
        "/library/own/new",
        *(f"/library/own/1{end}" for end in ("/change", "/retire")),
        "/library/own/sets/new",
        *(f"/library/own/sets/1{end}" for end in ("/name", "/add", "/retire")),
    ]
    read = ["/library/own", "/library/own/1", "/library/own/sets/1"]
    everyone = {
        RoleName.LEARNING_AND_DEVELOPMENT: (200, 200),
        RoleName.LEADER: (200, 403),
        RoleName.ADMINISTRATOR: (200, 403),
        RoleName.COMMENT_REVIEWER: (403, 403),
    }
    for role, (may_read, may_write) in everyone.items():
        person = sign_in(role)
        assert {person.get(path).status_code for path in read} == {may_read}, role
        assert {person.get(path).status_code for path in write} == {may_write}, role
    assert {client.get(path).status_code for path in (*read, *write)} == {302}
    leader = sign_in(RoleName.LEADER).get("/library/own").text
    assert "Write a question" not in leader and "Make a set" not in leader


@on_sqlite
@pytest.mark.parametrize(
    "path",
    ["/library/own/9", "/library/own/9/change", "/library/own/9/retire", "/library/own/sets/9"],
)
def test_what_is_not_there_is_not_found(planner: CheckingClient, path: str) -> None:
    assert planner.get(path).status_code == 404
    assert planner.get(path.replace("9", "9" * 30)).status_code == 404


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_words_wait_until_a_plan_that_asks_them_is_kept(
    session: Session, trust: Organisation, app: Flask
) -> None:
    """Else a draft could ask old words under an id that has new ones."""
    question = own_question(session)
    template = own_set(session, question)
    library = services.load_library()
    services.questionnaire(session, library, template, "all")
    with Session(db.engine) as other:
        other.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            own.reword(other, library, question, wording(text="We rest here."), actor_id=None)
    session.rollback()
    with Session(db.engine) as other:
        own.reword(other, library, question, wording(text="We rest here."), actor_id=None)
        other.commit()
    (item,) = services.questionnaire(session, library, template, "all").items
    assert item.text == "We rest here."


def test_two_who_change_a_used_question_at_once_make_two_versions(
    session: Session, app: Flask
) -> None:
    question = own_question(session)
    own.mark_used(session, ["OWN1"])
    session.commit()
    library = services.load_library()

    def change(words: str) -> None:
        with app.app_context(), Session(db.engine) as other:
            own.reword(other, library, question, wording(text=words), actor_id=None)
            own.mark_used(other, ["OWN1.2"])
            other.commit()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(change, words) for words in ("We rest here.", "We learn here.")]:
            done.result()
    versions = words_of(session, question)
    assert [item_id for item_id, *_ in versions] == ["OWN1", "OWN1.2", "OWN1.3"]
    assert {words for _, words, _ in versions[1:]} == {"We rest here.", "We learn here."}
