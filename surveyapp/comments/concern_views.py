"""What the speak-up guardian reads."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.accounts.services import Action, record_audit
from surveyapp.comments import concerns
from surveyapp.comments.concerns import ConcernGoneError
from surveyapp.comments.forms import ConcernForm
from surveyapp.extensions import db
from surveyapp.permissions import Permission, requires

blueprint = Blueprint("concerns", __name__)

#: Texts on the page, of those that wait and of those that are dealt with.
_PAGE = 50


@blueprint.get("/concerns")
@requires(Permission.READ_CONCERNS)
def listed() -> str:
    waiting, total = concerns.listed(db.session(), handled=False, limit=_PAGE)
    done, total_done = concerns.listed(db.session(), handled=True, limit=_PAGE)
    record_audit(db.session(), Action.CONCERNS_READ, actor_id=current_user.id)
    db.session.commit()
    return render_template(
        "comments/concerns.html",
        waiting=waiting,
        total=total,
        done=done,
        total_done=total_done,
    )


@blueprint.post("/concerns/<concern_id>")
@requires(Permission.READ_CONCERNS)
def mark(concern_id: str) -> Response:
    form = ConcernForm()
    if not form.validate_on_submit() or form.choice is None:
        abort(400)
    try:
        concerns.mark(db.session(), concern_id, handled=form.choice, actor_id=current_user.id)
    except ConcernGoneError:
        abort(404)
    db.session.commit()
    flash("Marked as dealt with." if form.choice else "Put back on the list.", "success")
    return redirect(url_for("comments.concerns.listed"))
