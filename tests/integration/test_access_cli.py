"""`flask --app wsgi access add`: how the first administrator comes to be."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import users
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation


@pytest.fixture
def app(app: Flask) -> Flask:
    """With an organisation of one ward."""
    root = organisation.ensure_root(db.session(), "Trust")
    organisation.add_unit(db.session(), name="Ward 4", parent_id=root.id)
    db.session.commit()
    return app


def test_added_person_can_sign_in_with_the_printed_password(app: Flask) -> None:
    done = app.test_cli_runner().invoke(
        args=["access", "add", "Ada@Example.org", "--name", "Ada", "--role", "administrator", "--json"]
    )
    assert done.exit_code == 0, done.output
    (ada,) = users(db.session())
    assert json.loads(done.stdout)["email"] == ada.email == "ada@example.org"
    assert ada.verify_and_update_password(json.loads(done.stdout)["password"])


def test_leader_gets_the_named_unit_and_the_audit_log_says_so(app: Flask) -> None:
    done = app.test_cli_runner().invoke(
        args=["access", "add", "bo@example.org", "--name", "Bo", "--role", "leader", "--unit", "ward 4"]
    )
    assert done.exit_code == 0, done.output
    (bo,) = users(db.session())
    assert len(bo.led_units) == 1
    event = db.session.scalars(select(AuditEvent)).one()
    assert event.details["unit_ids"] == [bo.led_units[0].unit_id]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["not-an-address", "--role", "administrator"], "Enter an e-mail address"),
        (["a@example.org", "--role", "leader"], "--unit"),
        (["a@example.org", "--role", "leader", "--unit", "Ward 9"], "No single unit"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    app: Flask, arguments: list[str], says: str
) -> None:
    done = app.test_cli_runner().invoke(args=["access", "add", "--name", "A", *arguments])
    assert done.exit_code == 2
    assert says in done.output
    assert not users(db.session())


def test_same_address_twice_is_refused(app: Flask) -> None:
    arguments = ["access", "add", "a@example.org", "--name", "A", "--role", "administrator"]
    assert app.test_cli_runner().invoke(args=arguments).exit_code == 0
    again = app.test_cli_runner().invoke(args=arguments)
    assert again.exit_code == 2
    assert "can already sign in" in again.output
