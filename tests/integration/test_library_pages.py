"""The pages of the question library."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from surveyapp.accounts.services import create_user
from surveyapp.extensions import db
from surveyapp.instruments.services import load_library
from surveyapp.permissions import RoleName

PASSWORD = "four quiet wards at dawn"


def _signed_in(app: Flask, role: RoleName) -> FlaskClient:
    with app.app_context():
        create_user(db.session(), email="a@example.org", name="A", password=PASSWORD, roles=[role])
        db.session.commit()
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)
    assert token
    client.post(
        "/sign-in",
        data={"email": "a@example.org", "password": PASSWORD, "csrf_token": token[1]},
    )
    return client


def test_comment_reviewers_have_no_use_for_it(app: Flask) -> None:
    assert app.test_client().get("/library").status_code == 302
    assert _signed_in(app, RoleName.COMMENT_REVIEWER).get("/library").status_code == 403


def test_browse_by_frame(app: Flask) -> None:
    client = _signed_in(app, RoleName.LEADER)
    assert "61 questions" in client.get("/library").text
    assert "10 questions" in client.get("/library?factor=F5").text
    assert "No question stands in all of these" in client.get("/library?cipd=C4&hee=H2").text
    # A code from nowhere is no error: it narrows nothing.
    assert "61 questions" in client.get("/library?factor=F99&cipd=%3Cb%3E").text


def test_each_question_has_a_page_with_what_may_be_claimed(app: Flask) -> None:
    client = _signed_in(app, RoleName.LEADER)
    for item in load_library().items.values():
        page = client.get(f"/library/{item.id}")
        assert page.status_code == 200
        assert "informed by CIPD (2020) and the HEE Quality Framework" in page.text
        assert "validated" not in page.text
    assert client.get("/library/LEA99").status_code == 404


def test_the_menu_marks_the_page_and_on_pages_below_it_the_section(app: Flask) -> None:
    client = _signed_in(app, RoleName.ADMINISTRATOR)
    for path, mark, name in [
        ("/library", "page", "Questions"),
        ("/library/LEA1", "true", "Questions"),
        ("/organisation", "page", "Units"),
        ("/organisation/staff", "page", "Staff"),
        ("/organisation/staff/new", "true", "Staff"),
        ("/organisation/units/new", "true", "Units"),
    ]:
        found = re.findall(r'aria-current="(\w+)">([^<]+)</a>', client.get(path).text)
        assert found == [(mark, name)], path
    assert "aria-current" not in client.get("/").text
