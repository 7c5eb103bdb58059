"""Corrections for the organisation's own training, and the page that says how well it reads."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.labelled import read_labelled
from nlp.taxonomy import Factor, Sentiment
from surveyapp.accounts.models import AuditEvent
from surveyapp.comments.models import Comment, CommentCorrection, Release
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from surveyapp.privacy import jobs as privacy_jobs
from surveyapp.pulses.models import Wave
from tests.conftest import SignIn, on_sqlite
from tests.factories.kept import age
from tests.factories.reports import COMMENTS, Trust, cells_of, soup_of, text_of
from tests.support.client import CheckingClient

READ = {"factors": {"communication": "negative"}, "sentiment": "negative"}
SAID = {"factors": {"mentorship": "positive"}, "sentiment": "positive"}


def correct(
    session: Session, text: str, said: dict[str, object], *, number: int = 1, picked: str = "unsure"
) -> None:
    comment_id = session.scalars(select(Comment.id).where(Comment.text == text)).one()
    session.add(
        CommentCorrection(
            comment_id=comment_id,
            number=number,
            model_version="stand-in-1",
            read=READ,
            said=said,
            picked=picked,
            said_in=date(2026, 11, 1),
            reader=f"{number:016}",
        )
    )
    session.commit()


def agree(session: Session) -> None:
    organisation.choose(session, organisation.Choice.LEARN_FROM_CORRECTIONS, is_on=True)
    session.commit()


def export(app: Flask, path: Path) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["comments", "corrections", "--out", str(path)])
    return done.exit_code, done.output


# ---------------------------------------------------------------- the file


def test_nothing_is_written_until_the_organisation_says_so(
    app: Flask, session: Session, drawn: Trust, tmp_path: Path
) -> None:
    correct(session, COMMENTS[0], SAID)
    file = tmp_path / "corrections.jsonl"
    code, output = export(app, file)
    assert code == 2 and "has not chosen to learn from corrections" in output
    assert not file.exists()
    agree(session)
    assert export(app, file)[0] == 0
    organisation.choose(session, organisation.Choice.LEARN_FROM_CORRECTIONS, is_on=False)
    session.commit()
    assert export(app, tmp_path / "again.jsonl")[0] == 2


def test_the_file_holds_text_and_labels_as_training_reads_them_and_nothing_else(
    app: Flask, session: Session, drawn: Trust, tmp_path: Path
) -> None:
    agree(session)
    correct(session, COMMENTS[0], READ)
    correct(session, COMMENTS[0], SAID, number=2)
    correct(session, COMMENTS[5], {"factors": {}, "sentiment": "neutral_mixed"})
    file = tmp_path / "corrections.jsonl"
    code, output = export(app, file)
    assert code == 0 and "2 corrected comments" in output
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert all(line.keys() == {"text", "factors", "sentiment", "factor_sentiment"} for line in lines)
    found = {one.text: one for one in read_labelled(file)}
    assert found.keys() == {COMMENTS[0], COMMENTS[5]}
    assert found[COMMENTS[0]].factor_sentiment == {Factor.MENTORSHIP: Sentiment.POSITIVE}
    assert found[COMMENTS[5]].factor_sentiment == {}
    assert file.stat().st_mode & 0o077 == 0


def test_only_what_is_shown_kept_and_told_is_in_the_file(
    app: Flask, session: Session, drawn: Trust, tmp_path: Path
) -> None:
    agree(session)
    for place in (0, 1):
        correct(session, COMMENTS[place], SAID)
    file = tmp_path / "corrections.jsonl"
    held_back = session.scalars(select(Comment).where(Comment.text == COMMENTS[0])).one()
    held_back.release = Release.TO_REVIEW
    session.commit()
    assert export(app, file)[0] == 0 and COMMENTS[0] not in file.read_text(encoding="utf-8")
    wave = session.get_one(Wave, drawn.wave_id)
    told = wave.privacy_version
    wave.privacy_version = "2026-11"
    session.commit()
    assert export(app, tmp_path / "none.jsonl")[0] == 2
    session.get_one(Wave, drawn.wave_id).privacy_version = told
    age(drawn.wave_id)
    privacy_jobs.erase_due()
    code, output = export(app, tmp_path / "none.jsonl")
    assert code == 2 and "No comment has been corrected" in output
    assert session.scalars(select(CommentCorrection)).all() == []


# ---------------------------------------------------------------- the choice


@on_sqlite
def test_it_is_off_until_someone_switches_it_on_and_that_is_audited(
    session: Session, drawn: Trust, sign_in: SignIn
) -> None:
    planner = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    assert "Nothing learns from" in planner.get("/organisation").text
    (no,) = soup_of(planner.get("/organisation/learning")).select("input[checked]")
    assert no["value"] == "no"
    choice = organisation.Choice.LEARN_FROM_CORRECTIONS
    for answer, is_on in (("yes", True), ("no", False)):
        assert planner.send("/organisation/learning", learn=answer).status_code == 302
        session.rollback()
        assert organisation.has_chosen(session, choice) is is_on
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == "organisation_chose"))
    assert [event.details["is_on"] for event in events] == [True, False]
    assert planner.send("/organisation/learning", learn="maybe").status_code == 200
    for role in (RoleName.LEADER, RoleName.COMMENT_REVIEWER, RoleName.SPEAK_UP_GUARDIAN):
        assert sign_in(role).get("/organisation/learning").status_code == 403


# ---------------------------------------------------------------- the quality page


@pytest.fixture
def planner(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.LEARNING_AND_DEVELOPMENT)


@on_sqlite
def test_the_page_keeps_the_two_ways_of_picking_apart_and_names_no_one(
    session: Session, drawn: Trust, planner: CheckingClient
) -> None:
    assert "Nobody has checked a comment yet" in planner.get("/theme-quality").text
    for text in COMMENTS[:4]:
        correct(session, text, READ, picked="random")
    correct(session, COMMENTS[4], SAID)
    correct(session, COMMENTS[4], READ, number=2, picked="report")
    answer = planner.get("/theme-quality")
    soup, words = soup_of(answer), text_of(answer)
    assert "stand-in-1" in words and "1 comment was checked by more than one person. In 1 of" in words
    assert "4 comments checked. They were drawn by chance" in words
    assert "right less often here than on the whole" in words
    by_chance = cells_of(soup, "Comments drawn by chance")
    assert by_chance[1] == ["Communication and collaboration", "4", "Too few", "Too few", "0"]
    assert by_chance[-1][:2] == ["All themes together", "4"]
    unsure = cells_of(soup, "Comments it was least sure of")
    assert unsure[4] == ["Mentorship", "0", "Too few", "Too few", "1"]
    # Neither a comment, nor a unit, nor a pulse.
    for name in (*COMMENTS, *drawn.units, "Spring"):
        assert name not in words or name == "Trust"


@on_sqlite
def test_from_ten_comments_on_shares_are_shown_with_their_interval(
    session: Session, drawn: Trust, planner: CheckingClient
) -> None:
    ids = session.scalars(select(Comment.id)).all()
    for number in range(1, 3):
        for place, comment_id in enumerate(ids):
            session.add(
                CommentCorrection(
                    comment_id=comment_id,
                    number=number,
                    model_version="stand-in-1",
                    read={**READ, "factors": dict.fromkeys(("communication", "feedback"), "negative")},
                    said=READ if place else SAID,
                    picked="random",
                    said_in=date(2026, 11, 1),
                    reader=f"{number:016}",
                )
            )
    session.commit()
    rows = cells_of(soup_of(planner.get("/theme-quality")), "Comments drawn by chance")
    # Six of fourteen mentions: Wilson gives 21% to 67%.
    assert rows[-1] == ["All themes together", "14", "43%", "21% to 67%", "1"]
