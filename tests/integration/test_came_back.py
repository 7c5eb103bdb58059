"""F1: messages that come back later are noted at the address, and nothing else is kept of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs
from surveyapp.pulses.models import Wave
from tests.conftest import on_sqlite
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import close_and_count, open_wave
from tests.support.delivery_reports import recipient, report
from tests.support.notify_server import HANG_UP, NotifyServer, error

FAULT = error(500, "Exception", "Internal server error")
MOBILE = "+447700900123"


@pytest.fixture
def notify() -> Iterator[NotifyServer]:
    server = NotifyServer(page_size=2)
    yield server
    server.stop()


@pytest.fixture
def environ(environ: dict[str, str], notify: NotifyServer) -> dict[str, str]:
    return {**environ, **notify.texting_environ}


@pytest.fixture
def trust(session: Session) -> Organisation:
    trust = make_organisation(session, {"Maple": 9, "Oak": 3})
    texted = trust.people["Oak"][0]
    session.execute(
        update(Person).where(Person.id == texted).values(mobile=MOBILE, prefers_texts=True)
    )
    session.commit()
    return trust


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    return open_wave([trust.root])


def failing(session: Session) -> tuple[set[str], set[str | None]]:
    session.rollback()
    return (
        set(session.scalars(select(Person.email).where(Person.undeliverable_since.is_not(None)))),
        set(session.scalars(select(Person.mobile).where(Person.mobile_fails_since.is_not(None)))),
    )


def test_notify_is_asked_for_what_reached_nobody(
    session: Session, wave: Wave, notify: NotifyServer
) -> None:
    jobs.send_mail(wave.id)
    lost = [f"maple.{number}@staff.example" for number in range(5)]
    for mail in notify.mails:
        mail["status"] = "permanent-failure" if mail["email_address"] in lost else "delivered"
    notify.texts[0]["status"] = "permanent-failure"
    jobs.note_came_back()
    assert failing(session) == (set(lost), {MOBILE})
    close_and_count(wave)
    session.execute(update(Person).values(undeliverable_since=None, mobile_fails_since=None))
    session.commit()
    jobs.note_came_back()  # no pulse is open: nobody is asked about
    assert failing(session) == (set(), set())


@on_sqlite
def test_notify_that_cannot_be_asked_changes_nothing(
    session: Session, wave: Wave, notify: NotifyServer
) -> None:
    jobs.send_mail(wave.id)
    for answer in (HANG_UP, FAULT, (200, {}), (200, {"notifications": [{}]})):
        notify.finding = lambda answer=answer: answer
        jobs.note_came_back()
    assert failing(session) == (set(), set())


def test_delivery_reports_are_read_from_files_and_a_pipe(
    app: Flask, session: Session, trust: Organisation, tmp_path: Path
) -> None:
    run = app.test_cli_runner().invoke
    came_back = report(recipient("5.1.1", address="Oak.1@staff.example"))
    piped = run(args=["mail", "bounces", "-"], input=came_back)
    assert piped.exit_code == 0 and "New on the staff list: 1" in piped.output
    assert "oak" not in piped.output.lower()
    box = tmp_path / "new"
    box.mkdir()
    for name, content in (
        ("known", report(recipient("5.1.1", address="oak.1@staff.example"))),
        ("stranger", report(recipient("5.1.1", address="someone@else.example"))),
        ("policy", report(recipient("5.7.1", address="oak.2@staff.example"))),
        ("reply", b"Subject: Out of office\n\nI am away."),
    ):
        (box / name).write_bytes(content)
    done = run(args=["mail", "bounces", "--json", *map(str, sorted(box.iterdir()))])
    counts = {"mails": 4, "no_report": 1, "addresses": 2, "noted": 0, "other_recipients": 1}
    assert done.exit_code == 0 and json.loads(done.output) == counts
    assert failing(session) == ({"oak.1@staff.example"}, set())
    assert run(args=["mail", "bounces", str(box / "gone")]).exit_code == 2
    assert "Exit code 75" in run(args=["mail", "bounces", "--help"]).output
