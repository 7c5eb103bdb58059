"""Questions of machines (is it alive, can it serve, figures), and the page for whoever runs it."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_login import current_user
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.wrappers import Response

from surveyapp import observing
from surveyapp.accounts.services import Action, record_audit
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.operations import queues, services
from surveyapp.operations.readiness import Readiness
from surveyapp.permissions import Permission, public, requires
from surveyapp.pulses import services as pulses

blueprint = Blueprint("operations", __name__)

Plain = tuple[str, int, dict[str, str]]

_PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    app: Any = state.app
    app.extensions["readiness"] = Readiness(app.config["SETTINGS"])


@blueprint.get("/health")
@public
def health() -> Plain:
    """Whether this process lives: it is to be started anew if it does not say so. Asks nothing else."""
    return "ok\n", 200, _PLAIN


@blueprint.get("/ready")
@public
def ready() -> Plain:
    """Whether people may be sent to this machine; if not, the part that is in the way, in one word."""
    readiness: Readiness = current_app.extensions["readiness"]
    fault = readiness.fault()
    return ("ok\n", 200, _PLAIN) if fault is None else (f"{fault}\n", 503, _PLAIN)


@blueprint.get("/metrics")
@public
def metrics() -> tuple[bytes, int, dict[str, str]]:
    """Figures for Prometheus. Without the token there is no such page."""
    from surveyapp.operations.metrics import exposition

    settings = _settings()
    expected = f"Bearer {settings.metrics_token}".encode()
    shown = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not settings.metrics_token or not hmac.compare_digest(shown, expected):
        abort(404)
    found = exposition(db.session(), _redis(), settings, observing.counts())
    return found, 200, {**_PLAIN, "Content-Type": "text/plain; version=0.0.4; charset=utf-8"}


@blueprint.get("/operations")
@requires(Permission.SEE_OPERATIONS)
def index() -> str:
    return render_template(
        "operations/index.html",
        overview=services.overview(db.session(), _redis(), _settings()),
        labels=pulses.STATE_LABELS,
    )


@blueprint.post("/operations/retry")
@requires(Permission.SEE_OPERATIONS)
def retry() -> Response:
    try:
        name = queues.retry(_redis(), request.form.get("queue", ""), request.form.get("job", ""))
    except RedisError:
        flash("Redis cannot be reached, so the job could not be started again. Try later.", "error")
        return redirect(url_for("operations.index"))
    if name is None:
        flash("That job is not among the failed ones any more.", "info")
    else:
        record_audit(db.session(), Action.JOB_RETRIED, actor_id=current_user.id, job=name)
        db.session.commit()
        flash(f"{name} is on its queue again.", "success")
    return redirect(url_for("operations.index"))


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _redis() -> Redis:
    redis: Redis = current_app.extensions["redis"]
    return redis
