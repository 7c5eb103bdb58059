"""Learning Pulse: anonymous pulse surveys of learning culture in health and care."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from surveyapp import (
    addresses,
    cli,
    config,
    design,
    errors,
    observing,
    permissions,
    queueing,
    security,
    translating,
)
from surveyapp.config import PROJECT_ROOT, Environment, ProcessRole, Settings
from surveyapp.extensions import db, mail, migrate

#: Every feature package, in the order of a pulse's life.
FEATURES = (
    "accounts",
    "organisation",
    "instruments",
    "pulses",
    "ballots",
    "comments",
    "reports",
    "actions",
    "series",
    "privacy",
    "operations",
)


def create_app(settings: Settings | None = None, *, role: ProcessRole = ProcessRole.WEB) -> Flask:
    """Build the application.

    Raises config.SettingsError, in words for whoever runs it, when a setting is missing or unsafe.
    """
    settings = settings or Settings.from_environment(role=role)
    app = Flask(
        __name__,
        template_folder=str(PROJECT_ROOT / "templates"),
        static_folder=None,
        instance_path=str(settings.instance.absolute()),
    )
    app.config.update(
        SETTINGS=settings,
        TESTING=settings.environment is Environment.TESTING,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        MAIL_SERVER=settings.mail.server or "localhost",
        MAIL_PORT=settings.mail.port,
        MAIL_USERNAME=settings.mail.username,
        MAIL_PASSWORD=settings.mail.password,
        MAIL_USE_TLS=settings.mail.use_tls,
        MAIL_DEFAULT_SENDER=settings.mail.sender,
        MAIL_TIMEOUT=20,
        MAIL_BACKEND="smtp" if settings.mail.is_configured else "dummy",
    )
    addresses.init_app(app)
    observing.init_app(app, settings)
    security.configure(app, settings)
    for feature in FEATURES:
        # Tables name each other by string, so all must be known before the first query.
        _import_if_present(f"surveyapp.{feature}.models")
    db.init_app(app)
    migrate.init_app(app, db, directory=str(PROJECT_ROOT / "migrations"), render_as_batch=True)
    mail.init_app(app)
    queueing.init_app(app)
    design.init_app(app)
    translating.init_app(app)
    security.init_app(app, settings)
    for feature in FEATURES:
        app.register_blueprint(import_module(f"surveyapp.{feature}.views").blueprint)
    permissions.init_app(app)
    # Last, and so the first to see a request: it changes what others go by.
    observing.let_probes_in(app)
    errors.init_app(app)
    cli.init_app(app)
    return app


def _import_if_present(name: str) -> None:
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise


def _engine_options(database_url: str) -> dict[str, object]:
    # An error's text must never quote the values of a statement: they may be a person's.
    options: dict[str, object] = {"hide_parameters": True}
    if database_url.startswith("postgresql"):
        options["pool_pre_ping"] = True
    return options


__all__ = ["config", "create_app"]
