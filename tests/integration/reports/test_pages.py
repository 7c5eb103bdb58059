"""Reports: what a leader may read, the one face of what may not be shown, and who has read it."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.accounts.services import Reader
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave, WaveState
from surveyapp.reports import jobs, services
from surveyapp.timekeeping import utc_now
from tests.conftest import SignIn
from tests.factories import waves
from tests.factories.organisation import make_organisation
from tests.factories.reports import (
    ANSWERED,
    Trust,
    cells_of,
    read_and_draw,
    readings_audited,
    soup_of,
    text_of,
)
from tests.support.client import CheckingClient

# ---------------------------------------------------------------- lists


def test_reports_are_listed_newest_first_and_open_waves_not_at_all(
    trust: Trust, planner: CheckingClient
) -> None:
    second = waves.open_wave([trust.organisation.root], title="Second pulse")
    waves.close_and_count(second)
    earlier = db.session.get(Wave, trust.wave_id)
    assert earlier is not None
    earlier.opens_at = utc_now() - timedelta(days=15)
    earlier.closes_at = utc_now() - timedelta(days=1)
    waves.open_wave([trust.organisation.root], title="Still open")
    db.session.commit()
    links = soup_of(planner.get("/reports")).select("main li a")
    assert [link.get_text() for link in links] == ["Second pulse", "Spring pulse"]
    assert [link["href"] for link in links] == [f"/reports/{second.id}", f"/reports/{trust.wave_id}"]
    assert "Still open" not in planner.get("/reports").text


def test_without_results_the_list_says_when_they_come(
    app: Flask, sign_in: SignIn, planner: CheckingClient
) -> None:
    assert "There are no results for you to read yet" in planner.get("/reports").text
    assert "no results for you" in sign_in(RoleName.LEADER).get("/reports").text


def test_a_leader_sees_the_waves_and_units_of_the_own_line_only(
    trust: Trust, sign_in: SignIn
) -> None:
    leader = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Surgery"],))
    assert "Spring pulse" in leader.get("/reports").text
    rows = soup_of(leader.get(f"/reports/{trust.wave_id}")).select(".lp-tree li")
    shown = [(row["class"], " ".join(row.get_text(" ").split())) for row in rows]
    assert shown == [
        (["lp-depth-0"], "Surgery"),
        (["lp-depth-1"], "Maple"),
        (["lp-depth-1"], "Oak Results are not shown"),
        (["lp-depth-1"], "Willow Results are not shown"),
    ]


def test_a_unit_made_after_the_wave_gives_its_leader_nothing(
    trust: Trust, sign_in: SignIn
) -> None:
    late = make_organisation(db.session(), {"Late": 1}).units["Late"]
    leader = sign_in(RoleName.LEADER, led_unit_ids=(late,))
    assert "no results for you" in leader.get("/reports").text
    assert leader.get(f"/reports/{trust.wave_id}").status_code == 403
    assert leader.get(trust.path(late)).status_code == 403


def test_a_unit_that_was_moved_stays_where_it_was_in_old_waves(
    trust: Trust, sign_in: SignIn
) -> None:
    move = organisation.change_unit
    move(db.session(), trust.units["Oak"], name="Oak tree", parent_id=trust.units["Nine"])
    db.session.commit()
    surgery = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Surgery"],))
    assert "Oak" in text_of(surgery.get(f"/reports/{trust.wave_id}"))
    assert "Oak tree" not in text_of(surgery.get(f"/reports/{trust.wave_id}"))
    nine = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Nine"],))
    assert nine.get(trust.path("Oak")).status_code == 403


# ---------------------------------------------------------------- the report


def test_the_report_gives_rounded_figures_in_a_table_beside_the_chart(
    drawn: Trust, planner: CheckingClient
) -> None:
    soup = soup_of(planner.get(drawn.path("Maple")))
    heading = soup.select_one("h1")
    assert heading is not None and heading.get_text(strip=True) == "Spring pulse:Maple"
    report = services.report_for(
        db.session(), Reader(0, True, frozenset()), drawn.wave_id, drawn.units["Maple"]
    )
    text = " ".join(soup.get_text(" ").split())
    assert f"About {report.respondents} people answered" in text
    assert f"That is about {report.response_rate}% of those who were invited." in text
    assert str(ANSWERED["Maple"]) not in text
    assert soup.select_one("details summary") is not None and "How scores work" in text
    rows = cells_of(soup, "Score of each question")
    assert len(rows) == 5
    question, shown, precision, favourable, change = rows[0]
    assert question == "1. My manager shows that they keep learning too. Leadership"
    assert report.questions[0].figure is not None
    assert shown == report.questions[0].figure.score.words
    assert precision.startswith("Likely between") and "chance" not in precision
    assert "covers chance only, not who chose to reply" in str(soup.find("caption"))
    assert re.fullmatch(r"\d+%( or (more|less))?", favourable)
    assert change == "Nothing to compare with yet."
    drawing = soup.select("figure svg")[0].get_text(" ")
    assert f"1. Leadership: {shown}" in drawing


def test_from_thirty_answers_on_the_answers_are_told_apart(
    drawn: Trust, planner: CheckingClient
) -> None:
    shares = cells_of(soup_of(planner.get(drawn.path("Maple"))), "Answers to question 1")
    assert "trongly agree" in shares[0][0] and "trongly disagree" in shares[-1][0]
    assert all(int(share.removesuffix("%")) % 5 == 0 for _, share in shares)


def test_a_small_unit_gets_no_split_and_a_word_of_caution(
    app: Flask, planner: CheckingClient
) -> None:
    made = make_organisation(db.session(), {"Elm": 60})
    wave = waves.open_wave([made.root])
    waves.cast_for(wave, made.people["Elm"][:11])
    waves.close_and_count(wave)
    text = text_of(planner.get(f"/reports/{wave.id}/units/{made.units['Elm']}"))
    assert "About 10 people answered" in text
    assert "only indicative" in text and "about 31 points" in text
    assert "How people answered" not in text
    assert "points higher or lower" in text


def test_a_page_says_when_charts_and_comments_are_not_ready(
    trust: Trust, planner: CheckingClient
) -> None:
    unfinished = planner.get(trust.path("Maple"))
    assert "still drawing its charts and reading its comments" in unfinished.text
    assert not soup_of(unfinished).select("figure")
    assert cells_of(soup_of(unfinished), "Score of each question")  # the scores themselves are there
    jobs.draw_charts(trust.wave_id)
    half = planner.get(trust.path("Maple"))
    assert "still reading the comments" in half.text
    assert len(soup_of(half).select("figure")) == 1
    read_and_draw(trust.wave_id)
    finished = planner.get(trust.path("Maple"))
    assert "still" not in text_of(finished)
    assert len(soup_of(finished).select("figure")) == 2


def test_themes_are_counted_for_a_unit_with_those_below(
    drawn: Trust, planner: CheckingClient
) -> None:
    for unit in ("Maple", "Surgery", "Trust"):
        soup = soup_of(planner.get(drawn.path(unit)))
        assert cells_of(soup, "How many comments") == [
            ["Read comments: Communication and collaboration", "0", "0", "3"],
            ["Read comments: Recognition and reward", "3", "0", "0"],
            ["Read comments: No theme found", "0", "2", "0"],
        ]
        assert "Communication and collaboration" in soup.select("figure svg")[1].get_text(" ")
        for link in soup.select("main table a"):
            assert planner.get(str(link["href"])).status_code == 200


def test_ballots_set_aside_are_told_at_the_top_only(drawn: Trust, planner: CheckingClient) -> None:
    wave = db.session.get(Wave, drawn.wave_id)
    assert wave is not None
    wave.set_aside = 2
    db.session.commit()
    assert "2 ballots could not be opened" in text_of(planner.get(drawn.path("Trust")))
    assert "could not be opened" not in text_of(planner.get(drawn.path("Maple")))


def test_a_question_that_few_answered_is_not_shown_and_says_so(
    app: Flask, planner: CheckingClient
) -> None:
    made = make_organisation(db.session(), {"Elm": 12})
    wave = waves.open_wave([made.root])
    items = waves.scored_items(wave)
    for n, token in enumerate(waves.tokens_of(wave).values()):
        waves.cast(wave, token, {**dict.fromkeys(items, 4), items[0]: 4 if n < 9 else None})
    waves.close_and_count(wave)
    jobs.draw_charts(wave.id)
    soup = soup_of(planner.get(f"/reports/{wave.id}/units/{made.root}"))
    rows = cells_of(soup, "Score of each question")
    assert rows[0][1:] == ["Not shown", "Not shown", "Not shown", "–"]
    assert rows[1][1] == "80" and rows[1][3] == "90% or more"
    assert SUPPRESSED in soup.get_text(" ")
    assert "1. Leadership" not in soup.select("figure svg")[0].get_text(" ")


def test_the_yearly_survey_shows_its_scales(app: Flask, planner: CheckingClient) -> None:
    made = make_organisation(db.session(), {"Elm": 12})
    wave = waves.open_wave([made.root], questions=("annual_full", "full"))
    waves.cast_for(wave, made.people["Elm"])
    waves.close_and_count(wave)
    jobs.draw_charts(wave.id)
    path = f"/reports/{wave.id}/units/{made.units['Elm']}"
    soup = soup_of(planner.get(path))
    headings = [heading.get_text() for heading in soup.select("h2")]
    assert "Scores of each area" in headings and "Scores of each question" in headings
    areas = [row[0] for row in cells_of(soup, "Score of each area")]
    assert len(areas) == 14 and "Leadership" in areas
    assert '"Scale","Leadership"' in planner.get(f"{path}/scores.csv").text


# ---------------------------------------------------------------- what is not shown (A3)


def _without_marks(answer: TestResponse, unit_id: int) -> str:
    """The body without what differs between any two answers: nonce, form token, address."""
    text = re.sub(r'nonce="[^"]*"|name="csrf_token" value="[^"]*"', "", answer.text)
    return text.replace(f"/units/{unit_id}", "/units/N")


def test_every_reason_for_showing_nothing_looks_the_same(
    drawn: Trust, planner: CheckingClient
) -> None:
    for more in ("", "/scores.csv", "/themes/leadership", "/themes/other"):
        _check_they_look_the_same(drawn, planner, more)


def _check_they_look_the_same(drawn: Trust, planner: CheckingClient, more: str) -> None:
    hidden = [drawn.units[name] for name in ("Nobody", "Three", "Nine", "Willow", "Oak")]
    missing = 987_654_321
    answers = {unit: planner.get(drawn.path(unit, more)) for unit in (*hidden, missing)}
    assert {answer.status_code for answer in answers.values()} == {200}
    bodies = {_without_marks(answer, unit) for unit, answer in answers.items()}
    assert len(bodies) == 1
    (body,) = bodies
    assert SUPPRESSED in body
    assert not any(name in body for name in ("Nobody", "Three", "Nine", "Willow", "Oak"))
    lengths = {answer.content_length for answer in answers.values()}
    assert len(lengths) <= len({len(str(unit)) for unit in answers})


def test_a_shown_unit_without_comments_looks_the_same_whatever_the_reason(
    drawn: Trust, planner: CheckingClient
) -> None:
    """Nobody commented, or too few did and their comments are read further up: no difference."""
    pages = []
    for comments in (0, 3):
        made = make_organisation(db.session(), {f"Elm {comments}": 60})
        elm = made.units[f"Elm {comments}"]
        wave = waves.open_wave([elm])
        people = made.people[f"Elm {comments}"][:12]
        said = dict.fromkeys(people[:comments], "They say thanks.")
        tokens = waves.tokens_of(wave)
        for person in people:
            waves.cast(wave, tokens[person], comment=said.get(person))
        waves.close_and_count(wave)
        read_and_draw(wave.id)
        page = _without_marks(planner.get(f"/reports/{wave.id}/units/{elm}"), elm)
        page = re.sub(r"chart-\w+", "", page).replace(f"Elm {comments}", "Elm")
        page = page.replace(wave.reference, "REFERENCE")
        page = page.replace(f"unit={elm}&amp;wave={wave.id}", "unit=N&amp;wave=N")
        pages.append(page.replace(f"/reports/{wave.id}", "/reports/N"))
        theme = planner.get(f"/reports/{wave.id}/units/{elm}/themes/recognition")
        assert "There are no such comments to read here" in theme.text
    assert pages[0] == pages[1]
    assert SUPPRESSED in pages[0]


# ---------------------------------------------------------------- who may read


def test_another_units_leader_gets_403_everywhere(drawn: Trust, sign_in: SignIn) -> None:
    oak = sign_in(RoleName.LEADER, led_unit_ids=(drawn.units["Oak"],))
    for unit in ("Maple", "Surgery", "Trust", 987_654_321):
        for more in ("", "/scores.csv", "/themes/communication"):
            answer = oak.get(drawn.path(unit, more))
            assert answer.status_code == 403
            assert "handover" not in answer.text and "Spring" not in answer.text
    assert oak.get(drawn.path("Oak")).status_code == 200
    assert readings_audited(db.session()) == [
        ("report_read", {"wave_id": drawn.wave_id, "unit_id": drawn.units["Oak"]})
    ]


def test_only_readers_of_reports_get_in(drawn: Trust, sign_in: SignIn, client: CheckingClient) -> None:
    paths = ("/reports", f"/reports/{drawn.wave_id}", drawn.path("Maple"))
    for role in (RoleName.ADMINISTRATOR, RoleName.COMMENT_REVIEWER):
        other = sign_in(role, led_unit_ids=(drawn.units["Trust"],))
        assert {other.get(path).status_code for path in paths} == {403}
    assert all(client.get(path).status_code in {302, 401} for path in paths)


def test_before_the_count_nobody_reads_anything(drawn: Trust, planner: CheckingClient) -> None:
    paths = (
        f"/reports/{drawn.wave_id}",
        *(drawn.path("Maple", more) for more in ("", "/scores.csv", "/themes/communication")),
    )
    for state in set(WaveState) - {WaveState.COUNTED}:
        wave = db.session.get(Wave, drawn.wave_id)
        assert wave is not None
        wave.state = state
        db.session.commit()
        assert "Spring pulse" not in planner.get("/reports").text
        said = "after the pulse has closed and its answers have been counted"
        if state == WaveState.CANNOT_BE_COUNTED:
            said = "We are sorry"
        for path in paths:
            answer = planner.get(path)
            assert answer.status_code == 403
            assert said in answer.text and "Maple" not in answer.text
    assert readings_audited(db.session()) == []


def test_every_reading_is_audited(drawn: Trust, planner: CheckingClient) -> None:
    where = {"wave_id": drawn.wave_id, "unit_id": drawn.units["Maple"]}
    planner.get("/reports")
    planner.get(f"/reports/{drawn.wave_id}")
    planner.get(drawn.path("Maple"))
    planner.get(drawn.path("Maple"))
    planner.get(drawn.path("Maple", "/themes/feedback?stance=positive"))
    planner.get(drawn.path("Maple", "/scores.csv"))
    assert readings_audited(db.session()) == [
        ("report_read", where),
        ("report_read", where),
        ("comments_read", {**where, "factor": "feedback", "searched": "no"}),
        ("exported", {**where, "format": "csv"}),
    ]


def test_a_report_says_when_only_some_units_were_asked(
    session: Session, planner: CheckingClient
) -> None:
    made = make_organisation(session, {"Maple": 20, "Oak": 20})
    wave = waves.open_wave([made.units["Maple"]])
    waves.cast_for(wave, made.people["Maple"])
    waves.close_and_count(wave)
    words = "Only some of the units below this one were asked"
    assert words in text_of(planner.get(f"/reports/{wave.id}/units/{made.root}"))
    assert words not in text_of(planner.get(f"/reports/{wave.id}/units/{made.units['Maple']}"))
