"""Every address of the application: who may open it, and how it is spelt."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from surveyapp.permissions import (
    PERMISSIONS_OF,
    PUBLIC_ENDPOINTS,
    SIGNED_IN_ENDPOINTS,
    Permission,
    RoleName,
)
from tests.conftest import SignIn
from tests.support.client import CheckingClient

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: All that someone without an account can open, and why. Whoever adds a line answers for it.
PUBLIC = {
    "accounts.accessibility": "the law asks for it to be found",
    "accounts.home": "says what this is, and where to sign in",
    "accounts.privacy": "staff read it before they answer",
    "actions.everyone": "what was published, for everyone to read",
    "ballots.answer": "the link is the permission",
    "ballots.cut_link": "helps with a link that was cut",
    "ballots.thank_you": "the end of answering",
    "ballots.open_link.answer": "anyone who has the open link may answer",
    "ballots.open_link.thank_you": "the end of answering",
    "ballots.open_link.tablet": "where a shared tablet waits",
    "ballots.open_link.tablet_answer": "the same paper on a shared tablet",
    "ballots.open_link.tablet_thank_you": "the end of answering",
    "reminders.ask": "the link is the permission, and stops reminders and nothing else",
    "reminders.stop": "the same, for mail programs too",
    "reports.emails.ask": "the link is the permission, and stops e-mails and nothing else",
    "reports.emails.stop": "the same, for mail programs too",
    "series.planner.calendar_file": "the link is the permission, and says when pulses open and close",
    "operations.health": "whoever watches the servers: says that the process lives",
    "operations.ready": "load balancers: says whether to send people here, or what is missing in one word",
    "operations.metrics": "the token of the settings is the permission; without it there is no such page",
    "privacy.what_we_store": "staff read it before they answer",
    "privacy.your_data": "staff read it before they answer",
    "assets.file": "style sheets and scripts",
    "security.login": "the way in",
}

#: All that anyone with an account can open, whatever their roles.
SIGNED_IN = {"security.change_password", "security.logout"}

#: Routes that a library adds and that we have no use for. They have no permission, so the hook
#: refuses them to everyone.
CLOSED = {"security.verify", "security.static"}

_SEGMENT = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:csv|ics))?|<[^<>]+>)\Z")


def routes(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def is_public(app: Flask, endpoint: str) -> bool:
    view = app.view_functions[endpoint]
    return endpoint in PUBLIC_ENDPOINTS or getattr(view, "is_public", False)


def needs_only_an_account(app: Flask, endpoint: str) -> bool:
    view = app.view_functions[endpoint]
    return endpoint in SIGNED_IN_ENDPOINTS or getattr(view, "signed_in_only", False)


def address(app: Flask, rule: Rule) -> str:
    """The rule with something in the place of each variable."""
    values = {
        name: 1 if isinstance(converter, IntegerConverter) else "x"
        for name, converter in rule._converters.items()
    }
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=None)


def test_exactly_the_listed_routes_are_public(app: Flask) -> None:
    found = {rule.endpoint for rule in routes(app) if is_public(app, rule.endpoint)}
    assert found == set(PUBLIC)


def test_exactly_the_listed_routes_need_only_an_account(app: Flask) -> None:
    found = {rule.endpoint for rule in routes(app) if needs_only_an_account(app, rule.endpoint)}
    assert found == SIGNED_IN


def test_every_other_route_needs_a_permission(app: Flask) -> None:
    bare = {
        rule.endpoint
        for rule in routes(app)
        if not is_public(app, rule.endpoint)
        and not needs_only_an_account(app, rule.endpoint)
        and not isinstance(
            getattr(app.view_functions[rule.endpoint], "required_permission", None), Permission
        )
    }
    assert bare == CLOSED


def test_what_we_have_no_use_for_is_closed_to_everyone(app: Flask, sign_in: SignIn) -> None:
    almighty = sign_in(*RoleName)
    for rule in routes(app):
        if rule.endpoint in CLOSED:
            assert almighty.get(address(app, rule)).status_code == 403, rule.rule


def test_nothing_else_opens_without_signing_in(app: Flask, client: CheckingClient) -> None:
    tried = 0
    for rule in routes(app):
        if is_public(app, rule.endpoint):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address(app, rule), method=method)
            if method == "GET":
                assert answer.status_code == 302, rule.rule
                assert answer.location.startswith("/sign-in"), rule.rule
            else:
                # Without a form token a post does not even come so far.
                assert answer.status_code in {302, 400}, f"{method} {rule.rule}"
            tried += 1
    assert tried > 10


def test_a_route_that_says_nothing_is_refused_even_to_those_who_may_do_everything(
    app: Flask, client: CheckingClient, sign_in: SignIn
) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert client.get("/forgotten").status_code == 302
    answer = sign_in(*RoleName).get("/forgotten")
    assert answer.status_code == 403 and "secret" not in answer.text


def test_every_permission_is_held_by_a_role_and_asked_for_by_a_route(app: Flask) -> None:
    held = frozenset().union(*PERMISSIONS_OF.values())
    assert held == set(Permission)
    asked = {
        getattr(app.view_functions[rule.endpoint], "required_permission", None)
        for rule in routes(app)
    }
    # How far a reader sees, not whether: no route of its own.
    assert set(Permission) - {Permission.READ_ALL_UNITS} <= asked


def test_addresses_are_spelt_with_hyphens(app: Flask) -> None:
    for rule in routes(app):
        segments = [segment for segment in rule.rule.split("/") if segment]
        assert all(_SEGMENT.match(segment) for segment in segments), rule.rule


def test_no_address_is_changed_by_a_get(app: Flask) -> None:
    """A view that answers to GET has a name that sounds like looking."""
    deeds = re.compile(r"\b(delete|remove|close|launch|discard|save|update|send|cast)\b")
    pages_that_ask_first = {"organisation.delete_unit", "organisation.remove_person"}
    found = [
        rule.endpoint
        for rule in routes(app)
        if rule.methods
        and "POST" not in rule.methods
        and deeds.search(rule.endpoint.partition(".")[2].replace("_", " "))
        and rule.endpoint not in pages_that_ask_first
    ]
    assert found == []
