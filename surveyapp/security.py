"""Headers, cookies, sign-in settings, and what they must never record."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, redirect, request
from flask.sessions import SecureCookieSessionInterface
from flask_login import user_logged_in, user_logged_out
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_security.signals import user_failed_authn
from werkzeug.middleware.proxy_fix import ProxyFix

from surveyapp.config import Environment, Settings
from surveyapp.extensions import csrf, db, limiter, security, talisman

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Longest a signed-in session may rest before it must sign in again.
SESSION_LIFETIME = timedelta(hours=8)

#: Largest request body, in bytes: a staff list of 50,000 rows fits, a flood does not.
MAX_REQUEST_BYTES = 16 * 1024 * 1024

#: Pages of staff who answer: nothing of them is kept, by nobody.
_ANSWERING = ("/a/", "/o/")

#: What load balancers and monitors ask on this machine's own port, where there is no TLS.
_ON_THE_INSIDE = frozenset({"operations.health", "operations.ready", "operations.metrics"})

#: The sign-in library's messages that people may meet, in words that say what to do.
_MESSAGES = {
    "SECURITY_MSG_UNAUTHENTICATED": ("Sign in to open that page.", "info"),
    "SECURITY_MSG_PASSWORD_NOT_PROVIDED": ("Enter a password", "error"),
    "SECURITY_MSG_INVALID_PASSWORD": ("Enter the password that you sign in with now", "error"),
    "SECURITY_MSG_PASSWORD_INVALID_LENGTH": (
        "Enter a password of %(length)s characters or more",
        "error",
    ),
    "SECURITY_MSG_RETYPE_PASSWORD_MISMATCH": ("Enter the same new password both times", "error"),
    "SECURITY_MSG_PASSWORD_IS_THE_SAME": ("Enter a new password that is not the old one", "error"),
    "SECURITY_MSG_PASSWORD_CHANGE": ("Your password is changed.", "success"),
}


def configure(app: Flask, settings: Settings) -> None:
    """Everything about cookies and sign-in that is plain configuration."""
    production = settings.environment is Environment.PRODUCTION
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # Any other name in a request's Host is a trick, or somebody's mistake.
        TRUSTED_HOSTS=_hosts(settings) if production else None,
        SESSION_COOKIE_NAME="learning_pulse",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=production,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # the session's own lifetime bounds it
        SECURITY_PASSWORD_SALT=settings.password_salt,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of an algorithm
        SECURITY_PASSWORD_LENGTH_MIN=12,
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_CHANGEABLE=True,
        SECURITY_CHANGE_URL="/change-password",
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_TRACKABLE=False,  # would store addresses of people who sign in
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_AUTO_LOGIN_AFTER_CONFIRM=False,
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/",
        **_MESSAGES,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        RATELIMIT_STORAGE_URI=_limits_address(settings),
        RATELIMIT_KEY_PREFIX="limit",
        # A limiter that cannot count must not lock everyone out.
        RATELIMIT_SWALLOW_ERRORS=True,
    )


def _hosts(settings: Settings) -> list[str]:
    """Names that this server answers to: its own, and this machine's for whoever watches it."""
    return [urlsplit(settings.base_url).hostname or "", "localhost", "127.0.0.1"]


def _limits_address(settings: Settings) -> str:
    if settings.environment is Environment.TESTING:
        return "memory://"
    # The limiter has its own name for a Redis on a Unix socket.
    url = settings.redis_url
    return f"redis+{url}" if url.startswith("unix://") else url


def init_app(app: Flask, settings: Settings) -> None:
    from surveyapp.accounts.models import Role, User

    production = settings.environment is Environment.PRODUCTION
    app.session_interface = _NoCookieForAnswers()
    if production:
        app.before_request(_insist_on_https)
    csrf.init_app(app)
    limiter.init_app(app)
    security.init_app(app, SQLAlchemyUserDatastore(db, User, Role))
    # It would put a hash of the caller's address and browser into the cookie of a session.
    app.login_manager._session_identifier_generator = str  # type: ignore[attr-defined]
    login = app.view_functions["security.login"]
    app.view_functions["security.login"] = limiter.limit(
        "10 per minute", methods=["POST"], key_func=_hashed_caller
    )(login)  # type: ignore[assignment]
    talisman.init_app(
        app,
        force_https=False,  # see _insist_on_https
        strict_transport_security=production,
        session_cookie_secure=production,
        content_security_policy={
            "default-src": "'self'",
            # Named although they are the default: only a section of its own gets the nonce.
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": ["'self'", "data:"],
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        },
        content_security_policy_nonce_in=["script-src", "style-src"],
        frame_options="DENY",
        referrer_policy="no-referrer",
    )
    app.wsgi_app = _WholeBodies(app.wsgi_app)  # type: ignore[method-assign]
    if production:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.after_request(_forbid_keeping)
    _audit_sign_ins(app)


def _hashed_caller() -> str:
    """Whom sign-in attempts are counted for, without an address in Redis."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, (request.remote_addr or "").encode(), hashlib.sha256).hexdigest()[:24]


def _insist_on_https() -> Any:
    """The address comes from the settings: what a request says of its host may be anything."""
    if request.is_secure or request.endpoint in _ON_THE_INSIDE:
        return None
    settings: Settings = current_app.config["SETTINGS"]
    query = request.query_string.decode("latin-1")
    return redirect(f"{settings.base_url}{quote(request.path)}{'?' if query else ''}{query}", 302)


class _WholeBodies:
    """Refuses a request of which only the first part arrived.

    Gunicorn vouches that a body ends by itself. It does so too when a line breaks, and the half of a
    form would look whole: a comment cut in two, and the link used up.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)  # now the length is held against what comes
        return self._app(environ, start_response)


def _forbid_keeping(response: Response) -> Response:
    """Pages are not kept by browsers or proxies: computers on wards are shared."""
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    if request.path.startswith(_ANSWERING):
        response.headers["X-Robots-Tag"] = "noindex"
    return response


class _NoCookieForAnswers(SecureCookieSessionInterface):
    """Whoever answers gets no cookie, and one that is there already is not renewed."""

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if not request.path.startswith(_ANSWERING):
            super().save_session(app, session, response)


def _audit_sign_ins(app: Flask) -> None:
    from surveyapp.accounts.services import Action, record_audit

    def audit(action: Action, actor_id: int | None) -> None:
        record_audit(db.session(), action, actor_id=actor_id)
        db.session.commit()

    def signed_in(_app: Flask, user: Any, **_: Any) -> None:
        audit(Action.SIGNED_IN, user.id)

    def signed_out(_app: Flask, user: Any, **_: Any) -> None:
        if getattr(user, "is_authenticated", False):
            # A session lives in its cookie: a copy of it must end with it, wherever it is.
            user.fs_uniquifier = secrets.token_hex(32)
            audit(Action.SIGNED_OUT, user.id)

    def failed(_app: Flask, **_: Any) -> None:
        audit(Action.SIGN_IN_FAILED, None)

    user_logged_in.connect(signed_in, app, weak=False)
    user_logged_out.connect(signed_out, app, weak=False)
    user_failed_authn.connect(failed, app, weak=False)
