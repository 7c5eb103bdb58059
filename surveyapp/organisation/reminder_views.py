"""The page on which staff stop reminders, and have them again. They need no account."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request

from surveyapp.config import Settings
from surveyapp.extensions import csrf, db
from surveyapp.organisation import reaching
from surveyapp.permissions import public

# Under `/a/`, like the pages on which staff answer: there no cookie is set, and no proxy logs.
blueprint = Blueprint("reminders", __name__, url_prefix="/a/reminders")


@blueprint.get("/<token>/stop")
@public
def ask(token: str) -> str:
    """Asks first: programs that look for harm in mails open every link."""
    return render_template("organisation/reminders.html", is_done=False)


@blueprint.post("/<token>/stop")
@csrf.exempt  # the token is the guard, and a mail program that posts for its reader has no form
@public
def stop(token: str) -> str:
    """Stops, as RFC 8058 has it, whatever was posted, unless it was the button to start again.

    The page is the same for a token that nobody was sent: it tells nothing of who is on the list.
    """
    settings: Settings = current_app.config["SETTINGS"]
    wanted = request.form.get("choice") == "start"
    reaching.choose_reminders(db.session(), settings.secret_key, token, wanted=wanted)
    db.session.commit()
    return render_template("organisation/reminders.html", is_done=True, wanted=wanted)
