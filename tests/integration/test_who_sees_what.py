"""Every page of reports, for everyone, at every place of a unit: who may open it, and what others get."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from flask import Flask, current_app
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.permissions import RoleName
from surveyapp.reports.digest_stop import token_for
from surveyapp.reports.exporting.formats import Format
from tests.conftest import SignIn, on_sqlite
from tests.factories.reports import Trust, counted_trust, read_and_draw, readings_audited
from tests.support.client import CheckingClient

pytestmark = on_sqlite

_UNIT = "/reports/<int:wave_id>/units/<int:unit_id>"

#: Pages of a unit, by the rule of their address, and how the addresses that are tried end.
OF_A_UNIT = {
    _UNIT: ("",),
    f"{_UNIT}/trends": ("/trends",),
    f"{_UNIT}/themes/<factor>": ("/themes/communication",),
    f"{_UNIT}/scores.csv": ("/scores.csv",),
    # The address above is the one of the CSV file: the other leads there, whoever asks.
    f"{_UNIT}/export/<kind>": tuple(f"/export/{kind}" for kind in Format if kind is not Format.CSV),
}

#: Pages of a wave.
OF_A_WAVE = {"/reports/<int:wave_id>": "", "/reports/<int:wave_id>/side-by-side": "/side-by-side"}

#: Pages that every reader has, each their own.
OF_A_READER = ("/reports", "/reports/emails")

#: Pages that anyone has who has the link.
OF_A_LINK = ("/reports/emails/<token>/stop",)

#: Files that take seconds to make.
_SLOW = ("/export/pdf", "/export/pptx")

MISSING = 987_654_321

#: The trust has Surgery with Maple, Oak and Willow below it, and Nine beside it.
UNITS = ("Trust", "Surgery", "Maple", "Oak", "Willow", "Nine", "unknown")
HIDDEN = {"Oak", "Willow", "Nine"}

#: Who reads, and of these units those that they may open. L&D gets the page that shows nothing even
#: of a unit that does not exist.
READERS: Mapping[str, set[str]] = {
    "leader of Maple": {"Maple"},
    "leader of Oak": {"Oak"},
    "leader of Surgery": {"Surgery", "Maple", "Oak", "Willow"},
    "L&D": set(UNITS),
}

#: People with an account who read no reports, whatever units they lead.
OTHERS = {
    "administrator": RoleName.ADMINISTRATOR,
    "reviewer": RoleName.COMMENT_REVIEWER,
    "guardian": RoleName.SPEAK_UP_GUARDIAN,
}


def test_every_page_under_reports_stands_in_the_table(app: Flask) -> None:
    """Whoever adds a page or an export says here who may open it."""
    found = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/reports") and "GET" in (rule.methods or ())
    }
    assert found == {*OF_A_UNIT, *OF_A_WAVE, *OF_A_READER, *OF_A_LINK}


def test_everyone_sees_what_the_table_says_and_nothing_else(
    session: Session, sign_in: SignIn, client: CheckingClient
) -> None:
    trust = counted_trust(session)
    read_and_draw(trust.wave_id)
    people = {**dict(_readers(trust, sign_in)), **dict(_others(trust, sign_in)), "nobody": client}
    answers = {
        (who, page): person.get(path)
        for who, person in people.items()
        for page, path in _pages(trust).items()
        if _is_tried(who, page)
    }
    statuses = {asked: answer.status_code for asked, answer in answers.items()}
    assert statuses == {(who, page): _status(who, page) for who, page in answers}
    _refusals_are_all_the_same(answers)
    _what_is_hidden_looks_like_what_is_not_there(trust, answers)
    _no_page_names_a_unit_of_others(answers)
    opened = [page for (who, page), status in statuses.items() if status == 200 and _is_audited(page)]
    assert len(readings_audited(session)) == len(opened)


# ---------------------------------------------------------------- who and what

Page = tuple[str, str]  # the unit or 'wave', and how the address ends


def _pages(trust: Trust) -> dict[Page, str]:
    """The address of every page that is tried."""
    ids = {**trust.units, "unknown": MISSING}
    endings = [ending for some in OF_A_UNIT.values() for ending in some]
    found = {(unit, ending): trust.path(ids[unit], ending) for unit in UNITS for ending in endings}
    for wave, wave_id in (("wave", trust.wave_id), ("unknown wave", MISSING)):
        found |= {(wave, ending): f"/reports/{wave_id}{ending}" for ending in OF_A_WAVE.values()}
    found |= {
        ("unit of an unknown wave", ending): f"/reports/{MISSING}/units/{ids['Maple']}{ending}"
        for ending in ("", "/scores.csv")
    }
    token = token_for(current_app.config["SETTINGS"].secret_key, MISSING)
    return {
        **found,
        **{("own", path): path for path in OF_A_READER},
        ("link", "of no account"): f"/reports/emails/{token}/stop",
    }


def _status(who: str, page: Page) -> int:
    """What the table says that someone gets."""
    place = page[0]
    if place == "link":
        return 404
    if who == "nobody":
        return 302
    if who not in READERS or "unknown wave" in place:
        return 403
    return 200 if place in {"own", "wave", *READERS[who]} else 403


def _is_tried(who: str, page: Page) -> bool:
    """Files that take seconds are not made for every unit that a reader may open, only for some."""
    place, ending = page
    if ending not in _SLOW or _status(who, page) != 200:
        return True
    return place in {"Oak", "unknown"} if who == "L&D" else who == f"leader of {place}"


def _is_audited(page: Page) -> bool:
    return page[0] in UNITS or page == ("wave", "/side-by-side")


def _readers(trust: Trust, sign_in: SignIn) -> Iterator[tuple[str, CheckingClient]]:
    for who in READERS:
        if who == "L&D":
            yield who, sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
        else:
            unit_id = trust.units[who.removeprefix("leader of ")]
            yield who, sign_in(RoleName.LEADER, led_unit_ids=(unit_id,))


def _others(trust: Trust, sign_in: SignIn) -> Iterator[tuple[str, CheckingClient]]:
    for who, role in OTHERS.items():
        yield who, sign_in(role, led_unit_ids=(trust.units["Maple"], trust.units["Trust"]))


# ---------------------------------------------------------------- what they get

Answers = Mapping[tuple[str, Page], TestResponse]


def _told(answer: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer but the number that is good for one page."""
    headers = {name: re.sub(r"nonce-[^']+", "", value) for name, value in answer.headers}
    # Each request has a random number, as it has a nonce. Whether it has one is compared.
    headers = {name: "" if name == "X-Request-ID" else value for name, value in headers.items()}
    return answer.status_code, answer.data, headers


def _refusals_are_all_the_same(answers: Answers) -> None:
    """To the byte: of a unit of others, of none, of a wave that is not there, of another's pages."""
    refused = {asked: _told(answer) for asked, answer in answers.items() if answer.status_code == 403}
    like = refused["leader of Maple", ("unknown", "")]
    assert [asked for asked, told in refused.items() if told != like] == []
    sent_away = [answer for (who, _), answer in answers.items() if who == "nobody"]
    for answer in sent_away:
        if answer.status_code == 302:
            assert unquote(answer.location) == f"/sign-in?next={answer.request.path}"


def _what_is_hidden_looks_like_what_is_not_there(trust: Trust, answers: Answers) -> None:
    for (who, (unit, ending)), answer in answers.items():
        if who == "L&D" and unit in HIDDEN:
            like = answers[who, ("unknown", ending)]
            assert _masked(answer, trust.units[unit]) == _masked(like, MISSING), (unit, ending)


def _masked(answer: TestResponse, unit_id: int) -> tuple[str, int] | str:
    """An answer without its unit's number; of a file made anew each time, its kind and its length."""
    if not answer.mimetype.startswith("text/"):
        return answer.mimetype, len(answer.data) // 100
    text = re.sub(r'nonce="[^"]*"|name="csrf_token" value="[^"]*"', "", answer.text)
    return text.replace(f"/units/{unit_id}", "/units/N")


def _no_page_names_a_unit_of_others(answers: Answers) -> None:
    for (who, page), answer in answers.items():
        if answer.status_code == 200 and answer.mimetype.startswith("text/") and who != "L&D":
            named = {unit for unit in UNITS[1:-1] if unit in answer.text}
            assert named <= READERS[who], (who, page)
