"""Words that may speak of harm, from the model to the speak-up guardian (A17)."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from surveyapp.accounts import services as accounts
from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Action
from surveyapp.comments import concerns, jobs, services
from surveyapp.comments.models import Comment, Concern, Release
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from tests.conftest import SignIn
from tests.factories.comments import analyse, counted, reading
from tests.support.client import CheckingClient
from tests.support.queues import forget_nudges, nudges
from tests.support.servers import MailServer

HARM = "Jo says the bay is unsafe at night"
HANDED_ON = "[name] says the bay is unsafe at night"
PLAIN = ["The handover is short", "We learn", "More time please", "Thanks to all"]

ALERT = "comments.jobs.alert_guardians"


def texts(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Concern.text)))


# ---------------------------------------------------------------- handing on


def test_a_concern_is_text_with_no_way_to_its_comment(session: Session) -> None:
    wave_id, _ = counted(session, [HARM, *PLAIN])
    analyse(wave_id)
    (concern,) = session.scalars(select(Concern))
    assert (concern.text, concern.wave_id, concern.is_handled) == (HANDED_ON, wave_id, False)
    assert session.get(Comment, concern.id) is None
    columns = {column["name"] for column in inspect(db.engine).get_columns("concern")}
    assert columns == {"id", "wave_id", "text", "is_handled"}
    flagged = session.scalars(select(Comment).where(Comment.text == HANDED_ON)).one()
    assert flagged.release == Release.TO_REVIEW  # it waits for its review all the same (A16)


def test_words_that_may_be_shown_nowhere_are_handed_on_too(session: Session) -> None:
    wave_id, _ = counted(session, [HARM, "We learn"])
    analyse(wave_id)
    assert texts(session) == [HANDED_ON]
    assert set(session.scalars(select(Comment.unit_id))) == {None}
    assert set(session.scalars(select(Comment.text))) == {None}


def test_where_nothing_is_published_nothing_is_handed_on(app: Flask, tmp_path: Path) -> None:
    wave_id, _ = counted(db.session(), [HARM, *PLAIN], answering=9)
    assert db.session.scalar(select(func.count()).select_from(Comment)) == 0
    analyse(wave_id)
    file = tmp_path / "in.csv"
    file.write_text("text\n" + f"{HARM}\n" * 9)
    app.test_cli_runner().invoke(
        args=["comments", "import", str(file), "--text-column", "text", "--title", "Old"]
    )
    (imported,) = services.waiting_wave_ids(db.session())
    analyse(imported)
    assert texts(db.session()) == []


def test_a_killed_worker_and_a_second_run_hand_on_nothing_twice(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 4)
    wave_id, _ = counted(session, [f"unsafe {n}" for n in range(10)])
    with pytest.raises(KeyboardInterrupt):
        analyse(wave_id, dies_after=6)
    session.rollback()
    assert len(texts(session)) == 4
    analyse(wave_id)
    ids = session.scalars(select(Comment.id)).all()
    late = {comment_id: reading("unsafe again") for comment_id in ids}
    assert services.save_readings(session, late, invited={}, hand_on=True) == 0
    session.commit()
    analyse(wave_id)
    assert sorted(texts(session)) == [f"unsafe {n}" for n in range(10)]


# ---------------------------------------------------------------- the guardian's page


@pytest.fixture
def guardian(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.SPEAK_UP_GUARDIAN, email="guardian@example.org")


def test_the_page_shows_text_and_the_pulse_and_nothing_finer(
    session: Session, guardian: CheckingClient
) -> None:
    empty = guardian.get("/concerns")
    assert "Nothing waits for you" in empty.text
    wave_id, _ = counted(session, [HARM, "<b>unsafe</b> & loud", *PLAIN])
    analyse(wave_id)
    page = guardian.get("/concerns")
    assert HANDED_ON in page.text and "&lt;b&gt;unsafe&lt;/b&gt; &amp; loud" in page.text
    assert "Spring pulse" in page.text and "nobody can reply" in page.text
    for other in ("Maple", "Oak", PLAIN[0], *session.scalars(select(Comment.id))):
        assert other not in page.text
    read = select(func.count()).where(AuditEvent.action == Action.CONCERNS_READ)
    assert session.scalar(read) == 2


def test_a_concern_is_dealt_with_and_put_back(session: Session, guardian: CheckingClient) -> None:
    wave_id, _ = counted(session, [HARM, *PLAIN])
    analyse(wave_id)
    path = f"/concerns/{session.scalars(select(Concern.id)).one()}"
    assert guardian.post(path, data={"handled": "yes"}).status_code == 400  # no token
    assert guardian.send(path, form_at="/concerns", handled="maybe").status_code == 400
    assert guardian.send(path, form_at="/concerns", handled="yes").status_code == 302
    page = guardian.get("/concerns").text
    assert "Nothing waits for you" in page and "Dealt with (1)" in page and HANDED_ON in page
    guardian.send(path, form_at="/concerns", handled="no")
    assert "Nothing waits for you" not in guardian.get("/concerns").text
    token = guardian.token("/concerns")
    gone = guardian.post("/concerns/nothing", data={"handled": "yes", "csrf_token": token})
    assert gone.status_code == 404
    marked = select(AuditEvent.details).where(AuditEvent.action == Action.CONCERN_MARKED)
    assert session.scalars(marked.order_by(AuditEvent.id)).all() == [
        {"wave_id": wave_id, "handled": True},
        {"wave_id": wave_id, "handled": False},
    ]


def test_nobody_else_reads_concerns(session: Session, sign_in: SignIn) -> None:
    wave_id, _ = counted(session, [HARM, *PLAIN])
    analyse(wave_id)
    others = sign_in(*(role for role in RoleName if role != RoleName.SPEAK_UP_GUARDIAN))
    assert others.get("/concerns").status_code == 403
    path = f"/concerns/{session.scalars(select(Concern.id)).one()}"
    assert others.send(path, form_at="/review", handled="yes").status_code == 403


def test_who_plans_learns_that_concerns_wait_for_nobody(session: Session, sign_in: SignIn) -> None:
    says = "nobody has the role to read them"
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    assert says not in planner.get("/").text
    wave_id, _ = counted(session, [HARM, *PLAIN])
    analyse(wave_id)
    assert says in planner.get("/").text
    assert says in sign_in(RoleName.ADMINISTRATOR).get("/").text
    assert says not in sign_in(RoleName.LEADER).get("/").text
    sign_in(RoleName.SPEAK_UP_GUARDIAN)
    assert says not in planner.get("/").text


# ---------------------------------------------------------------- the mail


def add_guardian(session: Session, name: str, *, active: bool = True) -> str:
    address = f"{name}@example.org"
    user = accounts.create_user(
        session,
        email=address,
        name=name,
        password="four quiet wards at dawn",
        roles=[RoleName.SPEAK_UP_GUARDIAN],
    )
    user.active = active
    session.commit()
    return address


def test_each_guardian_is_told_once_and_told_nothing_more(
    session: Session, smtp: MailServer
) -> None:
    first, second = add_guardian(session, "ann"), add_guardian(session, "bo")
    add_guardian(session, "gone", active=False)
    wave_id, _ = counted(session, [HARM, "unsafe again", *PLAIN])
    analyse(wave_id)
    assert ("mail", ALERT, [wave_id]) in nudges()
    jobs.alert_guardians(wave_id)
    jobs.alert_guardians(wave_id)
    assert sorted(smtp.addresses) == [first, second]
    body = smtp.body_for(first)
    assert "There are words that may speak of harm. Sign in to read them" in body
    assert "Spring pulse" in body and "https://pulse.example.org/concerns" in body
    assert not any(word in body for word in ("unsafe", "Maple", "Oak", "[name]"))
    assert not any(letter.isdigit() for letter in body)  # no count
    forget_nudges()
    jobs.sweep()
    assert ("mail", ALERT, [wave_id]) not in nudges()


def test_who_gets_the_role_later_is_told_then(session: Session, smtp: MailServer) -> None:
    wave_id, _ = counted(session, [HARM, *PLAIN])
    analyse(wave_id)
    jobs.sweep()
    assert ("mail", ALERT, [wave_id]) not in nudges()
    address = add_guardian(session, "late")
    jobs.sweep()
    assert ("mail", ALERT, [wave_id]) in nudges()
    jobs.alert_guardians(wave_id)
    assert smtp.addresses == [address]


def test_an_alert_outlives_trouble_with_the_mail(session: Session, smtp: MailServer) -> None:
    good, bad = add_guardian(session, "good"), add_guardian(session, "bad")
    wave_id, _ = counted(session, [HARM, *PLAIN])
    smtp.stop()
    analyse(wave_id)
    jobs.alert_guardians(wave_id)
    assert concerns.waves_to_alert(session) == [wave_id]
    session.rollback()
    smtp.start()
    smtp.refused.add(bad)
    jobs.alert_guardians(wave_id)
    assert smtp.addresses == [good]
    assert concerns.waves_to_alert(session) == []  # what is refused for good is not tried for ever
    told = {details["sent"] for details in accounts.audited(session, Action.CONCERNS_ALERTED)}
    assert told == {True, False}


def test_no_mail_for_a_pulse_that_is_not_read_to_its_end(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    add_guardian(session, "ann")
    wave_id, _ = counted(session, ["unsafe"] * 6)
    with pytest.raises(KeyboardInterrupt):
        analyse(wave_id, dies_after=3)
    session.rollback()
    assert concerns.waves_to_alert(session) == []
    analyse(wave_id)
    assert concerns.waves_to_alert(session) == [wave_id]
