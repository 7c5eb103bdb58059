"""Report pages on PostgreSQL, four readers at once, beside the same pages at a hundredth of the data.

A yearly survey of 50 questions in 100 units: 200,000 people and 100,000 comments, and 2,000 and 1,000.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from flask import Flask
from sqlalchemy import func as sql
from sqlalchemy import insert, literal, select

from benchmarks.measuring import Measurement
from nlp import clustering
from nlp.taxonomy import Factor, Sentiment
from nlp.types import CommentAnalysis as Reading
from nlp.types import FactorFinding
from surveyapp import create_app
from surveyapp.accounts.services import create_user, ensure_roles
from surveyapp.ballots.models import Answer, Response
from surveyapp.comments import services as comments
from surveyapp.comments.models import Comment
from surveyapp.config import Settings
from surveyapp.disclosure.figures import person_score
from surveyapp.disclosure.snapshot import ItemTally, ScaleTally, freeze
from surveyapp.extensions import db
from surveyapp.instruments import services as instruments
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from surveyapp.pulses import drafts
from surveyapp.pulses import services as pulses
from surveyapp.pulses.models import WaveUnit
from surveyapp.pulses.services import Plan, Wave, WaveState
from surveyapp.reports import jobs, services
from surveyapp.timekeeping import database_now
from tests.support.servers import run_postgres

UNITS = 100
QUESTIONS = 50
SIZES = {"hundredth": (2_000, 1_000), "whole": (200_000, 100_000)}
READERS = 4
TIMES = 25

EMAIL, PASSWORD = "reader@example.org", "correct horse battery staple"
_ITEMS_AT_ONCE = 10


def measure() -> Iterator[Measurement]:
    with run_postgres() as cluster, tempfile.TemporaryDirectory() as directory:
        cluster.connect().execute("CREATE DATABASE bench").close()
        url = cluster.url("bench")
        app = make_app(url, directory)
        waves = {}
        with app.app_context():
            units = make_organisation()
            for name, (people, written) in SIZES.items():
                waves[name] = make_wave(units, people, written)
            db.session.remove()
            db.engine.dispose()
        for page in ("overview", "side by side", "comments of a factor", "a search in them"):
            slow = {name: _p95(url, directory, page, wave, units) for name, wave in waves.items()}
            for name, taken in slow.items():
                people, written = SIZES[name]
                size = f"{people * QUESTIONS:,} answers and {written:,} comments"
                yield Measurement(f"{page}, {size}, p95 of {READERS} readers", "ms", (taken,))
            yield Measurement(
                f"{page}, the whole beside a hundredth", "times", (slow["whole"] / slow["hundredth"],)
            )


def make_app(url: str, directory: str) -> Flask:
    """The application on that database. Jobs are called, not queued."""
    environment = {
        "APP_ENV": "testing",
        "DATABASE_URL": url,
        "KEY_DIRECTORY": f"{directory}/keys",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nothing listens
    }
    return create_app(Settings.from_environment(environment, instance=Path(directory) / "instance"))


def make_organisation() -> list[int]:
    """The units, the organisation first, and a reader who may see all of them. Commits."""
    db.create_all()
    session = db.session()
    ensure_roles(session)
    root = organisation.ensure_root(session, "Trust")
    units = [organisation.add_unit(session, name=f"U{n}", parent_id=root.id) for n in range(UNITS)]
    create_user(
        session,
        email=EMAIL,
        name="Reader",
        password=PASSWORD,
        roles=[RoleName.LEARNING_AND_DEVELOPMENT],
    )
    session.commit()
    return [root.id, *(unit.id for unit in units)]


def make_wave(units: list[int], people: int, written: int, *, questions: int = QUESTIONS) -> int:
    """A counted wave of that size, with its answers, its comments and its charts."""
    session = db.session()
    root, *leaves = units
    today = database_now(session).date()
    plan = Plan("Yearly", "annual_full", "full", (root,), today, today + timedelta(days=28))
    wave = drafts.plan_wave(session, plan, actor_id=None)
    asked = [item for item in wave.items if item.scale != pulses.TEXT_SCALE][:questions]
    wave.state, wave.invited = WaveState.COUNTED, people
    each = people // len(leaves)
    wave.units = [
        WaveUnit(unit_id=root, parent_id=None, name="Trust"),
        *(WaveUnit(unit_id=unit, parent_id=root, name=f"U{unit}", invited=each) for unit in leaves),
    ]
    session.flush()
    _answers(wave, leaves, each, [item.item_id for item in asked])
    _snapshot(wave, root, leaves, each)
    _comments(wave, leaves, written)
    session.commit()
    jobs.draw_charts(wave.id)
    jobs.group_wave(wave.id, embedder=_WordCounts())
    return wave.id


def _answers(wave: Wave, leaves: list[int], each: int, items: list[str]) -> None:
    """Rows as the count leaves them, made by the database itself."""
    session = db.session()
    for unit in leaves:
        number = sql.generate_series(1, each).column_valued("number")
        row_id = literal(f"{wave.id:06}{unit:08}") + sql.lpad(sql.cast(number, Answer.item_id.type), 18, "0")
        session.execute(
            insert(Response).from_select(
                ["id", "wave_id", "unit_id"], select(row_id, literal(wave.id), literal(unit))
            )
        )
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        for item_id in items[start : start + _ITEMS_AT_ONCE]:
            value = sql.floor(sql.random() * 5) + 1
            session.execute(
                insert(Answer).from_select(
                    ["response_id", "item_id", "value"],
                    select(Response.id, literal(item_id), value).where(Response.wave_id == wave.id),
                )
            )
        session.commit()


def _snapshot(wave: Wave, root: int, leaves: list[int], each: int) -> None:
    """Frozen from tallies of invented answers: pages see nothing else of the answers."""
    draw = random.Random(each)
    library = instruments.load_library(wave.library_version)
    families = {**library.factor_scales, **library.cipd_scales, **library.hee_scales}
    ids = [item.item_id for item in wave.items if item.scale != pulses.TEXT_SCALE]
    off = each // 20
    counts = {
        unit: [each // 5 + draw.randrange(-off, off + 1) for _ in range(5)] for unit in leaves
    }
    score = person_score([4, 3, 4]) or 0.0
    snapshot = freeze(
        tree=pulses.tree_of([unit.frozen() for unit in wave.units]),
        names={unit.unit_id: unit.name for unit in wave.units},
        invited={(unit, ""): each for unit in leaves},
        respondents={(unit, ""): sum(own) for unit, own in counts.items()},
        items=[ItemTally(id_, {(unit, ""): own for unit, own in counts.items()}) for id_ in ids],
        scales=[
            ScaleTally(
                code,
                {
                    (unit, ""): (sum(own), sum(own) * score, sum(own) * (score**2 + 400))
                    for unit, own in counts.items()
                },
            )
            for code in families
        ],
        k=wave.minimum_group,
    )
    services.keep_snapshot(db.session(), wave.id, snapshot)


def _comments(wave: Wave, leaves: list[int], written: int) -> None:
    session = db.session()
    draw = random.Random(written)
    prompt = next(item.item_id for item in wave.items if item.scale == pulses.TEXT_SCALE)
    factors, stances = list(Factor), list(Sentiment)
    for start in range(0, written, 5_000):
        many = min(5_000, written - start)
        placed = [comments.Placed(prompt, draw.choice(leaves), b"") for _ in range(many)]
        comments.store(session, wave.id, placed, today=wave.closes_at.date())
        session.flush()
        waiting = comments.next_batch(session, wave.id, many)
        readings = {}
        for comment_id, _ in waiting:
            words = draw.sample(_WORDS, 18)
            text = f"{' '.join(words[:9])}. {' '.join(words[9:])}."
            stance = draw.choice(stances)
            finding = FactorFinding(draw.choice(factors), 0.9, stance, 0.8, 0, text.index(".") + 1)
            readings[comment_id] = Reading(text, (), (finding,), stance, 0.8, (), "bench-1")
        comments.save_readings(session, readings, invited=dict.fromkeys(leaves, 2_000))
        session.commit()
    assert session.scalar(select(sql.count()).select_from(Comment).where(Comment.wave_id == wave.id))


_WORDS = [
    *("time", "study", "leave", "ward", "manager", "training", "team", "learn", "ask", "help"),
    *("feedback", "mentor", "course", "shift", "cover", "support", "rota", "online", "room", "plan"),
]


class _WordCounts:
    """Stands in for the model, which would take most of an hour and says nothing about pages."""

    def embed(self, sentences: Sequence[str]) -> clustering.Floats:
        rows = np.array([[text.count(word) + 0.1 for word in _WORDS] for text in sentences])
        return clustering.unit(rows.astype(np.float32))


def _p95(url: str, directory: str, page: str, wave_id: int, units: list[int]) -> float:
    """Milliseconds that 95 of 100 answers take at most, with that many readers at once."""
    path = {
        "overview": f"/reports/{wave_id}/units/{units[0]}",
        "side by side": f"/reports/{wave_id}/side-by-side",
        "comments of a factor": f"/reports/{wave_id}/units/{units[0]}/themes/feedback",
        "a search in them": f"/reports/{wave_id}/units/{units[0]}/themes/feedback?q=mentor+rota",
    }[page]
    with multiprocessing.get_context("spawn").Pool(READERS) as pool:
        taken = pool.starmap(read_page, [(url, directory, path)] * READERS)
    return 1000 * statistics.quantiles([one for own in taken for one in own], n=20)[-1]


def read_page(url: str, directory: str, path: str) -> list[float]:
    """Seconds that a page takes someone who has signed in, one reading after another."""
    app = make_app(url, directory)
    client = app.test_client()
    form = client.get("/sign-in").text
    token = form.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token})
    taken = []
    for turn in range(TIMES + 2):
        start = time.perf_counter()
        answer = client.get(path)
        taken.append(time.perf_counter() - start)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        if turn < 2:
            taken.clear()  # templates are compiled at the first
    return taken
