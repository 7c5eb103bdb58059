"""Nothing is lost and nothing doubled when any part of the whole system dies at any instant.

Web servers, worker pools, the clock, Redis and PostgreSQL are processes of their own here, and are
killed one after another while pulses are launched, mailed, answered, closed, counted and read. What
is printed is what was covered; `pytest -s` shows it.
"""

from __future__ import annotations

import json
import random
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from surveyapp import create_app
from surveyapp.config import PROJECT_ROOT, Settings
from surveyapp.extensions import db
from tests.conftest import _migrate
from tests.integration.faults.pulses import Pulses
from tests.support.killable import KillableSystem, Killer
from tests.support.redis_contents import everything_in
from tests.support.servers import (
    MailServer,
    PostgresCluster,
    RedisServer,
    run_postgres,
    run_redis_server,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

_PLANNER = "lena@example.org"


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with run_redis_server(keeps=True) as server:
        yield server


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresCluster]:
    with run_postgres(keeps=True) as cluster:
        with cluster.connect() as connection:
            connection.execute("CREATE DATABASE pulse_template")
        _migrate(cluster.url("pulse_template"), tmp_path_factory.mktemp("template"))
        yield cluster


@pytest.fixture
def cluster(database: str, request: pytest.FixtureRequest) -> PostgresCluster | None:
    """A PostgreSQL that may be killed: what other tests use must live."""
    return request.getfixturevalue("_cluster") if database == "postgresql" else None


@pytest.fixture
def environ(
    cluster: PostgresCluster | None,
    redis: RedisServer,
    smtp: MailServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> dict[str, str]:
    if cluster is None:
        file = tmp_path / "pulse.sqlite3"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), file)
        url = f"sqlite:///{file}"
    else:
        name = f"pulse_{secrets.token_hex(6)}"
        with cluster.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE pulse_template")
        url = cluster.url(name)
    return {
        "APP_ENV": "development",
        "DATABASE_URL": url,
        "REDIS_URL": redis.address,
        "KEY_DIRECTORY": str(tmp_path / "keys"),
        "INSTANCE_DIRECTORY": str(tmp_path / "instance"),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SECURITY_PASSWORD_SALT": secrets.token_urlsafe(48),
        "BASE_URL": "http://127.0.0.1:8000",
        "ORGANISATION_NAME": "Trust",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp.port),
        "MAIL_SENDER": "pulse@example.org",
    }


Survive = Callable[..., None]


@pytest.fixture
def survive(
    environ: dict[str, str],
    redis: RedisServer,
    cluster: PostgresCluster | None,
    smtp: MailServer,
    tmp_path: Path,
) -> Survive:
    def run(*, kills: int, seed: int, web_servers: int = 1, pools: int = 1) -> None:
        began = time.monotonic()
        with Redis.from_url(redis.address) as connection:
            connection.flushall()
        password = _first_password(environ)
        app = create_app(Settings.from_environment(environ))
        logs = tmp_path / "logs"
        logs.mkdir()
        system = KillableSystem(environ, logs, redis, cluster, web_servers=web_servers, pools=pools)
        pulses = Pulses(system, app, smtp, environ, tmp_path, random.Random(seed))
        killer = Killer(system, kills=kills, seed=seed, stage=lambda: (pulses.covered.pulses, pulses.stage))
        try:
            system.wait_until_up()
            pulses.sign_in(_PLANNER, password)
            killer.start()
            while not killer.is_done:
                pulses.run_one()
            assert killer.error is None
            pulses.finish()
        finally:
            killer.stop()
            system.stop()
            with app.app_context():
                db.engine.dispose()
        _nothing_leaked(system, pulses, redis)
        assert killer.kills.total() == kills
        print(_covered(killer, pulses, time.monotonic() - began))  # noqa: T201 - says what was covered

    return run


def test_pulses_survive_twenty_kills(survive: Survive) -> None:
    survive(kills=20, seed=20261129)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 6))
def test_pulses_survive_three_hundred_kills(survive: Survive, database: str, seed: int) -> None:
    """Sixty for each seed."""
    many = 2 if database == "postgresql" else 1
    survive(kills=60, seed=seed, web_servers=many, pools=many)


def _first_password(environ: dict[str, str]) -> str:
    command = ["flask", "--app", "wsgi", "access", "add", _PLANNER, "--name", "Lena", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "--role", "learning_and_development"],
        cwd=PROJECT_ROOT, env=environ, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["password"])


def _nothing_leaked(system: KillableSystem, pulses: Pulses, redis: RedisServer) -> None:
    """A death says much in logs, but nothing of people."""
    with Redis.from_url(redis.address) as connection:
        kept = everything_in(connection).decode(errors="replace")
    for place, words in (("a log", system.logs()), ("Redis", kept), ("a command", pulses.said)):
        assert not any(secret in words for secret in pulses.covered.secrets), f"{place} names someone"


def _covered(killer: Killer, pulses: Pulses, seconds: float) -> str:
    def listed(counts: Counter[str]) -> str:
        return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"

    found = pulses.covered
    stages: Counter[str] = Counter()
    for (_pulse, stage), count in killer.stages.items():
        stages[stage] += count
    return (
        f"{killer.kills.total()} kills ({listed(killer.kills)}; during {listed(stages)}), ended by "
        f"themselves: {listed(killer.ended)}; {found.pulses} pulses, "
        f"{found.mails} mails, {found.unconfirmed} unconfirmed, {found.casts} casts, {found.late} too late "
        f"({found.unsure} unsure), {found.comments} comments, {found.imports} imports, "
        f"{found.tries_again} tries again; {seconds:.0f} s"
    )
