"""Signing in, who may open what, changing access, the audit log and the error pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from surveyapp.accounts.models import AuditEvent, User
from surveyapp.accounts.services import Action, create_user, record_audit
from surveyapp.config import PROJECT_ROOT
from surveyapp.design import day, moment
from surveyapp.design.navigation import PLACES
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import PERMISSIONS_OF, Permission, RoleName, public

PASSWORD = "four quiet wards at dawn"  # noqa: S105 - of people who exist in these tests only

#: Each page of accounts, and what it takes to open it. None is everyone.
ROUTES: dict[str, Permission | None] = {
    "/": None,
    "/privacy": None,
    "/accessibility": None,
    "/access": Permission.MANAGE_ACCESS,
    "/access/new": Permission.MANAGE_ACCESS,
    "/access/1": Permission.MANAGE_ACCESS,
    "/audit-log": Permission.READ_AUDIT,
}

ERROR_PAGES = sorted(path.name for path in (PROJECT_ROOT / "templates" / "errors").iterdir())


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "ORGANISATION_NAME": "Trust <b"}


@pytest.fixture
def app(app: Flask) -> Flask:
    """With two pages more, which fail."""

    @public
    def stumble(code: int) -> str:
        abort(code)

    @public
    def fall() -> str:
        raise RuntimeError("an answer that must not be shown")

    app.add_url_rule("/stumble/<int:code>", view_func=stumble)
    app.add_url_rule("/fall", view_func=fall)
    return app


def person(role: RoleName, *, units: tuple[int, ...] = ()) -> User:
    made = create_user(
        db.session(),
        email=f"{role}@example.org",
        name=ROLE_NAMES[role],
        password=PASSWORD,
        roles=[role],
        led_unit_ids=units,
    )
    db.session.commit()
    return made


ROLE_NAMES = {role: f"Someone <i>{role}" for role in RoleName}


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def send(client: FlaskClient, path: str, **data: object) -> TestResponse:
    return client.post(path, data={"csrf_token": token(client.get(path)), **data})


def signed_in(app: Flask, role: RoleName) -> FlaskClient:
    client = app.test_client()
    answer = send(client, "/sign-in", email=f"{role}@example.org", password=PASSWORD)
    assert answer.status_code == 302
    return client


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    person(RoleName.ADMINISTRATOR)
    return signed_in(app, RoleName.ADMINISTRATOR)


def test_a_session_says_nothing_of_where_it_began(app: Flask, admin: FlaskClient) -> None:
    elsewhere = app.test_client()
    elsewhere.environ_base |= {"REMOTE_ADDR": "192.0.2.7", "HTTP_USER_AGENT": "Another/1.0"}
    send(
        elsewhere,
        "/sign-in",
        email=f"{RoleName.ADMINISTRATOR}@example.org",
        password=PASSWORD,
    )
    assert elsewhere.get("/access").status_code == 200
    with admin.session_transaction() as here, elsewhere.session_transaction() as there:
        differ = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
    assert differ <= {"csrf_token", "fs_cc", "fs_paa", "identity_id"}  # random, times, the person


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_every_page_of_accounts_is_on_the_list(app: Flask) -> None:
    found = {
        re.sub(r"<int:\w+>", "1", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("accounts.")
    }
    assert found == ROUTES.keys()


@pytest.mark.parametrize("path", ROUTES)
def test_signed_out_only_public_pages_open(app: Flask, path: str) -> None:
    person(RoleName.ADMINISTRATOR)
    answer = app.test_client().get(path)
    if ROUTES[path] is None:
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    else:
        assert answer.status_code == 302
        assert "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize("role", RoleName)
def test_each_role_opens_what_it_holds_and_no_more(app: Flask, role: RoleName) -> None:
    person(role)
    client = signed_in(app, role)
    for path, permission in ROUTES.items():
        allowed = permission is None or permission in PERMISSIONS_OF[role]
        assert client.get(path).status_code == (200 if allowed else 403), path
        if permission is not None and not allowed:
            assert client.post(path).status_code in (400, 403, 405), path


@pytest.mark.parametrize("role", RoleName)
def test_menu_and_start_page_lead_only_to_pages_that_open(app: Flask, role: RoleName) -> None:
    person(role)
    client = signed_in(app, role)
    page = client.get("/").text
    menu = re.search(r'<nav class="lp-nav".*?</nav>', page, re.DOTALL)
    assert menu, page
    links = re.findall(r'href="([^"]+)"', menu[0])
    assert links
    for link in links:
        assert page.count(f'href="{link}"') >= 2  # in the menu and on a card
        assert client.get(link).status_code == 200, link


def test_places_of_the_menu_exist_and_ask_for_the_same_permission(app: Flask) -> None:
    features = {endpoint.split(".")[0] for endpoint in app.view_functions}
    for place in PLACES:
        if place.endpoint.split(".")[0] in features:
            view = app.view_functions[place.endpoint]
            assert view.required_permission is place.permission, place  # type: ignore[attr-defined]


def test_names_never_reach_a_page_as_markup(admin: FlaskClient) -> None:
    for path in ("/", "/access", "/access/1", "/audit-log"):
        page = admin.get(path).text
        assert "<i>" not in page
        assert "Trust <b" not in page
        assert "Trust &lt;b" in page


@pytest.mark.parametrize("path", ["/", "/privacy", "/accessibility", "/sign-in"])
def test_public_pages_have_one_title_and_one_h1(app: Flask, path: str) -> None:
    page = app.test_client().get(path).text
    assert page.count("<h1") == 1
    assert re.search(r"<title>[^<]+ – Trust &lt;b – Learning Pulse</title>", page)


def test_wrong_password_gets_an_error_that_does_not_say_which(app: Flask) -> None:
    person(RoleName.LEADER)
    known = send(app.test_client(), "/sign-in", email="leader@example.org", password="no")
    unknown = send(app.test_client(), "/sign-in", email="nobody@example.org", password="no")
    for page in (known, unknown):
        assert "Error: Sign in" in page.text
        assert "Check your e-mail address and password" in page.text
        assert "Cannot" not in page.text


def test_signing_in_and_out_is_audited(app: Flask) -> None:
    person(RoleName.LEADER)
    client = signed_in(app, RoleName.LEADER)
    client.post("/sign-out", data={"csrf_token": token(client.get("/"))})
    assert client.get("/access").status_code == 302
    assert actions() == [Action.SIGNED_IN, Action.SIGNED_OUT]


def test_password_can_be_changed(app: Flask) -> None:
    person(RoleName.LEADER)
    client = signed_in(app, RoleName.LEADER)
    wrong = send(client, "/change-password", password="no")
    assert "There is a problem" in wrong.text
    new = "three brave bicycles sing"
    answer = send(
        client, "/change-password", password=PASSWORD, new_password=new, new_password_confirm=new
    )
    assert answer.status_code == 302
    assert (
        send(app.test_client(), "/sign-in", email="leader@example.org", password=new).status_code
        == 302
    )


def test_giving_access_lets_someone_in_and_is_audited(app: Flask, admin: FlaskClient) -> None:
    unit = organisation.ensure_root(db.session(), "Trust").id
    db.session.commit()
    answer = send(
        admin,
        "/access/new",
        name="Lee",
        email="Leader@Example.org",
        password=PASSWORD,
        roles=["leader"],
        units=[unit],
    )
    assert answer.status_code == 302
    assert "Lee can now sign in." in admin.get("/access").text
    made = db.session.scalars(select(User).where(User.email == "leader@example.org")).one()
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert event.action == Action.ACCESS_GRANTED
    assert event.details == {"user_id": made.id, "roles": ["leader"], "unit_ids": [unit]}
    signed_in(app, RoleName.LEADER)


def test_errors_say_what_to_do_in_the_order_of_the_page(admin: FlaskClient) -> None:
    organisation.ensure_root(db.session(), "Trust")
    db.session.commit()
    page = send(admin, "/access/new", roles=["leader"]).text
    assert "Error: Give access" in page
    summary = re.search(r'class="nhsuk-error-summary".*?</ul>', page, re.DOTALL)
    assert summary
    links = re.findall(r'href="#(\w+)"', summary[0])
    assert links == ["name", "email", "password", "units"]
    places = [page.index(f' id="{link}"') for link in links]
    assert places == sorted(places)


def test_leader_needs_units_and_is_told_when_there_are_none(admin: FlaskClient) -> None:
    page = send(admin, "/access/new", roles=["leader"]).text
    assert 'href="#units"' in page
    assert page.count('id="units"') == 1
    assert "There are no units yet" in page


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("email", "nonsense", "Enter an e-mail address, like name@example.nhs.uk"),
        ("email", "administrator@example.org", "can already sign in"),
        ("password", "short", "Password must be 12 to 128 characters"),
        ("roles", "god", "Select one of the options"),
    ],
)
def test_access_is_refused(admin: FlaskClient, field: str, value: str, error: str) -> None:
    data = {
        "name": "Lee",
        "email": "lee@example.org",
        "password": PASSWORD,
        "roles": ["comment_reviewer"],
        field: value,
    }
    answer = send(admin, "/access/new", **data)
    assert answer.status_code == 200
    assert error in answer.text
    assert Action.ACCESS_GRANTED not in actions()


def test_stopping_access_ends_it_at_once(app: Flask, admin: FlaskClient) -> None:
    other = person(RoleName.COMMENT_REVIEWER)
    client = signed_in(app, RoleName.COMMENT_REVIEWER)
    path = f"/access/{other.id}"
    answer = send(admin, path, name="Someone", roles=["comment_reviewer"])
    assert answer.status_code == 302
    assert "Stopped" in admin.get("/access").text
    assert client.get("/change-password").status_code == 302
    again = send(
        app.test_client(), "/sign-in", email="comment_reviewer@example.org", password=PASSWORD
    )
    assert again.status_code == 200
    assert actions().count(Action.ACCESS_CHANGED) == 1


@pytest.mark.parametrize(
    "data", [{"active": "y", "roles": ["leader"]}, {"roles": ["administrator"]}]
)
def test_administrators_cannot_lock_themselves_out(
    admin: FlaskClient, data: dict[str, object]
) -> None:
    unit = organisation.ensure_root(db.session(), "Trust").id
    db.session.commit()
    answer = send(admin, "/access/1", name="Me", units=[unit], **data)
    assert answer.status_code == 200
    assert "Another administrator" in answer.text
    assert admin.get("/access").status_code == 200


def test_nobody_found_is_not_found(admin: FlaskClient) -> None:
    assert admin.get("/access/999").status_code == 404


def test_audit_log_is_paged_and_filtered(admin: FlaskClient) -> None:
    for wave in range(60):
        record_audit(db.session(), Action.REPORT_READ, actor_id=1, wave_id=wave, unit_id=None)
    db.session.commit()
    first = admin.get("/audit-log").text
    assert "Page 1 of 2" in first
    assert "wave id: 59" in first
    assert "wave id: 0;" not in first
    assert "wave id: 0;" in admin.get("/audit-log?page=2").text
    only = admin.get("/audit-log?action=signed_in").text
    assert "Page 1 of 1" in only
    assert "wave id" not in only
    for odd in ("page=-1", "page=x", "page=99", "action=nonsense"):
        assert admin.get(f"/audit-log?{odd}").status_code == 200


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500, 503, 418, 502])
def test_error_pages_are_plain_whole_pages(app: Flask, code: int) -> None:
    answer = app.test_client().get(f"/stumble/{code}")
    assert answer.status_code == code
    assert answer.text.count("<h1") == 1
    assert '<link rel="stylesheet"' in answer.text


def test_unexpected_error_shows_nothing_of_itself(app: Flask) -> None:
    answer = app.test_client().get("/fall")
    assert answer.status_code == 500
    assert "answer that must not" not in answer.text
    assert "Sorry, there is a problem" in answer.text


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_pages_need_nothing_that_may_have_failed(app: Flask, name: str) -> None:
    with app.test_request_context():
        page = app.jinja_env.get_template(f"errors/{name}").render()
    assert page.count("<h1") == 1
    assert "</html>" in page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # where this is an OperationalError
def test_error_page_answers_when_the_database_does_not(admin: FlaskClient) -> None:
    db.session.execute(text("DROP TABLE user_account"))
    db.session.commit()
    answer = admin.get("/access")
    assert answer.status_code == 503
    assert "try again" in answer.text.lower()


def test_expired_form_is_said_to_be_just_that(app: Flask) -> None:
    answer = app.test_client().post("/sign-in", data={"email": "a", "password": "b"})
    assert answer.status_code == 400
    assert "This page has been open too long" in answer.text


def test_pages_carry_no_inline_code_of_ours(app: Flask) -> None:
    page = app.test_client().get("/sign-in").text
    for tag in re.findall(r"<script[^>]*>", page):
        assert "src=" in tag or "nonce=" in tag
    assert not re.search(r"\sstyle=|\son\w+=", page)


def test_dates_are_written_out_by_the_local_clock() -> None:
    summer = datetime(2026, 7, 31, 23, 5, tzinfo=UTC)
    assert day(summer) == "1 August 2026"
    assert moment(summer) == "1 August 2026 at 12:05am"
    assert moment(datetime(2026, 11, 4, 12, 30, tzinfo=UTC)) == "4 November 2026 at 12:30pm"
