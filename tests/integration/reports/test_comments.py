"""Reports: comments behind a theme, the file of figures, odd addresses, and what reading costs."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from surveyapp.comments import jobs as comment_jobs
from surveyapp.comments.models import Comment
from surveyapp.disclosure.breakdown import ungrouped
from surveyapp.disclosure.snapshot import SUPPRESSED, freeze
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.pulses import services as pulses
from surveyapp.reports import drawing, explorer, jobs, services, storage
from surveyapp.reports.models import WaveChart, WaveThemes
from tests.conftest import SignIn
from tests.factories import waves
from tests.factories.organisation import make_organisation
from tests.factories.reports import (
    COMMENTS,
    StandIn,
    Trust,
    cells_of,
    soup_of,
    text_of,
)
from tests.support.client import CheckingClient

# ---------------------------------------------------------------- comments


def test_comments_are_quoted_with_the_sentence_that_carries_the_theme(
    drawn: Trust, planner: CheckingClient
) -> None:
    answer = planner.get(drawn.path("Maple", "/themes/communication"))
    quotes = soup_of(answer).select("blockquote")
    assert sorted(quote.get_text() for quote in quotes) == sorted(
        text for text in COMMENTS if "handover" in text
    )
    assert {mark.get_text() for mark in soup_of(answer).select("blockquote mark")} == {
        "The handover is too short.",
        "My <b>handover</b> ends late.",
        "They say thanks, and the handover is poor.",
    }
    assert "&lt;b&gt;handover&lt;/b&gt;" in answer.text
    text = text_of(answer)
    assert "computer found the theme" in text and "It can be wrong" in text


def test_comments_stand_beside_no_score_date_or_id(drawn: Trust, planner: CheckingClient) -> None:
    answer = planner.get(drawn.path("Maple", "/themes/communication"))
    main = soup_of(answer).select_one("main")
    assert main is not None
    assert not re.search(r"\b20\d\d\b", main.get_text())
    assert not any(id_ in answer.text for id_ in db.session.scalars(select(Comment.id)))
    assert "people answered" not in answer.text and "Nursing" not in answer.text


def test_uncertain_ones_are_labelled(drawn: Trust, planner: CheckingClient) -> None:
    rows = soup_of(planner.get(drawn.path("Maple", "/themes/recognition"))).select(".lp-comments li")
    labelled = [row.blockquote.get_text() for row in rows if row.blockquote and "Not sure" in row.text]
    assert labelled == ["I am unsure about thanks."]


def test_the_filter_is_made_of_links(drawn: Trust, planner: CheckingClient) -> None:
    path = drawn.path("Maple", "/themes/communication")
    links = soup_of(planner.get(path)).select(".lp-filter a")
    assert [link.get_text() for link in links] == [
        "All comments (3)",
        "Good comments (0)",
        "Mixed comments (0)",
        "Poor comments (3)",
    ]
    for link in links:
        page = soup_of(planner.get(str(link["href"])))
        assert f"({len(page.select('blockquote'))})" in link.get_text()
        (current,) = page.select(".lp-filter a[aria-current]")
        assert current.get_text() == link.get_text()
    odd = soup_of(planner.get(f"{path}?stance=furious&page=99999999999999999999"))
    assert len(odd.select("blockquote")) == 3


def test_many_comments_are_read_page_by_page(
    drawn: Trust, planner: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer, "PAGE", 2)
    path = drawn.path("Maple", "/themes/communication")
    seen = []
    for page in ("", "?page=2", "?page=7"):
        seen.append([q.get_text() for q in soup_of(planner.get(path + page)).select("blockquote")])
    assert [len(texts) for texts in seen] == [2, 1, 1]
    assert seen[1] == seen[2] and not set(seen[0]) & set(seen[1])
    assert "page=2" in planner.get(path).text


def test_comments_without_a_theme_can_be_read_too(drawn: Trust, planner: CheckingClient) -> None:
    page = soup_of(planner.get(drawn.path("Maple", "/themes/other")))
    assert {quote.get_text() for quote in page.select("blockquote")} == set(COMMENTS[5:])
    assert not page.select("blockquote mark")


def test_a_comment_held_back_is_in_no_page(drawn: Trust, planner: CheckingClient) -> None:
    comment = db.session.scalars(select(Comment).where(Comment.text == COMMENTS[5])).one()
    comment.release = "to_review"
    db.session.commit()
    jobs.draw_charts(drawn.wave_id)
    assert "Plain words" not in planner.get(drawn.path("Maple", "/themes/other")).text
    rows = cells_of(soup_of(planner.get(drawn.path("Trust"))), "How many comments")
    assert rows[-1][1:] == ["0", "1", "0"]


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
    table = cells_of(soup_of(planner.get(drawn.path("Maple"))), "Score of each question")
    assert scores == [row[1] for row in table]
    assert ("Communication and collaboration", "Poor comments", "3") in {
        (row["Name"], row["Measure"], row["Value"]) for row in rows
    }
    assert not any("handover" in value for row in rows for value in row.values())


def test_no_name_becomes_a_formula(app: Flask, planner: CheckingClient) -> None:
    made = make_organisation(db.session(), {"Elm": 12})
    wave = waves.open_wave([made.root], title='=HYPERLINK("http://x")')
    waves.cast_for(wave, made.people["Elm"])
    waves.close_and_count(wave)
    rows = _csv(planner.get(f"/reports/{wave.id}/units/{made.root}/scores.csv"))
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
    made = make_organisation(db.session(), {"Elm": 1})
    elm = made.units["Elm"]
    wave = pulses.create_imported_wave(db.session(), title="Old", unit_counts={elm: 60})
    units = pulses.wave_units(db.session(), wave.id)
    counts = {elm: 60}
    snapshot = freeze(
        tree=pulses.tree_of(units),
        names={unit.unit_id: unit.name for unit in units},
        invited=ungrouped(counts),
        respondents=ungrouped(counts),
        items=[],
        scales=[],
        k=10,
    )
    services.keep_snapshot(db.session(), wave.id, snapshot)
    db.session.commit()
    jobs.draw_charts(wave.id)
    assert "Comments only" in planner.get("/reports").text
    soup = soup_of(planner.get(f"/reports/{wave.id}/units/{elm}"))
    text = soup.get_text(" ")
    assert "Score" not in text and "people answered." not in text and "invited" not in text
    assert SUPPRESSED in text
    assert drawing.waves_to_draw(db.session()) == []  # nothing to draw is drawn once


def test_the_sweep_finds_waves_until_all_is_drawn(trust: Trust) -> None:
    assert drawing.waves_to_draw(db.session()) == [trust.wave_id]
    jobs.draw_charts(trust.wave_id)
    assert drawing.waves_to_draw(db.session()) == []  # its comments wait for the model
    comment_jobs.analyse_wave(trust.wave_id, analyser=StandIn())
    assert drawing.waves_to_draw(db.session()) == [trust.wave_id]
    jobs.draw_charts(trust.wave_id)
    assert drawing.waves_to_draw(db.session()) == []
    jobs.draw_charts(trust.wave_id)  # a second run replaces, and adds nothing
    kinds = [chart.kind for chart in db.session.scalars(select(WaveChart))]
    assert sorted(kinds) == sorted(["scores", "themes"] * 3)
    assert len(db.session.scalars(select(WaveThemes)).all()) == 1


def test_two_workers_may_draw_the_same_wave_at_once(app: Flask, drawn: Trust) -> None:
    counts = drawing.count_themes(db.session(), drawn.wave_id)
    db.session.commit()
    problems: list[BaseException] = []

    def keep(mark: str) -> None:
        try:
            with app.app_context():
                for _ in range(5):
                    charts = {(drawn.units["Maple"], kind): mark for kind in ("scores", "themes")}
                    storage.keep_drawing(db.session(), drawn.wave_id, counts, charts)
                    db.session.commit()
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            problems.append(error)

    threads = [threading.Thread(target=keep, args=(f"worker {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    kept = db.session.scalars(select(WaveChart.svg)).all()
    assert len(kept) == 2 and len(set(kept)) == 1


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
    assert not any("answer" in statement for statement in few)
    for _ in range(3):
        waves.close_and_count(waves.open_wave([drawn.units["Trust"]]))
    with _statements() as many:
        leader.get("/reports")
        leader.get(drawn.path("Surgery"))
    assert len(many) == len(few)
