"""The page for whoever runs the system."""

from __future__ import annotations

from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from redis import Redis
from rq.registry import FailedJobRegistry
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp import queueing, revisions
from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Action
from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.operations.queues import name_of, reason_of
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import Wave
from surveyapp.queueing import CLOCK, COUNT, enqueue_after_commit
from tests.conftest import SignIn, on_sqlite
from tests.factories.waves import cast, tokens_of
from tests.support.client import CheckingClient
from tests.support.processes import work_off

PAGE = "/operations"

#: How each traceback begins.
TRACE = "Traceback (most recent call last):\n  File 'x'\n    fail()\n"


@pytest.fixture
def admin(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.ADMINISTRATOR)


def words(client: CheckingClient) -> str:
    return " ".join(BeautifulSoup(client.get(PAGE).data, "html.parser").get_text(" ").split())


def test_the_page_says_how_the_parts_do_and_nothing_of_who_answers(
    admin: CheckingClient, planner: CheckingClient, wave: Wave
) -> None:
    before = words(admin)
    assert "Stands still" in before and "Pulse Spring pulse State Open" in before
    assert "Queue Analysis Jobs waiting 0 Jobs failed 0 Workers None" in before
    assert f"Migration {revisions.newest()}" in before and "Behind" not in before
    for token in list(tokens_of(wave).values())[:12]:
        cast(wave, token)
    assert words(admin) == before
    assert PAGE in admin.get("/").text and PAGE not in planner.get("/").text
    assert planner.get(PAGE).status_code == 403


@on_sqlite
def test_a_failed_job_is_shown_without_its_words_and_can_be_started_again(
    app: Flask, admin: CheckingClient, environ: dict[str, str], session: Session
) -> None:
    enqueue_after_commit(COUNT, ballot_jobs.count, 999)
    queueing.queue(CLOCK).enqueue(pulse_jobs.tick, result_ttl=0)
    work_off(environ)
    shown = words(admin)
    assert "Job ballots.count" in shown and "Kind of error WaveStateError" in shown
    assert "This pulse does not exist" not in shown and "999" not in shown
    assert "Job pulses.tick Ended" in shown
    (job_id,) = FailedJobRegistry(queue=queueing.queue(COUNT)).get_job_ids()
    sent = {"queue": COUNT, "job": job_id, "form_at": PAGE}
    assert admin.send(f"{PAGE}/retry", **sent).status_code == 302
    assert "ballots.count is on its queue again" in words(admin)
    assert queueing.queue(COUNT).job_ids == [job_id]
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == Action.JOB_RETRIED)).one()
    assert event.details == {"job": "ballots.count"}
    # Sent twice, or made up.
    admin.get(PAGE)
    for queue, job in ((COUNT, job_id), ("no such queue", job_id), (COUNT, "x\x00y"), ("", "")):
        token = admin.token("/access/new")
        answer = admin.post(f"{PAGE}/retry", data={"csrf_token": token, "queue": queue, "job": job})
        assert answer.status_code == 302
        assert "not among the failed ones" in words(admin)
    assert admin.post(f"{PAGE}/retry", data=sent).status_code == 400


@on_sqlite
def test_the_page_says_when_redis_cannot_be_reached(app: Flask, admin: CheckingClient) -> None:
    app.extensions["redis"] = Redis.from_url("unix:///nowhere.sock")
    assert "Redis cannot be reached" in words(admin)
    sent = {"csrf_token": admin.token("/access/new"), "queue": COUNT, "job": str(uuid4())}
    assert admin.post(f"{PAGE}/retry", data=sent).status_code == 302
    assert "could not be started again" in words(admin)


@pytest.mark.parametrize(
    ("traceback", "kind"),
    [
        (f"{TRACE}surveyapp.queueing.JobFailedError: IntegrityError at /a/b.py:12", "IntegrityError"),
        (f"{TRACE}surveyapp.queueing.JobFailedError: WaveStateError: This\nward: x", "WaveStateError"),
        (f"{TRACE}surveyapp.queueing.JobFailedError: This pulse does not exist.", "JobFailedError"),
        ("rq.timeouts.JobTimeoutException: Task exceeded", "JobTimeoutException"),
        ("Moved to FailedJobRegistry, due to AbandonedJobError, at 2026", "unknown"),
        ("", "unknown"),
    ],
)
def test_of_an_error_only_its_kind_is_shown(traceback: str, kind: str) -> None:
    assert reason_of(traceback) == kind


def test_only_jobs_of_ours_have_a_name() -> None:
    assert name_of("surveyapp.pulses.jobs.tick") == "pulses.tick"
    assert name_of("os.system") == "unknown"
