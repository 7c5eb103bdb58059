"""The pages of units and staff, through the real application and a real database."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import create_user
from surveyapp.extensions import db
from surveyapp.organisation import services
from surveyapp.organisation.models import Person, Unit
from surveyapp.permissions import RoleName

PASSWORD = "four quiet wards at dawn"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return _signed_in(app, RoleName.LEARNING_AND_DEVELOPMENT)


def _signed_in(app: Flask, role: RoleName) -> FlaskClient:
    create_user(
        db.session(),
        email=f"{role}@example.org",
        name="Someone",
        password=PASSWORD,
        roles=[role],
    )
    db.session.commit()
    client = app.test_client()
    token = _token(client.get("/sign-in"))
    answer = client.post(
        "/sign-in",
        data={"email": f"{role}@example.org", "password": PASSWORD, "csrf_token": token},
    )
    assert answer.status_code == 302
    return client


def _token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def _send(
    client: FlaskClient, path: str, form_at: str | None = None, **data: object
) -> TestResponse:
    """Fill in a form as a browser does: with the token of the page it stands on."""
    token = _token(client.get(form_at or path))
    return client.post(path, data={"csrf_token": token, **data})


def _unit(name: str, parent: str | None = "Trust") -> int:
    session = db.session()
    root = services.ensure_root(session, "Trust")
    below = session.scalar(select(Unit.id).where(Unit.name == parent)) or root.id
    unit_id = services.add_unit(session, name=name, parent_id=below).id
    session.commit()
    return unit_id


def _people() -> dict[str, tuple[str, str, str]]:
    db.session.expire_all()
    return {
        p.email: (p.unit.name, p.staff_group, p.status) for p in db.session.scalars(select(Person))
    }


def _audited() -> list[tuple[str, dict[str, object]]]:
    events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    return [(e.action, e.details) for e in events if e.action != "signed_in"]


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.COMMENT_REVIEWER])
@pytest.mark.parametrize(
    "path", ["", "/units/new", "/staff", "/staff/new", "/staff/import", "/staff/import/check"]
)
def test_others_are_refused(app: Flask, role: RoleName, path: str) -> None:
    assert app.test_client().get(f"/organisation{path}").status_code == 302
    assert _signed_in(app, role).get(f"/organisation{path}").status_code == 403


def test_a_form_without_its_token_changes_nothing(client: FlaskClient) -> None:
    answer = client.post("/organisation/units/new", data={"name": "Ward", "parent": "1"})
    assert answer.status_code == 400
    assert db.session.scalar(select(func.count()).where(Unit.name == "Ward")) == 0


def test_units_are_added_renamed_moved_and_deleted(client: FlaskClient) -> None:
    assert "Trust" in client.get("/organisation").text
    root = db.session.scalars(select(Unit.id)).one()
    _send(client, "/organisation/units/new", name="  Surgery ", parent=root)
    surgery = db.session.scalars(select(Unit.id).where(Unit.name == "Surgery")).one()
    _send(client, "/organisation/units/new", name="Ward 4", parent=root)
    ward = db.session.scalars(select(Unit.id).where(Unit.name == "Ward 4")).one()
    _send(client, f"/organisation/units/{ward}", name="Ward 4", parent=surgery)
    _send(client, f"/organisation/units/{ward}", name="Ward 5", parent=surgery)
    db.session.expire_all()
    moved = db.session.get(Unit, ward)
    assert moved is not None and (moved.name, moved.parent_id) == ("Ward 5", surgery)
    _send(client, f"/organisation/units/{ward}/delete")
    assert db.session.scalar(select(Unit.id).where(Unit.id == ward)) is None
    changes = [details["change"] for _, details in _audited()]
    assert changes == ["added", "added", "moved", "renamed", "deleted"]


def test_a_unit_cannot_be_moved_below_itself(client: FlaskClient) -> None:
    surgery = _unit("Surgery")
    ward = _unit("Ward 4", "Surgery")
    page = client.get(f"/organisation/units/{surgery}").text
    assert f'value="{ward}"' not in page
    answer = _send(client, f"/organisation/units/{surgery}", name="Surgery", parent=ward)
    assert "Select a unit that is not this one" in answer.text
    assert "<title>\n    Error: " in answer.text or "Error: Change a unit" in answer.text


def test_a_unit_with_people_or_units_is_kept(client: FlaskClient) -> None:
    surgery = _unit("Surgery")
    _unit("Ward 4", "Surgery")
    answer = _send(client, f"/organisation/units/{surgery}/delete")
    assert "Move or delete the units below this one first" in answer.text
    assert db.session.get(Unit, surgery) is not None


def test_the_organisation_is_renamed_but_neither_moved_nor_deleted(client: FlaskClient) -> None:
    client.get("/organisation")
    root = db.session.scalars(select(Unit.id)).one()
    _send(client, f"/organisation/units/{root}", name="Hospital")
    assert "Hospital" in client.get("/organisation").text
    assert "cannot be deleted" in _send(client, f"/organisation/units/{root}/delete").text


def test_pages_of_what_is_not_there(client: FlaskClient) -> None:
    for path in ("units/99", "units/99/delete", "staff/99", "staff/99/remove"):
        assert client.get(f"/organisation/{path}").status_code == 404


def test_one_person_is_added_changed_and_removed(client: FlaskClient) -> None:
    unit = _unit("Ward 4")
    new = {"unit": unit, "staff_group": "Nursing", "status": "working"}
    _send(client, "/organisation/staff/new", email="Jo@Example.org", **new)
    assert _people() == {"jo@example.org": ("Ward 4", "Nursing", "working")}
    # The known spelling of a staff group stands.
    _send(
        client,
        "/organisation/staff/new",
        email="al@example.org",
        **new | {"staff_group": "nursing"},
    )
    assert _people()["al@example.org"] == ("Ward 4", "Nursing", "working")
    again = _send(client, "/organisation/staff/new", email="jo@example.org", **new)
    assert "already on the staff list" in again.text
    person = db.session.scalars(select(Person.id).where(Person.email == "jo@example.org")).one()
    away = new | {"status": "away"}
    _send(client, f"/organisation/staff/{person}", email="jo@example.org", **away)
    assert _people()["jo@example.org"][2] == "away"
    _send(client, f"/organisation/staff/{person}/remove")
    assert "jo@example.org" not in _people()
    assert "example.org" not in str(_audited())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": ""}, "Enter an e-mail address"),
        ({"email": "jo"}, "like name@example.nhs.uk"),
        ({"unit": []}, "Select a unit from the list"),
        ({"email": "=1+1@example.org"}, "spreadsheet would run it"),
        ({"staff_group": "Nur\u200bsing"}, "hidden character"),
        ({"staff_group": "x" * 81}, "80 characters or fewer"),
        ({"unit": "999"}, "Select a unit from the list"),
        ({"status": ""}, "Select whether this person is working now"),
    ],
)
def test_a_bad_value_is_said_at_its_field(
    client: FlaskClient, change: dict[str, object], says: str
) -> None:
    unit = _unit("Ward 4")
    good = {"email": "jo@example.org", "unit": unit, "staff_group": "Care", "status": "working"}
    answer = _send(client, "/organisation/staff/new", **good | change)
    assert answer.status_code == 200 and says in answer.text
    assert "There is a problem" in answer.text
    assert _people() == {}


def test_the_staff_list_is_paged_filtered_and_searched(client: FlaskClient) -> None:
    near, far = _unit("Near"), _unit("Far")
    db.session.add_all(
        Person(email=f"p{n:03}@example.org", unit_id=near, staff_group="Care") for n in range(60)
    )
    db.session.add(Person(email="x@example.org", unit_id=far, staff_group="Care", status="away"))
    db.session.commit()
    first = client.get("/organisation/staff").text
    assert "61 people" in first and "p024@" in first and "p025@" not in first
    assert "p025@" in client.get("/organisation/staff?page=2").text
    assert "1 person<" in client.get(f"/organisation/staff?unit={far}").text
    assert "60 people" in client.get("/organisation/staff?status=working").text
    assert "Nobody is found" in client.get("/organisation/staff?page=9").text
    found = _send(client, "/organisation/staff", search="P04", unit="", status="")
    assert "10 people" in found.text
    # Only the filters come to stand in a web address, which logs keep.
    filtered = _send(client, "/organisation/staff", search="", unit=far, status="")
    assert filtered.location == f"/organisation/staff?unit={far}"


def test_names_are_text_not_markup(client: FlaskClient) -> None:
    unit = _unit("<img src=x onerror=alert(1)")
    db.session.add(Person(email="a@example.org", unit_id=unit, staff_group="<b class=x"))
    db.session.commit()
    pages = ["", "/staff", "/staff/new", "/staff/1", f"/units/{unit}", f"/units/{unit}/delete"]
    for path in pages:
        page = client.get(f"/organisation{path}").text
        assert "<img src=x" not in page and "<b class=x" not in page, path

