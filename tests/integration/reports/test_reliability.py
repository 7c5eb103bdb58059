"""Whether questions hang together: on the organisation's report of a yearly survey, nowhere else."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from flask import Flask

from surveyapp.extensions import db
from surveyapp.instruments import services as instruments
from surveyapp.pulses.services import Wave
from surveyapp.reports import jobs
from tests.factories import waves
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.reports import Trust, cells_of, soup_of, text_of
from tests.support.client import CheckingClient

HEADING = "Do the questions of each area hang together?"
NOT_FIT = "These questions do not hang together well enough to be one score: look at each question."
YEARLY = ("annual_full", "full")

#: Its questions are answered at random, those of the others as each person sees the whole area.
AT_RANDOM = "F2"


def answered(wave: Wave, people: Iterable[int], seed: int = 1) -> None:
    draw = random.Random(seed)
    tokens = waves.tokens_of(wave)
    factors = {item.item_id: item.factor for item in wave.items}
    for person in people:
        views: dict[str, int] = {}
        answers: dict[str, int | None] = {}
        for item_id in waves.scored_items(wave):
            view = views.setdefault(factors[item_id], draw.choice([1, 2, 3, 4, 5]))
            felt = draw.randint(1, 5) if factors[item_id] == AT_RANDOM else view + draw.choice([-1, 0, 1])
            answers[item_id] = min(5, max(1, felt))
        waves.cast(wave, tokens[person], answers)


def counted(made: Organisation, people: Iterable[int], questions: tuple[str, str]) -> Trust:
    wave = waves.open_wave([made.root], questions=questions)
    answered(wave, people)
    waves.close_and_count(wave)
    jobs.draw_charts(wave.id)
    return Trust(made, wave.id)


@pytest.fixture
def made(app: Flask) -> Organisation:
    return make_organisation(db.session(), {"Elm": 110, "Ash": 14, "Fir": 12})


def test_a_large_organisation_reads_which_areas_are_one_score_and_no_unit_does(
    made: Organisation, planner: CheckingClient
) -> None:
    trust = counted(made, [*made.people["Elm"], *made.people["Ash"][:8], *made.people["Fir"][:5]], YEARLY)
    library = instruments.load_library()
    names = {code: frame.name for code, frame in library.factors.items()}
    asked_at_random = {library.items[item_id].text for item_id in library.factor_scales[AT_RANDOM]}

    page = soup_of(planner.get(trust.path("Trust")))
    rows = {row[0]: row[1:] for row in cells_of(page, "How well the questions of each area hang together")}
    assert [*rows] == [*names.values()]
    assert rows.pop(names[AT_RANDOM]) == [NOT_FIT, "Under 0.6", "–"]
    assert {row[0] for row in rows.values()} == {"These questions hang together."}
    assert {number for row in rows.values() for number in row[1:]} <= {"0.8", "0.9 or more"}

    # What is no score is one nowhere, and its questions stay.
    elm = soup_of(planner.get(trust.path("Elm")))
    assert HEADING not in elm.get_text() and NOT_FIT not in elm.get_text()
    for soup in (page, elm):
        areas = {row[0] for row in cells_of(soup, "Score of each area, from 0 to 100")}
        assert areas >= {*rows} and names[AT_RANDOM] not in areas
        questions = " ".join(row[0] for row in cells_of(soup, "Score of each question"))
        assert all(text in questions for text in asked_at_random)
    related = {row[0] for row in cells_of(page, "How far each area goes with it")}
    assert related == {*rows}
    beside = soup_of(planner.get(f"/reports/{trust.wave_id}/side-by-side"))
    heads = [head.get_text(strip=True) for head in beside.select("main th[scope=col]")]
    assert {*heads} >= {*rows} and names[AT_RANDOM] not in heads

    figures = planner.get(trust.path("Trust", "/scores.csv")).text
    assert f'"Hangs together","{names[AT_RANDOM]}","Alpha","Under 0.6","{NOT_FIT}"' in figures
    assert f'"Scale","{names[AT_RANDOM]}"' not in figures
    assert "Hangs together" not in planner.get(trust.path("Elm", "/scores.csv")).text

    # What is hidden looks like a unit that does not exist.
    hidden = (made.units["Ash"], made.units["Fir"], 987654)
    pages = {
        str(soup_of(planner.get(trust.path(unit))).main).replace(f"/units/{unit}", "")
        for unit in hidden
    }
    assert len(pages) == 1
    assert len({planner.get(trust.path(unit, "/scores.csv")).data for unit in hidden}) == 1


def test_a_small_organisation_reads_nothing_of_it_and_keeps_its_scores(
    made: Organisation, planner: CheckingClient
) -> None:
    page = soup_of(planner.get(counted(made, made.people["Elm"][:99], YEARLY).path("Trust")))
    assert HEADING not in page.get_text()
    areas = {row[0] for row in cells_of(page, "Score of each area, from 0 to 100")}
    assert instruments.load_library().factors[AT_RANDOM].name in areas


@pytest.mark.parametrize("questions", [waves.MONTHLY, ("quarterly_12", "q1")])
def test_d4_a_pulse_never_speaks_of_it(
    made: Organisation, planner: CheckingClient, questions: tuple[str, str]
) -> None:
    assert HEADING not in text_of(planner.get(counted(made, made.people["Elm"], questions).path("Trust")))
