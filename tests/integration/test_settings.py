"""Settings: production starts with everything in order, or says what is not."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from datetime import time
from pathlib import Path

import pytest

from surveyapp import create_app
from surveyapp.ballots.services import key_directory
from surveyapp.config import PROJECT_ROOT, Environment, ProcessRole, Settings, SettingsError
from surveyapp.worker import CANNOT_START
from surveyapp.working_days import Nation

PRODUCTION = {
    "APP_ENV": "production",
    "SECRET_KEY": "kJ7x2vQ9mZ4pL8wR1tY6uB3nC5dF0gHs-eAiOo",
    "SECURITY_PASSWORD_SALT": "Wq8Zx1Vb6Nm3Lk9Jh4Gf7Ds2Ap5Oi0Uy-tReQw",
    "DATABASE_URL": "postgresql://pulse@db.internal/pulse",
    "REDIS_URL": "redis://redis.internal:6379/0",
    "MAIL_SERVER": "smtp.internal",
    "BASE_URL": "https://pulse.example.nhs.uk",
}


def read(
    instance: Path, *, role: ProcessRole = ProcessRole.WEB, **changes: str | None
) -> Settings:
    environ = {**PRODUCTION, **changes}
    return Settings.from_environment(
        {name: value for name, value in environ.items() if value is not None},
        role=role,
        instance=instance,
    )


def refusal(instance: Path, *, role: ProcessRole = ProcessRole.WEB, **changes: str | None) -> str:
    with pytest.raises(SettingsError) as raised:
        read(instance, role=role, **changes)
    return str(raised.value)


# ---------------------------------------------------------------- production


def test_production_starts_with_everything_in_order(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.environment is Environment.PRODUCTION
    assert settings.database_url == "postgresql+psycopg://pulse@db.internal/pulse"
    assert settings.key_directory is None
    assert list(tmp_path.iterdir()) == []  # it makes nothing by itself


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"APP_ENV"}))
@pytest.mark.parametrize("value", [None, "", "   "])
def test_each_missing_setting_is_named_with_its_remedy(
    tmp_path: Path, name: str, value: str | None
) -> None:
    message = refusal(tmp_path, **{name: value})
    assert message.startswith(name)
    assert any(word in message for word in ("Set", "Name", "Example")), message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECURITY_PASSWORD_SALT"])
@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "a" * 64,
        "ab" * 32,
        "please-changeme-before-going-live-0123456789",
        "this-is-my-Secret-Key-for-the-survey-0123456789",
        "example-key-for-the-documentation-0123456789",
    ],
)
def test_each_weak_secret_is_refused_and_not_repeated(
    tmp_path: Path, name: str, weak: str
) -> None:
    message = refusal(tmp_path, **{name: weak})
    assert message.startswith(name) and "secrets.token_urlsafe" in message
    assert weak not in message


@pytest.mark.parametrize(
    ("named", "languages"),
    [(None, ("en",)), ("", ("en",)), ("en", ("en",)), ("en,cy", ("en", "cy")), (" EN, cy ", ("en", "cy"))],
)
def test_languages_are_english_and_what_is_named_beside_it(
    tmp_path: Path, named: str | None, languages: tuple[str, ...]
) -> None:
    assert read(tmp_path, LANGUAGES=named).languages == languages


@pytest.mark.parametrize("named", ["cy", "cy,en", "en,en", "en,fr", "en;cy", ",", "english"])
def test_languages_that_there_are_not_are_refused(tmp_path: Path, named: str) -> None:
    message = refusal(tmp_path, LANGUAGES=named)
    assert message.startswith("LANGUAGES is") and "en,cy" in message


def test_the_two_secrets_must_differ(tmp_path: Path) -> None:
    message = refusal(tmp_path, SECURITY_PASSWORD_SALT=PRODUCTION["SECRET_KEY"])
    assert "the same" in message and PRODUCTION["SECRET_KEY"] not in message


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("BASE_URL", "http://pulse.example.nhs.uk", "https://"),
        ("BASE_URL", "pulse.example.nhs.uk", "full address"),
        ("BASE_URL", "https://", "full address"),
        ("DATABASE_URL", "mysql://db/pulse", "DATABASE_URL must start"),
        ("REDIS_URL", "redis.internal", "REDIS_URL must start"),
        ("MAIL_PORT", "smtp", "MAIL_PORT"),
        ("MAIL_PORT", "0", "MAIL_PORT"),
        ("MAIL_PORT", "65536", "MAIL_PORT"),
        ("MAIL_HOURS", "8-18", "such as 08:00-18:00"),
        ("MAIL_HOURS", "18:00-08:00", "such as 08:00-18:00"),
        ("MAIL_HOURS", "08:00-18:00-20:00", "such as 08:00-18:00"),
        ("MAIL_HOURS", "08:00+01:00-18:00", "MAIL_HOURS"),
        ("MAIL_HOURS", "08:00Z-18:00Z", "Leave it out"),
        ("MAIL_SPREAD_MINUTES", "241", "from 0 to 240"),
        ("MAIL_SPREAD_MINUTES", "half", "from 0 to 240"),
        ("MAIL_HOLIDAYS", "France", "Northern Ireland"),
        ("APP_ENV", "prod", "APP_ENV"),
        ("APP_ENV", "", "APP_ENV"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    assert says in refusal(tmp_path, **{name: value})


def test_the_hours_for_mail_are_read(tmp_path: Path) -> None:
    mail = read(tmp_path, MAIL_HOURS="07:30 - 20:00", MAIL_SPREAD_MINUTES="0", MAIL_HOLIDAYS="scotland").mail
    assert (mail.from_hour, mail.to_hour) == (time(7, 30), time(20))
    assert (mail.spread_minutes, mail.holidays) == (0, Nation.SCOTLAND)


def test_without_a_word_it_is_production(tmp_path: Path) -> None:
    """Whoever forgets APP_ENV gets the strict rules, not made-up secrets."""
    message = refusal(tmp_path, APP_ENV=None, SECRET_KEY=None)
    assert message.startswith("SECRET_KEY is not set")


def test_the_processes_say_it_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=PROJECT_ROOT,
        env={"APP_ENV": "production", "INSTANCE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert done.stderr.strip().splitlines()[-1].endswith("token_urlsafe(48))\"")
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- keys


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    directory = tmp_path / "keys"
    directory.mkdir(mode=0o700)
    return directory


def test_the_web_process_refuses_keys_that_it_can_see(tmp_path: Path, keys: Path) -> None:
    message = refusal(tmp_path, KEY_DIRECTORY=str(keys))
    assert str(keys) in message and "without access" in message


def test_the_web_process_never_holds_a_key_directory(tmp_path: Path) -> None:
    hidden = read(tmp_path, KEY_DIRECTORY=str(tmp_path / "not there"))
    for settings in (hidden, read(tmp_path)):
        assert settings.key_directory is None
        with pytest.raises(RuntimeError, match="workers only"):
            key_directory(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_the_web_process_starts_beside_keys_of_another_user(tmp_path: Path, keys: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from surveyapp.config import Settings\n"
        "os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))\n"
        "print(Settings.from_environment(instance=Path('/')).key_directory)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(pwd.getpwnam("nobody").pw_uid)],
        cwd=PROJECT_ROOT,
        env={**PRODUCTION, "KEY_DIRECTORY": str(keys)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "None"), done.stderr


def test_workers_need_a_key_directory_of_their_own(tmp_path: Path, keys: Path) -> None:
    worker = ProcessRole.WORKER
    assert "KEY_DIRECTORY is not set" in refusal(tmp_path, role=worker)
    assert read(tmp_path, role=worker, KEY_DIRECTORY=str(keys)).key_directory == keys


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
@pytest.mark.parametrize("role", [ProcessRole.WORKER, ProcessRole.COMMAND])
def test_a_key_directory_that_others_can_enter_is_refused(
    tmp_path: Path, keys: Path, role: ProcessRole, mode: int
) -> None:
    keys.chmod(mode)
    message = refusal(tmp_path, role=role, KEY_DIRECTORY=str(keys))
    assert f"chmod 700 {keys}" in message


def test_a_worker_that_cannot_start_says_why_in_one_sentence(keys: Path, redis_url: str) -> None:
    keys.chmod(0o750)
    options = ["--serializer", "json", "--url", redis_url, "--worker-class", "surveyapp.worker.Worker"]
    done = subprocess.run(
        [Path(sys.executable).parent / "rq", "worker", *options, "count"],
        cwd=PROJECT_ROOT,
        env={**PRODUCTION, "REDIS_URL": redis_url, "KEY_DIRECTORY": str(keys)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == CANNOT_START
    said = f"This worker cannot start. Others can read the key directory {keys}. Run: chmod 700 {keys}\n"
    assert said in done.stderr and "Traceback" not in done.stderr


# ---------------------------------------------------------------- development


def development(instance: Path, **changes: str) -> Settings:
    return Settings.from_environment({"APP_ENV": "development", **changes}, instance=instance)


def test_development_makes_its_secrets_once(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    first, second = development(instance), development(instance)
    assert first == second
    assert first.secret_key != first.password_salt
    assert min(len(first.secret_key), len(first.password_salt)) >= 48
    assert instance.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in instance.iterdir()}
    assert modes == {"secret_key": 0o600, "security_password_salt": 0o600}


def test_processes_that_start_at_once_agree_on_the_secrets(tmp_path: Path) -> None:
    for attempt in range(20):
        instance = tmp_path / str(attempt)
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(development, [instance] * 8))
        assert len({settings.secret_key for settings in made}) == 1
        assert len(list(instance.iterdir())) == 2  # no drafts are left


def test_an_empty_secret_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(SettingsError, match="secret_key is empty. Delete it"):
        development(tmp_path)


def test_a_weak_secret_is_refused_in_development_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY is too weak"):
        development(tmp_path, SECRET_KEY="short")


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = development(tmp_path)
    with pytest.raises(FrozenInstanceError):
        settings.secret_key = "another"  # type: ignore[misc]


# ---------------------------------------------------------------- what comes of them


def _app_of(instance: Path, **changes: str) -> dict[str, object]:
    return dict(create_app(read(instance, **changes)).config)


def test_production_turns_everything_strict(tmp_path: Path) -> None:
    config = _app_of(tmp_path)
    assert config["SESSION_COOKIE_SECURE"] is True and config["SESSION_COOKIE_HTTPONLY"] is True
    assert config["SECURITY_TRACKABLE"] is False
    assert config["TESTING"] is False and config["DEBUG"] is False
    assert config["WTF_CSRF_ENABLED"] is True
    assert config["SQLALCHEMY_ENGINE_OPTIONS"] == {"hide_parameters": True, "pool_pre_ping": True}


def test_production_redirects_to_https_and_says_to_stay_there(tmp_path: Path) -> None:
    app = create_app(read(tmp_path))
    answer = app.test_client().get("/privacy", base_url="http://pulse.example.nhs.uk")
    assert answer.status_code in {301, 302} and answer.location.startswith("https://")


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0", "unix:///nowhere/redis.sock"]
)
def test_every_kind_of_redis_address_starts(tmp_path: Path, url: str) -> None:
    assert _app_of(tmp_path, REDIS_URL=url)["SETTINGS"]


def test_settings_can_be_printed_without_giving_anything_away(tmp_path: Path) -> None:
    hidden = ("hunter2pg", "hunter2redis", "hunter2mail")
    settings = read(
        tmp_path,
        DATABASE_URL=f"postgresql://pulse:{hidden[0]}@db.internal/pulse",
        REDIS_URL=f"redis://:{hidden[1]}@redis.internal/0",
        MAIL_PASSWORD=hidden[2],
    )
    for secret in (*hidden, settings.secret_key, settings.password_salt):
        assert secret not in repr(settings)


def test_passwords_are_hard_to_guess_from_their_hashes(tmp_path: Path) -> None:
    """The tests make theirs cheap; the application must not."""
    context = create_app(read(tmp_path)).extensions["security"].pwd_context
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+)", context.hash("four quiet wards"))
    assert found and int(found[1]) >= 19 * 1024 and int(found[2]) >= 2


# ---------------------------------------------------------------- GOV.UK Notify

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
NOTIFY: dict[str, str | None] = {
    "MAIL_SERVER": None,
    "NOTIFY_API_KEY": f"learning-pulse-{SERVICE}-{SECRET}",
    "NOTIFY_EMAIL_TEMPLATE": "217a419e-6a7d-482a-9596-718b889dffce",
}


def test_notify_takes_the_place_of_a_mail_server(tmp_path: Path) -> None:
    settings = read(tmp_path, **NOTIFY)
    assert settings.notify is not None and settings.sends_mail
    assert settings.notify.base_url == "https://api.notifications.service.gov.uk"
    assert SECRET not in repr(settings) and not settings.sends_texts
    assert read(tmp_path, **NOTIFY, NOTIFY_SMS_TEMPLATE=SERVICE).sends_texts
    assert read(tmp_path).notify is None and read(tmp_path).sends_mail


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"NOTIFY_EMAIL_TEMPLATE": None}, "NOTIFY_EMAIL_TEMPLATE is not set"),
        ({"NOTIFY_API_KEY": " ", "MAIL_SERVER": "smtp.internal"}, "NOTIFY_API_KEY is not set"),
        ({"MAIL_SERVER": "smtp.internal"}, "MAIL_SERVER and NOTIFY_API_KEY are both set"),
        ({"NOTIFY_API_KEY": SECRET}, "NOTIFY_API_KEY is no key"),
        ({"NOTIFY_SMS_TEMPLATE": "text"}, "NOTIFY_SMS_TEMPLATE is no ID"),
        ({"NOTIFY_EMAIL_TEMPLATE": "invitation"}, "NOTIFY_EMAIL_TEMPLATE is no ID"),
        ({"NOTIFY_BASE_URL": "http://notify.internal"}, "NOTIFY_BASE_URL must start with https://"),
    ],
)
def test_half_of_a_set_up_of_notify_is_refused(
    tmp_path: Path, change: dict[str, str | None], says: str
) -> None:
    refused = refusal(tmp_path, **{**NOTIFY, **change})
    assert says in refused and SECRET not in refused


def test_limits_of_migrations_and_the_token_of_figures_are_checked(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.metrics_token, settings.migration_lock_seconds) == ("", 5)
    assert read(tmp_path, MIGRATION_LOCK_SECONDS="30").migration_lock_seconds == 30
    assert "METRICS_TOKEN is too weak" in refusal(tmp_path, METRICS_TOKEN="short")
    for wrong in ("0", "-1", "soon", "86401"):
        assert "MIGRATION_LOCK_SECONDS" in refusal(tmp_path, MIGRATION_LOCK_SECONDS=wrong)
        assert "MIGRATION_STATEMENT_SECONDS" in refusal(tmp_path, MIGRATION_STATEMENT_SECONDS=wrong)
