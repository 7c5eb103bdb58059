"""Deleting what was kept long enough: all of it, once, with proof, and nothing else (A19)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.ballots import services as ballots
from surveyapp.ballots.models import Answer, Response, SealedBallot
from surveyapp.comments import erasure as comment_rows
from surveyapp.comments.models import (
    Comment,
    CommentAnalysis,
    CommentCorrection,
    CommentMention,
    Concern,
    Subtheme,
    SubthemeComment,
)
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.privacy import jobs, services
from surveyapp.privacy.models import DeletionCertificate
from surveyapp.privacy.views import KINDS
from surveyapp.pulses import services as pulses
from surveyapp.pulses.models import Wave, WaveMail, WaveState
from surveyapp.reports.jobs import draw_charts
from surveyapp.reports.models import WaveChart, WaveThemes
from surveyapp.timekeeping import utc_now
from tests.conftest import OnDisk, SignIn
from tests.factories import waves
from tests.factories.kept import age, kept, old_trust
from tests.factories.organisation import make_organisation
from tests.factories.reports import Trust, counted_trust, text_of
from tests.support.client import CheckingClient
from tests.support.processes import at_once, killed_at

#: What may differ after a deletion, beside the tables that are emptied.
GONE = {
    *("answer", "response", "comment", "comment_analysis", "comment_correction", "concern"),
    *("comment_mention", "subtheme", "subtheme_comment"),
}


@pytest.fixture
def trust(session: Session) -> Trust:
    return old_trust(session)


def dump(session: Session) -> dict[str, list[dict[str, Any]]]:
    session.rollback()
    return {
        name: [dict(row) for row in session.execute(text(f'SELECT * FROM "{name}"')).mappings()]  # noqa: S608
        for name in inspect(db.engine).get_table_names()
    }


# ---------------------------------------------------------------- what goes and what stays


def test_everything_that_people_gave_is_deleted_and_nothing_else(session: Session, trust: Trust) -> None:
    other = waves.open_wave([trust.organisation.root], title="Another")
    waves.cast_for(other, trust.organisation.people["Maple"][:20], comment=lambda _: "Kept words.")
    waves.close_and_count(other)
    of_other = kept(session, other.id)
    before = dump(session)
    jobs.erase_due()
    after = dump(session)
    assert kept(session, trust.wave_id) == 0 and kept(session, other.id) == of_other > 20
    for table in before:
        if table in GONE:
            assert len(before[table]) > len(after[table]) or table in {
                *("comment_analysis", "comment_correction", "concern"),
                *("comment_mention", "subtheme", "subtheme_comment"),
            }
        elif table == "wave":
            erased = {row["id"]: row.pop("erased_at") for row in after[table]}
            assert erased.pop(trust.wave_id) and not any(erased.values())
            assert not any(row.pop("erased_at") for row in before[table])
        if table not in GONE | {"deletion_certificate"}:
            assert sorted(before[table], key=str) == sorted(after[table], key=str), table


def test_the_certificate_says_exactly_how_many_rows_went(session: Session, trust: Trust) -> None:
    counted = {
        Answer: None,
        Response: 61,
        SealedBallot: 0,
        Comment: 7,
        CommentAnalysis: 7,
        CommentCorrection: 1,
        CommentMention: 8,
        Subtheme: 1,
        SubthemeComment: 1,
        Concern: 1,
    }
    there = {
        table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
        for table in counted
    }
    assert there["response"] == counted[Response] and there["answer"] == 5 * there["response"]
    jobs.erase_due()
    proof = services.certificate(session, trust.wave_id)
    assert proof is not None and dict(proof.counts) == {**there, "voucher": 0, "spent_ticket": 0}
    assert dict(proof.counts).keys() == KINDS.keys()
    assert proof.deleted_at == session.get_one(Wave, trust.wave_id).erased_at


def test_a_second_run_deletes_nothing_and_changes_no_certificate(session: Session, trust: Trust) -> None:
    jobs.erase_due()
    first = services.certificates(session)
    session.rollback()
    jobs.erase_due()
    wave = session.get_one(Wave, trust.wave_id)
    again = services.erase(session, wave, utc_now() + timedelta(days=1))
    session.commit()
    assert services.certificates(session) == first == [again]


def test_what_is_not_due_is_kept(session: Session) -> None:
    trust = counted_trust(session)
    rows = kept(session, trust.wave_id)
    age(trust.wave_id, days=725)
    jobs.erase_due()
    assert kept(session, trust.wave_id) == rows
    with pytest.raises(services.NotDueError):
        services.erase(session, session.get_one(Wave, trust.wave_id), utc_now())
    session.rollback()
    assert session.scalar(select(func.count()).select_from(DeletionCertificate)) == 0


def test_ballots_that_could_never_be_counted_go_unread(session: Session, settings: Settings) -> None:
    made = make_organisation(session)
    wave = waves.open_wave([made.root])
    waves.cast_for(wave, made.people["Maple"])
    directory = ballots.key_directory(settings)
    keys = {file: file.read_bytes() for file in Path(settings.key_directory or "").glob("wave-*")}
    directory.destroy_wave_keys(wave.id)
    waves.close_and_count(wave)
    assert wave.state == WaveState.CANNOT_BE_COUNTED
    age(wave.id)
    jobs.erase_due()
    proof = services.certificate(session, wave.id)
    assert proof is not None and dict(proof.counts)["sealed_ballot"] == 30
    # Keys that turn up now open nothing: they are destroyed, and nothing is counted.
    session.rollback()
    for file, content in keys.items():
        file.write_bytes(content)
    ballot_jobs.count(wave.id)
    session.refresh(wave)
    assert wave.state == WaveState.CANNOT_BE_COUNTED and directory.waves_with_keys() == set()


def test_a_wave_that_waits_for_its_count_for_two_years_goes_unread(session: Session) -> None:
    """Whatever keeps failing, nothing of it is kept for ever."""
    made = make_organisation(session)
    wave = waves.open_wave([made.root])
    waves.cast_for(wave, made.people["Maple"])
    waves.close(wave)
    age(wave.id)
    jobs.erase_due()
    session.refresh(wave)
    assert wave.state == WaveState.CANNOT_BE_COUNTED and wave.erased_at is not None
    assert kept(session, wave.id) == 0
    assert session.scalar(select(func.count()).select_from(WaveMail)) == 0


# ---------------------------------------------------------------- all or nothing


@pytest.mark.parametrize(
    "place",
    [
        "surveyapp.comments.erasure:erase",
        "surveyapp.privacy.services:_certificate",
        "sqlalchemy.orm.session:Session.commit",
    ],
)
def test_a_deletion_killed_in_the_middle_leaves_the_wave_whole(
    session: Session, trust: Trust, environ: dict[str, str], place: str
) -> None:
    rows = kept(session, trust.wave_id)
    killed_at(environ, "surveyapp.privacy.jobs:erase_wave", trust.wave_id, place)
    session.expire_all()
    assert kept(session, trust.wave_id) == rows
    assert session.get_one(Wave, trust.wave_id).erased_at is None
    session.rollback()
    jobs.erase_due()
    assert kept(session, trust.wave_id) == 0


def test_two_at_once_write_one_certificate(app: Flask, session: Session, trust: Trust) -> None:
    session.rollback()
    at_once(app, [jobs.erase_due] * 3)
    assert kept(session, trust.wave_id) == 0
    (proof,) = services.certificates(session)
    assert dict(proof.counts)["response"] == 61


def test_one_that_fails_keeps_no_other_from_being_deleted(
    session: Session, trust: Trust, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    second = waves.open_wave([trust.organisation.root], title="Another")
    waves.close_and_count(second)
    age(second.id)
    erase = comment_rows.erase

    def stumble(session: Session, wave_id: int) -> dict[str, int]:
        if wave_id == trust.wave_id:
            raise OperationalError("DELETE", {}, Exception("They hurt people."))
        return erase(session, wave_id)

    with monkeypatch.context() as patch:
        patch.setattr(comment_rows, "erase", stumble)
        jobs.erase_due()
    session.expire_all()
    assert [proof.wave_id for proof in services.certificates(session)] == [second.id]
    assert kept(session, trust.wave_id) > 100
    assert "OperationalError" in caplog.text and "They hurt people." not in caplog.text
    jobs.erase_due()
    assert kept(session, trust.wave_id) == 0


def test_no_file_of_the_database_keeps_a_deleted_comment(
    session: Session, trust: Trust, on_disk: OnDisk
) -> None:
    words = [b"Long shifts. The handover is too short.", b"They hurt people."]

    def found() -> set[bytes]:
        content = on_disk()
        return {each for each in words if each in content}

    assert found() == set(words)
    jobs.erase_due()
    assert found() == set()


# ---------------------------------------------------------------- the times of a count


def test_the_count_notes_when_ballots_and_keys_were_destroyed(session: Session) -> None:
    made = make_organisation(session)
    wave = waves.open_wave([made.root])
    assert wave.counted_at is None and wave.keys_destroyed_at is None
    start = utc_now() - timedelta(seconds=2)
    waves.close_and_count(wave)
    assert wave.counted_at and wave.keys_destroyed_at
    assert start < wave.counted_at <= wave.keys_destroyed_at < utc_now() + timedelta(seconds=2)


def test_the_sweep_notes_what_a_crash_kept_from_being_noted(session: Session) -> None:
    made = make_organisation(session)
    wave = waves.open_wave([made.root])
    waves.close_and_count(wave)
    first: datetime | None = wave.keys_destroyed_at
    ballot_jobs.sweep()
    session.refresh(wave)
    assert wave.keys_destroyed_at == first
    wave.keys_destroyed_at = None
    session.commit()
    ballot_jobs.sweep()
    session.refresh(wave)
    assert wave.keys_destroyed_at and first and wave.keys_destroyed_at >= first


# ---------------------------------------------------------------- pages


@pytest.fixture
def administrator(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.ADMINISTRATOR)


@pytest.fixture
def erased(trust: Trust) -> Trust:
    jobs.erase_due()
    return trust


def test_reports_keep_their_figures_and_say_that_comments_were_deleted(
    session: Session, trust: Trust, sign_in: SignIn
) -> None:
    reader = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    report = trust.path("Maple")
    before = text_of(reader.get(report))
    jobs.erase_due()
    after = text_of(reader.get(report))
    said = "The comments of this pulse were deleted on"
    assert said not in before and said in after
    for figure in ("About 33 people", "Score of each question", "Communication"):
        assert (figure in before) == (figure in after)
    theme = text_of(reader.get(trust.path("Maple", "/themes/communication")))
    assert said in theme and "handover" not in theme
    # A unit that is not shown says nothing of comments either.
    assert said not in text_of(reader.get(trust.path("Willow", "/themes/communication")))


def test_a_report_that_is_drawn_again_keeps_its_numbers(session: Session, erased: Trust) -> None:
    def drawn() -> tuple[object, dict[tuple[int, str], str]]:
        session.rollback()
        session.expire_all()
        charts = session.scalars(select(WaveChart)).all()
        themes = session.get_one(WaveThemes, erased.wave_id).payload
        return themes, {(chart.unit_id, chart.kind): chart.svg for chart in charts}

    before = drawn()
    assert "communication" in str(before[0])
    draw_charts(erased.wave_id)
    assert drawn()[0] == before[0] and drawn()[1].keys() == before[1].keys()


def test_administrators_see_what_is_kept_and_the_certificate(
    erased: Trust, session: Session, administrator: CheckingClient
) -> None:
    waves.open_wave([erased.organisation.root], title="Another")
    page = text_of(administrator.get("/deletion"))
    assert "Spring pulse" in page and "Another" in page and "Kept" in page and "Due" not in page
    proof = text_of(administrator.get(f"/deletion/{erased.wave_id}"))
    for words in ("Certificate of deletion", "Spring pulse", "Sets of answers 61", "Comments 7"):
        assert words in proof
    for code in (erased.wave_id + 1, 999):
        assert administrator.get(f"/deletion/{code}").status_code == 404


def test_those_who_read_reports_are_not_told_exact_numbers(erased: Trust, sign_in: SignIn) -> None:
    for role in set(RoleName) - {RoleName.ADMINISTRATOR}:
        for path in ("/deletion", f"/deletion/{erased.wave_id}"):
            assert sign_in(role).get(path).status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_due_is_marked_until_the_night(trust: Trust, administrator: CheckingClient) -> None:
    page = text_of(administrator.get("/deletion"))
    assert "Due" in page and "deleted in the next night" in page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_empty_installation_has_nothing_to_delete(administrator: CheckingClient) -> None:
    assert "No pulse has been launched yet." in text_of(administrator.get("/deletion"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_draft_is_not_on_the_list(session: Session) -> None:
    made = make_organisation(session)
    waves.draft_wave([made.root])
    assert services.retentions(session, now=utc_now()) == []
    assert pulses.waves(session)
