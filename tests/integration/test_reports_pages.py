"""Reports: what a leader may read, the one face of what may not be shown, and who has read it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from nlp.taxonomy import Factor, Flag, Sentiment
from nlp.types import CommentAnalysis as Reading
from nlp.types import FactorFinding
from surveyapp.accounts.models import AuditEvent
from surveyapp.comments import jobs as comment_jobs
from surveyapp.comments.models import Comment
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave, WaveState
from surveyapp.reports import jobs, services
from surveyapp.reports.models import WaveChart, WaveThemes
from surveyapp.timekeeping import utc_now
from tests.conftest import SignIn
from tests.factories import waves
from tests.factories.organisation import Organisation, make_organisation
from tests.support.client import CheckingClient

#: Of the teams below Surgery, Willow is too small and Oak is hidden lest Willow be found by
#: subtraction. The others are too small for themselves, but not together.
INVITED = {
    "Surgery > Maple": 60,
    "Surgery > Oak": 12,
    "Surgery > Willow": 12,
    "Nobody": 12,
    "Three": 12,
    "Nine": 12,
}
ANSWERED = {"Maple": 33, "Oak": 12, "Willow": 4, "Nobody": 0, "Three": 3, "Nine": 9}

#: From the first people of Maple.
COMMENTS = (
    "Long shifts. The handover is too short. We need more time.",
    "My <b>handover</b> ends late.",
    "They say thanks after each list.",
    "They say thanks, and the handover is poor.",
    "I am unsure about thanks.",
    "Plain words of no theme.",
    "More plain words.",
)


class StandIn:
    """Finds 'handover' (poor) and 'thanks' (good), with the sentence round each."""

    def analyse(self, texts: Iterable[str], *, batch_size: int = 64) -> Iterator[Reading]:
        for text in texts:
            found = [
                FactorFinding(factor, 0.9, sentiment, 0.8, *_sentence(text, word))
                for word, factor, sentiment in (
                    ("handover", Factor.COMMUNICATION, Sentiment.NEGATIVE),
                    ("thanks", Factor.RECOGNITION, Sentiment.POSITIVE),
                )
                if word in text
            ]
            flags = (Flag.NEEDS_PERSON,) if "unsure" in text else ()
            yield Reading(text, (), tuple(found), Sentiment.NEUTRAL_MIXED, 0.8, flags, "stand-in-1")


def _sentence(text: str, word: str) -> tuple[int, int]:
    start = text.rfind(". ", 0, text.index(word))
    start = 0 if start < 0 else start + 2
    return start, text.index(".", text.index(word)) + 1


@dataclass(frozen=True, slots=True)
class Trust:
    organisation: Organisation
    wave_id: int

    def path(self, unit: str | int, more: str = "") -> str:
        unit_id = unit if isinstance(unit, int) else self.units[unit]
        return f"/reports/{self.wave_id}/units/{unit_id}{more}"

    @property
    def units(self) -> dict[str, int]:
        return {**self.organisation.units, "Trust": self.organisation.root}


@pytest.fixture
def trust(app: Flask) -> Trust:
    """A counted wave whose comments wait for the model."""
    organisation = make_organisation(db.session(), INVITED)
    surgery = next(
        unit_id
        for unit_id, _, name in services.pulses.organisation.frozen_tree(db.session())
        if name == "Surgery"
    )
    organisation = Organisation(
        organisation.root, {**organisation.units, "Surgery": surgery}, organisation.people
    )
    wave = waves.open_wave([organisation.root])
    said = dict(zip(organisation.people["Maple"], COMMENTS, strict=False))
    answering = [
        person for unit, n in ANSWERED.items() for person in organisation.people[unit][:n]
    ]
    waves.cast_for(wave, answering, comment=said.get)
    waves.close_and_count(wave)
    return Trust(organisation, wave.id)


@pytest.fixture
def drawn(trust: Trust) -> Trust:
    """The same when the workers have done all of their work."""
    _read_and_draw(trust.wave_id)
    return trust


@pytest.fixture
def planner(sign_in: SignIn) -> CheckingClient:
    """Someone who reads all units."""
    return sign_in(RoleName.LEARNING_AND_DEVELOPMENT)


def _read_and_draw(wave_id: int) -> None:
    comment_jobs.analyse_wave(wave_id, analyser=StandIn())
    jobs.draw_charts(wave_id)


def _soup(answer: TestResponse) -> BeautifulSoup:
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html5lib")


def _text(answer: TestResponse) -> str:
    return " ".join(_soup(answer).get_text(" ").split())


def _cells(soup: BeautifulSoup, caption: str) -> list[list[str]]:
    """The body of the table whose caption starts so, without the headings phones get."""
    (table,) = (t for t in soup.select("table") if t.caption and caption in t.caption.get_text())
    for repeated in table.select(".nhsuk-table__heading"):
        repeated.decompose()
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")]
        for row in table.select("tbody tr")
    ]


def _events() -> list[tuple[str, dict[str, object]]]:
    db.session.expire_all()
    found = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    reading = {"report_read", "comments_read", "exported"}
    return [(event.action, event.details) for event in found if event.action in reading]


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
    links = _soup(planner.get("/reports")).select("main li a")
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
    rows = _soup(leader.get(f"/reports/{trust.wave_id}")).select(".lp-tree li")
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
    move = services.pulses.organisation.change_unit
    move(db.session(), trust.units["Oak"], name="Oak tree", parent_id=trust.units["Nine"])
    db.session.commit()
    surgery = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Surgery"],))
    assert "Oak" in _text(surgery.get(f"/reports/{trust.wave_id}"))
    assert "Oak tree" not in _text(surgery.get(f"/reports/{trust.wave_id}"))
    nine = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Nine"],))
    assert nine.get(trust.path("Oak")).status_code == 403


# ---------------------------------------------------------------- the report


def test_the_report_gives_rounded_figures_in_a_table_beside_the_chart(
    drawn: Trust, planner: CheckingClient
) -> None:
    soup = _soup(planner.get(drawn.path("Maple")))
    heading = soup.select_one("h1")
    assert heading is not None and heading.get_text(strip=True) == "Spring pulse:Maple"
    text = " ".join(soup.get_text(" ").split())
    assert "About 35 people answered. That is about 55% of those who were invited." in text
    assert "33" not in text
    assert soup.select_one("details summary") is not None and "How scores work" in text
    rows = _cells(soup, "Score of each question")
    assert len(rows) == 5
    question, shown, precision, favourable = rows[0]
    assert question == "1. My manager shows that they keep learning too. Leadership"
    assert re.fullmatch(r"\d\d", shown)
    assert precision.endswith("This covers chance only, not who chose to reply.")
    assert re.fullmatch(r"\d+%( or (more|less))?", favourable)
    score = services.report_for(
        db.session(), services.Reader(0, True, frozenset()), drawn.wave_id, drawn.units["Maple"]
    )
    assert score.questions[0].figure is not None
    drawing = soup.select("figure svg")[0].get_text(" ")
    assert f"1. Leadership: {score.questions[0].figure.score.words}" in drawing
    assert f"1. Leadership: {shown}" in drawing


def test_from_thirty_answers_on_the_answers_are_told_apart(
    drawn: Trust, planner: CheckingClient
) -> None:
    shares = _cells(_soup(planner.get(drawn.path("Maple"))), "Answers to question 1")
    assert shares[0][0].startswith("Strongly agree") or "agree" in shares[0][0]
    assert all(int(share.removesuffix("%")) % 5 == 0 for _, share in shares)


def test_a_small_unit_gets_no_split_and_a_word_of_caution(
    app: Flask, planner: CheckingClient
) -> None:
    organisation = make_organisation(db.session(), {"Elm": 60})
    wave = waves.open_wave([organisation.root])
    waves.cast_for(wave, organisation.people["Elm"][:11])
    waves.close_and_count(wave)
    text = _text(planner.get(f"/reports/{wave.id}/units/{organisation.units['Elm']}"))
    assert "About 10 people answered" in text
    assert "only indicative" in text and "about 31 points" in text
    assert "How people answered" not in text
    assert "points higher or lower" in text


def test_a_page_says_when_charts_and_comments_are_not_ready(
    trust: Trust, planner: CheckingClient
) -> None:
    unfinished = planner.get(trust.path("Maple"))
    assert "still drawing its charts and reading its comments" in unfinished.text
    assert not _soup(unfinished).select("figure")
    assert _cells(_soup(unfinished), "Score of each question")  # the scores themselves are there
    jobs.draw_charts(trust.wave_id)
    half = planner.get(trust.path("Maple"))
    assert "still reading the comments" in half.text
    assert len(_soup(half).select("figure")) == 1
    _read_and_draw(trust.wave_id)
    finished = planner.get(trust.path("Maple"))
    assert "still" not in _text(finished)
    assert len(_soup(finished).select("figure")) == 2


def test_themes_are_counted_for_a_unit_with_those_below(
    drawn: Trust, planner: CheckingClient
) -> None:
    for unit in ("Maple", "Surgery", "Trust"):
        soup = _soup(planner.get(drawn.path(unit)))
        assert _cells(soup, "How many comments") == [
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
    assert "2 ballots could not be opened" in _text(planner.get(drawn.path("Trust")))
    assert "could not be opened" not in _text(planner.get(drawn.path("Maple")))


def test_a_question_that_few_answered_is_not_shown_and_says_so(
    app: Flask, planner: CheckingClient
) -> None:
    organisation = make_organisation(db.session(), {"Elm": 12})
    wave = waves.open_wave([organisation.root])
    items = waves.scored_items(wave)
    for n, token in enumerate(waves.tokens_of(wave).values()):
        waves.cast(wave, token, {**dict.fromkeys(items, 4), items[0]: 4 if n < 9 else None})
    waves.close_and_count(wave)
    jobs.draw_charts(wave.id)
    soup = _soup(planner.get(f"/reports/{wave.id}/units/{organisation.root}"))
    rows = _cells(soup, "Score of each question")
    assert rows[0][1:] == ["Not shown", "Not shown", "Not shown"]
    assert rows[1][1] == "80" and rows[1][3] == "90% or more"
    assert SUPPRESSED in soup.get_text(" ")
    assert "1. Leadership" not in soup.select("figure svg")[0].get_text(" ")


def test_the_yearly_survey_shows_its_scales(app: Flask, planner: CheckingClient) -> None:
    organisation = make_organisation(db.session(), {"Elm": 12})
    wave = waves.open_wave([organisation.root], questions=("annual_full", "full"))
    waves.cast_for(wave, organisation.people["Elm"])
    waves.close_and_count(wave)
    jobs.draw_charts(wave.id)
    path = f"/reports/{wave.id}/units/{organisation.units['Elm']}"
    soup = _soup(planner.get(path))
    headings = [heading.get_text() for heading in soup.select("h2")]
    assert "Scores of each area" in headings and "Scores of each question" in headings
    areas = [row[0] for row in _cells(soup, "Score of each area")]
    assert len(areas) == 14 and "Leadership" in areas
    assert "Scale" in {row["Part"] for row in _csv(planner.get(f"{path}/scores.csv"))}


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
        organisation = make_organisation(db.session(), {f"Elm {comments}": 60})
        elm = organisation.units[f"Elm {comments}"]
        wave = waves.open_wave([elm])
        people = organisation.people[f"Elm {comments}"][:12]
        said = dict.fromkeys(people[:comments], "They say thanks.")
        tokens = waves.tokens_of(wave)
        for person in people:
            waves.cast(wave, tokens[person], comment=said.get(person))
        waves.close_and_count(wave)
        _read_and_draw(wave.id)
        page = _without_marks(planner.get(f"/reports/{wave.id}/units/{elm}"), elm)
        page = re.sub(r"chart-\w+", "", page).replace(f"Elm {comments}", "Elm")
        pages.append(page.replace(f"/reports/{wave.id}", "/reports/N"))
        theme = planner.get(f"/reports/{wave.id}/units/{elm}/themes/recognition")
        assert "There are no such comments to read here" in theme.text
    assert pages[0] == pages[1]
    assert SUPPRESSED in pages[0]


# ---------------------------------------------------------------- comments


def test_comments_are_quoted_with_the_sentence_that_carries_the_theme(
    drawn: Trust, planner: CheckingClient
) -> None:
    answer = planner.get(drawn.path("Maple", "/themes/communication"))
    quotes = _soup(answer).select("blockquote")
    assert sorted(quote.get_text() for quote in quotes) == sorted(
        text for text in COMMENTS if "handover" in text
    )
    assert {mark.get_text() for mark in _soup(answer).select("blockquote mark")} == {
        "The handover is too short.",
        "My <b>handover</b> ends late.",
        "They say thanks, and the handover is poor.",
    }
    assert "&lt;b&gt;handover&lt;/b&gt;" in answer.text
    text = _text(answer)
    assert "computer found the theme" in text and "It can be wrong" in text


def test_comments_stand_beside_no_score_date_or_id(drawn: Trust, planner: CheckingClient) -> None:
    answer = planner.get(drawn.path("Maple", "/themes/communication"))
    main = _soup(answer).select_one("main")
    assert main is not None
    assert not re.search(r"\b20\d\d\b", main.get_text())
    assert not any(id_ in answer.text for id_ in db.session.scalars(select(Comment.id)))
    assert "About 35" not in answer.text and "Nursing" not in answer.text


def test_uncertain_ones_are_labelled(drawn: Trust, planner: CheckingClient) -> None:
    rows = _soup(planner.get(drawn.path("Maple", "/themes/recognition"))).select(".lp-comments li")
    labelled = [row.blockquote.get_text() for row in rows if row.blockquote and "Not sure" in row.text]
    assert labelled == ["I am unsure about thanks."]


def test_the_filter_is_made_of_links(drawn: Trust, planner: CheckingClient) -> None:
    path = drawn.path("Maple", "/themes/communication")
    links = _soup(planner.get(path)).select(".lp-filter a")
    assert [link.get_text() for link in links] == [
        "All comments (3)",
        "Good comments (0)",
        "Mixed comments (0)",
        "Poor comments (3)",
    ]
    for link in links:
        page = _soup(planner.get(str(link["href"])))
        assert f"({len(page.select('blockquote'))})" in link.get_text()
        (current,) = page.select(".lp-filter a[aria-current]")
        assert current.get_text() == link.get_text()
    odd = _soup(planner.get(f"{path}?stance=furious&page=99999999999999999999"))
    assert len(odd.select("blockquote")) == 3


def test_many_comments_are_read_page_by_page(
    drawn: Trust, planner: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "PAGE", 2)
    path = drawn.path("Maple", "/themes/communication")
    seen = []
    for page in ("", "?page=2", "?page=7"):
        seen.append([q.get_text() for q in _soup(planner.get(path + page)).select("blockquote")])
    assert [len(texts) for texts in seen] == [2, 1, 1]
    assert seen[1] == seen[2] and not set(seen[0]) & set(seen[1])
    assert "page=2" in planner.get(path).text


def test_comments_without_a_theme_can_be_read_too(drawn: Trust, planner: CheckingClient) -> None:
    page = _soup(planner.get(drawn.path("Maple", "/themes/other")))
    assert {quote.get_text() for quote in page.select("blockquote")} == set(COMMENTS[5:])
    assert not page.select("blockquote mark")


def test_a_comment_held_back_is_in_no_page(drawn: Trust, planner: CheckingClient) -> None:
    comment = db.session.scalars(select(Comment).where(Comment.text == COMMENTS[5])).one()
    comment.release = "to_review"
    db.session.commit()
    jobs.draw_charts(drawn.wave_id)
    assert "Plain words" not in planner.get(drawn.path("Maple", "/themes/other")).text
    rows = _cells(_soup(planner.get(drawn.path("Trust"))), "How many comments")
    assert rows[-1][1:] == ["0", "1", "0"]


# ---------------------------------------------------------------- who may read


def test_another_units_leader_gets_403_everywhere(drawn: Trust, sign_in: SignIn) -> None:
    oak = sign_in(RoleName.LEADER, led_unit_ids=(drawn.units["Oak"],))
    for unit in ("Maple", "Surgery", "Trust", 987_654_321):
        for more in ("", "/scores.csv", "/themes/communication"):
            answer = oak.get(drawn.path(unit, more))
            assert answer.status_code == 403
            assert "handover" not in answer.text and "Spring" not in answer.text
    assert oak.get(drawn.path("Oak")).status_code == 200
    assert _events() == [
        ("report_read", {"wave_id": drawn.wave_id, "unit_id": drawn.units["Oak"]})
    ]


def test_only_readers_of_reports_get_in(drawn: Trust, sign_in: SignIn, client: CheckingClient) -> None:
    paths = ("/reports", f"/reports/{drawn.wave_id}", drawn.path("Maple"))
    for role in (RoleName.ADMINISTRATOR, RoleName.COMMENT_REVIEWER):
        other = sign_in(role, led_unit_ids=(drawn.organisation.root,))
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
    assert _events() == []


def test_every_reading_is_audited(drawn: Trust, planner: CheckingClient) -> None:
    where = {"wave_id": drawn.wave_id, "unit_id": drawn.units["Maple"]}
    planner.get("/reports")
    planner.get(f"/reports/{drawn.wave_id}")
    planner.get(drawn.path("Maple"))
    planner.get(drawn.path("Maple"))
    planner.get(drawn.path("Maple", "/themes/feedback?stance=positive"))
    planner.get(drawn.path("Maple", "/scores.csv"))
    assert _events() == [
        ("report_read", where),
        ("report_read", where),
        ("comments_read", {**where, "factor": "feedback"}),
        ("exported", {**where, "format": "csv"}),
    ]


# ---------------------------------------------------------------- the file


def _csv(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_the_file_holds_what_the_page_shows_and_is_not_kept(
    drawn: Trust, planner: CheckingClient
) -> None:
    answer = planner.get(drawn.path("Maple", "/scores.csv"))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    rows = _csv(answer)
    scores = [row["Value"] for row in rows if row["Measure"] == "Score, 0 to 100"]
    table = _cells(_soup(planner.get(drawn.path("Maple"))), "Score of each question")
    assert scores == [row[1] for row in table]
    assert ("Communication and collaboration", "Poor comments", "3") in {
        (row["Name"], row["Measure"], row["Value"]) for row in rows
    }
    assert not any("handover" in value for row in rows for value in row.values())


def test_no_name_becomes_a_formula(app: Flask, planner: CheckingClient) -> None:
    organisation = make_organisation(db.session(), {"Elm": 12})
    wave = waves.open_wave([organisation.root], title='=HYPERLINK("http://x")')
    waves.cast_for(wave, organisation.people["Elm"])
    waves.close_and_count(wave)
    rows = _csv(planner.get(f"/reports/{wave.id}/units/{organisation.root}/scores.csv"))
    assert {row["Pulse"] for row in rows} == {"'=HYPERLINK(\"http://x\")"}


# ---------------------------------------------------------------- odd addresses, imports, cost

ODD_IDS = ("0", "-1", "1.5", "x", "999999999", "1000000000", str(2**63), "9" * 5000, "%00", "٣", "'")


def test_no_address_breaks_a_page(drawn: Trust, planner: CheckingClient) -> None:
    for odd in ODD_IDS:
        for path in _odd_addresses(drawn, odd):
            assert planner.get(path).status_code in {200, 403, 404}, path[:80]
        assert planner.get(drawn.path("Maple", f"/themes/{odd}")).status_code == 404


def _odd_addresses(drawn: Trust, odd: str) -> tuple[str, ...]:
    return (
        f"/reports/{odd}",
        f"/reports/{odd}/units/1",
        f"/reports/{odd}/units/1/themes/leadership",
        f"/reports/{odd}/units/{odd}/scores.csv",
        f"/reports/{drawn.wave_id}/units/{odd}",
        f"/reports/{drawn.wave_id}/units/{odd}/scores.csv",
        f"/reports/{drawn.wave_id}/units/{odd}/themes/leadership",
        drawn.path("Maple", f"/themes/{odd}"),
        drawn.path("Maple", f"/themes/leadership?stance={odd}&page={odd}"),
    )


def test_imported_comments_have_no_scores(app: Flask, planner: CheckingClient) -> None:
    organisation = make_organisation(db.session(), {"Elm": 1})
    elm = organisation.units["Elm"]
    wave = services.pulses.create_imported_wave(db.session(), title="Old", unit_counts={elm: 60})
    tree, names = services._tree(db.session(), wave.id)
    counts = {elm: 60}
    services.freeze_wave(
        db.session(),
        wave.id,
        tree=tree,
        names=names,
        invited=counts,
        respondents=counts,
        items=[],
        scales=[],
        k=10,
    )
    db.session.commit()
    jobs.draw_charts(wave.id)
    assert "Comments only" in planner.get("/reports").text
    soup = _soup(planner.get(f"/reports/{wave.id}/units/{elm}"))
    text = soup.get_text(" ")
    assert "Score" not in text and "people answered." not in text and "invited" not in text
    assert SUPPRESSED in text
    assert services.waves_to_draw(db.session()) == []  # nothing to draw is drawn once


def test_the_sweep_finds_waves_until_all_is_drawn(trust: Trust) -> None:
    assert services.waves_to_draw(db.session()) == [trust.wave_id]
    jobs.draw_charts(trust.wave_id)
    assert services.waves_to_draw(db.session()) == []  # its comments wait for the model
    comment_jobs.analyse_wave(trust.wave_id, analyser=StandIn())
    assert services.waves_to_draw(db.session()) == [trust.wave_id]
    jobs.draw_charts(trust.wave_id)
    assert services.waves_to_draw(db.session()) == []
    jobs.draw_charts(trust.wave_id)  # a second run replaces, and adds nothing
    kinds = [chart.kind for chart in db.session.scalars(select(WaveChart))]
    assert sorted(kinds) == sorted(["scores", "themes"] * 3)
    assert len(db.session.scalars(select(WaveThemes)).all()) == 1


@contextmanager
def _statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_report_costs_the_same_however_many_comments_and_waves_there_are(
    drawn: Trust, sign_in: SignIn
) -> None:
    leader = sign_in(RoleName.LEADER, led_unit_ids=(drawn.units["Surgery"],))
    leader.get("/reports")
    with _statements() as few:
        leader.get("/reports")
        leader.get(drawn.path("Surgery"))
    assert not any(" comment" in statement or "answer" in statement for statement in few)
    for _ in range(3):
        waves.close_and_count(waves.open_wave([drawn.organisation.root]))
    with _statements() as many:
        leader.get("/reports")
        leader.get(drawn.path("Surgery"))
    assert len(many) == len(few)
