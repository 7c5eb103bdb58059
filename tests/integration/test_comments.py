"""Comments from the count to a reader."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from flask_security.utils import url_for_security
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from nlp.taxonomy import Factor, Flag, Sentiment
from nlp.types import CommentAnalysis as Reading
from nlp.types import FactorFinding
from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Reader, create_user
from surveyapp.ballots.services import key_directory
from surveyapp.comments import jobs, review, services
from surveyapp.comments.models import Comment, CommentAnalysis, CommentState, Release
from surveyapp.comments.review import Decision, ReviewError
from surveyapp.comments.services import Placed
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from surveyapp.pulses import services as pulses

TODAY = date(2026, 3, 2)
PASSWORD = "four quiet wards at dawn"


class StandIn:
    """Finds 'handover', flags 'unsafe', removes 'Jo'. Counts what it has read."""

    def __init__(self, *, dies_after: int | None = None, stumbles_on: str = "\0") -> None:
        self.read = 0
        self.dies_after = dies_after
        self.stumbles_on = stumbles_on

    def analyse(self, texts: Iterable[str], *, batch_size: int = 64) -> Iterator[Reading]:
        for text in texts:
            if self.dies_after is not None and self.read >= self.dies_after:
                raise KeyboardInterrupt  # as a killed worker: nothing may catch it
            if self.stumbles_on in text:
                raise RuntimeError(text)
            self.read += 1
            yield _reading(text.replace("Jo", "[name]"))


def _reading(text: str) -> Reading:
    start = text.find("handover")
    found = (
        (
            FactorFinding(
                Factor.COMMUNICATION, 0.9, Sentiment.NEGATIVE, 0.8, start, start + len("handover")
            ),
        )
        if start >= 0
        else ()
    )
    flags = (Flag.CONCERN,) if "unsafe" in text else ()
    return Reading(text, (), found, Sentiment.NEGATIVE, 0.8, flags, "stand-in-1")


class World:
    """An organisation of two wards, one large and one small, and a closed wave."""

    def __init__(self) -> None:
        session = db.session()
        self.root = organisation.ensure_root(session, "Trust").id
        self.large = organisation.add_unit(session, name="Large", parent_id=self.root).id
        self.small = organisation.add_unit(session, name="Small", parent_id=self.root).id
        session.flush()
        self.wave = pulses.create_imported_wave(
            session, title="Spring", unit_counts={self.large: 60, self.small: 20}
        ).id
        session.commit()

    def put(self, unit_id: int | None, *texts: str) -> None:
        key = key_directory(_settings()).comment_key()
        services.store(
            db.session(),
            self.wave,
            [Placed("C1", unit_id, key.seal(text.encode())) for text in texts],
            today=TODAY,
        )
        db.session.commit()

    def analyse(self, **options: Any) -> StandIn:
        stand_in = StandIn(**options)
        jobs.analyse_wave(self.wave, analyser=stand_in)
        return stand_in

    def released(self) -> list[str]:
        everywhere = [self.root, self.large, self.small]
        return [c.text for c in services.released(db.session(), self.wave, everywhere)]

    def one(self) -> Comment:
        db.session.expire_all()
        return db.session.scalars(select(Comment)).one()

    def states(self) -> dict[str, int]:
        return dict(services.progress(db.session(), self.wave))


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


@pytest.fixture
def redis_url() -> str:
    """A port on which nothing listens: no test here needs a queue."""
    return "redis://127.0.0.1:1/0"


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def _reviewer(*unit_ids: int) -> Reader:
    return Reader(user_id=_user(*unit_ids), reads_all_units=False, unit_ids=frozenset(unit_ids))


def _user(*unit_ids: int) -> int:
    made = create_user(
        db.session(),
        email=f"reviewer{len(unit_ids)}.{sum(unit_ids)}@example.org",
        name="Reviewer",
        password=PASSWORD,
        roles=[RoleName.COMMENT_REVIEWER],
        led_unit_ids=unit_ids,
    )
    db.session.commit()
    return made.id


# ---------------------------------------------------------------- storing and analysing


def test_stored_text_is_sealed_and_ordered_by_random_ids(world: World) -> None:
    world.put(world.large, *(f"plain words {n}" for n in range(30)))
    rows = db.session.scalars(select(Comment)).all()
    assert all(b"plain words" not in (row.sealed_original or b"") for row in rows)
    assert {row.state for row in rows} == {CommentState.WAITING}
    assert {row.original_expires_on for row in rows} == {TODAY + timedelta(days=30)}
    assert world.released() == []


def test_analysis_redacts_and_releases_only_what_needs_no_review(world: World) -> None:
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
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 10)
    world.put(world.large, *(f"comment {n}" for n in range(35)))
    with pytest.raises(KeyboardInterrupt):
        world.analyse(dies_after=23)
    db.session.rollback()
    assert world.states() == {CommentState.ANALYSED: 20, CommentState.WAITING: 15}
    assert world.analyse().read == 15
    assert sorted(world.released()) == sorted(f"comment {n}" for n in range(35))


def test_a_second_run_and_a_late_double_change_nothing(world: World) -> None:
    world.put(world.small, "Jo says the handover drags")
    late = {world.one().id: _reading("Jo says the handover drags")}
    world.analyse()
    comment = world.one()
    card_text = comment.text
    review.review(
        db.session(), comment.id, Decision.RELEASE, reader=_reviewer(), taken_out=[3]
    )
    db.session.commit()
    invited = services.invited_at(db.session(), world.wave)
    assert services.save_readings(db.session(), late, invited=invited, hand_on=True) == 0
    db.session.commit()
    assert card_text == "[name] says the handover drags"
    assert world.released() == ["[name] says the handover [removed]"]
    assert world.analyse().read == 0
    assert db.session.scalar(select(func.count()).select_from(CommentAnalysis)) == 1


def test_a_wrong_key_loses_nothing(world: World) -> None:
    world.put(world.large, "good words")
    with_key = world.one().sealed_original
    key_file = next(Path(str(_settings().key_directory)).glob("comments.*"))
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
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.put(world.large, "fine", "secret poison")
    world.analyse(stumbles_on="poison")
    assert world.released() == ["fine"]
    assert world.states() == {CommentState.ANALYSED: 1, CommentState.FAILED: 1}
    assert "poison" not in caplog.text


def test_a_broken_model_leaves_all_waiting_and_quotes_nothing(world: World) -> None:
    world.put(world.large, "secret one", "secret two")
    with pytest.raises(jobs.AnalysisError) as raised:
        world.analyse(stumbles_on="secret")
    assert "secret" not in str(raised.value) and raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert world.states() == {CommentState.WAITING: 2}


def test_originals_go_when_they_expire(world: World) -> None:
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


def test_two_workers_at_one_wave_save_each_comment_once(world: World) -> None:
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
    world: World, monkeypatch: pytest.MonkeyPatch, free: bool
) -> None:
    world.put(world.large, "words")
    monkeypatch.setattr(jobs, "pipeline", StandIn)
    with monkeypatch.context() as patch:
        patch.setitem(current_app.extensions, "redis", _Lock(free=free))
        patch.setattr(jobs, "enqueue_after_commit", lambda *_: None)
        jobs.analyse_pending(world.wave)
    assert world.released() == (["words"] if free else [])


def test_the_job_works_without_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(world.large, "words")
    monkeypatch.setattr(jobs, "pipeline", StandIn)
    jobs.analyse_pending(world.wave)  # nothing listens at the tests' Redis address
    assert world.released() == ["words"]


# ---------------------------------------------------------------- review


def test_review_releases_destroys_the_original_and_logs_no_text(world: World) -> None:
    world.put(world.small, "Jo shortens handover now")
    world.analyse()
    comment = world.one()
    assert comment.sealed_original is not None
    review.review(
        db.session(), comment.id, Decision.RELEASE, reader=_reviewer(), taken_out={0, 2}
    )
    db.session.commit()
    assert world.one().sealed_original is None
    (shown,) = services.released(db.session(), world.wave, [world.small])
    (theme,) = shown.themes
    assert shown.text == "[name] [removed] handover [removed]"
    assert shown.text[theme.quote_start : theme.quote_end] == "handover"
    events = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "comment_reviewed")
    ).all()
    assert [event.details for event in events] == [
        {"wave_id": world.wave, "decision": "release_edited", "words_removed": 2}
    ]
    with pytest.raises(ReviewError, match="already"):
        review.review(db.session(), comment.id, Decision.WITHHOLD, reader=_reviewer(world.large))


def test_withheld_stays_withheld(world: World) -> None:
    world.put(world.small, "words")
    world.analyse()
    review.review(db.session(), world.one().id, Decision.WITHHOLD, reader=_reviewer())
    db.session.commit()
    assert world.released() == []
    assert world.one().release == Release.WITHHELD and world.one().sealed_original is None


@pytest.mark.parametrize("leads", ["small", "root"])
def test_nobody_reviews_in_the_own_line(world: World, leads: str) -> None:
    world.put(world.small, "words")
    world.analyse()
    inside = _reviewer(getattr(world, leads))
    assert review.review_queue(db.session(), inside, limit=10) == ([], 0)
    with pytest.raises(ReviewError, match="someone else"):
        review.review(db.session(), world.one().id, Decision.RELEASE, reader=inside)
    db.session.rollback()
    cards, total = review.review_queue(db.session(), _reviewer(world.large), limit=10)
    assert total == 1 and cards[0].text == "words"


def test_who_leads_a_team_does_not_review_what_was_passed_up_from_it(world: World) -> None:
    world.put(world.root, "this is unsafe")
    world.analyse()
    with pytest.raises(ReviewError, match="someone else"):
        review.review(db.session(), world.one().id, Decision.RELEASE, reader=_reviewer(world.small))


# ---------------------------------------------------------------- pages


def _sign_in(app: Flask, *unit_ids: int) -> FlaskClient:
    _user(*unit_ids)
    return _signed_in(app, f"reviewer{len(unit_ids)}.{sum(unit_ids)}@example.org")


def _signed_in(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    with app.test_request_context():
        address = url_for_security("login")
    answer = _post(client, address, address, email=email, password=PASSWORD)
    assert answer.status_code == 302
    return client


def _post(client: FlaskClient, page: str, address: str, **data: str) -> TestResponse:
    """Post what the form on `page` would, with its token: no test turns the protection off."""
    html = client.get(page, follow_redirects=True).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    return client.post(address, data={**data, "csrf_token": token[1] if token else ""})


def test_the_queue_shows_text_but_no_unit(app: Flask, world: World) -> None:
    world.put(world.small, "<b>words</b> of someone")
    world.analyse()
    page = _sign_in(app).get("/review")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "&lt;b&gt;words&lt;/b&gt; of someone" in html
    assert "Spring" in html and "Small" not in html


def test_deciding_and_editing_on_the_pages(app: Flask, world: World) -> None:
    world.put(world.small, "Jo shortens handover")
    world.analyse()
    client = _sign_in(app)
    address = f"/review/{world.one().id}"
    assert client.post(address, data={"decision": "release"}).status_code == 400  # no token
    for odd in ({"decision": "nonsense"}, {"decision": "release", "taken_out": "x" * 5000}):
        assert _post(client, "/review", address, **odd).status_code == 400
    for odd in ("-1", "2", "99999999999"):
        _post(client, "/review", address, decision="release", taken_out=odd)
    assert world.released() == []
    assert _post(client, "/review", address, decision="release", taken_out="0").status_code == 302
    assert world.released() == ["[name] [removed] handover"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").get_data(as_text=True))
    late = {"decision": "withhold", "csrf_token": token[1] if token else ""}
    assert client.post(address, data=late).status_code == 302
    assert world.released() == ["[name] [removed] handover"]


def test_a_reviewer_in_the_line_gets_nothing_from_the_pages(
    app: Flask, world: World
) -> None:
    world.put(world.small, "words nobody here may see")
    world.analyse()
    client = _sign_in(app, world.small)
    address = f"/review/{world.one().id}"
    for page in (
        client.get("/review"),
        client.get(f"/review?after={'0' * 32}"),
        _post(client, "/review", address, decision="release"),
        client.get("/review"),
    ):
        assert "words nobody here" not in page.get_data(as_text=True)
    assert world.released() == []


def test_review_pages_are_for_reviewers(app: Flask, world: World) -> None:
    assert app.test_client().get("/review").status_code in {302, 401}
    create_user(
        db.session(),
        email="lead@example.org",
        name="L",
        password=PASSWORD,
        roles=[RoleName.LEADER, RoleName.LEARNING_AND_DEVELOPMENT, RoleName.ADMINISTRATOR],
    )
    db.session.commit()
    client = _signed_in(app, "lead@example.org")
    assert client.get("/review").status_code == 403


def test_no_other_route_shows_what_is_not_released(app: Flask, world: World) -> None:
    world.put(world.small, *(f"zebra to review handover {n}" for n in range(12)))
    world.put(None, "zebra nowhere handover")
    world.analyse()
    review.review(
        db.session(),
        db.session.scalars(select(Comment.id).where(Comment.release == Release.TO_REVIEW)).first()
        or "",
        Decision.WITHHOLD,
        reader=_reviewer(),
    )
    db.session.commit()
    world.put(world.large, "zebra held handover")
    create_user(
        db.session(),
        email="all@example.org",
        name="A",
        password=PASSWORD,
        roles=[role for role in RoleName if role != RoleName.COMMENT_REVIEWER],
        led_unit_ids=[world.root],
    )
    db.session.commit()
    client = _signed_in(app, "all@example.org")
    values = {
        "wave_id": world.wave,
        "unit_id": world.small,
        "user_id": 1,
        "factor": Factor.COMMUNICATION,
        "comment_id": "x",
        "concern_id": "x",
        "template_id": "x",
        "filename": "x",
        "token": "x",
        "reference": "x",
    }
    adapter = app.url_map.bind("localhost")
    seen = 0
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= values.keys():
            address = adapter.build(rule.endpoint, {n: values[n] for n in rule.arguments})
            assert b"zebra" not in client.get(address).get_data(), rule.rule
            seen += 1
    assert seen > 5


# ---------------------------------------------------------------- import


def _import(app: Flask, path: Path, *options: str) -> Any:
    return app.test_cli_runner().invoke(
        args=["comments", "import", str(path), "--text-column", "text", "--title", "T", *options]
    )


def test_import_accounts_for_every_row(app: Flask, world: World, tmp_path: Path) -> None:
    rows = [
        "text,where",
        *(f'"fine, {n}",Large' for n in range(10)),
        ",Large",
        "no unit,",
        "x,Moon",
    ]
    rows += ["one,two,three", '"two\nlines",trust > small']
    path = tmp_path / "in.csv"
    path.write_bytes("\r\n".join(rows).encode() + b"\r\nbad \xff byte,Large\r\n")
    result = _import(app, path, "--unit-column", "where", "--json")
    assert result.exit_code == 1, result.output
    answer = json.loads(result.stdout)
    assert (answer["imported"], answer["blank"], answer["refused"]) == (12, 1, 3)
    assert [refusal["line"] for refusal in answer["refusals"]] == [14, 15, 18]
    assert all(refusal["remedy"] for refusal in answer["refusals"])
    assert "Moon" not in json.dumps(answer["refusals"])
    assert answer["queued"] is False and "Redis" in result.stderr
    stored = db.session.scalar(select(func.count()).where(Comment.wave_id == answer["wave_id"]))
    assert stored == 12
    db.session.commit()
    jobs.analyse_wave(answer["wave_id"], analyser=StandIn())
    assert services.waiting_wave_ids(db.session()) == []
    assert services.released(db.session(), answer["wave_id"], [world.large]) == ()  # under 50


@pytest.mark.parametrize(
    ("content", "says"), [("other\nx\n", "There is no column 'text'"), ("text\n\n\n", "no comment")]
)
def test_an_import_of_nothing_leaves_nothing(
    app: Flask, world: World, tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content)
    before = len(pulses.waves(db.session()))
    result = _import(app, path)
    assert result.exit_code == 2 and says in result.stderr
    assert len(pulses.waves(db.session())) == before


def test_few_comments_are_never_shown(app: Flask, world: World, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text\n" + "words\n" * 9)
    answer = json.loads(_import(app, path, "--json").stdout)
    assert answer["never_shown"] == 9
