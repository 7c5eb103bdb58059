"""Sets of questions of the organisation's own, and pulses that ask them, up to the report."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.ballots.paper import Ballot
from surveyapp.ballots.tally import item_tallies, scale_tallies
from surveyapp.extensions import db
from surveyapp.instruments import own, services, set_changes, sets
from surveyapp.instruments.set_changes import MOST_SCORED, QuestionSetError
from surveyapp.pulses.models import Wave
from surveyapp.reports import jobs
from surveyapp.reports.exporting.formats import Format
from surveyapp.timekeeping import utc_now
from tests.conftest import on_sqlite
from tests.factories import waves as made
from tests.factories.organisation import Organisation
from tests.factories.questions import CLEAR, own_question, own_set, wording
from tests.support.client import CheckingClient


def asked(session: Session, set_id: int = 1) -> list[str]:
    session.rollback()
    session.expire_all()
    found = sets.one(session, services.load_library(), set_id)
    assert found is not None
    return [entry.question.id for entry in found.entries]


def names_of(page: str, selector: str) -> list[str]:
    return [found.get_text(strip=True) for found in BeautifulSoup(page, "html5lib").select(selector)]


# ---------------------------------------------------------------- putting sets together


def test_a_set_is_made_filled_and_put_in_order(planner: CheckingClient, session: Session) -> None:
    own_question(session)
    own_question(session, text="What helps you here?", scale="text", factor="")
    answer = planner.send("/library/own/sets/new", name=" Night \n shifts ")
    assert answer.location == "/library/own/sets/1/add"
    chosen = ["LEA1", "own-1", "own-2", "LRN2"]
    assert "Select at least one question" in planner.send("/library/own/sets/1/add").text
    planner.send("/library/own/sets/1/add", questions=chosen)
    # Own ones first, as they are offered; open questions are asked last.
    assert asked(session) == ["OWN1", "LEA1", "LRN2", "OWN2"]
    page = planner.get("/library/own/sets/1").text
    assert "Night shifts" in page and "(3 of up to 12)" in page and "about 2 minutes" in page
    for key, deed, order in [
        ("own-1", "down", ["LEA1", "OWN1", "LRN2", "OWN2"]),
        ("LRN2", "down", ["LEA1", "OWN1", "LRN2", "OWN2"]),
        ("LRN2", "up", ["LEA1", "LRN2", "OWN1", "OWN2"]),
        ("own-2", "up", ["LEA1", "LRN2", "OWN1", "OWN2"]),
        ("LRN2", "out", ["LEA1", "OWN1", "OWN2"]),
        ("LRN2", "out", ["LEA1", "OWN1", "OWN2"]),
        ("LRN2", "up", ["LEA1", "OWN1", "OWN2"]),
        ("\x00", "sideways", ["LEA1", "OWN1", "OWN2"]),
    ]:
        form = {"form_at": "/library/own/sets/1", "question": key, "deed": deed}
        assert planner.send("/library/own/sets/1/order", **form).status_code == 302
        assert asked(session) == order, (key, deed)
    planner.send("/library/own/sets/1/add", questions=["COM1", "LEA1"])
    assert asked(session) == ["LEA1", "OWN1", "COM1", "OWN2"]
    planner.send("/library/own/sets/1/name", name="Nights")
    assert "Nights" in planner.get("/library/own").text


@on_sqlite
def test_only_so_many_questions_have_room(planner: CheckingClient, session: Session) -> None:
    library = services.load_library()
    ids = [item.id for item in library.items.values() if item.audience == "all_staff"]
    own_set(session, *ids[:MOST_SCORED])
    answer = planner.send("/library/own/sets/1/add", questions=ids[MOST_SCORED : MOST_SCORED + 2])
    assert "up to 12 questions with a score. Choose 2 fewer" in answer.text
    answer = planner.send("/library/own/sets/1/add", questions=[*library.prompts])
    assert "up to 2 open questions. Choose 1 fewer" in answer.text
    assert asked(session) == ids[:MOST_SCORED]


@on_sqlite
@pytest.mark.parametrize("key", ["HS1", "OWN1", "own-9", "own-", "x", "own-99999999999999999999"])
def test_only_what_is_on_offer_is_added(planner: CheckingClient, session: Session, key: str) -> None:
    """A question for supervisors, for one, is not for all staff."""
    own_set(session, "LEA1")
    assert "Select questions from the list" in planner.send("/library/own/sets/1/add", questions=[key]).text
    assert asked(session) == ["LEA1"]


@on_sqlite
def test_the_list_can_be_narrowed_and_a_name_is_used_once(
    planner: CheckingClient, session: Session
) -> None:
    own_set(session, "LEA1")
    listed = planner.get("/library/own/sets/1/add?factor=F1").text
    offered = names_of(listed, ".nhsuk-checkboxes__label")
    assert offered and all(name.endswith("Leadership)") for name in offered)
    assert services.load_library().items["LEA1"].text not in listed
    assert "Another set has this name" in planner.send("/library/own/sets/new", name="My set").text
    assert "60 characters or fewer" in planner.send("/library/own/sets/new", name="x" * 61).text
    with pytest.raises(QuestionSetError, match="does not exist"):
        set_changes.take_out(session, 9, "LEA1", actor_id=None)


@on_sqlite
def test_a_set_that_is_not_ready_is_not_on_offer(
    planner: CheckingClient, session: Session, trust: Organisation
) -> None:
    own_set(session, "OPN1", name="Only open")
    own_set(session, "LEA1", name="Ready")
    page = planner.get("/pulses/new").text
    assert ">Ready<" in page and "Only open" not in page
    assert "Add at least one question with a score" in planner.get("/library/own/sets/1").text
    planner.send("/library/own/sets/2/retire", deed="retire")
    assert ">Ready<" not in planner.get("/pulses/new").text
    assert "Retired" in planner.get("/library/own").text
    planner.send("/library/own/sets/2/retire", deed="use")
    assert ">Ready<" in planner.get("/pulses/new").text


# ---------------------------------------------------------------- a pulse that asks one


@on_sqlite
@pytest.mark.parametrize("turn", ["own-1/x", "own-9/all", "own-/all", "own-x/all", "own-1"])
def test_a_plan_with_a_set_that_is_not_there_is_refused(
    planner: CheckingClient, session: Session, trust: Organisation, turn: str
) -> None:
    own_set(session, "LEA1")
    days = {name: utc_now() + timedelta(days=ahead) for name, ahead in (("opens_on", 3), ("closes_on", 20))}
    dates = {
        f"{name}-{part}": str(getattr(day, part))
        for name, day in days.items()
        for part in ("day", "month", "year")
    }
    plan = {
        "title": "Nights",
        "template": turn,
        "audience": [trust.root],
        "minimum_group": "10",
        "channel": "personal",
        "breakdown": "none",
        **dates,
    }
    assert "Select a set of questions" in planner.send("/pulses/new", **plan).text
    answer = planner.send("/pulses/new", **{**plan, "template": "own-1/all"})
    page = planner.get(answer.location).text
    assert "My set" in page and "All questions" not in page
    # The next plan offers the same set again.
    assert 'value="own-1/all" selected' in planner.get("/pulses/new").text


def test_from_the_set_to_the_report_and_over_time(
    planner: CheckingClient, session: Session, trust: Organisation, client: CheckingClient
) -> None:
    """An own question is answered, counted, reported, exported and compared like any other."""
    of_factor = own_question(session)
    of_none = own_question(session, text="I like it here.", factor="")
    prompt = own_question(session, text="What helps you here?", scale="text", factor="")
    library = services.load_library()
    whole = library.factor_scales["F3"]
    template = own_set(session, *whole, of_factor, of_none, prompt)
    people = [*trust.people["Maple"], *trust.people["Oak"]]
    earlier = made.open_wave([trust.root], title="First", questions=(template, "all"))
    pages = ballots.paper_pages(earlier)
    # Six scored questions are more than one page holds: one a factor, and the comment last.
    assert [page.title for page in pages] == [
        library.factors["F3"].name,
        "Our own question",
        "In your own words",
    ]
    assert pages[-1].questions[0].max_chars == library.open_scale.max_chars
    assert ballots.minutes(earlier) == 2
    assert CLEAR in client.get(f"/a/{earlier.reference}/{made.tokens_of(earlier)[people[0]]}").text
    made.cast_for(earlier, people, comment=lambda _: "Good teams")
    made.close_and_count(earlier)
    earlier.opens_at = utc_now() - timedelta(days=45)
    earlier.closes_at = utc_now() - timedelta(days=30)
    session.commit()

    now = made.open_wave([trust.root], title="Second", questions=(template, "all"))
    tokens = made.tokens_of(now)
    for person in people:
        made.cast(now, tokens[person], dict.fromkeys(made.scored_items(now), 5))
    made.close_and_count(now)
    for wave in (earlier, now):
        jobs.draw_charts(wave.id)
    path = f"/reports/{now.id}/units/{trust.root}"
    page = planner.get(path).text
    assert CLEAR in page and "I like it here." in page and "Our own question" in page
    assert "Clear rise since" in page
    rows = [*csv.DictReader(io.StringIO(planner.get(f"{path}/scores.csv").data.decode("utf-8-sig")))]
    score = {row["Name"]: row for row in rows if row["Measure"] == "Score, 0 to 100"}
    assert score[CLEAR]["Part"] == "Question" and score["I like it here."]["Part"] == "Question"
    # The factor's score is that of its own four questions: what was added does not move it.
    assert {row["Name"] for row in rows if row["Part"] == "Scale"} == {library.factors["F3"].name}
    for kind in Format:
        assert planner.get(f"{path}/export/{kind}", follow_redirects=True).status_code == 200, kind
    trends = planner.get(f"{path}/trends").text
    assert CLEAR in trends and "I like it here." in trends
    assert CLEAR in planner.get(f"/reports/{now.id}/side-by-side?by=questions").text


def test_an_own_question_never_moves_the_score_of_its_factor(
    session: Session, trust: Organisation
) -> None:
    library = services.load_library()
    question = own_question(session)
    template = own_set(session, *library.factor_scales["F3"], question)
    wave = made.draft_wave([trust.root], questions=(template, "all"))
    shipped = dict.fromkeys(library.factor_scales["F3"], 3)
    low, high = (
        [Ballot(trust.root, {**shipped, "OWN1": answer}, {})] * 10 for answer in (1, 5)
    )
    assert scale_tallies(wave.items, low, library) == scale_tallies(wave.items, high, library)
    assert {tally.code for tally in scale_tallies(wave.items, low, library)} == {"F3"}
    assert item_tallies(wave.items, low) != item_tallies(wave.items, high)


def test_other_words_break_the_trend_where_all_can_see_it(
    planner: CheckingClient, session: Session, trust: Organisation
) -> None:
    question = own_question(session)
    template = own_set(session, "LEA1", question)
    found: list[Wave] = []
    for title in ("First", "Second"):
        wave = made.open_wave([trust.root], title=title, questions=(template, "all"))
        made.cast_for(wave, trust.people["Maple"])
        made.close_and_count(wave)
        wave.opens_at = utc_now() - timedelta(days=45 - 30 * len(found))
        wave.closes_at = utc_now() - timedelta(days=30 - 30 * len(found))
        session.commit()
        jobs.draw_charts(wave.id)
        found.append(wave)
        own.reword(
            session,
            services.load_library(),
            question,
            wording(text=f"I can ask for help {title.lower()}."),
            actor_id=None,
        )
        db.session.commit()
    page = planner.get(f"/reports/{found[-1].id}/units/{trust.root}/trends").text
    assert "The question was worded anew here" in page
    report = planner.get(f"/reports/{found[-1].id}/units/{trust.root}").text
    assert "Nothing to compare with yet." in report
