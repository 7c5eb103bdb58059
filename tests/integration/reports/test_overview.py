"""What stands at the top of a report: what changed, who answered less, what is being done."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from surveyapp.extensions import db
from surveyapp.reports import jobs
from surveyapp.timekeeping import utc_now
from tests.factories import waves
from tests.factories.actions import written
from tests.factories.organisation import make_organisation
from tests.factories.reports import Trust, cells_of, soup_of, text_of
from tests.support.client import CheckingClient


def test_a_first_pulse_has_nothing_to_be_compared_with(drawn: Trust, planner: CheckingClient) -> None:
    page = text_of(planner.get(drawn.path("Maple")))
    assert "There is no earlier pulse to compare this one with yet." in page


def test_a_second_pulse_says_what_changed_and_how_many_comparisons_that_took(
    second: Trust, planner: CheckingClient
) -> None:
    soup = soup_of(planner.get(second.path("Maple")))
    changes = [row[4] for row in cells_of(soup, "Score of each question")]
    month = f"{utc_now() - timedelta(days=30):%B %Y}"
    assert len([words for words in changes if month in words]) == 3  # LEA1, COM1 and LRN1 are anchors
    assert changes[3] == changes[4] == "Asked in turn with other questions, so not compared."
    text = " ".join(soup.get_text(" ").split())
    assert "3 comparisons with earlier pulses were made" in text
    assert "Fewer people answered in" not in text


def test_who_answered_less_is_named_where_that_may_be_shown(
    drawn: Trust, planner: CheckingClient
) -> None:
    page = text_of(planner.get(drawn.path("Surgery")))
    # Maple, 33 of 60, is the one shown unit below Surgery, 49 of 84: no step of 10 points apart.
    assert "Fewer people answered in" not in page


def test_what_is_being_done_stands_beside_it_but_not_on_a_page_that_shows_nothing(
    drawn: Trust, planner: CheckingClient
) -> None:
    for name in ("Maple", "Oak"):
        written(db.session(), drawn.units[name], doing=f"A talk each month for {name}.")
    page = text_of(planner.get(drawn.path("Maple")))
    assert "What is being done about it" in page and "A talk each month for Maple." in page
    assert "A talk each month for Oak" not in page
    assert "What is being done about it" not in text_of(planner.get(drawn.path("Oak")))


def test_what_goes_with_what_is_said_of_a_large_organisation_as_a_whole_only(
    app: Flask, planner: CheckingClient
) -> None:
    made = make_organisation(db.session(), {"Elm": 150, "Ash": 40})
    pages = {}
    for name, people in (("large", made.people["Elm"]), ("small", made.people["Elm"][:90])):
        wave = waves.open_wave([made.root], questions=("annual_full", "full"))
        waves.cast_for(wave, people)
        waves.close_and_count(wave)
        jobs.draw_charts(wave.id)
        pages[name] = soup_of(planner.get(f"/reports/{wave.id}/units/{made.root}"))
        elm = text_of(planner.get(f"/reports/{wave.id}/units/{made.units['Elm']}"))
        assert "What goes with what" not in elm
    rows = cells_of(pages["large"], "How far each area goes with it")
    # Answers drawn at random go with nothing.
    assert len(rows) == 7 and {row[1] for row in rows} == {"Hardly goes with it"}
    assert "does not show what causes what" in pages["large"].get_text()
    assert "What goes with what" not in pages["small"].get_text()
