"""Settings: frozen, typed, read once from the environment.

Production refuses to start without its secrets and says which one is missing. Development makes
them once under `instance/`, readable by their owner only.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from surveyapp import files
from surveyapp.languages import ENGLISH, OFFERS, message
from surveyapp.working_days import NATION_LABELS, Nation

PROJECT_ROOT = Path(__file__).resolve().parent.parent

DEFAULT_INSTANCE = PROJECT_ROOT / "instance"

#: A secret shorter than this can be guessed offline from one signed cookie.
MINIMUM_SECRET_LENGTH = 32

DEFAULT_SPEAK_UP_CONTACT = message("your Freedom to Speak Up Guardian")

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

_WEAK_FRAGMENTS = ("changeme", "change-me", "secret-key", "password", "example", "development")


class Environment(StrEnum):
    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TESTING = "testing"


class ProcessRole(StrEnum):
    """Which part of the ballot box's separation this process stands on."""

    WEB = "web"
    WORKER = "worker"
    COMMAND = "command"


_NATIONS = {label.casefold(): nation for nation, label in NATION_LABELS.items()}

#: Longer, and mails of a morning would come the next day.
_LONGEST_SPREAD = 240


#: Seconds: a day.
_LONGEST_LIMIT = 86_400


class SettingsError(RuntimeError):
    """A setting is missing or unsafe. The message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    server: str | None
    port: int
    username: str | None
    password: str | None = field(repr=False)
    use_tls: bool
    sender: str
    #: Invitations and reminders go out from this hour until before that one, on working days.
    from_hour: time = time(8)
    to_hour: time = time(18)
    #: Minutes from the first mail of a pulse to the last, so that their order tells nothing.
    spread_minutes: int = 30
    #: Whose bank holidays are no working days.
    holidays: Nation = Nation.ENGLAND

    @property
    def is_configured(self) -> bool:
        return self.server is not None


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """GOV.UK Notify in the place of an SMTP server. `template` has ((subject)) and ((body)) only.

    `sms_template`, which has ((body)) only, lets it send texts too; empty without.
    """

    api_key: str = field(repr=False)
    template: str
    base_url: str
    sms_template: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    environment: Environment
    role: ProcessRole
    database_url: str = field(repr=False)  # may hold a password, as may the next
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    password_salt: str = field(repr=False)
    key_directory: Path | None
    mail: MailSettings
    base_url: str
    organisation_name: str
    #: Whom staff can turn to with a worry, as it is named on the answering page.
    speak_up_contact: str = DEFAULT_SPEAK_UP_CONTACT
    #: The model that reads comments, as `nlp.models.resolve` names it; nothing is the shipped one.
    comment_model: str = ""
    #: If it is set, every mail goes that way.
    notify: NotifySettings | None = None
    #: In which languages staff can answer, English first.
    languages: tuple[str, ...] = (ENGLISH,)
    #: Whoever shows it may read the figures at `/metrics`; without one that address does not exist.
    metrics_token: str = field(default="", repr=False)
    #: On PostgreSQL, seconds that a migration may wait for a lock (every page waits behind it), and
    #: that one of its statements may run.
    migration_lock_seconds: int = 5
    migration_statement_seconds: int = 300
    #: What development keeps beside the code: made secrets, the database, kept mails.
    instance: Path = DEFAULT_INSTANCE

    @property
    def sends_mail(self) -> bool:
        """Whether mails leave this computer. If not, they are kept in the outbox."""
        return self.mail.is_configured or self.notify is not None

    @property
    def sends_texts(self) -> bool:
        """Whether people can be reached at their mobile."""
        return self.notify is not None and bool(self.notify.sms_template)

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        role: ProcessRole = ProcessRole.WEB,
        instance: Path | None = None,
    ) -> Settings:
        """Read and check every setting.

        Raises SettingsError, naming the variable and the remedy, when one is missing or unsafe.
        """
        env = os.environ if environ is None else environ
        instance = instance_directory(env) if instance is None else instance
        environment = _environment(env)
        production = environment is Environment.PRODUCTION

        def secret(name: str) -> str:
            value = env.get(name, "")
            if not value and not production:
                return _made_once(instance / name.lower())
            _check_secret(name, value)
            return value

        secret_key = secret("SECRET_KEY")
        password_salt = secret("SECURITY_PASSWORD_SALT")
        if production and secret_key == password_salt:
            raise SettingsError(
                "SECRET_KEY and SECURITY_PASSWORD_SALT are the same. Give each a value of its own."
            )
        return cls(
            environment=environment,
            role=role,
            database_url=_database_url(env, instance, production),
            redis_url=_redis_url(env, production),
            secret_key=secret_key,
            password_salt=password_salt,
            key_directory=_key_directory(env, instance, role, production),
            mail=_mail(env, production),
            notify=_notify(env, production),
            base_url=_base_url(env, production),
            organisation_name=env.get("ORGANISATION_NAME", "").strip() or "Your organisation",
            speak_up_contact=env.get("SPEAK_UP_CONTACT", "").strip() or DEFAULT_SPEAK_UP_CONTACT,
            comment_model=env.get("COMMENT_MODEL", "").strip(),
            languages=_languages(env),
            metrics_token=_metrics_token(env),
            migration_lock_seconds=_seconds(env, "MIGRATION_LOCK_SECONDS", 5),
            migration_statement_seconds=_seconds(env, "MIGRATION_STATEMENT_SECONDS", 300),
            instance=instance,
        )


def instance_directory(env: Mapping[str, str]) -> Path:
    """Where development keeps its files: INSTANCE_DIRECTORY, or `instance/` beside the code."""
    named = env.get("INSTANCE_DIRECTORY", "").strip()
    return Path(named).absolute() if named else DEFAULT_INSTANCE


def _environment(env: Mapping[str, str]) -> Environment:
    name = env.get("APP_ENV", Environment.PRODUCTION)
    try:
        return Environment(name)
    except ValueError:
        allowed = ", ".join(Environment)
        raise SettingsError(f"APP_ENV is '{name}'. Set it to one of: {allowed}.") from None


def _check_secret(name: str, value: str) -> None:
    remedy = f'Set {name} to the output of: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
    if not value:
        raise SettingsError(f"{name} is not set. {remedy}")
    if len(value) < MINIMUM_SECRET_LENGTH or len(set(value)) < 10:
        raise SettingsError(
            f"{name} is too weak: it needs {MINIMUM_SECRET_LENGTH} or more varied characters. {remedy}"
        )
    if any(fragment in value.lower() for fragment in _WEAK_FRAGMENTS):
        raise SettingsError(f"{name} looks like a placeholder. {remedy}")


def _metrics_token(env: Mapping[str, str]) -> str:
    token = env.get("METRICS_TOKEN", "").strip()
    if token:
        _check_secret("METRICS_TOKEN", token)
    return token


def _seconds(env: Mapping[str, str], name: str, default: int) -> int:
    """A limit. 0 would be none, and a migration that waits for ever stops every page."""
    text = env.get(name, "").strip() or str(default)
    if not text.isdecimal() or not 0 < int(text) <= _LONGEST_LIMIT:
        raise SettingsError(f"{name} is '{text}'. Set it to a number from 1 to {_LONGEST_LIMIT}.")
    return int(text)


def _made_once(path: Path) -> str:
    files.make_once(path, secrets.token_urlsafe(48).encode())
    value = path.read_text().strip()
    if not value:
        raise SettingsError(f"{path} is empty. Delete it; it is made again at the next start.")
    return value


def _required(env: Mapping[str, str], name: str, default: str, production: bool) -> str:
    value = env.get(name, "").strip()
    if value:
        return value
    if production:
        raise SettingsError(f"{name} is not set. Set it in the environment, for example {default}")
    return default


def _redis_url(env: Mapping[str, str], production: bool) -> str:
    url = _required(env, "REDIS_URL", "redis://127.0.0.1:6379/0", production)
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError("REDIS_URL must start with redis://, rediss:// or unix://")
    return url


def _database_url(env: Mapping[str, str], instance: Path, production: bool) -> str:
    url = env.get("DATABASE_URL", "").strip()
    if not url:
        if production:
            raise SettingsError(
                "DATABASE_URL is not set. Example: postgresql+psycopg://user:password@host/name"
            )
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
        return f"sqlite:///{instance / 'learning-pulse.sqlite3'}"
    # Hosting platforms hand out 'postgres://', which SQLAlchemy does not know.
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite://", "postgresql+psycopg://")):
        raise SettingsError("DATABASE_URL must start with sqlite:// or postgresql+psycopg://")
    return url


def _key_directory(
    env: Mapping[str, str], instance: Path, role: ProcessRole, production: bool
) -> Path | None:
    named = env.get("KEY_DIRECTORY", "").strip()
    path = Path(named) if named else (None if production else instance / "keys")
    if not production:
        return path
    if role is ProcessRole.WEB:
        if path is not None and os.access(path, os.R_OK | os.X_OK):
            raise SettingsError(
                f"The web process can read the key directory {path}. Whoever breaks into it could "
                "then open ballots. Run it as a user without access, or unset KEY_DIRECTORY for it."
            )
        return None
    if role is ProcessRole.WORKER and path is None:
        raise SettingsError(
            "KEY_DIRECTORY is not set. Name a directory that only the workers can read, mode 0700."
        )
    if path is not None and path.exists() and path.stat().st_mode & 0o077:
        raise SettingsError(f"Others can read the key directory {path}. Run: chmod 700 {path}")
    return path


def _mail(env: Mapping[str, str], production: bool) -> MailSettings:
    server = env.get("MAIL_SERVER", "").strip() or None
    if production and server is None and not env.get("NOTIFY_API_KEY", "").strip():
        raise SettingsError("MAIL_SERVER is not set. Name the SMTP server that sends invitations.")
    port = env.get("MAIL_PORT", "").strip() or "25"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"MAIL_PORT is '{port}'. Set it to a number from 1 to 65535.")
    from_hour, to_hour = _mail_hours(env.get("MAIL_HOURS", "").strip() or "08:00-18:00")
    spread = env.get("MAIL_SPREAD_MINUTES", "").strip() or "30"
    if not spread.isdecimal() or int(spread) > _LONGEST_SPREAD:
        raise SettingsError(
            f"MAIL_SPREAD_MINUTES is '{spread}'. Set it to a number from 0 to {_LONGEST_SPREAD}."
        )
    nation = env.get("MAIL_HOLIDAYS", "").strip() or "England"
    if nation.casefold() not in _NATIONS:
        allowed = ", ".join(NATION_LABELS.values())
        raise SettingsError(f"MAIL_HOLIDAYS is '{nation}'. Set it to one of: {allowed}.")
    return MailSettings(
        server=server,
        port=int(port),
        username=env.get("MAIL_USERNAME") or None,
        password=env.get("MAIL_PASSWORD") or None,
        use_tls=env.get("MAIL_USE_TLS", "").strip().lower() in {"1", "true", "yes", "on"},
        sender=env.get("MAIL_SENDER", "").strip() or "learning-pulse@localhost",
        from_hour=from_hour,
        to_hour=to_hour,
        spread_minutes=int(spread),
        holidays=_NATIONS[nation.casefold()],
    )


def _mail_hours(text: str) -> tuple[time, time]:
    """'08:00-18:00' as two times of one day."""
    try:
        first, last = (time.fromisoformat(part.strip()) for part in text.split("-"))
        if not first < last:
            raise ValueError
    except (ValueError, TypeError):  # the latter compares a time that names its zone
        raise SettingsError(
            f"MAIL_HOURS is '{text}'. Set it to two times of a day, such as 08:00-18:00."
        ) from None
    if first.tzinfo or last.tzinfo:
        raise SettingsError("MAIL_HOURS names a time zone. Leave it out: the hours are those of London.")
    return first, last


def _notify(env: Mapping[str, str], production: bool) -> NotifySettings | None:
    key = env.get("NOTIFY_API_KEY", "").strip()
    template = env.get("NOTIFY_EMAIL_TEMPLATE", "").strip()
    sms_template = env.get("NOTIFY_SMS_TEMPLATE", "").strip()
    url = env.get("NOTIFY_BASE_URL", "").strip()
    if not (key or template or sms_template or url):
        return None
    if not key:
        raise SettingsError("NOTIFY_API_KEY is not set. Make a key under ‘API integration’ of GOV.UK Notify.")
    if not template:
        raise SettingsError(
            "NOTIFY_EMAIL_TEMPLATE is not set. Make an e-mail template in GOV.UK Notify with ((subject)) as "
            "its subject and ((body)) as its message, and set this to the template's ID."
        )
    # Both may be in an environment, but then nobody would know which of them sent a mail.
    if env.get("MAIL_SERVER", "").strip():
        raise SettingsError("MAIL_SERVER and NOTIFY_API_KEY are both set. Unset the one not to be used.")
    if re.fullmatch(rf".+-{_UUID}-{_UUID}", key) is None:
        raise SettingsError("NOTIFY_API_KEY is no key of GOV.UK Notify. Copy all of it, with its name.")
    if re.fullmatch(_UUID, template) is None:
        raise SettingsError("NOTIFY_EMAIL_TEMPLATE is no ID. Copy the template's ID from GOV.UK Notify.")
    if sms_template and re.fullmatch(_UUID, sms_template) is None:
        raise SettingsError(
            "NOTIFY_SMS_TEMPLATE is no ID. Make a text message template in GOV.UK Notify with ((body)) as "
            "its message, and copy its ID."
        )
    url = url or "https://api.notifications.service.gov.uk"
    if not url.startswith("https://" if production else ("https://", "http://")):
        raise SettingsError("NOTIFY_BASE_URL must start with https:// because mails carry vouchers.")
    return NotifySettings(
        api_key=key, template=template, base_url=url, sms_template=sms_template
    )


def _languages(env: Mapping[str, str]) -> tuple[str, ...]:
    named = env.get("LANGUAGES", "").strip() or ENGLISH
    languages = tuple(code.strip().lower() for code in named.split(","))
    if languages not in OFFERS:
        raise SettingsError(
            f"LANGUAGES is '{named}'. Set it to en, or to en,cy to offer Welsh beside English."
        )
    return languages


def _base_url(env: Mapping[str, str], production: bool) -> str:
    url = _required(env, "BASE_URL", "http://127.0.0.1:8000", production).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingsError("BASE_URL must be a full address, such as https://pulse.example.nhs.uk")
    if production and parts.scheme != "https":
        raise SettingsError("BASE_URL must start with https:// because links carry vouchers.")
    return url
