"""Planning an open link, its poster, and what its pages say of it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs
from surveyapp.pulses.models import Breakdown, Channel, Wave
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.conftest import SignIn
from tests.factories.organisation import Organisation
from tests.factories.waves import close, close_and_count, draft_wave, open_link_wave, open_wave
from tests.support.client import CheckingClient

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def said(answer: TestResponse) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main is not None
    return " ".join(main.get_text(" ").split())


def plan(client: CheckingClient, trust: Organisation, **changes: object) -> TestResponse:
    def parts(name: str, day: date) -> dict[str, str]:
        return {
            f"{name}-day": str(day.day),
            f"{name}-month": str(day.month),
            f"{name}-year": str(day.year),
        }

    today = utc_now().astimezone(LOCAL_ZONE).date()
    form = {
        "title": "Poster pulse",
        "template": "monthly_pulse_5/A-1",
        **parts("opens_on", today),
        **parts("closes_on", today + timedelta(days=14)),
        "channel": "open_link",
        "minimum_group": "20",
        "audience": [str(trust.root)],
    }
    return client.send("/pulses/new", **{**form, **changes})


# ---------------------------------------------------------------- planning


def test_an_open_link_is_planned_looked_at_and_launched(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    planned = plan(planner, trust)
    assert planned.status_code == 302, said(planned)
    wave = session.scalars(select(Wave)).one()
    assert wave.channel == Channel.OPEN_LINK and wave.review_all and wave.minimum_group == 20
    draft = said(planner.get(planned.location))
    assert "Anyone with the open link. No e-mail is sent." in draft
    assert "that staff will get" not in draft and "would be invited" not in draft
    launching = said(planner.get(f"/pulses/{wave.id}/launch"))
    assert "One open link works for everyone who has it, at once" in launching
    assert "gets an e-mail" not in launching and "get an e-mail" not in launching
    assert planner.send(f"/pulses/{wave.id}/launch").status_code == 302
    jobs.prepare(wave.id)
    page = planner.get(f"/pulses/{wave.id}")
    assert f"https://pulse.example.org/o/{wave.reference}/tablet" in page.text
    assert f'href="/pulses/{wave.id}/poster"' in page.text
    for wrong in ("E-mails", "How many have answered", "of all who were invited", "0 people"):
        assert wrong not in said(page)


def test_an_open_link_leaves_no_choice_of_group_or_breakdown(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    """Whoever chose these before the open link need not go back for them (A23)."""
    planned = plan(planner, trust, minimum_group="10", breakdown="staff_group")
    assert planned.status_code == 302, said(planned)
    wave = session.scalars(select(Wave)).one()
    assert (wave.minimum_group, wave.breakdown) == (20, Breakdown.NONE)


def test_an_unknown_channel_is_refused(planner: CheckingClient, trust: Organisation) -> None:
    refused = plan(planner, trust, channel="carrier pigeon")
    assert refused.status_code == 200 and "There is a problem" in said(refused)
    assert "Select" in said(refused)


def test_an_open_link_is_for_everyone(planner: CheckingClient, trust: Organisation) -> None:
    refused = plan(planner, trust, audience=[str(trust.units["Maple"])])
    assert "Select everyone, because anyone can use an open link" in said(refused)


def test_another_like_it_offers_an_open_link_again(
    session: Session, planner: CheckingClient, trust: Organisation
) -> None:
    for wave, value in ((open_link_wave(trust.root), "open_link"), (open_wave([trust.root]), "personal")):
        page = BeautifulSoup(planner.get(f"/pulses/new?like={wave.id}").text, "html5lib")
        assert [c["value"] for c in page.select("input[name=channel][checked]")] == [value]


# ---------------------------------------------------------------- the poster


def test_the_poster_carries_the_address_twice_and_what_is_promised(
    planner: CheckingClient, trust: Organisation
) -> None:
    wave = open_link_wave(trust.root)
    answer = planner.get(f"/pulses/{wave.id}/poster")
    poster = said(answer)
    assert f"pulse.example.org/o/{wave.reference}" in poster and "https://" not in poster
    assert "only shown for the whole organisation" in poster and "at least 20 answers" in poster
    assert str(wave.closes_at.astimezone(LOCAL_ZONE).year) in poster
    drawing = BeautifulSoup(answer.text, "html5lib").find("svg", {"role": "img"})
    assert drawing is not None
    name = drawing.find(id=drawing["aria-labelledby"])
    assert name is not None and wave.reference in name.get_text()
    path = drawing.find("path")
    assert path is not None and re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", str(path["d"]))


def test_only_an_open_link_in_use_has_a_poster(
    planner: CheckingClient, trust: Organisation, sign_in: SignIn
) -> None:
    personal, draft = open_wave([trust.root]), draft_wave([trust.root])
    ended = open_link_wave(trust.root)
    close(ended)
    early = open_link_wave(trust.root, opens_in=timedelta(days=2))
    leader = sign_in(RoleName.LEADER, led_unit_ids=(trust.root,))
    for end in ("poster", "poster/pdf"):
        for wave in (personal, draft, ended):
            assert planner.get(f"/pulses/{wave.id}/{end}").status_code == 404
        assert planner.get(f"/pulses/{early.id}/{end}").status_code == 200
        assert planner.get(f"/pulses/999/{end}").status_code == 404
        assert leader.get(f"/pulses/{early.id}/{end}").status_code == 403


# ---------------------------------------------------------------- words to copy


def to_copy(answer: TestResponse) -> str:
    page = BeautifulSoup(answer.text, "html5lib")
    box = page.find("textarea", {"readonly": True})
    button = page.find("button", {"data-copies": True})
    if box is None:
        assert button is None
        return ""
    assert button is not None and button["data-copies"] == box["id"]
    assert button.has_attr("hidden")  # without the script that shows it, it could do nothing
    return str(box.get_text())


def test_words_to_copy_carry_the_open_link(planner: CheckingClient, trust: Organisation) -> None:
    for wave in (open_link_wave(trust.root), open_link_wave(trust.root, opens_in=timedelta(days=2))):
        words = to_copy(planner.get(f"/pulses/{wave.id}"))
        assert f"https://pulse.example.org/o/{wave.reference}" in words.splitlines()
        assert "at least 20 answers" in words and "Please answer only once" in words


def test_words_to_copy_carry_no_link_where_each_person_has_one(
    planner: CheckingClient, trust: Organisation
) -> None:
    wave = open_wave([trust.root], title="Spring pulse")
    words = to_copy(planner.get(f"/pulses/{wave.id}"))
    assert "Trust has sent an e-mail" in words and "‘Spring pulse’" in words
    assert wave.reference not in words and "://" not in words
    early = open_wave([trust.root], opens_in=timedelta(days=2))
    assert to_copy(planner.get(f"/pulses/{early.id}")) == ""  # no e-mail has come yet
    close(wave)
    assert to_copy(planner.get(f"/pulses/{wave.id}")) == ""


def test_words_to_copy_are_those_that_were_saved(planner: CheckingClient, trust: Organisation) -> None:
    saved = planner.send("/pulses/messages/en/open_link", body="Answer {title}:\n{link}", step="save")
    assert saved.status_code == 302
    wave = open_link_wave(trust.root, title="Spring pulse")
    words = to_copy(planner.get(f"/pulses/{wave.id}"))
    assert words == f"Answer Spring pulse:\nhttps://pulse.example.org/o/{wave.reference}"


# ---------------------------------------------------------------- every state of its page


def test_each_page_of_an_open_link_can_be_read(
    planner: CheckingClient, trust: Organisation
) -> None:
    early = open_link_wave(trust.root, opens_in=timedelta(days=2))
    assert "You can put up posters now" in said(planner.get(f"/pulses/{early.id}"))
    wave = open_link_wave(trust.root)
    assert "Nobody can answer any more" not in said(planner.get(f"/pulses/{wave.id}"))
    preview = said(planner.get(f"/preview/{wave.id}"))
    assert "only shown for the whole organisation" in preview
    assert "Close" in said(planner.get(f"/pulses/{wave.id}/close"))
    close_and_count(wave)
    assert "counted" in said(planner.get(f"/pulses/{wave.id}"))
    assert "open link" in said(planner.get(f"/reports/{wave.id}"))
