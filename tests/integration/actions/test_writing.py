"""Writing, publishing and deleting actions."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Action
from surveyapp.actions.models import UnitAction
from surveyapp.actions.services import Status
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from tests.conftest import SignIn, on_sqlite
from tests.factories import waves
from tests.factories.actions import DOING, HEARD, entries, written
from tests.factories.organisation import Organisation
from tests.factories.reports import text_of
from tests.support.client import CheckingClient


def the_action(session: Session) -> UnitAction:
    session.rollback()
    return session.scalars(select(UnitAction)).one()


def deeds(session: Session) -> list[tuple[str, dict[str, object]]]:
    session.rollback()
    kinds = (Action.ACTION_PUBLISHED, Action.ACTION_UNPUBLISHED, Action.ACTION_DELETED)
    events = session.scalars(select(AuditEvent).where(AuditEvent.action.in_(kinds)).order_by(AuditEvent.id))
    return [(event.action, event.details) for event in events]


def test_a_leader_writes_an_action_and_everyone_reads_it_once_it_is_published(
    leader: CheckingClient, client: CheckingClient, trust: Organisation, session: Session
) -> None:
    maple = trust.units["Maple"]
    answer = leader.send("/actions/new", **entries(maple, heard=f"  {HEARD}\r\nEvery\x00 day. "))
    action = the_action(session)
    assert answer.location == f"/actions/{action.id}"
    assert (action.unit_id, action.unit_name, action.is_for_everyone) == (maple, "Maple", False)
    assert (action.heard, action.doing) == (f"{HEARD}\nEvery day.", DOING)
    assert action.published_on is None and HEARD not in client.get("/you-said-we-did").text
    assert "Draft" in leader.get(answer.location).text

    leader.send(f"{answer.location}/publish", form_at=answer.location)
    page = text_of(client.get("/you-said-we-did"))
    assert "Maple: Feedback" in page and HEARD in page and DOING in page
    assert "We plan this" in page and "Ward manager" in page and "by 27 March 2099" in page

    leader.send(f"{answer.location}/unpublish", form_at=answer.location)
    assert HEARD not in client.get("/you-said-we-did").text
    about = {"action_id": action.id, "unit_id": maple}
    assert deeds(session) == [("action_published", about), ("action_unpublished", about)]


def test_publishing_twice_is_written_down_once(
    leader: CheckingClient, trust: Organisation, session: Session
) -> None:
    action = written(session, trust.units["Maple"])
    for _ in range(2):
        leader.send(f"/actions/{action.action_id}/publish", form_at=f"/actions/{action.action_id}")
    assert len(deeds(session)) == 1


def test_an_action_is_changed_and_deleted(
    leader: CheckingClient, trust: Organisation, session: Session
) -> None:
    action = written(session, trust.units["Maple"])
    path = f"/actions/{action.action_id}"
    page = leader.get(f"{path}/change").text
    assert HEARD in page and 'value="2099"' in page and 'value="planned" checked' in page
    refused = entries(
        trust.units["Maple"], status="not_doing", reason="It costs a post.", doing="",
        **dict.fromkeys(("due_on-day", "due_on-month", "due_on-year"), ""),
    )  # fmt: skip
    assert leader.send(f"{path}/change", **refused).location == path
    changed = the_action(session)
    assert (changed.status, changed.reason, changed.due_on) == ("not_doing", "It costs a post.", None)
    assert "We are not doing this" in leader.get(path).text
    # A reason that no longer holds is not kept.
    leader.send(f"{path}/change", **{**refused, "status": "done", "doing": "It is done."})
    assert (the_action(session).status, the_action(session).reason) == ("done", "")

    assert "It cannot be brought back" in leader.get(f"{path}/delete").text
    assert the_action(session)
    assert leader.send(f"{path}/delete").location == "/actions"
    session.rollback()
    assert session.scalar(select(UnitAction.id)) is None
    assert [deed for deed, _ in deeds(session)] == ["action_deleted"]


@on_sqlite
@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"topic": ""}, "topic", "Select what this is about"),
        ({"topic": "<b>"}, "topic", "Select what this is about"),
        ({"heard": " "}, "heard", "Enter what you heard"),
        ({"heard": "x" * 501}, "heard", "too long"),
        ({"heard": "“Nobody asks me”"}, "heard", "tick that you have checked it"),
        ({"doing": ""}, "doing", "Enter what you will do"),
        ({"status": ""}, "status", "Select one of the options"),
        ({"status": "not_doing"}, "reason", "Enter why you are not doing this"),
        ({"owner": "sam@example.org"}, "owner", "not an e-mail address"),
        ({"due_on-day": ""}, "due_on", "must include a day"),
        ({"wave": "77"}, "wave", "Select a pulse from the list"),
        ({"unit": "999999999999999999999999"}, "unit", "Select a unit from the list"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_entered_is_lost(
    change: dict[str, object],
    field: str,
    says: str,
    leader: CheckingClient,
    trust: Organisation,
    session: Session,
) -> None:
    page = leader.send("/actions/new", **entries(trust.units["Maple"], **change))
    assert page.status_code == 200 and re.search(r"<title>\s*Error: ", page.text)
    assert f'href="#{field}"' in page.text and says in page.text
    assert session.scalar(select(UnitAction.id)) is None
    kept = {"doing": DOING, "owner": "Ward manager", "due_on-year": "2099"}
    assert all(value in page.text for name, value in kept.items() if name not in change)


@on_sqlite
def test_all_errors_are_said_at_once(leader: CheckingClient, trust: Organisation) -> None:
    page = leader.send("/actions/new", unit=str(trust.units["Maple"]), topic="", wave="0")
    for field in ("topic", "heard", "status", "doing", "owner"):
        assert f'href="#{field}"' in page.text
    assert "Select how far it is" in page.text


@on_sqlite
def test_words_that_may_point_at_someone_can_be_confirmed(
    leader: CheckingClient, trust: Organisation, session: Session
) -> None:
    doubtful = entries(trust.units["Maple"], heard="4 people asked for ‘protected time’.")
    page = text_of(leader.send("/actions/new", **doubtful))
    assert "Quotation marks" in page and "‘4 people’" in page and "I have checked it" in page
    assert "I have checked it" not in leader.get("/actions/new").text
    assert leader.send("/actions/new", **doubtful, checked="y").status_code == 302
    assert the_action(session).heard == "4 people asked for ‘protected time’."


def test_leaders_write_for_their_units_and_those_below_and_for_no_other(
    sign_in: SignIn, trust: Organisation, session: Session
) -> None:
    below = organisation.add_unit(session, name="Maple East", parent_id=trust.units["Maple"]).id
    session.commit()
    oak = written(session, trust.units["Oak"])
    east = written(session, below, heard="The rota comes late.")
    leader = sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Maple"],))
    page = leader.get("/actions").text
    assert "Maple East" in page and "Oak" not in page
    # One of others and one that does not exist are the same to the byte.
    ends = ("", "/change", "/delete")
    for end in ends:
        others, none = leader.get(f"/actions/{oak.action_id}{end}"), leader.get(f"/actions/99{end}")
        assert others.status_code == none.status_code == 403 and others.data == none.data
    for deed in ("publish", "unpublish", "delete", "change"):
        token = leader.token(f"/actions/{east.action_id}")
        sent = entries(trust.units["Oak"], csrf_token=token)
        assert leader.post(f"/actions/{oak.action_id}/{deed}", data=sent).status_code == 403
    refused = leader.send("/actions/new", **entries(trust.units["Oak"]))
    assert "Select a unit from the list" in refused.text
    moved = leader.send(f"/actions/{east.action_id}/change", **entries(trust.root))
    assert "Select a unit from the list" in moved.text
    session.rollback()
    assert session.get_one(UnitAction, oak.action_id).published_on is None
    assert session.get_one(UnitAction, east.action_id).unit_id == below


@on_sqlite
def test_learning_and_development_writes_for_all_units_and_nobody_else_does(
    sign_in: SignIn, planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    written(session, trust.units["Oak"])
    assert "Oak: Feedback" in planner.get("/actions").text
    assert planner.send("/actions/new", **entries(trust.root)).status_code == 302
    for role in (RoleName.ADMINISTRATOR, RoleName.COMMENT_REVIEWER, RoleName.SPEAK_UP_GUARDIAN):
        other = sign_in(role)
        assert other.get("/actions").status_code == 403
        assert other.get("/actions/new").status_code == 403
        assert 'href="/actions"' not in other.get("/").text
    assert 'href="/actions"' in planner.get("/").text


@on_sqlite
def test_who_leads_nothing_is_told_what_to_do(sign_in: SignIn, trust: Organisation) -> None:
    nobody = sign_in(RoleName.LEADER)
    assert "You lead no unit yet" in nobody.get("/actions/new").text
    assert "You have not written any yet" in nobody.get("/actions").text


@on_sqlite
def test_a_change_needs_the_forms_own_token(
    leader: CheckingClient, trust: Organisation, session: Session
) -> None:
    action = written(session, trust.units["Maple"])
    for deed in ("publish", "unpublish", "change", "delete"):
        path = f"/actions/{action.action_id}/{deed}"
        answer = FlaskClient.open(leader, path, method="POST", data=entries(trust.units["Maple"]))
        assert answer.status_code == 400, deed
    assert leader.get(f"/actions/{action.action_id}/publish").status_code == 405
    assert the_action(session).published_on is None


@on_sqlite
def test_an_action_names_the_pulse_that_it_answers(
    leader: CheckingClient, trust: Organisation, session: Session
) -> None:
    assert "No pulse" in leader.get("/actions/new").text
    wave = waves.open_wave([trust.root], title="Spring pulse")
    waves.cast_for(wave, trust.everyone[:20])
    assert "Spring pulse" not in leader.get("/actions/new").text
    waves.close_and_count(wave)
    assert re.search(rf'value="{wave.id}" selected', leader.get("/actions/new").text)
    answer = leader.send("/actions/new", **entries(trust.units["Maple"], wave=str(wave.id)))
    assert "After ‘Spring pulse’" in text_of(leader.get(str(answer.location)))


@on_sqlite
def test_a_link_can_choose_beforehand(leader: CheckingClient, trust: Organisation) -> None:
    page = leader.get(f"/actions/new?unit={trust.units['Maple']}&topic=mentorship&wave=x")
    assert 'value="mentorship" selected' in page.text
    # What is not on offer is not chosen.
    page = leader.get("/actions/new?unit=12345&topic=%3Cb%3E&wave=99")
    assert page.status_code == 200 and "12345" not in page.text


def test_a_deleted_unit_leaves_its_actions_to_learning_and_development(
    sign_in: SignIn, planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    ward = organisation.add_unit(session, name="Elm", parent_id=trust.root).id
    session.commit()
    path = f"/actions/{written(session, ward).action_id}"
    leader = sign_in(RoleName.LEADER, led_unit_ids=(ward,))
    assert leader.get(path).status_code == 200
    organisation.delete_unit(session, ward)
    session.commit()
    assert leader.get(path).status_code == 403
    assert "Elm: Feedback" in planner.get("/actions").text
    assert "Elm: Feedback" in planner.get(path).text
    assert the_action(session).unit_id is None
    # To change it is to say whose it is now.
    planner.send(f"{path}/change", **entries(trust.units["Oak"]))
    assert (the_action(session).unit_id, the_action(session).unit_name) == (trust.units["Oak"], "Oak")


@on_sqlite
def test_the_list_shows_what_is_late_and_can_be_cut_to_a_unit(
    planner: CheckingClient, trust: Organisation, session: Session
) -> None:
    written(session, trust.units["Maple"], due_on=date(2020, 1, 1))
    written(session, trust.units["Oak"], status=Status.DONE, due_on=date(2020, 1, 1))
    late = text_of(planner.get(f"/actions?unit={trust.units['Maple']}"))
    assert "Maple: Feedback Draft Late" in late and "Oak: Feedback" not in late
    done = text_of(planner.get(f"/actions?unit={trust.units['Oak']}"))
    assert "Done (1)" in done and "Late" not in done and "Maple: Feedback" not in done
    everything = text_of(planner.get(f"/actions?unit={trust.root}"))
    assert "Maple: Feedback" in everything and "Oak: Feedback" in everything
    assert "Maple: Feedback" in text_of(planner.get("/actions?unit=%3Cb%3E"))
    assert "There is none for this unit" in planner.get(f"/actions?unit={trust.units['Willow']}").text
