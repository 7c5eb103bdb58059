"""A web server as it is in earnest: its log lines, and figures of several processes."""

from __future__ import annotations

import http.client
import json
import secrets
import sys
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from surveyapp.launcher.guards import free_port
from tests.conftest import on_sqlite
from tests.factories.organisation import make_organisation
from tests.factories.waves import open_wave, scored_items, tokens_of
from tests.integration.operations.conftest import Start
from tests.support.waiting import answers, until

pytestmark = on_sqlite

TOKEN = secrets.token_urlsafe(48)

#: What the proxy in front says of each request.
PROXY = {"Host": "pulse.example.org", "X-Forwarded-Proto": "https", "X-Request-ID": "proxy-0123456789"}


def ask(port: int, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
    """By a connection of its own, so that any process may take it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_production_writes_json_and_counts_over_all_its_processes(
    session: Session, started: Start, tmp_path: Path
) -> None:
    trust = make_organisation(session, {"Maple": 12})
    wave = open_wave([trust.root])
    token = next(iter(tokens_of(wave).values()))
    port = free_port()
    command = ["gunicorn", "--config", "python:surveyapp.webserver", "--bind", f"127.0.0.1:{port}"]
    server = started(
        [sys.executable, "-m", *command, "wsgi:app"],
        APP_ENV="production",
        KEY_DIRECTORY="",
        MAIL_SERVER="smtp.example.org",
        METRICS_TOKEN=TOKEN,
    )
    until(lambda: answers(port))
    form = urlencode(dict.fromkeys(scored_items(wave), "4"))
    path = f"/a/{wave.reference}/{token}"
    assert ask(port, path, **PROXY)[0] == 200
    assert ask(port, path, form, **PROXY)[0] == 303
    for _ in range(20):
        assert ask(port, "/reports", **PROXY)[0] == 302  # to the page where people sign in
    seen = {ask(port, "/metrics", Authorization=f"Bearer {TOKEN}")[1] for _ in range(6)}
    counted = 'learning_pulse_requests_total{group="reports",status="3xx"} 20.0'
    assert all(counted in figures and "ballots" not in figures for figures in seen)
    server.terminate()
    assert server.wait(30) == 0

    written = (tmp_path / "0.log").read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    requests = [line for line in lines if "route" in line]
    assert [line["route"] for line in requests] == ["reports.index"] * 20
    assert {line["request"] for line in requests} == {PROXY["X-Request-ID"]}
    for secret in (token, wave.reference, "/a/", "127.0.0.1", TOKEN):
        assert secret not in written.replace(f"http://127.0.0.1:{port}", "")
