"""Comments from the count to what is released: sealed, read once, none lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import func, select

from surveyapp.comments import jobs, review, services
from surveyapp.comments.models import Comment, CommentAnalysis, CommentState, Release
from surveyapp.comments.review import Decision
from surveyapp.extensions import db
from tests.factories.two_wards import TODAY, StandIn, TwoWards, reading_of, reviewer, settings


def test_stored_text_is_sealed_and_ordered_by_random_ids(world: TwoWards) -> None:
    world.put(world.large, *(f"plain words {n}" for n in range(30)))
    rows = db.session.scalars(select(Comment)).all()
    assert all(b"plain words" not in (row.sealed_original or b"") for row in rows)
    assert {row.state for row in rows} == {CommentState.WAITING}
    assert {row.original_expires_on for row in rows} == {TODAY + timedelta(days=30)}
    assert world.released() == []


def test_analysis_redacts_and_releases_only_what_needs_no_review(world: TwoWards) -> None:
    world.put(world.large, "Jo shortens handover", "this is unsafe")
    world.put(world.small, "small words")
    world.put(None, "shown nowhere")
    world.analyse()
    assert world.released() == ["[name] shortens handover"]
    by_release = dict(
        db.session.execute(select(Comment.release, func.count()).group_by(Comment.release)).all()
    )
    assert by_release == {Release.RELEASED: 1, Release.TO_REVIEW: 2, Release.WITHHELD: 1}
    nowhere = db.session.scalars(select(Comment).where(Comment.unit_id.is_(None))).one()
    assert nowhere.text is None and nowhere.sealed_original is None
    assert services.waiting_wave_ids(db.session()) == []


def test_a_killed_job_is_resumed_where_it_stopped(
    world: TwoWards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 10)
    world.put(world.large, *(f"comment {n}" for n in range(35)))
    with pytest.raises(KeyboardInterrupt):
        world.analyse(dies_after=23)
    db.session.rollback()
    assert world.states() == {CommentState.ANALYSED: 20, CommentState.WAITING: 15}
    assert world.analyse().read == 15
    assert sorted(world.released()) == sorted(f"comment {n}" for n in range(35))


def test_a_second_run_and_a_late_double_change_nothing(world: TwoWards) -> None:
    world.put(world.small, "Jo says the handover drags")
    late = {world.one().id: reading_of("Jo says the handover drags")}
    world.analyse()
    comment = world.one()
    card_text = comment.text
    review.review(
        db.session(), comment.id, Decision.RELEASE, reader=reviewer(), taken_out=[3]
    )
    db.session.commit()
    invited = services.invited_at(db.session(), world.wave)
    assert services.save_readings(db.session(), late, invited=invited, hand_on=True) == 0
    db.session.commit()
    assert card_text == "[name] says the handover drags"
    assert world.released() == ["[name] says the handover [removed]"]
    assert world.analyse().read == 0
    assert db.session.scalar(select(func.count()).select_from(CommentAnalysis)) == 1


def test_a_wrong_key_loses_nothing(world: TwoWards) -> None:
    world.put(world.large, "good words")
    with_key = world.one().sealed_original
    key_file = next(Path(str(settings().key_directory)).glob("comments.*"))
    right = key_file.read_bytes()
    key_file.write_bytes(bytes(range(32)))
    world.analyse()
    assert world.states() == {CommentState.FAILED: 1}
    assert world.one().sealed_original == with_key
    assert services.waiting_wave_ids(db.session()) == []  # the sweep does not loop
    key_file.write_bytes(right)
    assert services.retry_unreadable(db.session(), world.wave) == 1
    db.session.commit()
    world.analyse()
    assert world.released() == ["good words"]


def test_one_comment_that_breaks_the_model_does_not_stop_the_rest(
    world: TwoWards, caplog: pytest.LogCaptureFixture
) -> None:
    world.put(world.large, "fine", "secret poison")
    world.analyse(stumbles_on="poison")
    assert world.released() == ["fine"]
    assert world.states() == {CommentState.ANALYSED: 1, CommentState.FAILED: 1}
    assert "poison" not in caplog.text


def test_a_broken_model_leaves_all_waiting_and_quotes_nothing(world: TwoWards) -> None:
    world.put(world.large, "secret one", "secret two")
    with pytest.raises(jobs.AnalysisError) as raised:
        world.analyse(stumbles_on="secret")
    assert "secret" not in str(raised.value) and raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert world.states() == {CommentState.WAITING: 2}


def test_originals_go_when_they_expire(world: TwoWards) -> None:
    world.put(world.small, "in review")
    world.analyse()
    world.put(world.small, "never analysed")
    services.destroy_old_originals(db.session(), today=TODAY + timedelta(days=29))
    db.session.commit()
    assert world.states()[CommentState.WAITING] == 1
    services.destroy_old_originals(db.session(), today=TODAY + timedelta(days=30))
    db.session.commit()
    assert not db.session.scalar(select(func.count()).where(Comment.sealed_original.is_not(None)))
    assert world.states() == {CommentState.ANALYSED: 1, CommentState.FAILED: 1}


def test_two_workers_at_one_wave_save_each_comment_once(world: TwoWards) -> None:
    world.put(world.large, *(f"comment {n}" for n in range(40)))
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    problems: list[BaseException] = []

    def work() -> None:
        try:
            with app.app_context():
                jobs.analyse_wave(world.wave, analyser=StandIn())
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(world.released()) == 40
    assert db.session.scalar(select(func.count()).select_from(CommentAnalysis)) == 40


class _Lock:
    def __init__(self, *, free: bool) -> None:
        self.free = free

    def lock(self, _name: str, **_options: object) -> _Lock:
        return self

    def acquire(self) -> bool:
        return self.free

    def reacquire(self) -> None:
        """Renewed."""

    def release(self) -> None:
        self.free = True


@pytest.mark.parametrize("free", [True, False])
def test_a_wave_is_analysed_by_one_job_at_a_time(
    world: TwoWards, monkeypatch: pytest.MonkeyPatch, free: bool
) -> None:
    world.put(world.large, "words")
    monkeypatch.setattr(jobs, "pipeline", StandIn)
    with monkeypatch.context() as patch:
        patch.setitem(current_app.extensions, "redis", _Lock(free=free))
        patch.setattr(jobs, "enqueue_after_commit", lambda *_: None)
        jobs.analyse_pending(world.wave)
    assert world.released() == (["words"] if free else [])


def test_the_job_works_without_the_lock(world: TwoWards, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(world.large, "words")
    monkeypatch.setattr(jobs, "pipeline", StandIn)
    jobs.analyse_pending(world.wave)  # nothing listens at the tests' Redis address
    assert world.released() == ["words"]
