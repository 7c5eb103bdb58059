"""The review queue: one comment after the other."""

from __future__ import annotations

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from nlp.taxonomy import FACTOR_LABELS, Flag
from surveyapp.accounts.services import reader_of
from surveyapp.comments import concern_views, concerns, correction_views, review
from surveyapp.comments.forms import DecisionForm
from surveyapp.comments.review import Decision, ReviewError
from surveyapp.extensions import db
from surveyapp.permissions import Permission, permissions_of, requires
from surveyapp.queueing import REPORTS, enqueue_after_commit
from surveyapp.reports.jobs import draw_charts

blueprint = Blueprint("comments", __name__)
blueprint.register_blueprint(concern_views.blueprint)
blueprint.register_blueprint(correction_views.blueprint)

#: Charts are drawn again after so many reviews, and after the last one.
_REDRAW_EVERY = 25

_ID = re.compile(r"[0-9a-f]{32}")

_FLAG_LABELS = {
    Flag.CONCERN: "Possible harm or unsafe care",
    Flag.NOT_ENGLISH: "May not be in English: names may not have been removed",
    Flag.TOO_SHORT: "Very short",
    Flag.NEEDS_PERSON: "Theme is uncertain",
}


@blueprint.app_template_global("concerns_wait_for_nobody")
def concerns_wait_for_nobody() -> bool:
    """Whether this person should know that concerns wait and nobody has the role to read them."""
    held = permissions_of(current_user)
    if not held & {Permission.PLAN_WAVES, Permission.MANAGE_ACCESS}:
        return False
    return concerns.wait_for_nobody(db.session())


@blueprint.get("/review")
@requires(Permission.REVIEW_COMMENTS)
def queue() -> str:
    after = request.args.get("after", "")
    cards, total = review.review_queue(
        db.session(),
        reader_of(current_user),
        limit=1,
        after=after if _ID.fullmatch(after) else "",
    )
    return render_template(
        "comments/queue.html",
        card=cards[0] if cards else None,
        total=total,
        factors=FACTOR_LABELS,
        flags=_FLAG_LABELS,
    )


@blueprint.post("/review/<comment_id>")
@requires(Permission.REVIEW_COMMENTS)
def decide(comment_id: str) -> Response:
    form = DecisionForm()
    if not form.validate_on_submit() or form.choice is None:
        abort(400)
    taken_out = frozenset(form.taken_out.data or ())
    try:
        wave_id = review.review(
            db.session(),
            comment_id,
            form.choice,
            reader=reader_of(current_user),
            taken_out=taken_out,
        )
    except ReviewError as error:
        db.session.rollback()
        flash(str(error), "notice")
        return redirect(url_for("comments.queue"))
    db.session.commit()
    if review.left_to_review(db.session(), wave_id) % _REDRAW_EVERY == 0:
        enqueue_after_commit(REPORTS, draw_charts, wave_id)
    flash(_said(form.choice, len(taken_out)), "success")
    # What was skipped comes round again after the last one.
    return redirect(url_for("comments.queue", after=comment_id))


def _said(decision: Decision, words: int) -> str:
    if decision is Decision.WITHHOLD:
        return "Comment withheld. Leaders can never read it."
    if not words:
        return "Comment released."
    return f"Comment released without {words} {'word' if words == 1 else 'words'}."
