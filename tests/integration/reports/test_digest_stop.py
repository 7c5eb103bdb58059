"""Stopping the summaries that come by e-mail, with one click and without signing in."""

from __future__ import annotations

import re

import pytest
from flask import current_app
from itsdangerous import URLSafeSerializer
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from surveyapp.accounts.models import User
from surveyapp.permissions import RoleName
from surveyapp.reports import jobs
from surveyapp.reports.models import SummaryMail
from tests.conftest import SignIn, on_sqlite
from tests.factories.digests import is_due, leader, stop_path
from tests.factories.reports import Trust
from tests.support.client import CheckingClient
from tests.support.servers import MailServer

#: As a mail program posts for its reader (RFC 8058).
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mailed(smtp: MailServer, session: Session, drawn: Trust) -> str:
    """Someone who has had a summary; their address."""
    address = leader(session, "ann", drawn, "Maple")
    jobs.send_digests(drawn.wave_id)
    return address


def wants(session: Session, address: str) -> bool:
    session.rollback()
    return session.scalars(select(User.wants_summaries).where(User.email == address)).one()


@on_sqlite
def test_mail_programs_are_told_how_to_stop_it(smtp: MailServer, mailed: str) -> None:
    ((_, message),) = smtp.received
    link = f"https://pulse.example.org{stop_path(smtp, mailed)}"
    assert message["List-Unsubscribe"].strip() == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == "Trust: results of Spring pulse"
    assert message.get_content_type() == "text/plain"


def test_opening_the_link_changes_nothing_and_one_click_stops(
    smtp: MailServer, session: Session, mailed: str, client: CheckingClient, drawn: Trust
) -> None:
    path = stop_path(smtp, mailed)
    page = client.get(path)
    assert page.status_code == 200 and "Stop these e-mails?" in page.text
    assert "ann" not in page.text  # whoever finds a mail learns no more from its link
    assert client.head(path).status_code == 200
    assert wants(session, mailed)
    answer = client.post(path, data=ONE_CLICK)
    assert answer.status_code == 200 and "You will get no more" in answer.text
    assert not wants(session, mailed)
    assert "Set-Cookie" not in page.headers and "Set-Cookie" not in answer.headers
    session.execute(delete(SummaryMail))
    session.commit()
    assert not is_due(drawn.wave_id)


@on_sqlite
def test_stopping_twice_is_no_error_and_the_page_takes_it_back(
    smtp: MailServer, session: Session, mailed: str, client: CheckingClient
) -> None:
    path = stop_path(smtp, mailed)
    assert client.post(path, data={"choice": "stop"}).status_code == 200
    assert client.post(path, data=ONE_CLICK).status_code == 200  # a mail program may try again
    assert not wants(session, mailed)
    answer = client.post(path, data={"choice": "start"})
    assert answer.status_code == 200 and "get these e-mails again" in answer.text
    assert wants(session, mailed)


@on_sqlite
def test_a_link_that_does_not_work_says_no_more_than_that(
    smtp: MailServer, session: Session, mailed: str, client: CheckingClient, drawn: Trust
) -> None:
    path = stop_path(smtp, mailed)
    gone = leader(session, "gone", drawn, "Maple")
    jobs.send_digests(drawn.wave_id)
    of_gone = stop_path(smtp, gone)
    session.execute(delete(User).where(User.email == gone))
    session.commit()
    key = current_app.config["SETTINGS"].secret_key
    other_purpose = f"/reports/emails/{URLSafeSerializer(key, salt='reset').dumps(1)}/stop"
    forged = ("/reports/emails/x/stop", path.replace("/stop", "x/stop"), other_purpose, of_gone)
    answers = [client.get(one) for one in forged] + [client.post(one, data=ONE_CLICK) for one in forged]
    assert wants(session, mailed)
    client.post(path, data=ONE_CLICK)
    answers.append(client.get(path))  # stopped already
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert "This link does not work" in answers[0].text


@on_sqlite
def test_readers_choose_on_their_own_page(session: Session, sign_in: SignIn, drawn: Trust) -> None:
    address = "ann@example.org"
    reader = sign_in(RoleName.LEADER, email=address, led_unit_ids=(drawn.units["Maple"],))
    path = "/reports/emails"
    assert f'href="{path}"' in reader.get("/reports").text
    assert reader.post(path, data={"choice": "stop"}).status_code == 400  # no token
    assert wants(session, address)
    assert reader.send(path, choice="stop").status_code == 302
    assert not wants(session, address)
    assert "You do not get these e-mails" in " ".join(
        re.sub(r"<[^>]+>", "", reader.get(path).text).split()
    )
    reader.send(path, choice="start")
    assert wants(session, address)
