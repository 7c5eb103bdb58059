"""A connection that the database ends while a page is made."""

from __future__ import annotations

import pytest
from flask import Flask, Response
from sqlalchemy import text

from surveyapp.extensions import db
from tests.support.client import CheckingClient
from tests.support.servers import PostgresCluster

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def _end_connection(cluster: PostgresCluster) -> None:
    (pid,) = db.session.execute(text("SELECT pg_backend_pid()")).one()
    with cluster.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))


def test_a_page_that_is_made_is_not_lost_with_its_connection(
    app: Flask, client: CheckingClient, postgres: PostgresCluster
) -> None:
    @app.after_request
    def end(response: Response) -> Response:
        _end_connection(postgres)
        return response

    assert client.get("/sign-in").status_code == 200
    assert client.get("/you-said-we-did").status_code == 200


def test_a_page_that_fails_says_so_without_its_connection(
    app: Flask, planner: CheckingClient, postgres: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        _end_connection(postgres)
        raise RuntimeError

    view = app.view_functions["pulses.index"]
    monkeypatch.setitem(app.view_functions, "pulses.index", fail)
    fail.required_permission = view.required_permission  # type: ignore[attr-defined]
    answer = planner.get("/pulses")
    assert answer.status_code == 500 and "Sorry, there is a problem" in answer.text
