"""Staff answer in Welsh or in English: the whole page, the same numbers, and no trace of which."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.actions.services import Status
from surveyapp.permissions import RoleName
from surveyapp.privacy.services import WELSH_TEXT_VERSIONS
from surveyapp.pulses.models import Breakdown, Wave
from surveyapp.timekeeping import LOCAL_ZONE
from tests.conftest import SignIn, on_sqlite
from tests.factories.actions import written
from tests.factories.languages import words_in
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import (
    close,
    draft_wave,
    open_link_wave,
    open_wave,
    prompts,
    scored_items,
    tokens_of,
)
from tests.support.client import CheckingClient

TOKEN = "AAAAAAAAAAAAAAAAAAAAAA"
QUARTERLY = ("quarterly_12", "q1")

#: Names, which are the same in any language.
NAMES = {"Learning Pulse", "Trust", "Spring pulse", "Maple", "1.", "SHA-256"}

@pytest.fixture
def offered() -> str:
    """The setting LANGUAGES."""
    return "en,cy"


@pytest.fixture
def environ(environ: dict[str, str], offered: str) -> dict[str, str]:
    return {**environ, "LANGUAGES": offered}


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 24})


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    return open_wave([trust.root])


@pytest.fixture
def links(wave: Wave) -> Iterator[str]:
    """Addresses of the wave's ballot papers, each another person's."""
    return iter([f"/a/{wave.reference}/{token}" for token in tokens_of(wave).values()])


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def switch(answer: TestResponse) -> Tag | None:
    found = soup(answer).select("a[hreflang]")
    assert len(found) < 2
    return found[0] if found else None


def language(answer: TestResponse) -> str:
    html = soup(answer).html
    assert html is not None
    return str(html["lang"])


def complete(wave: Wave, value: str = "4") -> dict[str, str]:
    return dict.fromkeys(scored_items(wave), value)


# ---------------------------------------------------------------- choosing


@on_sqlite
def test_the_first_page_offers_the_other_language_by_its_own_name(
    client: CheckingClient, links: Iterator[str]
) -> None:
    link = next(links)
    english = client.get(link)
    there = switch(english)
    assert there is not None and there.get_text() == "Cymraeg"
    assert (there["lang"], there["hreflang"], there["href"]) == ("cy", "cy", f"{link}?lang=cy")
    welsh = client.get(str(there["href"]))
    back = switch(welsh)
    assert back is not None and back.get_text() == "English"
    assert (back["lang"], back["hreflang"], back["href"]) == ("en", "en", link)
    assert (language(english), language(welsh)) == ("en", "cy")


@on_sqlite
def test_it_stands_before_the_first_question(client: CheckingClient, links: Iterator[str]) -> None:
    page = client.get(next(links)).text
    assert page.index(">Cymraeg<") < page.index("<main") < page.index("1. My manager")


@on_sqlite
@pytest.mark.parametrize(
    "code", ["", "en", "fr", "CY", "cy-GB", "../cy", "cy%00", "%F0%9F%8F%B4", "x" * 5000]
)
def test_any_other_language_is_english(
    client: CheckingClient, links: Iterator[str], code: str
) -> None:
    answer = client.get(f"{next(links)}?lang={code}")
    assert answer.status_code == 200 and language(answer) == "en"


@on_sqlite
def test_links_of_a_welsh_page_lead_on_in_welsh(
    client: CheckingClient, wave: Wave, links: Iterator[str]
) -> None:
    link = next(links)
    page = soup(client.get(f"{link}?lang=cy"))
    inner = [str(a["href"]) for a in page.select("main a, footer a")]
    assert [href for href in inner if href.startswith("/") and "lang=cy" not in href] == []
    assert f"/a/{wave.reference}/what-we-store?lang=cy" in inner
    answer = client.post(f"{link}?lang=cy", data=complete(wave))
    assert (answer.status_code, answer.location) == (303, f"/a/{wave.reference}/thank-you?lang=cy")
    assert "Mae eich atebion yn y blwch" in client.get(answer.location).text


@on_sqlite
def test_the_form_goes_where_the_page_is(client: CheckingClient, trust: Organisation) -> None:
    """Without an action a form is sent to the page's own address, and so in its language."""
    to_all = open_link_wave(trust.root)
    for end in ("", "/tablet/answer"):
        form = soup(client.get(f"/o/{to_all.reference}{end}?lang=cy")).form
        assert form is not None
        assert str(form.get("action", "lang=cy")).endswith("lang=cy")


@on_sqlite
def test_changing_the_language_keeps_what_was_entered(
    client: CheckingClient, trust: Organisation
) -> None:
    wave = open_wave([trust.root], questions=QUARTERLY)
    link = f"/a/{wave.reference}/{next(iter(tokens_of(wave).values()))}"
    first = client.get(link)
    boxes = sorted({str(box["name"]) for box in soup(first).select("input[type=radio]")})
    hidden = {str(i["name"]): str(i["value"]) for i in soup(first).select("input[type=hidden]")}
    second = client.post(link, data={**hidden, **dict.fromkeys(boxes, "5"), "go": "on"})
    assert switch(second) is None  # a link would lose the page before
    (button,) = soup(second).select("button[formaction]")
    assert (button["lang"], button["formaction"], button["value"]) == ("cy", f"{link}?lang=cy", "language")
    boxes = [str(box["name"]) for box in soup(second).select("input[type=radio]")]
    hidden = {str(i["name"]): str(i["value"]) for i in soup(second).select("input[type=hidden]")}
    welsh = client.post(
        f"{link}?lang=cy", data={**hidden, boxes[0]: "2", "go": "language"}
    )
    assert language(welsh) == "cy" and "Tudalen 2 o" in welsh.text
    assert not soup(welsh).select(".nhsuk-error-summary")
    assert [box["value"] for box in soup(welsh).select("input[checked]")] == ["2"]
    hidden = {str(i["name"]): str(i["value"]) for i in soup(welsh).select("input[type=hidden]")}
    before = client.post(f"{link}?lang=cy", data={**hidden, "go": "back"})
    assert {box["value"] for box in soup(before).select("input[checked]")} == {"5"}


@on_sqlite
def test_a_shared_tablet_forgets_the_language_with_the_person(
    client: CheckingClient, trust: Organisation
) -> None:
    start = f"/o/{open_link_wave(trust.root).reference}/tablet"
    for path in (f"{start}/answer?lang=cy", f"{start}/thank-you?lang=cy"):
        page = client.get(path).text
        assert f'href="{start}"' in page and f'data-start="{start}"' in page
        assert f"{start}?lang" not in page
    assert f'data-start="{start}"' in client.get(f"{start}?lang=cy").text


# ---------------------------------------------------------------- what is not offered


@on_sqlite
@pytest.mark.parametrize("offered", ["", "en"])
def test_where_english_is_all_nothing_is_offered_and_nothing_else_comes(
    client: CheckingClient, sign_in: SignIn, wave: Wave, trust: Organisation
) -> None:
    link = f"/a/{wave.reference}/{next(iter(tokens_of(wave).values()))}"
    for path in (link, "/privacy", f"/o/{open_link_wave(trust.root).reference}/tablet"):
        plain, asked = client.get(path), client.get(f"{path}?lang=cy")
        assert language(asked) == "en" and switch(plain) is None and switch(asked) is None
        assert words_in(plain.text, "en") == words_in(asked.text, "en")
        assert not words_in(asked.text, "cy") and not soup(asked).select("button[formaction]")
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    assert "Welsh" not in planner.get(f"/pulses/{draft_wave([trust.root]).id}").text


@on_sqlite
def test_pages_of_people_who_sign_in_stay_english(sign_in: SignIn, wave: Wave) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    for path in ("/pulses", f"/pulses/{wave.id}", "/pulses/new", "/library", "/no-such-page", "/sign-in"):
        answer = planner.get(f"{path}?lang=cy", follow_redirects=True)
        assert language(answer) == "en" and switch(answer) is None, path
        assert not words_in(answer.text, "cy"), path


@on_sqlite
def test_who_plans_sees_the_welsh_paper_and_that_nobody_has_checked_it(
    sign_in: SignIn, session: Session, trust: Organisation
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    draft = draft_wave([trust.root])
    page = planner.get(f"/pulses/{draft.id}").text
    assert "No Welsh speaker has checked them" in page and "no Welsh words" not in page
    assert f"/preview/{draft.id}?lang=cy" in page and "Mae Trust yn gofyn" in page
    assert "Nodyn atgoffa: " in page
    preview = planner.get(f"/preview/{draft.id}?lang=cy")
    assert "1. Mae fy rheolwr" in preview.text
    assert "No Welsh speaker has checked them" in " ".join(words_in(preview.text, "en"))
    draft.items[0].text_cy = ""
    session.commit()
    assert "1 of its questions has no Welsh words" in planner.get(f"/pulses/{draft.id}").text


# ---------------------------------------------------------------- whole pages


def _pages(client: CheckingClient, trust: Organisation, lang: str) -> dict[str, TestResponse]:
    """Every page that staff can meet."""
    wave, later = open_wave([trust.root]), open_wave([trust.root], opens_in=timedelta(days=1))
    by_group = open_wave([trust.root], questions=("annual_full", "full"), breakdown=Breakdown.STAFF_GROUP)
    to_all = open_link_wave(trust.root, asks_follow_up=True)
    token, other, late = list(tokens_of(wave).values())[:3]
    path, group_path = f"/a/{wave.reference}/{token}", f"/a/{by_group.reference}"
    paper, openly = complete(wave), f"/o/{to_all.reference}"
    of_group = f"{group_path}/{next(iter(tokens_of(by_group).values()))}"

    def get(address: str) -> TestResponse:
        return client.get(address, query_string={"lang": lang})

    def post(address: str, **data: str) -> TestResponse:
        return client.post(address, query_string={"lang": lang}, data=data)

    form = soup(get(openly)).select_one("input[name=ticket]")
    assert form is not None
    ticket = str(form["value"])
    found = {
        "paper": get(path),
        "errors": post(path),
        "too long": post(path, **paper, **{prompts(wave)[0]: "7" * 501}),
        "page 1 of many": get(of_group),
        "lost": post(of_group, page="1", carried="x"),
        "sent": post(path, **paper),
        "spent": get(path),
        "thank you": get(f"/a/{wave.reference}/thank-you"),
        "thank you by group": get(f"{group_path}/thank-you"),
        "cut": get(f"/a/{wave.reference}"),
        "unknown": get(f"/a/{wave.reference}/{TOKEN}"),
        "unknown, and sent": post(f"/a/{wave.reference}/{TOKEN}", **paper),
        "not open yet": get(f"/a/{later.reference}/{tokens_of(later).popitem()[1]}"),
        "open link": get(openly),
        "bad ticket": post(openly, ticket="x", **complete(to_all)),
        "open link, sent": post(openly, ticket=ticket, **complete(to_all)),
        "open link, sent again": post(openly, ticket=ticket, **complete(to_all)),
        "open link, thank you": get(f"{openly}/thank-you"),
        "what is stored": get(f"/a/{by_group.reference}/what-we-store"),
        "what is stored, openly": get(f"{openly}/what-we-store".replace("/o/", "/a/")),
        "tablet": get(f"{openly}/tablet"),
        "tablet paper": get(f"{openly}/tablet/answer"),
        "tablet, thank you": get(f"{openly}/tablet/thank-you"),
        "tablet, sent again": post(f"{openly}/tablet/answer", ticket=ticket, **complete(to_all)),
        "open link, unknown": get("/o/nothing"),
        "stop reminders": get(f"/a/reminders/{TOKEN}/stop"),
        "reminders stopped": post(f"/a/reminders/{TOKEN}/stop"),
        "reminders again": post(f"/a/reminders/{TOKEN}/stop", choice="start"),
        "not found": get("/a/nothing/like/this/at-all"),
        "not allowed": client.put(path, query_string={"lang": lang}),
        "privacy": get("/privacy"),
        "accessibility": get("/accessibility"),
        "your data": get("/your-data"),
        "you said, we did": get("/you-said-we-did"),
    }
    close(wave)
    close(to_all)
    return {
        **found,
        "closed": get(f"/a/{wave.reference}/{other}"),
        "too late": post(f"/a/{wave.reference}/{late}", **paper),
        "open link, closed": get(openly),
        "what is stored, closed": get(f"/a/{wave.reference}/what-we-store"),
    }


@on_sqlite
def test_no_word_of_a_welsh_page_is_in_english_and_unmarked(
    client: CheckingClient, session: Session, trust: Organisation
) -> None:
    for status in Status:
        reason = "There is no money." if status is Status.NOT_DOING else ""
        written(session, trust.root, status=status, reason=reason, published_on=date(2026, 3, 2))
    english, welsh = _pages(client, trust, "en"), _pages(client, trust, "cy")
    for name, answer in welsh.items():
        if answer.status_code == 303:
            continue
        assert answer.status_code == english[name].status_code, name
        assert language(answer) == "cy", name
        same = words_in(answer.text, "cy") & words_in(english[name].text, "en")
        left = {part for text in same for part in text.split(" – ")} - NAMES
        assert left == set(), name
        assert len(words_in(answer.text, "cy")) > 2, name


@on_sqlite
def test_dates_are_welsh(
    client: CheckingClient, session: Session, wave: Wave, links: Iterator[str]
) -> None:
    wave.closes_at = datetime(2099, 11, 4, 23, 59, tzinfo=LOCAL_ZONE)
    session.commit()
    link = next(links)
    assert "4 November 2099" in client.get(link).text
    page = client.get(f"{link}?lang=cy").text
    assert "4 Tachwedd 2099" in page and "November" not in page


@on_sqlite
def test_words_on_what_is_stored_that_were_never_in_welsh_say_so_in_welsh(
    client: CheckingClient, session: Session, wave: Wave
) -> None:
    wave.privacy_version = "2026-11"
    session.commit()
    assert switch(client.get(f"/a/{wave.reference}/what-we-store")) is None
    answer = client.get(f"/a/{wave.reference}/what-we-store?lang=cy")
    assert language(answer) == "en" and "What we promise" in answer.text
    assert words_in(answer.text, "cy") == {
        "Mae’r dudalen hon ar gael yn Saesneg yn unig ar hyn o bryd."
    }


@on_sqlite
def test_what_is_stored_is_told_in_welsh_too(client: CheckingClient, wave: Wave) -> None:
    wave.privacy_version = WELSH_TEXT_VERSIONS[-1]
    page = f"/a/{wave.reference}/what-we-store"
    assert switch(client.get(page)) is not None
    answer = client.get(f"{page}?lang=cy")
    told = words_in(answer.text, "cy")
    assert {"Beth rydym yn ei addo", "4 (Cytuno)", wave.items[0].text_cy} <= told
    # The same columns in the same order; the example holds a comment, which is in Welsh.
    columns = [
        [code for tag in soup(one).select("code") if "{" not in (code := tag.get_text())]
        for one in (client.get(page), answer)
    ]
    assert columns[0] == columns[1] and len(columns[0]) > 40


@on_sqlite
def test_a_question_without_welsh_stands_in_english_and_says_so(
    client: CheckingClient, session: Session, wave: Wave, links: Iterator[str]
) -> None:
    wave.items[1].text_cy = ""
    wave.items[-1].text_cy = ""
    session.commit()
    link = next(links)
    answer = client.post(f"{link}?lang=cy")
    assert language(answer) == "cy"
    page = soup(answer)
    (fieldset,) = page.select("main fieldset[lang]")
    assert fieldset["lang"] == "en"
    english = words_in(str(fieldset), "en")
    assert "2. I feel safe to ask questions in my team." in english
    assert {"Strongly disagree", "or", "Not sure, or does not apply to me"} <= english
    # The error is the page's, not the question's.
    assert words_in(str(fieldset), "cy") == {
        "Gwall:",
        "Dewiswch ateb i gwestiwn 2, neu ‘Ddim yn siŵr’",
    }
    label = page.select_one(f"label[for={wave.items[-1].item_id}]")
    assert label is not None and label["lang"] == "en"
    assert label.get_text(strip=True).endswith("(optional)")


@on_sqlite
def test_no_page_in_either_language_sets_a_cookie_or_opens_the_policy(
    client: CheckingClient, trust: Organisation
) -> None:
    for answer in _pages(client, trust, "cy").values():
        assert "Set-Cookie" not in answer.headers, answer.request.path
        policy = answer.headers["Content-Security-Policy"]
        assert "http" not in policy and "*" not in policy and "default-src 'self'" in policy
