"""Stopping the summaries that come by e-mail, and having them again."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.accounts.services import choose_summaries
from surveyapp.config import Settings
from surveyapp.errors import error_page
from surveyapp.extensions import csrf, db
from surveyapp.permissions import Permission, public, requires
from surveyapp.reports import digest_stop

blueprint = Blueprint("emails", __name__, url_prefix="/emails")


@blueprint.get("")
@requires(Permission.READ_REPORTS)
def own() -> str:
    """Whether the reader gets summaries, and the button that changes it."""
    return render_template("reports/emails.html", is_on=current_user.wants_summaries)


@blueprint.post("")
@requires(Permission.READ_REPORTS)
def choose() -> Response:
    wanted = request.form.get("choice") == "start"
    choose_summaries(db.session(), current_user.id, wanted=wanted)
    db.session.commit()
    flash("You will get these e-mails." if wanted else "You will get no more of these e-mails.", "success")
    return redirect(url_for(".own"))


@blueprint.get("/<token>/stop")
@public
def ask(token: str) -> str | tuple[str, int]:
    """Asks first: programs that look for harm in mails open every link."""
    user_id = _account(token)
    if user_id is None or not digest_stop.gets_summaries(db.session(), user_id):
        return _does_not_work()
    return render_template("reports/digest_stopped.html", stopped=False)


@blueprint.post("/<token>/stop")
@csrf.exempt  # the token is the guard, and a mail program that posts for its reader has no form
@public
def stop(token: str) -> str | tuple[str, int]:
    """Stops, as RFC 8058 has it, whatever was posted, unless it was the button to start again."""
    user_id = _account(token)
    if user_id is None:
        return _does_not_work()
    wanted = request.form.get("choice") == "start"
    choose_summaries(db.session(), user_id, wanted=wanted)
    db.session.commit()
    return render_template("reports/digest_stopped.html", stopped=not wanted, started=wanted)


def _account(token: str) -> int | None:
    settings: Settings = current_app.config["SETTINGS"]
    return digest_stop.account_of(db.session(), settings.secret_key, token)


def _does_not_work() -> tuple[str, int]:
    """The same for every reason, so that a link that somebody made up learns nothing."""
    return error_page(404, "reports/digest_unknown.html")
