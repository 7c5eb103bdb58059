"""Real parts for every test: both databases, Redis, a mail server, and a client that checks pages.

A test that touches the database asks for `app` or `session` and runs twice, on SQLite and on
PostgreSQL. To run on one only: `@pytest.mark.parametrize("database", ["sqlite"], indirect=True)`.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings as property_settings
from jinja2 import FileSystemBytecodeCache
from redis import Redis
from sqlalchemy.orm import Session

from surveyapp import create_app
from surveyapp.accounts.services import create_user
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.launcher.guards import free_port
from surveyapp.permissions import RoleName
from tests.support import database_files, leak_watch
from tests.support.client import CheckingClient
from tests.support.servers import MailServer, PostgresCluster, run_postgres, run_redis

# How long an example takes says more of the machine than of the code.
property_settings.register_profile("any machine", deadline=None)
property_settings.load_profile("any machine")

#: Of people who exist in these tests only.
PASSWORD = "four quiet wards at dawn"

SignIn = Callable[..., CheckingClient]
OnDisk = Callable[[], bytes]

#: Enough where only the page is looked at. What changes or finds a wave runs on both databases.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


# ---------------------------------------------------------------- servers, once a run


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    with run_postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[str]:
    with run_redis() as address:
        yield address


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file."""
    directory = tmp_path_factory.mktemp("template")
    file = directory / "template.sqlite3"
    _migrate(f"sqlite:///{file}", directory)
    return file


@pytest.fixture(scope="session")
def _postgres_template(
    postgres: PostgresCluster, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A migrated, empty database to copy."""
    name = "pulse_template"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    _migrate(postgres.url(name), tmp_path_factory.mktemp("template"))
    return name


def _migrate(url: str, instance: Path) -> None:
    settings = Settings.from_environment(
        {"APP_ENV": "testing", "DATABASE_URL": url}, instance=instance
    )
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def _listening() -> Iterator[None]:
    with leak_watch.listening():
        yield


# ---------------------------------------------------------------- fresh for each test


@pytest.fixture(autouse=True)
def leaks(_listening: None, request: pytest.FixtureRequest) -> Iterator[leak_watch.LeakWatch]:
    """Fails any test in which a token, an address, a comment or an answer went where it must not."""
    watch = leak_watch.watch
    watch.start()
    redis = "redis_url" in request.fixturenames and str(request.getfixturevalue("_redis_server"))
    yield watch
    if redis:
        watch.look_into(redis)
    found = watch.leaks()
    assert not found, f"This test leaked {'; '.join(found)}."


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database this run of the test is on."""
    return str(request.param)


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    if database == "sqlite":
        file = tmp_path / "test.sqlite3"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("_postgres_template")
    name = f"pulse_{secrets.token_hex(6)}"
    with cluster.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield cluster.url(name)
    with cluster.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_url(_redis_server: str) -> str:
    """An empty Redis."""
    with Redis.from_url(_redis_server) as redis:
        redis.flushall()
    return _redis_server


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A mail server. The application of a test that asks for it sends its mail there."""
    server = MailServer(free_port())
    yield server
    server.stop()


@pytest.fixture
def environ(
    database_url: str, redis_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> dict[str, str]:
    """The environment of the application; worker processes are started with the same."""
    environ = {
        "APP_ENV": "testing",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "KEY_DIRECTORY": str(tmp_path / "keys"),
        "INSTANCE_DIRECTORY": str(tmp_path / "instance"),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SECURITY_PASSWORD_SALT": secrets.token_urlsafe(48),
        "BASE_URL": "https://pulse.example.org",
        "ORGANISATION_NAME": "Trust",
    }
    if "smtp" in request.fixturenames:
        server: MailServer = request.getfixturevalue("smtp")
        environ |= {
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(server.port),
            "MAIL_SENDER": "pulse@example.org",
        }
    return environ


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return Settings.from_environment(environ)


@pytest.fixture(scope="session")
def _compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each test has an application of its own; the templates are the same."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: Settings, _compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """The application, with a context pushed for the test itself."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = _compiled_templates
    # As hard as it is for a thief, a password would cost every test that signs in a second.
    app.extensions["security"].pwd_context.update(
        argon2__time_cost=1, argon2__memory_cost=64, argon2__parallelism=1
    )
    app.test_client_class = CheckingClient
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of the test's own context."""
    return db.session()


@pytest.fixture
def on_disk(app: Flask, database: str, request: pytest.FixtureRequest) -> OnDisk:
    """Reads all files of the database, byte by byte. Ends the session's transaction first."""
    cluster = request.getfixturevalue("postgres") if database == "postgresql" else None

    def read() -> bytes:
        db.session.rollback()
        return b"".join(path.read_bytes() for path in database_files.files(cluster))

    return read


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    """A browser that has not signed in."""
    client = app.test_client()
    assert isinstance(client, CheckingClient)
    return client


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Makes a person with these roles and returns a browser in which they have signed in."""

    def make(
        *roles: RoleName, email: str | None = None, led_unit_ids: tuple[int, ...] = ()
    ) -> CheckingClient:
        address = email or f"{secrets.token_hex(4)}@example.org"
        create_user(
            db.session(),
            email=address,
            name="Someone",
            password=PASSWORD,
            roles=roles,
            led_unit_ids=led_unit_ids,
        )
        db.session.commit()
        client = app.test_client()
        assert isinstance(client, CheckingClient)
        answer = client.send("/sign-in", email=address, password=PASSWORD)
        assert answer.status_code == 302, answer.text
        return client

    return make
