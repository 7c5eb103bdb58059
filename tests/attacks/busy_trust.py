"""An organisation in the middle of everything: each kind of row that an address can name is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Flask, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.taxonomy import Factor
from surveyapp.accounts.models import User
from surveyapp.comments.models import Comment, Concern
from surveyapp.instruments import services as instruments
from surveyapp.organisation import reaching
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from surveyapp.pulses.message_kinds import MessageKind
from surveyapp.pulses.services import Channel
from surveyapp.reports import digest_stop
from surveyapp.series import feed
from surveyapp.series import services as series
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import SignIn
from tests.factories.actions import written
from tests.factories.questions import own_question, own_set
from tests.factories.reports import counted_trust, read_and_draw
from tests.factories.series import make_series
from tests.factories.waves import (
    cast,
    close,
    draft_wave,
    launched_wave,
    open_link_wave,
    open_wave,
    tokens_of,
)

#: Of the shape of a voucher's token, and nobody's.
NOBODYS = "A" * 22


@dataclass(frozen=True)
class Links:
    """Addresses that are a permission of their own."""

    ready: tuple[str, str]  # reference and token, as are the next
    long: tuple[str, str]
    spent: tuple[str, str]
    draft: str
    closed: str
    open_link: str
    reminders: str
    summaries: str
    calendar: str


@dataclass(frozen=True)
class BusyTrust:
    """`values` stand for a variable of an address, by its name, or by 'endpoint name'.

    `cookies` are those of someone who has signed in, by role. `led` are the units of the leader.
    """

    values: dict[str, list[str]]
    links: Links
    cookies: dict[RoleName, str] = field(repr=False)
    led: frozenset[str]
    counted_wave: str


def make_busy_trust(app: Flask, session: Session, sign_in: SignIn) -> BusyTrust:
    """Waves in every state and of both channels, series, comments, actions, messages. Committed."""
    trust = counted_trust(session)
    read_and_draw(trust.wave_id)
    root, people = trust.organisation.root, trust.organisation.people
    short, long = open_wave([root]), open_wave([root], questions=("annual_full", "full"))
    by_link, shut, draft = open_link_wave(root), open_wave([root]), draft_wave([root])
    waits = open_wave([root], opens_in=timedelta(days=1))
    launching = launched_wave([root])
    planned_link = draft_wave([root], channel=Channel.OPEN_LINK, minimum_group=20)
    first, second = (tokens_of(short)[person] for person in people["Maple"][:2])
    of_long = tokens_of(long)[people["Maple"][0]]
    cast(short, second)
    close(shut)
    led = [trust.units["Surgery"], *(trust.units[name] for name in ("Maple", "Oak", "Willow"))]
    cookies = {
        role: _cookie(sign_in, role, led[:1] if role is RoleName.LEADER else []) for role in RoleName
    }
    users = [str(user_id) for user_id in session.scalars(select(User.id).order_by(User.id))]
    planner = session.scalars(
        select(User.id).where(User.roles.any(name=RoleName.LEARNING_AND_DEVELOPMENT))
    ).one()
    session.add(Concern(id="c" * 32, wave_id=trust.wave_id, text="They hurt people."))
    organisation.choose(session, organisation.Choice.LEARN_FROM_CORRECTIONS, is_on=True)
    actions = [
        written(session, trust.units["Maple"]),
        written(session, root, published_on=date(2026, 11, 2)),
    ]
    runs, paused = make_series(session, trust.organisation), make_series(session, trust.organisation)
    today = utc_now().astimezone(LOCAL_ZONE).date()
    turns = series.turns_of(session, runs, until=today + timedelta(days=200))
    occurrences = [turn.occurrence.isoformat() for turn in turns]
    series.skip_one(session, runs.id, turns[1].occurrence, actor_id=None)
    series.pause(session, paused.id, actor_id=None)
    series.take_blackout(
        session, name="Inspection", first="2027-02-01", last="2027-02-05", is_hard=True, actor_id=None
    )
    question = own_question(session)
    retired = own_question(session, text="I can ask for time to learn.")
    set_id = own_set(session, "LEA1", question).removeprefix("own-")
    session.commit()
    waves = [short, long, by_link, shut, draft, waits, launching, planned_link]
    secret = app.config["SETTINGS"].secret_key
    links = Links(
        ready=(short.reference, first),
        long=(long.reference, of_long),
        spent=(short.reference, second),
        draft=draft.reference,
        closed=shut.reference,
        open_link=by_link.reference,
        reminders=reaching.stop_token(secret, people["Maple"][0]),
        summaries=digest_stop.token_for(secret, planner),
        calendar=feed.token_for(secret, planner),
    )
    with app.test_request_context():
        asset = url_for("assets.file", digest="0", name="app.css")
    values = {
        "wave_id": [str(trust.wave_id), *(str(wave.id) for wave in waves)],
        "unit_id": [str(unit) for unit in (root, *trust.units.values())],
        "user_id": users,
        "person_id": [str(person) for team in people.values() for person in team[:2]],
        "question_id": [str(question), str(retired)],
        "set_id": [set_id],
        "series_id": [str(runs.id), str(paused.id)],
        "window_id": [str(window) for window in series.blackouts(session)],
        "action_id": [str(action.action_id) for action in actions],
        "item_id": [*instruments.load_library().items][:5],
        "comment_id": list(session.scalars(select(Comment.id).order_by(Comment.id))),
        "concern_id": ["c" * 32],
        "occurrence": occurrences[:4],
        "factor": list(Factor),
        "language": ["en", "cy"],
        "kind": list(MessageKind),
        "reports.export kind": ["csv", "xlsx", "pptx"],
        "reference": [*(wave.reference for wave in waves), "reminders"],
        "token": [first, second, of_long, NOBODYS],
        "reminders.ask token": [links.reminders],
        "reminders.stop token": [links.reminders],
        "reports.emails.ask token": [links.summaries],
        "reports.emails.stop token": [links.summaries],
        "series.planner.calendar_file token": [links.calendar],
        "digest": [asset.split("/")[2], "0"],
        "name": ["app.css", "nhsuk.css", "favicon.svg"],
        "filename": ["js/base64.js"],
    }
    session.rollback()
    return BusyTrust(values, links, cookies, frozenset(map(str, led)), str(trust.wave_id))


def _cookie(sign_in: SignIn, role: RoleName, led: list[int]) -> str:
    client = sign_in(role, led_unit_ids=tuple(led))
    cookie = client.get_cookie("learning_pulse")
    assert cookie is not None
    return f"learning_pulse={cookie.value}"
