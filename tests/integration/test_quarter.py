"""A10: a quarter on the report of its last month."""

from __future__ import annotations

import csv
import io

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from surveyapp.pulses.services import Wave
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import cast_for, close_and_count, open_wave
from tests.support.client import CheckingClient


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 40, "Oak": 40, "Elm": 40})


def months(trust: Organisation, of_oak: tuple[int, ...], keys: tuple[str, ...]) -> Wave:
    """A counted wave a month in which all of Maple and Elm answer and so many of Oak."""
    for number, key in zip(of_oak, keys, strict=True):
        wave = open_wave([trust.root], questions=("monthly_pulse_5", key))
        cast_for(wave, [*trust.people["Maple"], *trust.people["Elm"], *trust.people["Oak"][:number]])
        close_and_count(wave)
        read_and_draw(wave.id)
    return wave


def rows(client: CheckingClient, wave: Wave, unit: int) -> dict[str, str]:
    """The scores of the quarter's table by area; empty where there is none."""
    page = BeautifulSoup(client.get(f"/reports/{wave.id}/units/{unit}").text, "html5lib")
    tables = [t for t in page.select("table") if "this quarter" in t.caption.text]
    found = tables[0].select("tbody tr") if tables else []
    cells = [[" ".join(cell.stripped_strings) for cell in row.select("th, td")] for row in found]
    # On a phone each cell names its column.
    return {area.removeprefix("Area "): score for area, score, *_ in cells}


def test_the_last_month_shows_the_quarter(trust: Organisation, planner: CheckingClient) -> None:
    wave = months(trust, (40, 40, 40), ("A-1", "A-2", "A-3"))
    shown = rows(planner, wave, trust.units["Oak"])
    assert len(shown) == 7 and not any("Not shown" in score for score in shown.values())
    text = planner.get(f"/reports/{wave.id}/units/{trust.units['Oak']}/scores.csv").text
    file = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    in_file = {
        row["Name"]: row["Value"]
        for row in file
        if row["Part"] == "Quarter" and row["Measure"].startswith("Score")
    }
    assert {area: score.split()[-1] for area, score in shown.items()} == in_file


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("of_oak", [(40, 40, 6), (6, 40, 40)])
def test_a_unit_hidden_in_one_month_has_no_quarter(
    trust: Organisation, planner: CheckingClient, of_oak: tuple[int, ...]
) -> None:
    wave = months(trust, of_oak, ("A-1", "A-2", "A-3"))
    shown = rows(planner, wave, trust.units["Oak"])
    assert all("Not shown" in score for score in shown.values())
    # Elm, hidden beside Oak in that month, has none either; the organisation has.
    assert "Not shown" not in str(rows(planner, wave, trust.root))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("keys", [("A-1", "A-2", "B-3"), ("A-2", "A-3"), ("A-3", "A-1", "A-2")])
def test_months_that_make_no_quarter_show_none(
    trust: Organisation, planner: CheckingClient, keys: tuple[str, ...]
) -> None:
    wave = months(trust, (40,) * len(keys), keys)
    assert rows(planner, wave, trust.root) == {}
