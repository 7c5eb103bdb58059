"""Reviewing one comment after the other, and what is left of what a reviewer took out (A16)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp import clock, queueing
from surveyapp.accounts.services import Reader, create_user
from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.comments import jobs, review
from surveyapp.comments.models import Comment, CommentAnalysis, Release
from surveyapp.comments.review import Decision, ReviewError
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from surveyapp.pulses import services as pulses
from surveyapp.pulses.models import Wave, WaveUnit
from surveyapp.timekeeping import LOCAL_ZONE, database_now
from tests.conftest import SignIn
from tests.factories.comments import analyse, counted
from tests.factories.reports import Trust, counted_trust, read_and_draw, soup_of
from tests.support.client import CheckingClient
from tests.support.queues import forget_nudges, nudges
from tests.support.servers import PostgresCluster


@pytest.fixture
def outside(session: Session) -> Reader:
    """A reviewer who leads nobody."""
    user = create_user(
        session,
        email="outside@example.org",
        name="Outside",
        password="four quiet wards at dawn",
        roles=[RoleName.COMMENT_REVIEWER],
    )
    session.commit()
    return Reader(user.id, False, frozenset())


def to_review(session: Session, count: int, words: str = "Sister Zebra runs the handover") -> int:
    """A wave of which so many comments wait for a reviewer, as an administrator has chosen."""
    wave_id, _ = counted(session, [f"{words} {chr(97 + n) * 3}" for n in range(count)])
    session.get_one(Wave, wave_id).review_all = True
    session.commit()
    analyse(wave_id)
    return wave_id


def waiting(session: Session) -> list[str]:
    session.rollback()
    return list(
        session.scalars(
            select(Comment.id).where(Comment.release == Release.TO_REVIEW).order_by(Comment.id)
        )
    )


# ---------------------------------------------------------------- what is reviewed, and by whom


@pytest.mark.parametrize("review_all", [False, True])
def test_all_comments_are_reviewed_where_that_was_chosen(session: Session, review_all: bool) -> None:
    wave_id, _ = counted(session, [f"The handover is short {n}" for n in range(6)])
    session.get_one(Wave, wave_id).review_all = review_all
    session.commit()
    analyse(wave_id)
    assert len(waiting(session)) == (6 if review_all else 0)
    kept = session.scalar(select(func.count()).where(Comment.sealed_original.is_not(None)))
    assert kept == (6 if review_all else 0)  # without a review the original goes at once


def test_who_leads_a_unit_of_a_reporting_group_is_in_the_groups_line(session: Session) -> None:
    root = organisation.ensure_root(session, "Trust").id
    units = [
        organisation.add_unit(session, name=name, parent_id=root).id for name in ("A", "B", "C")
    ]
    session.flush()
    wave_id = pulses.create_imported_wave(
        session, title="Spring", unit_counts=dict.fromkeys(units, 10)
    ).id
    group = 900_000_001
    session.add(WaveUnit(wave_id=wave_id, unit_id=group, parent_id=root, name="A, B"))
    for member in units[:2]:
        session.get_one(WaveUnit, (wave_id, member)).parent_id = group
    session.commit()

    def line_of(*leads: int) -> frozenset[int]:
        return review.own_line(session, wave_id, Reader(1, False, frozenset(leads)))

    # A team that was made later, below one whose comments wait, is in that one's line.
    later = organisation.add_unit(session, name="Nights", parent_id=units[0]).id
    session.commit()
    assert line_of(later) == {later, units[0], root}
    assert line_of(units[2]) == {units[2], root}
    assert line_of(units[0]) == {units[0], later, group, root}
    assert line_of(root) == {root, group, later, *units}


def test_a_reviewer_who_leads_as_well_stays_outside_the_line(
    session: Session, sign_in: SignIn
) -> None:
    wave_id = to_review(session, 5)
    tree = pulses.tree_of(pulses.wave_units(session, wave_id))
    both = sign_in(
        RoleName.COMMENT_REVIEWER,
        RoleName.LEADER,
        RoleName.LEARNING_AND_DEVELOPMENT,
        led_unit_ids=(tree.children[tree.root][0],),
    )
    assert "No comment waits for you" in both.get("/review").text
    both.send(f"/review/{waiting(session)[0]}", form_at="/", decision="release")
    assert len(waiting(session)) == 5


# ---------------------------------------------------------------- the queue


@pytest.fixture
def reviewer(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.COMMENT_REVIEWER)


def test_ten_comments_take_one_tap_and_two_requests_each(
    session: Session, reviewer: CheckingClient
) -> None:
    to_review(session, 10)
    requests = 1
    page = reviewer.get("/review")
    for left in range(10, 0, -1):
        soup = soup_of(page)
        assert len(soup.select("blockquote")) == 1
        assert f"{left} comment" in soup.select_one("main").get_text()  # type: ignore[union-attr]
        (form,) = soup.select("main form")
        token = form.select_one("[name=csrf_token]")
        assert token is not None
        answer = reviewer.post(
            str(form["action"]), data={"csrf_token": token["value"], "decision": "release"}
        )
        page = reviewer.get(answer.location)
        requests += 2
        done = soup_of(page).select_one("[role=alert][autofocus]")
        assert done is not None and done.get_text() == "Comment released."
        assert str(soup_of(page).title).startswith("<title>Comment released. ")
    assert "No comment waits for you" in page.text
    assert requests == 21


def test_what_is_skipped_comes_round_again(session: Session, reviewer: CheckingClient) -> None:
    to_review(session, 5)
    first, second, *between, last = waiting(session)

    def shown(page: TestResponse) -> str:
        return str(soup_of(page).select("main form")[0]["action"]).rpartition("/")[2]

    assert shown(reviewer.get("/review")) == first
    (skip,) = soup_of(reviewer.get("/review")).find_all("a", string="Skip for now")
    assert shown(reviewer.get(str(skip["href"]))) == second
    answer = reviewer.send(f"/review/{second}", form_at="/review", decision="withhold")
    assert shown(reviewer.get(answer.location)) == between[0]
    answer = reviewer.send(f"/review/{last}", form_at="/review", decision="release")
    assert shown(reviewer.get(answer.location)) == first
    assert reviewer.get("/review?after=odd'--%00").status_code == 200


def test_words_are_taken_out_by_ticking_them(session: Session, reviewer: CheckingClient) -> None:
    wave_id = to_review(session, 1 + 4)
    (comment_id, *_) = waiting(session)
    soup = soup_of(reviewer.get("/review"))
    numbers = [
        str(box["value"])
        for box in soup.select("input[name=taken_out]")
        if soup.select_one(f"label[for={box['id']}]").get_text() in {"Sister", "Zebra"}  # type: ignore[union-attr]
    ]
    answer = reviewer.send(
        f"/review/{comment_id}", form_at="/review", decision="release", taken_out=numbers
    )
    assert "Comment released without 2 words." in reviewer.get(answer.location).text
    session.rollback()
    comment = session.get_one(Comment, comment_id)
    assert (comment.text or "").startswith("[removed] runs the handover")
    finding = comment.analyses[0].findings[0]
    assert comment.text[finding["quote_start"] : finding["quote_end"]] == "handover"  # type: ignore[index]
    assert wave_id == comment.wave_id


def test_what_is_withheld_is_destroyed(session: Session, outside: Reader) -> None:
    to_review(session, 5)
    comment_id, *_ = waiting(session)
    review.review(session, comment_id, Decision.WITHHOLD, reader=outside, taken_out=[0])
    session.commit()
    comment = session.get_one(Comment, comment_id)
    assert (comment.text, comment.sealed_original, comment.analyses) == (None, None, [])
    assert comment.release == Release.WITHHELD
    assert session.scalar(select(func.count()).select_from(CommentAnalysis)) == 4
    with pytest.raises(ReviewError, match="already"):
        review.review(session, comment_id, Decision.RELEASE, reader=outside)


@pytest.mark.parametrize(
    ("taken_out", "said"),
    [
        (["0", "1", "2", "3", "4", "5"], "Leave some words to release, or withhold the comment."),
        (["0", "6"], "That word is not in this comment."),
    ],
)
def test_what_was_not_done_does_not_look_like_a_success(
    session: Session, reviewer: CheckingClient, taken_out: list[str], said: str
) -> None:
    to_review(session, 5)
    (comment_id, *_), path = waiting(session), "/review"
    reviewer.send(
        f"/review/{comment_id}", form_at=path, decision="release", taken_out=taken_out
    )
    page = soup_of(reviewer.get(path))
    assert page.title and page.title.get_text().startswith(f"Error: {said}")
    (alert,) = page.select("[role=alert]")
    assert (alert.get_text(), alert["class"]) == (said, ["lp-not-done"])
    assert comment_id in waiting(session)
    reviewer.send(f"/review/{comment_id}", form_at=path, decision="withhold")
    page = soup_of(reviewer.get(path))
    assert page.title and "Error" not in page.title.get_text()
    (alert,) = page.select("[role=alert]")
    assert (alert.get_text(), alert["class"]) == (
        "Comment withheld. Leaders can never read it.",
        ["lp-done"],
    )


def test_the_log_says_what_was_decided_and_holds_no_word(
    session: Session, reviewer: CheckingClient, sign_in: SignIn
) -> None:
    to_review(session, 5)
    for decision, taken_out in (("release", ["0", "1"]), ("release", []), ("withhold", ["1"])):
        path = f"/review/{waiting(session)[0]}"
        reviewer.send(path, form_at="/review", decision=decision, taken_out=taken_out)
    log = sign_in(RoleName.ADMINISTRATOR).get("/audit-log?action=comment_reviewed")
    rows = [
        " ".join(row.select("td")[-1].get_text(" ").replace("Details", "").split())
        for row in soup_of(log).select("tbody tr")
    ]
    # The two databases keep the keys in orders of their own.
    assert sorted(sorted(row.split("; ")) for row in rows) == [
        ["decision: release", "pulse: Spring pulse", "words removed: 0"],
        ["decision: release edited", "pulse: Spring pulse", "words removed: 2"],
        ["decision: withhold", "pulse: Spring pulse", "words removed: 0"],
    ]
    assert "Zebra" not in log.text and "Sister" not in log.text


# ---------------------------------------------------------------- what is left behind


@pytest.fixture
def files(database: str, app: Flask, request: pytest.FixtureRequest) -> Iterator[list[Path]]:
    """Every file in which this database keeps its rows."""
    url = current_app.config["SETTINGS"].database_url
    if database == "sqlite":
        yield [Path(url.removeprefix("sqlite:///") + end) for end in ("", "-wal")]
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    number = db.session.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    db.session.rollback()
    yield [cluster.directory / "data" / "base" / str(number)]


def holds(files: list[Path], word: str) -> bool:
    """Whether the word stands anywhere in the files, once the database has written all it holds."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))
    found = [path for top in files for path in (top, *top.rglob("*")) if path.is_file()]
    assert found
    return any(word.encode() in path.read_bytes() for path in found)


def test_a_word_taken_out_is_in_no_file_of_the_database(
    session: Session, files: list[Path], outside: Reader
) -> None:
    """The sweep that every installation runs clears what reviews leave behind."""
    to_review(session, 6)
    first, second, *others = waiting(session)
    assert holds(files, "Zebra")
    review.review(session, first, Decision.RELEASE, reader=outside, taken_out=[0, 1])
    review.review(session, second, Decision.WITHHOLD, reader=outside)
    for comment_id in others:
        review.review(session, comment_id, Decision.RELEASE, reader=outside, taken_out=[1])
    session.commit()
    session.close()
    assert holds(files, "Zebra")
    current_app.extensions["redis"].delete("residue:rest")  # ten minutes have gone by
    ballot_jobs.sweep()
    assert not holds(files, "Zebra")
    assert holds(files, "runs the handover")


def test_the_last_review_of_a_wave_has_its_charts_drawn(
    session: Session, reviewer: CheckingClient
) -> None:
    wave_id = to_review(session, 5)
    forget_nudges()
    for comment_id in waiting(session):
        reviewer.send(f"/review/{comment_id}", form_at="/review", decision="release")
        nudged = not waiting(session)
        assert (("reports", "reports.jobs.draw_charts", [wave_id]) in nudges()) is nudged


def test_originals_go_after_thirty_days_by_the_databases_date(session: Session) -> None:
    to_review(session, 5)
    today = database_now(session).astimezone(LOCAL_ZONE).date()
    stored = session.scalars(select(Comment.original_expires_on)).all()
    assert set(stored) == {today + timedelta(days=30)}
    registered = [
        (one["queue_name"], one["cron"])
        for one in clock.cron._job_data_registry
        if one["func"] is jobs.destroy_old_originals
    ]
    assert registered == [(queueing.CLOCK, "10 3 * * *")]
    for left in (1, 0):
        for comment in session.scalars(select(Comment)):
            comment.original_expires_on = today + timedelta(days=left)
        session.commit()
        jobs.destroy_old_originals()
        kept = session.scalar(select(func.count()).where(Comment.sealed_original.is_not(None)))
        assert kept == (5 if left else 0)
    assert len(waiting(session)) == 5  # they can still be reviewed, in their redacted form


# ---------------------------------------------------------------- what a reader is given

_DATE = re.compile(
    r"\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December)"
    r"|\b20\d\d\b|\b\d{1,2}[:/]\d{2}\b"
)


@pytest.fixture
def drawn(session: Session) -> Trust:
    trust = counted_trust(session)
    read_and_draw(trust.wave_id)
    return trust


def test_released_pages_hold_no_id_and_no_date(
    session: Session, drawn: Trust, sign_in: SignIn
) -> None:
    ids = session.scalars(select(Comment.id)).all()
    reader = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    seen = []
    for theme in ("communication", "recognition", "other"):
        for unit in ("Maple", "Surgery", "Trust"):
            page = reader.get(drawn.path(unit, f"/themes/{theme}"))
            main = soup_of(page).select_one("main")
            assert main is not None and not any(id_ in page.text for id_ in ids)
            assert not re.search(r"[0-9a-f]{32}", str(main), re.IGNORECASE)
            assert not _DATE.search(main.get_text(" "))
            for comment in main.select(".lp-comments, .lp-comments *"):
                assert set(comment.attrs) <= {"class"}
            texts = [quote.get_text() for quote in main.select("blockquote")]
            again = reader.get(drawn.path(unit, f"/themes/{theme}"))
            assert texts == [quote.get_text() for quote in soup_of(again).select("blockquote")]
            seen += texts
    assert seen
