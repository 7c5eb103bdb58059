"""A5, A21: results by staff group and of reporting groups, from the plan to the page."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from surveyapp.ballots.models import Answer, Response, Voucher
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.organisation.models import Person
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import FIRST_GROUP_ID
from surveyapp.pulses.services import Breakdown, Wave
from surveyapp.reports import storage
from tests.conftest import SignIn
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import cast_for, close_and_count, open_wave, scored_items
from tests.support.client import CheckingClient

SIZES = {"Maple": 40, "Oak": 40, "Elm": 40}


@pytest.fixture
def trust(session: Session) -> Organisation:
    """In each unit 20 nurses, 15 porters and 5 clerks."""
    trust = make_organisation(session, SIZES)
    for people in trust.people.values():
        for group, members in (("Porters", people[20:35]), ("Clerks", people[35:])):
            session.execute(update(Person).where(Person.id.in_(members)).values(staff_group=group))
    session.commit()
    return trust


def counted(trust: Organisation, answering: dict[str, int] | None = None, **plan: object) -> Wave:
    """A wave in which the first so many of each unit answer; everyone without `answering`."""
    wave = open_wave([trust.root], **{"breakdown": Breakdown.STAFF_GROUP, **plan})
    for name, people in trust.people.items():
        cast_for(wave, people[: (answering or {}).get(name, len(people))])
    close_and_count(wave)
    read_and_draw(wave.id)
    return wave


def payload(session: Session, wave: Wave) -> dict[str, list[dict[str, object]]]:
    return storage.snapshot(session, wave.id).to_json()


# ---------------------------------------------------------------- staff groups


def test_results_by_staff_group_stand_in_the_organisation_s_report_only(
    session: Session, trust: Organisation, planner: CheckingClient
) -> None:
    wave = counted(trust)
    whole = planner.get(f"/reports/{wave.id}/units/{trust.root}").text
    assert "Results by staff group" in whole
    page = BeautifulSoup(whole, "html5lib")
    assert {"Nursing", "Porters", "Clerks"} <= {
        summary.text.strip() for summary in page.select("details summary")
    }
    assert "About 60 people answered" in page.text and "Groups that are not listed" in page.text
    for unit in trust.units.values():
        part = planner.get(f"/reports/{wave.id}/units/{unit}").text
        assert "staff group" not in part and "Porters" not in part


def test_the_file_holds_the_same_figures_as_the_page(
    session: Session, trust: Organisation, planner: CheckingClient
) -> None:
    wave = counted(trust)
    text = planner.get(f"/reports/{wave.id}/units/{trust.root}/scores.csv").text
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    of_porters = [row for row in rows if row["Unit"] == "Trust: Porters"]
    found = {(row["Name"], row["Measure"]): row["Value"] for row in of_porters}
    group = next(group for group in payload(session, wave)["groups"] if group["name"] == "Porters")
    assert found["", "People who answered"] == str(group["respondents"]) == "45"
    for item in wave.items:
        if item.item_id in scored_items(wave):
            figure = group["items"][item.item_id]  # type: ignore[index]
            assert found[item.text, "Score, 0 to 100"] == figure["score"]["words"]


def test_a_group_that_would_give_few_away_is_not_shown(session: Session, trust: Organisation) -> None:
    """Two clerks answer: the rest of the groups would be theirs."""
    wave = counted(trust, {"Maple": 37, "Oak": 35, "Elm": 35})
    groups = {group["name"] for group in payload(session, wave)["groups"]}
    assert "Clerks" not in groups and len(groups) == 1
    assert len(payload(session, wave)["units"]) == 4


def test_nothing_that_is_kept_knows_of_staff_groups(session: Session, trust: Organisation) -> None:
    """A22: of the breakdown only the organisation's tallies are left."""
    wave = counted(trust)
    assert session.scalar(select(func.count()).select_from(Voucher)) == 0
    for model in (Response, Answer):
        assert not any("group" in column.name for column in model.__table__.columns)
    assert session.scalar(select(func.count()).select_from(Response)) == 120
    assert wave.live_rate_band == 100


def test_vouchers_name_a_staff_group_only_where_results_are_split_by_it(
    session: Session, trust: Organisation
) -> None:
    named = {}
    for breakdown in (Breakdown.NONE, Breakdown.STAFF_GROUP):
        wave = open_wave([trust.root], breakdown=breakdown)
        groups = select(Voucher.staff_group).where(Voucher.wave_id == wave.id)
        named[breakdown] = Counter(session.scalars(groups))
    assert named == {
        Breakdown.NONE: {"": 120},
        Breakdown.STAFF_GROUP: {"Nursing": 60, "Porters": 45, "Clerks": 15},
    }


def test_a_wave_without_a_breakdown_shows_none(
    session: Session, trust: Organisation, planner: CheckingClient
) -> None:
    wave = counted(trust, breakdown=Breakdown.NONE)
    assert payload(session, wave)["groups"] == []
    assert "staff group" not in planner.get(f"/reports/{wave.id}/units/{trust.root}").text


# ---------------------------------------------------------------- reporting groups


@pytest.fixture
def wards(session: Session) -> Organisation:
    return make_organisation(session, {"Ash": 20, "Birch": 20, "Cedar": 20, "Docks": 90})


def test_small_teams_get_results_together(session: Session, wards: Organisation) -> None:
    wave = counted(
        wards,
        {"Ash": 8, "Birch": 7, "Cedar": 6, "Docks": 60},
        breakdown=Breakdown.NONE,
        groups_small_units=True,
    )
    shown = {unit["name"]: unit["respondents"] for unit in payload(session, wave)["units"]}
    assert shown == {"Trust": 80, "Ash, Birch and Cedar": 20, "Docks": 60}
    # What is kept of a person's answers is as fine as what is shown, and no finer.
    assert set(session.scalars(select(Response.unit_id))) == {FIRST_GROUP_ID, wards.units["Docks"]}


def test_a_leader_of_one_team_reads_the_group_and_none_of_the_other_teams(
    session: Session, wards: Organisation, sign_in: SignIn
) -> None:
    wave = counted(
        wards,
        {"Ash": 15, "Birch": 15, "Cedar": 15, "Docks": 60},
        breakdown=Breakdown.NONE,
        groups_small_units=True,
    )
    leader = sign_in(RoleName.LEADER, led_unit_ids=(wards.units["Ash"],))
    page = leader.get(f"/reports/{wave.id}").text
    assert "Ash, Birch and Cedar" in page and "Docks" not in page
    assert leader.get(f"/reports/{wave.id}/units/{FIRST_GROUP_ID}").status_code == 200
    for other in ("Birch", "Cedar", "Docks"):
        answer = leader.get(f"/reports/{wave.id}/units/{wards.units[other]}")
        assert answer.status_code == 403
    assert leader.get(f"/reports/{wave.id}/units/{wards.root}").status_code == 403


def test_groups_of_the_next_wave_are_the_same(session: Session) -> None:
    """Where a fresh proposal would part Ash, which has grown, from the other two: their trend goes on."""
    trust = make_organisation(session, {"Ash": 22, "Birch": 22, "Cedar": 22, "Docks": 90})
    groups = []
    for more in (0, 20):
        session.add_all(
            Person(email=f"new.{n}@staff.example", unit_id=trust.units["Ash"], staff_group="Nursing")
            for n in range(more)
        )
        session.commit()
        wave = open_wave([trust.root], groups_small_units=True)
        groups.append([unit.name for unit in wave.units if unit.unit_id >= FIRST_GROUP_ID])
    assert groups == [["Ash, Birch and Cedar"]] * 2


def test_a_unit_moved_or_renamed_after_the_launch_changes_no_group(
    session: Session, wards: Organisation
) -> None:
    from surveyapp.organisation.models import Unit

    wave = open_wave([wards.root], groups_small_units=True)
    before = sorted((unit.unit_id, unit.parent_id, unit.name) for unit in wave.units)
    session.get_one(Unit, wards.units["Ash"]).parent_id = wards.units["Docks"]
    session.get_one(Unit, wards.units["Birch"]).name = "Beech"
    session.commit()
    session.refresh(wave)
    assert sorted((unit.unit_id, unit.parent_id, unit.name) for unit in wave.units) == before


# ---------------------------------------------------------------- a page on which nothing is shown


def test_a_page_without_results_still_helps(
    session: Session, wards: Organisation, planner: CheckingClient, sign_in: SignIn
) -> None:
    wave = counted(wards, {"Ash": 3, "Birch": 0, "Cedar": 12, "Docks": 60}, breakdown=Breakdown.NONE)
    pages = set()
    for unit in (wards.units["Ash"], wards.units["Birch"], wards.units["Cedar"], 99_999):
        page = planner.get(f"/reports/{wave.id}/units/{unit}").text
        assert f'href="/reports/{wave.id}/units/{wards.root}"' in page
        # Head and foot hold marks that are new with every request.
        main = str(BeautifulSoup(page, "html5lib").select_one("main"))
        pages.add(main.replace(f"/units/{unit}", "/units/N"))
    assert len(pages) == 1
    (page,) = pages
    text = " ".join(BeautifulSoup(page, "html5lib").text.split())
    assert SUPPRESSED in text and "fewer than 10 people answered here, or nobody did" in text
    assert "next to the results of other teams" in text and "this unit was not asked" in text
    assert "show small teams together" in text
    leader = sign_in(RoleName.LEADER, led_unit_ids=(wards.units["Ash"],))
    theirs = leader.get(f"/reports/{wave.id}/units/{wards.units['Ash']}").text
    assert "Ask your learning and development team" in theirs
    assert f'href="/reports/{wave.id}/units/{wards.root}"' not in theirs
