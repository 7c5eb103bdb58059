"""The pulse after something was done asks whether anyone noticed, and pages show what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.actions import services
from surveyapp.ballots import services as ballots
from surveyapp.pulses.services import Wave
from surveyapp.reports import services as reports
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import on_sqlite
from tests.factories import waves
from tests.factories.actions import written
from tests.factories.organisation import Organisation
from tests.factories.reports import text_of
from tests.support.client import CheckingClient

ACT1 = "ACT1"
WORDS = "I have seen changes here because of what staff said in these surveys."

READER = Reader(user_id=0, reads_all_units=True, unit_ids=frozenset())


def today() -> date:
    return utc_now().astimezone(LOCAL_ZONE).date()


def plan(trust: Organisation, **changed: object) -> dict[str, object]:
    """A filled-in plan, as the form sends it."""
    entered: dict[str, object] = {
        "title": "Summer pulse",
        "template": "monthly_pulse_5/A-2",
        "audience": [trust.root],
        "minimum_group": "10",
        "channel": "personal",
        "breakdown": "none",
    }
    for name, day in (("opens_on", today()), ("closes_on", today() + timedelta(days=20))):
        parts = {"day": day.day, "month": day.month, "year": day.year}
        entered |= {f"{name}-{part}": str(value) for part, value in parts.items()}
    return entered | changed


def counted(trust: Organisation, answers: Sequence[int], *, title: str = "Summer pulse") -> Wave:
    """A counted pulse whose last question got these answers, one person each."""
    wave = waves.open_wave([trust.root], title=title, asks_follow_up=True)
    tokens = list(waves.tokens_of(wave).values())
    for token, value in zip(tokens, answers, strict=False):
        waves.cast(wave, token, {**dict.fromkeys(waves.scored_items(wave), 3), ACT1: value})
    waves.close_and_count(wave)
    return wave


def test_it_is_offered_only_once_something_new_is_published(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    written(session, trust.root, published_on=today() - timedelta(days=1))
    new = written(session, trust.units["Oak"], published_on=today())
    # Nobody was heard yet.
    assert not services.something_new_is_published(session)
    assert "not been told yet" not in planner.get("/pulses/new").text
    waves.close_and_count(waves.open_wave([trust.root]))
    assert services.something_new_is_published(session)
    page = planner.get("/pulses/new").text
    assert WORDS in page and 'id="follow_up"' in page and "not been told yet" not in page
    path = f"/actions/{new.action_id}"
    planner.send(f"{path}/unpublish", form_at=path)
    page = planner.get("/pulses/new").text
    assert WORDS not in page and "not been told yet what is done after ‘Spring pulse’" in page
    # Asked for where it is not on offer, it is not asked.
    planner.send("/pulses/new", **plan(trust, follow_up="y"))
    session.rollback()
    wave = session.scalars(select(Wave).where(Wave.title == "Summer pulse")).one()
    assert ACT1 not in waves.scored_items(wave)


@on_sqlite
@pytest.mark.parametrize("ticked", [True, False])
def test_it_is_asked_last_unless_it_is_unticked(
    ticked: bool, planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    waves.close_and_count(waves.open_wave([trust.root]))
    written(session, trust.root, published_on=today())
    answer = planner.send("/pulses/new", **plan(trust, **({"follow_up": "y"} if ticked else {})))
    session.rollback()
    wave = session.scalars(select(Wave).where(Wave.title == "Summer pulse")).one()
    assert (waves.scored_items(wave)[-1] == ACT1) is ticked
    assert len(waves.scored_items(wave)) == 5 + ticked
    assert ("and if people have seen changes" in planner.get(str(answer.location)).text) is ticked
    assert (WORDS in planner.get(f"/preview/{wave.id}").text) is ticked


@on_sqlite
def test_it_stands_before_the_open_question_of_every_form(trust: Organisation) -> None:
    short = waves.draft_wave([trust.root], asks_follow_up=True)
    (page,) = ballots.paper_pages(short)
    assert [question.item_id for question in page.questions][-2:] == [ACT1, "OPN1"]
    long = waves.draft_wave([trust.root], questions=("quarterly_12", "q1"), asks_follow_up=True)
    *_, changed, own_words = ballots.paper_pages(long)
    assert [question.text for question in changed.questions] == [WORDS]
    assert (changed.title, changed.first_number) == ("What changed", 13)
    assert own_words.title == "In your own words"


@on_sqlite
def test_people_answer_it_like_any_other(client: CheckingClient, trust: Organisation) -> None:
    wave = waves.open_wave([trust.root], asks_follow_up=True)
    token = next(iter(waves.tokens_of(wave).values()))
    path = f"/a/{wave.reference}/{token}"
    assert "6 questions" in client.get(path).text and WORDS in client.get(path).text
    answers = dict.fromkeys(waves.scored_items(wave), "4")
    without = client.post(path, data={item: value for item, value in answers.items() if item != ACT1})
    assert "There is a problem" in without.text
    assert client.post(path, data=answers).location == f"/a/{wave.reference}/thank-you"


def test_what_people_noticed_stands_beside_the_actions(
    planner: CheckingClient, client: CheckingClient, trust: Organisation, session: Session
) -> None:
    assert reports.latest_share(session, ACT1) is None
    counted(trust, [4] * 22 + [2] * 18)
    share = reports.latest_share(session, ACT1)
    assert share is not None and (share.title, share.respondents) == ("Summer pulse", 40)
    # Of 40 answers a share is shown in steps of 10 points.
    assert share.favourable == "60%"
    for page in (client.get("/you-said-we-did"), planner.get("/actions")):
        text = text_of(page)
        assert "60% of those who answered say that they have seen changes" in text
        assert "About 40 people answered" in text and "This covers chance only" in text


@on_sqlite
def test_nearly_all_is_only_said_as_a_bound(
    client: CheckingClient, trust: Organisation, session: Session
) -> None:
    counted(trust, [5] * 40)
    assert "95% or more of those who answered" in text_of(client.get("/you-said-we-did"))


def test_too_few_answers_show_nothing_and_no_older_figure_stands_in(
    client: CheckingClient, trust: Organisation, session: Session
) -> None:
    counted(trust, [4] * 40, title="Earlier pulse")
    assert "Earlier pulse" in client.get("/you-said-we-did").text
    counted(trust, [4] * 9)
    assert reports.latest_share(session, ACT1) is None
    assert "have seen changes" not in client.get("/you-said-we-did").text


@on_sqlite
def test_it_is_in_the_report_and_in_no_trend_quarter_or_score(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    rounds = [("monthly_pulse_5", f"A-{month}") for month in (1, 2, 3)]
    for days, questions in zip((60, 30, 1), rounds, strict=True):
        wave = waves.open_wave([trust.root], questions=questions, asks_follow_up=questions[1] == "A-3")
        waves.cast_for(wave, trust.everyone[:40])
        waves.close_and_count(wave)
        wave.opens_at -= timedelta(days=days)
        wave.closes_at -= timedelta(days=days)
        session.commit()
    report = reports.report_for(session, READER, wave.id, trust.root)
    last = report.questions[-1]
    assert (last.text, last.factor, last.number) == (WORDS, "What changed", 6)
    assert last.figure is not None
    assert len(report.quarter) == 7 and all(row.score is not None for row in report.quarter)
    assert "What changed" not in [row.factor for row in report.quarter]
    assert report.scales == ()
    assert WORDS in planner.get(f"/reports/{wave.id}/units/{trust.root}").text
    trends = reports.trends_for(session, READER, wave.id, trust.root)
    assert trends.trends and ACT1 not in [trend.code for trend in trends.trends]
