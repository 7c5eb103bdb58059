"""Units side by side, and one unit over time: the same gate, and the same readers, as a report."""

from __future__ import annotations

from sqlalchemy.orm import Session

from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.permissions import RoleName
from tests.conftest import SignIn
from tests.factories.reports import Trust, cells_of, readings_audited, soup_of, text_of
from tests.support.client import CheckingClient

CAPTION = "Score of each unit"


def test_every_unit_has_a_row_and_what_is_hidden_has_no_number(
    trust: Trust, planner: CheckingClient
) -> None:
    soup = soup_of(planner.get(f"/reports/{trust.wave_id}/side-by-side"))
    rows = {row[0]: row[1:] for row in cells_of(soup, CAPTION)}
    assert len(rows) == 8 and all(len(cells) == 5 for cells in rows.values())
    assert all(cell.isdecimal() or "or" in cell for cell in rows["Maple"])
    for hidden in ("Oak", "Willow", "Nobody", "Three", "Nine"):
        assert set(rows[hidden]) == {"Not shown"}, hidden
    assert SUPPRESSED in soup.get_text()


def test_a_leader_sees_only_what_they_lead(trust: Trust, sign_in: SignIn) -> None:
    leader = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Surgery"],))
    soup = soup_of(leader.get(f"/reports/{trust.wave_id}/side-by-side"))
    assert {row[0] for row in cells_of(soup, CAPTION)} == {"Surgery", "Maple", "Oak", "Willow"}
    stranger = sign_in(RoleName.LEADER)
    assert stranger.get(f"/reports/{trust.wave_id}/side-by-side").status_code == 403
    assert stranger.get("/reports/999/side-by-side").status_code == 403


def test_few_units_are_put_in_no_order(trust: Trust, planner: CheckingClient) -> None:
    page = text_of(planner.get(f"/reports/{trust.wave_id}/side-by-side?by=questions&sort=LEA1"))
    assert "No order is given" in page
    assert planner.get(f"/reports/{trust.wave_id}/side-by-side?by=%00&sort=%F0").status_code == 200


def test_a_unit_is_followed_over_time(second: Trust, planner: CheckingClient) -> None:
    soup = soup_of(planner.get(second.path("Maple", "/trends")))
    tables = soup.select("main table")
    assert tables and all(len(table.select("tbody tr")) == 2 for table in tables)
    assert len(soup.select("main svg")) == len(tables)
    assert [heading.get_text() for heading in soup.select("main h2")][:2] == [
        "Leadership",
        "Communication and collaboration",
    ]


def test_a_hidden_unit_has_no_past_and_looks_like_one_that_does_not_exist(
    second: Trust, planner: CheckingClient
) -> None:
    hidden = [second.units[name] for name in ("Oak", "Willow", "Nobody")]
    pages = {
        str(soup_of(planner.get(second.path(unit, "/trends"))).main).replace(f"/units/{unit}", "")
        for unit in (*hidden, 987654)
    }
    assert len(pages) == 1 and SUPPRESSED in pages.pop()


def test_reading_is_audited(session: Session, second: Trust, planner: CheckingClient) -> None:
    planner.get(second.path("Maple", "/trends"))
    planner.get(f"/reports/{second.wave_id}/side-by-side")
    assert readings_audited(session) == [
        ("report_read", {"wave_id": second.wave_id, "unit_id": second.units["Maple"]}),
        ("units_compared", {"wave_id": second.wave_id}),
    ]
