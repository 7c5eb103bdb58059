"""Attacks that once worked. Each test is an insider's or an intruder's try, and must fail."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.ballots.keys import seal
from surveyapp.ballots.models import Response, SealedBallot
from surveyapp.ballots.paper import Ballot, encode
from surveyapp.comments import review
from surveyapp.comments import services as comments
from surveyapp.comments.forms import DecisionForm
from surveyapp.comments.models import Comment, Release
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave
from surveyapp.reports import storage
from tests.attacks import weakened
from tests.conftest import SignIn
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import (
    cast_for,
    close_and_count,
    open_wave,
    prompts,
    scored_items,
)
from tests.support.client import CheckingClient

SIZES = {"Maple": 30, "Oak": 12}


def shown(session: Session, wave: Wave) -> dict[str, int]:
    """Names of the shown units and how many are said to have answered."""
    units = storage.snapshot(session, wave.id).units.values()
    return {unit.name: unit.respondents for unit in units}


# ---------------------------------------------------------------- stuffing the box


def _forge(session: Session, wave: Wave, unit_id: int, copies: int) -> None:
    assert wave.public_key is not None and wave.ballot_size is not None
    ballot = Ballot(unit_id, dict.fromkeys(scored_items(wave), 1), {prompts(wave)[0]: "I know this"})
    for _ in range(copies):
        sealed = seal(wave.public_key, encode(ballot, wave.ballot_size))
        session.add(SealedBallot(wave_id=wave.id, ciphertext=sealed))
    session.commit()


def stuff_oak(session: Session, copies: int) -> Wave:
    """One of Oak has answered. Ballots that were never cast would have Oak shown, and that one."""
    trust = make_organisation(session, SIZES)
    wave = open_wave([trust.root])
    cast_for(wave, trust.people["Maple"][:20])
    cast_for(wave, trust.people["Oak"][:1], comment=lambda _: "The only one who wrote")
    _forge(session, wave, trust.units["Oak"], copies)
    close_and_count(wave)
    return wave


def test_known_ballots_isolate_a_real_one_on_a_weakened_build(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.ballots_are_not_held_against_vouchers(monkeypatch)
    wave = stuff_oak(session, 9)
    assert shown(session, wave)["Oak"] == 10 and wave.set_aside == 0
    assert len(session.scalars(select(Comment.id)).all()) == 10


@pytest.mark.parametrize("copies", [9, 400])
def test_known_ballots_do_not_isolate_a_real_one(session: Session, copies: int) -> None:
    wave = stuff_oak(session, copies)
    assert wave.set_aside == copies + 1
    assert "Oak" not in shown(session, wave) and shown(session, wave)["Trust"] == 20
    assert session.scalars(select(Comment.id)).all() == []


def test_a_copied_ballot_is_not_counted_twice(session: Session) -> None:
    trust = make_organisation(session, SIZES)
    wave = open_wave([trust.root])
    cast_for(wave, trust.people["Maple"][:1])
    (only,) = session.scalars(select(SealedBallot.ciphertext))
    cast_for(wave, trust.people["Maple"][1:20])
    session.add_all(SealedBallot(wave_id=wave.id, ciphertext=only) for _ in range(9))
    session.commit()
    close_and_count(wave)
    assert wave.set_aside == 9
    assert len(session.scalars(select(Response.id)).all()) == 20


# ---------------------------------------------------------------- reading who has answered


@pytest.mark.parametrize("sizes", [{"Heads": 1}, {"Surgery": 1}, {"Three": 3, "Two": 2}])
def test_what_is_shown_does_not_tell_whether_a_lone_person_answered(
    session: Session, sizes: Mapping[str, int]
) -> None:
    """Heads who belong to a division itself, or a team of one: the same units are shown either way."""
    divisions = {"Surgery > Maple": 30, "Surgery > Oak": 20, "Surgery > Elm": 15, "Porters": 15}
    trust: Organisation = make_organisation(session, {**divisions, **sizes})
    found = []
    for head_answers in (False, True):
        wave = open_wave([trust.root])
        cast_for(wave, [person for name in divisions for person in trust.people[name.split(" > ")[-1]]])
        if head_answers:
            cast_for(wave, [trust.people[next(iter(sizes))][0]])
        close_and_count(wave)
        found.append(set(shown(session, wave)))
    assert found[0] == found[1]


# ---------------------------------------------------------------- reading before the review


def test_comments_passed_up_from_few_people_are_reviewed_first(app: Flask, session: Session) -> None:
    """All of Maple's 60 comment at Maple, so a reader knows what stands at the top to be Oak's."""
    trust = make_organisation(session, {"Maple": 60, "Oak": 12, "Elm": 12})
    wave = open_wave([trust.root])
    cast_for(wave, trust.people["Maple"], comment=lambda _: "Maple speaks")
    few = [*trust.people["Oak"][:6], *trust.people["Elm"][:6]]
    cast_for(wave, few, comment=lambda _: "Oak or Elm speaks")
    close_and_count(wave)
    assert comments.invited_at(session, wave.id)[trust.root] == 24
    read_and_draw(wave.id)
    assert {
        (comment.unit_id, comment.text): comment.release
        for comment in session.scalars(select(Comment))
    } == {
        (trust.units["Maple"], "Maple speaks"): Release.RELEASED,
        (trust.root, "Oak or Elm speaks"): Release.TO_REVIEW,
    }


# ---------------------------------------------------------------- values that no database takes

NUL = "%00"
TOO_LONG = ("2147483648", "9223372036854775808", "9" * 30)


@pytest.fixture
def insider(sign_in: SignIn) -> CheckingClient:
    """Someone who may do everything."""
    return sign_in(*RoleName)


def test_no_address_breaks_a_page(session: Session, insider: CheckingClient) -> None:
    make_organisation(session, SIZES)
    numbered = ("/access/{}", "/organisation/staff/{}", "/organisation/units/{}", "/pulses/{}")
    paged = ("/audit-log?page={}", "/organisation/staff?page={}", "/pulses/new?like={}")
    named = ("/a/{}", "/a/{}/thank-you", "/a/{}/AAAAAAAAAAAAAAAAAAAAAA", "/review/{}/edit")
    for number in TOO_LONG:
        for address in (*numbered, *paged):
            assert insider.get(address.format(number)).status_code < 500, (address, number)
    for address in named:
        assert insider.get(address.format(NUL)).status_code < 500, address


def _posted(client: CheckingClient, path: str, fields: Mapping[str, str]) -> int:
    """The status alone: SQLite takes a NUL, and the page that repeats it is no good HTML."""
    data = {"csrf_token": client.token(path), **fields}
    with client.application.app_context():
        return FlaskClient.open(client, path, method="POST", data=data).status_code


def test_no_field_breaks_a_page(session: Session, insider: CheckingClient) -> None:
    trust = make_organisation(session, SIZES)
    person = f"/organisation/staff/{trust.people['Oak'][0]}"
    sent = [
        ("/organisation/staff", {"search": "a\0b"}),
        *((person, {"unit": number, "email": "a@example.org"}) for number in TOO_LONG),
        *(("/organisation/units/new", {"parent": number, "name": "A"}) for number in TOO_LONG),
    ]
    for path, fields in sent:
        assert _posted(insider, path, fields) < 500, (path, fields)


@pytest.mark.parametrize("path", ["/sign-in", "/access/new", "/pulses/new"])
def test_deep_json_breaks_no_form(session: Session, insider: CheckingClient, path: str) -> None:
    make_organisation(session, SIZES)
    headers = {"X-CSRFToken": insider.token("/access/new")}
    answer = insider.post(
        path, data=b"[" * 20_000, content_type="application/json", headers=headers
    )
    assert answer.status_code < 500


# ---------------------------------------------------------------- after leaving


def test_a_copied_cookie_ends_with_the_session(session: Session, sign_in: SignIn) -> None:
    client = sign_in(RoleName.LEADER)
    copied = client.get_cookie("learning_pulse")
    assert copied is not None and client.get("/reports").status_code == 200
    client.send("/sign-out", form_at="/")
    client.set_cookie("learning_pulse", copied.value)
    assert client.get("/reports").status_code == 302


# ---------------------------------------------------------------- putting words into a comment


@pytest.mark.parametrize("numbers", [{4}, {-1}, {0, 99}])
def test_a_reviewer_adds_no_words(session: Session, numbers: set[int]) -> None:
    """A review takes numbers of words, and no text."""
    trust = make_organisation(session, SIZES)
    wave = open_wave([trust.root])
    cast_for(wave, trust.people["Maple"][:20], comment=lambda _: "The list is long")
    close_and_count(wave)
    read_and_draw(wave.id)
    comment_id = session.scalars(select(Comment.id)).first() or ""
    reader = Reader(user_id=0, reads_all_units=False, unit_ids=frozenset())
    with pytest.raises(review.ReviewError, match="not in this comment"):
        review.review(
            session, comment_id, review.Decision.RELEASE, reader=reader, taken_out=numbers
        )
    session.rollback()
    form = DecisionForm.__dict__
    assert {name for name in form if not name.startswith("_")} == {"decision", "taken_out", "choice"}
