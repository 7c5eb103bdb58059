"""The review queue."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from nlp.taxonomy import FACTOR_LABELS, Flag
from surveyapp.accounts.services import reader_of
from surveyapp.comments import review
from surveyapp.comments.forms import DecisionForm, EditForm
from surveyapp.comments.review import Decision, ReviewError
from surveyapp.extensions import db
from surveyapp.permissions import Permission, requires
from surveyapp.queueing import REPORTS, enqueue_after_commit
from surveyapp.reports.jobs import draw_charts

blueprint = Blueprint("comments", __name__, url_prefix="/review")

#: Cards on a page: few enough to read on a phone.
_PAGE = 10

#: Charts are drawn again after so many reviews, and after the last one.
_REDRAW_EVERY = 25

_FLAG_LABELS = {
    Flag.CONCERN: "Possible harm or unsafe care",
    Flag.NOT_ENGLISH: "May not be in English: names may not have been removed",
    Flag.TOO_SHORT: "Very short",
    Flag.NEEDS_PERSON: "Theme is uncertain",
}


@blueprint.get("")
@requires(Permission.REVIEW_COMMENTS)
def queue() -> str:
    cards, total = review.review_queue(db.session(), reader_of(current_user), limit=_PAGE)
    return render_template(
        "comments/queue.html",
        cards=cards,
        total=total,
        form=DecisionForm(formdata=None),
        factors=FACTOR_LABELS,
        flags=_FLAG_LABELS,
    )


@blueprint.post("/<comment_id>")
@requires(Permission.REVIEW_COMMENTS)
def decide(comment_id: str) -> Response:
    form = DecisionForm()
    if not form.validate_on_submit() or form.choice is None:
        abort(400)
    try:
        _review(comment_id, form.choice)
    except ReviewError as error:
        db.session.rollback()
        flash(str(error), "notice")
    return redirect(url_for("comments.queue"))


@blueprint.route("/<comment_id>/edit", methods=["GET", "POST"])
@requires(Permission.REVIEW_COMMENTS)
def edit(comment_id: str) -> str | Response:
    card = review.card_for(db.session(), reader_of(current_user), comment_id)
    if card is None:
        # Unknown, reviewed already or in the reviewer's own line: all look the same.
        flash("This comment is not on your list any more.", "notice")
        return redirect(url_for("comments.queue"))
    form = EditForm(data={"text": card.text})
    if form.validate_on_submit():
        try:
            _review(comment_id, Decision.RELEASE, text=form.text.data or "")
        except ReviewError as error:
            db.session.rollback()
            form.text.errors = [str(error)]
        else:
            return redirect(url_for("comments.queue"))
    return render_template("comments/edit.html", card=card, form=form, has_errors=form.errors)


def _review(comment_id: str, decision: Decision, *, text: str | None = None) -> None:
    reader = reader_of(current_user)
    wave_id = review.review(db.session(), comment_id, decision, reader=reader, text=text)
    db.session.commit()
    left = review.left_to_review(db.session(), wave_id)
    if left % _REDRAW_EVERY == 0:
        enqueue_after_commit(REPORTS, draw_charts, wave_id)
    flash("Comment released." if decision is Decision.RELEASE else "Comment withheld.", "success")
