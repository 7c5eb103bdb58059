"""The pages of review, and what no other page shows."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import url_for_security
from sqlalchemy import select
from werkzeug.test import TestResponse

from nlp.taxonomy import Factor
from surveyapp.accounts.services import create_user
from surveyapp.comments import review
from surveyapp.comments.models import Comment, Release
from surveyapp.comments.review import Decision
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from tests.factories.two_wards import PASSWORD, TwoWards, reviewer, reviewing_user


def _sign_in(app: Flask, *unit_ids: int) -> FlaskClient:
    reviewing_user(*unit_ids)
    return _signed_in(app, f"reviewer{len(unit_ids)}.{sum(unit_ids)}@example.org")


def _signed_in(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    with app.test_request_context():
        address = url_for_security("login")
    answer = _post(client, address, address, email=email, password=PASSWORD)
    assert answer.status_code == 302
    return client


def _post(client: FlaskClient, page: str, address: str, **data: str) -> TestResponse:
    """Post what the form on `page` would, with its token: no test turns the protection off."""
    html = client.get(page, follow_redirects=True).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    return client.post(address, data={**data, "csrf_token": token[1] if token else ""})


def test_the_queue_shows_text_but_no_unit(app: Flask, world: TwoWards) -> None:
    world.put(world.small, "<b>words</b> of someone")
    world.analyse()
    page = _sign_in(app).get("/review")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "&lt;b&gt;words&lt;/b&gt; of someone" in html
    assert "Spring" in html and "Small" not in html


def test_deciding_and_editing_on_the_pages(app: Flask, world: TwoWards) -> None:
    world.put(world.small, "Jo shortens handover")
    world.analyse()
    client = _sign_in(app)
    address = f"/review/{world.one().id}"
    assert client.post(address, data={"decision": "release"}).status_code == 400  # no token
    for odd in ({"decision": "nonsense"}, {"decision": "release", "taken_out": "x" * 5000}):
        assert _post(client, "/review", address, **odd).status_code == 400
    for odd in ("-1", "2", "99999999999"):
        _post(client, "/review", address, decision="release", taken_out=odd)
    assert world.released() == []
    assert _post(client, "/review", address, decision="release", taken_out="0").status_code == 302
    assert world.released() == ["[name] [removed] handover"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").get_data(as_text=True))
    late = {"decision": "withhold", "csrf_token": token[1] if token else ""}
    assert client.post(address, data=late).status_code == 302
    assert world.released() == ["[name] [removed] handover"]


def test_a_reviewer_in_the_line_gets_nothing_from_the_pages(
    app: Flask, world: TwoWards
) -> None:
    world.put(world.small, "words nobody here may see")
    world.analyse()
    client = _sign_in(app, world.small)
    address = f"/review/{world.one().id}"
    for page in (
        client.get("/review"),
        client.get(f"/review?after={'0' * 32}"),
        _post(client, "/review", address, decision="release"),
        client.get("/review"),
    ):
        assert "words nobody here" not in page.get_data(as_text=True)
    assert world.released() == []


def test_review_pages_are_for_reviewers(app: Flask, world: TwoWards) -> None:
    assert app.test_client().get("/review").status_code in {302, 401}
    create_user(
        db.session(),
        email="lead@example.org",
        name="L",
        password=PASSWORD,
        roles=[RoleName.LEADER, RoleName.LEARNING_AND_DEVELOPMENT, RoleName.ADMINISTRATOR],
    )
    db.session.commit()
    client = _signed_in(app, "lead@example.org")
    assert client.get("/review").status_code == 403


def test_no_other_route_shows_what_is_not_released(app: Flask, world: TwoWards) -> None:
    world.put(world.small, *(f"zebra to review handover {n}" for n in range(12)))
    world.put(None, "zebra nowhere handover")
    world.analyse()
    review.review(
        db.session(),
        db.session.scalars(select(Comment.id).where(Comment.release == Release.TO_REVIEW)).first()
        or "",
        Decision.WITHHOLD,
        reader=reviewer(),
    )
    db.session.commit()
    world.put(world.large, "zebra held handover")
    create_user(
        db.session(),
        email="all@example.org",
        name="A",
        password=PASSWORD,
        roles=[role for role in RoleName if role != RoleName.COMMENT_REVIEWER],
        led_unit_ids=[world.root],
    )
    db.session.commit()
    client = _signed_in(app, "all@example.org")
    values = {
        "wave_id": world.wave,
        "unit_id": world.small,
        "user_id": 1,
        "factor": Factor.COMMUNICATION,
        "comment_id": "x",
        "concern_id": "x",
        "template_id": "x",
        "filename": "x",
        "token": "x",
        "reference": "x",
    }
    adapter = app.url_map.bind("localhost")
    seen = 0
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= values.keys():
            address = adapter.build(rule.endpoint, {n: values[n] for n in rule.arguments})
            assert b"zebra" not in client.get(address).get_data(), rule.rule
            seen += 1
    assert seen > 5
