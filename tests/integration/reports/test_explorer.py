"""The comment explorer: sub-themes, who is read first, search, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.comments import erasure, mentions
from surveyapp.comments.grouping import FEWEST_WITH_WORD
from surveyapp.comments.models import Comment, Release, Subtheme, SubthemeComment
from surveyapp.extensions import db
from surveyapp.reports import explorer, jobs, services, storage
from tests.conftest import on_sqlite
from tests.factories.reports import Trust, readings_audited, soup_of, text_of
from tests.factories.told import EMAILS, HANDOVER, HUDDLE, ODD, SAID, Counted, told_trust
from tests.support.client import CheckingClient


@pytest.fixture
def told(session: Session) -> Trust:
    """Not yet grouped."""
    return told_trust(session)


@pytest.fixture
def grouped(told: Trust) -> Trust:
    jobs.group_wave(told.wave_id, embedder=Counted())
    return told


THEME = "/themes/communication"


def page_of(client: CheckingClient, trust: Trust, more: str = "", unit: str = "Maple") -> BeautifulSoup:
    return soup_of(client.get(trust.path(unit, THEME + more)))


def quotes(soup: BeautifulSoup) -> list[str]:
    return [quote.get_text() for quote in soup.select("main .lp-comments blockquote")]


def subtheme_links(soup: BeautifulSoup) -> dict[str, tuple[int, str]]:
    """How many comments each has, and where its link leads."""
    found = {}
    for link in soup.select("nav[aria-label='Show comments by what they speak of'] a"):
        name, count = re.fullmatch(r"(.+) \((\d+)\)", link.get_text()).groups()  # type: ignore[union-attr]
        found[name] = int(count), str(link["href"])
    return found


# ---------------------------------------------------------------- sub-themes


@on_sqlite
def test_comments_on_one_subject_are_put_together_and_named(
    grouped: Trust, planner: CheckingClient
) -> None:
    links = subtheme_links(page_of(planner, grouped))
    names = [name for name in links if name not in {"All", "Anything else"}]
    assert links["All"][0] == len(SAID) == sum(count for name, (count, _) in links.items() if name != "All")
    for subject, texts in (("handover", HANDOVER), ("emails", EMAILS), ("huddle", HUDDLE)):
        (name,) = (name for name in names if subject in name.lower())
        together = set(quotes(soup_of(planner.get(links[name][1]))))
        assert len(together & set(texts)) >= 0.8 * len(texts) and together <= {*texts, *ODD}


def test_each_choice_leads_to_as_many_comments_as_it_says(
    grouped: Trust, planner: CheckingClient
) -> None:
    for more in ("", "?stance=positive", "?q=the", "?stance=negative&q=nobody"):
        for count, address in subtheme_links(page_of(planner, grouped, more)).values():
            page = soup_of(planner.get(address))
            assert len(quotes(page)) == count, address
            for link in page.select("nav[aria-label='Show comments by what they say'] a"):
                said = soup_of(planner.get(str(link["href"])))
                assert f"({len(quotes(said))})" in link.get_text()


@on_sqlite
def test_every_word_of_a_name_is_in_several_of_its_comments(grouped: Trust) -> None:
    rows = db.session.execute(
        select(Subtheme.name, Comment.id, Comment.text)
        .join(
            SubthemeComment,
            (SubthemeComment.unit_id == Subtheme.unit_id) & (SubthemeComment.number == Subtheme.number),
        )
        .join(Comment, Comment.id == SubthemeComment.comment_id)
    ).all()
    assert rows
    for name in {row.name for row in rows}:
        texts = {row.id: row.text.lower() for row in rows if row.name == name}.values()
        for word in re.findall(r"\w+", name.lower()):
            assert sum(word in text for text in texts) >= FEWEST_WITH_WORD


@on_sqlite
def test_those_that_speak_for_others_come_first_and_the_page_says_so(
    grouped: Trust, planner: CheckingClient
) -> None:
    page = page_of(planner, grouped)
    subjects = [next(s for s in ("handover", "emails", "huddle") if s in text) for text in quotes(page)[:3]]
    assert sorted(subjects) == ["emails", "handover", "huddle"]
    assert "First come comments that speak for many others" in page.get_text()
    few = page_of(planner, grouped, unit="Fir")
    assert "They stand in random order" in few.get_text() and not subtheme_links(few)


@on_sqlite
def test_before_comments_are_grouped_all_can_be_read(told: Trust, planner: CheckingClient) -> None:
    page = page_of(planner, told)
    assert sorted(quotes(page)) == sorted(SAID) and not subtheme_links(page)


@on_sqlite
def test_each_shown_unit_has_its_own(grouped: Trust, planner: CheckingClient) -> None:
    shown = storage.shown_units(db.session(), grouped.wave_id)
    units = set(db.session.scalars(select(SubthemeComment.unit_id)))
    assert units == {grouped.units["Maple"], grouped.units["Trust"]} <= set(shown)


@on_sqlite
def test_an_address_with_a_subtheme_that_is_none_shows_all(
    grouped: Trust, planner: CheckingClient
) -> None:
    for odd in ("99", "-1", "x", "9" * 400, "%00", ""):
        assert len(quotes(page_of(planner, grouped, f"?subtheme={odd}"))) == len(SAID)


# ---------------------------------------------------------------- grouping as work


def test_grouping_is_done_once(told: Trust) -> None:
    counted = Counted()
    assert storage.waves_to_group(db.session()) == [told.wave_id]
    jobs.group_wave(told.wave_id, embedder=counted)
    assert counted.sentences == len(set(SAID))  # each sentence once, whatever the units
    assert storage.waves_to_group(db.session()) == []
    jobs.draw_charts(told.wave_id)
    jobs.group_wave(told.wave_id, embedder=counted)
    assert counted.sentences == len(set(SAID))


def test_what_is_counted_anew_meanwhile_is_grouped_again(told: Trust) -> None:
    counted = storage.counted_themes(db.session(), told.wave_id)
    assert counted is not None
    comment = db.session.scalars(select(Comment).where(Comment.text == ODD[0])).one()
    comment.release = Release.WITHHELD
    mentions.write(db.session(), told.wave_id, [comment.id])
    db.session.commit()
    jobs.draw_charts(told.wave_id)
    storage.mark_grouped(db.session(), told.wave_id, counted)
    db.session.commit()
    assert storage.waves_to_group(db.session()) == [told.wave_id]


@on_sqlite
def test_a_worker_that_dies_between_two_units_loses_nothing(told: Trust, planner: CheckingClient) -> None:
    class DiedError(Exception):
        pass

    def die(done: int) -> None:
        if not done:
            raise DiedError

    with pytest.raises(DiedError):
        jobs.group_wave(told.wave_id, die, embedder=Counted())
    db.session.rollback()
    assert len(set(db.session.scalars(select(SubthemeComment.unit_id)))) == 1
    jobs.group_wave(told.wave_id, embedder=Counted())
    assert subtheme_links(page_of(planner, told)) and subtheme_links(page_of(planner, told, unit="Trust"))


def test_deletion_takes_all_of_it(grouped: Trust, session: Session) -> None:
    kept = erasure.rows_kept(session, grouped.wave_id)
    assert kept["comment_mention"] and kept["subtheme"] and kept["subtheme_comment"]
    erasure.erase(session, grouped.wave_id)
    session.commit()
    assert not any(erasure.rows_kept(session, grouped.wave_id).values())


# ---------------------------------------------------------------- search


SEARCHES = (
    ("HANDOVER", HANDOVER),
    ("night handover", [text for text in HANDOVER if "night" in text]),
    ("emails handover", []),
    ("100%", [ODD[0]]),
    ("much_really", [ODD[0]]),
    ("%", SAID),
    ("_", [ODD[0]]),
    ("'; DROP TABLE comment; --", []),
    ("   ", SAID),
)


def test_a_search_leaves_comments_with_all_of_its_words(grouped: Trust, planner: CheckingClient) -> None:
    for search, found in SEARCHES:
        page = soup_of(planner.get(grouped.path("Maple", THEME), query_string={"q": search}))
        assert sorted(quotes(page)) == sorted(found), search


@on_sqlite
def test_a_search_is_kept_by_the_other_choices_and_can_be_stopped(
    grouped: Trust, planner: CheckingClient
) -> None:
    page = page_of(planner, grouped, "?q=handover&stance=negative")
    assert "12 comments have all of ‘handover’" in page.get_text()
    box = page.select_one("input[name=q]")
    assert box is not None and box["value"] == "handover"
    assert page.select_one("input[name=stance]")["value"] == "negative"  # type: ignore[index]
    (stop,) = page.select("a:-soup-contains('Stop searching')")
    assert len(quotes(soup_of(planner.get(str(stop["href"]))))) == len(SAID) - len(HUDDLE)


@on_sqlite
def test_that_something_was_searched_for_is_audited_and_what_is_not(
    grouped: Trust, planner: CheckingClient
) -> None:
    planner.get(grouped.path("Maple", THEME + "?q=zebedee"))
    (event,) = readings_audited(db.session())
    assert event[0] == "comments_read" and event[1]["searched"] == "yes"
    assert "zebedee" not in str(event)


def test_no_search_breaks_the_page(grouped: Trust, planner: CheckingClient) -> None:
    for odd in ("x" * 5000, "\x00", "😀 \u202e", "\\", "a " * 200, "٣", '"><script>alert(1)</script>'):
        answer = planner.get(grouped.path("Maple", THEME), query_string={"q": odd, "page": "9" * 30})
        assert answer.status_code == 200 and "<script>alert" not in answer.text


# ---------------------------------------------------------------- the overview


def test_the_report_tells_the_largest_themes_with_a_comment_each(
    grouped: Trust, planner: CheckingClient
) -> None:
    soup = soup_of(planner.get(grouped.path("Maple")))
    (heading,) = soup.select("h3:-soup-contains('What people write about most')")
    (quote,) = soup.select("main blockquote")
    assert heading.find_next("blockquote") is quote
    assert quote.get_text() in HANDOVER  # the largest sub-theme's most typical
    assert "It can be wrong" in text_of(planner.get(grouped.path("Maple")))


@on_sqlite
def test_a_comment_that_was_taken_back_is_told_no_more(grouped: Trust, planner: CheckingClient) -> None:
    reader = Reader(1, True, frozenset())
    report = services.report_for(db.session(), reader, grouped.wave_id, grouped.units["Maple"])
    (told,) = explorer.telling(db.session(), report)
    text = told.comment.before + told.comment.quote + told.comment.after
    comment = db.session.scalars(select(Comment).where(Comment.text == text)).one()
    comment.release = Release.WITHHELD
    mentions.write(db.session(), grouped.wave_id, [comment.id])
    db.session.commit()
    assert text not in planner.get(grouped.path("Maple")).text
    assert text not in planner.get(grouped.path("Maple", THEME)).text


# ---------------------------------------------------------------- cost


@on_sqlite
def test_pages_read_the_same_number_of_comments_however_many_there_are(
    app: Flask, grouped: Trust, planner: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer, "PAGE", 5)
    read: list[int] = []
    real = mentions.released_of

    def noted(session: Session, wave_id: int, comment_ids: Sequence[str]) -> object:
        read.append(len(comment_ids))
        return real(session, wave_id, comment_ids)

    monkeypatch.setattr(mentions, "released_of", noted)
    planner.get(grouped.path("Trust", THEME))
    planner.get(grouped.path("Trust"))
    assert read == [5, 3]
