"""Pages on which L&D puts sets of questions together."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.extensions import db
from surveyapp.instruments import services, set_changes, sets
from surveyapp.instruments.forms import AddForm, BrowseForm, ConfirmForm, SetNameForm
from surveyapp.instruments.own_views import may_write
from surveyapp.instruments.set_changes import QuestionSetError
from surveyapp.instruments.sets import QuestionSet
from surveyapp.permissions import Permission, requires

blueprint = Blueprint("sets", __name__, url_prefix="/own/sets")

#: By how many places a button moves a question.
_MOVES = {"up": -1, "down": 1}


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def new() -> str | Response:
    session = db.session()
    form = SetNameForm()
    if form.validate_on_submit():
        try:
            set_id = set_changes.create(session, form.name.data, actor_id=current_user.id)
        except QuestionSetError as error:
            session.rollback()
            form.refuse(error)
        else:
            session.commit()
            flash("The set is made. Now add questions to it.", "success")
            return redirect(url_for(".add", set_id=set_id))
    return render_template(
        "library/own/set_name.html", form=form, question_set=None, has_errors=form.errors
    )


@blueprint.get("/<int:set_id>")
@requires(Permission.BROWSE_LIBRARY)
def show(set_id: int) -> str:
    return render_template(
        "library/own/set.html",
        library=services.load_library(),
        question_set=_set(set_id),
        form=ConfirmForm(),
        may_write=may_write(),
    )


@blueprint.route("/<int:set_id>/name", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def name(set_id: int) -> str | Response:
    session = db.session()
    found = _set(set_id)
    form = SetNameForm(data={"name": found.name})
    if form.validate_on_submit():
        try:
            set_changes.rename(session, set_id, form.name.data, actor_id=current_user.id)
        except QuestionSetError as error:
            session.rollback()
            form.refuse(error)
        else:
            session.commit()
            flash("The name is changed.", "success")
            return redirect(url_for(".show", set_id=set_id))
    return render_template(
        "library/own/set_name.html", form=form, question_set=found, has_errors=form.errors
    )


@blueprint.route("/<int:set_id>/add", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def add(set_id: int) -> str | Response:
    """Add questions. A `factor` in the address narrows the list."""
    session, library = db.session(), services.load_library()
    found = _set(set_id)
    browse = BrowseForm(library, request.args)
    has = {entry.key for entry in found.entries}
    offered = [entry for entry in sets.on_offer(session, library) if entry.key not in has]
    form = AddForm(
        library,
        [entry for entry in offered if browse.factor.data in ("", entry.question.factor)],
    )
    if form.validate_on_submit():
        try:
            set_changes.add(
                session, library, set_id, form.questions.data, actor_id=current_user.id
            )
        except QuestionSetError as error:
            session.rollback()
            form.refuse(error)
        else:
            session.commit()
            flash("The questions are added.", "success")
            return redirect(url_for(".show", set_id=set_id))
    return render_template(
        "library/own/set_add.html",
        form=form,
        browse=browse,
        question_set=found,
        has_errors=form.errors,
    )


@blueprint.post("/<int:set_id>/order")
@requires(Permission.PLAN_WAVES)
def order(set_id: int) -> Response:
    """Move a question, or take it out. What asks for neither changes nothing."""
    session, library = db.session(), services.load_library()
    _set(set_id)
    key, deed = request.form.get("question", ""), request.form.get("deed", "")
    if deed == "out":
        set_changes.take_out(session, set_id, key, actor_id=current_user.id)
    elif deed in _MOVES:
        set_changes.move(
            session, library, set_id, key, by=_MOVES[deed], actor_id=current_user.id
        )
    session.commit()
    return redirect(url_for(".show", set_id=set_id, _anchor="questions"))


@blueprint.route("/<int:set_id>/retire", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def retire(set_id: int) -> str | Response:
    """Retire a set, or take it back if it is retired."""
    session = db.session()
    found = _set(set_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        wanted = request.form.get("deed") == "retire"
        set_changes.set_retired(session, set_id, is_retired=wanted, actor_id=current_user.id)
        session.commit()
        flash("The set is retired." if wanted else "The set can be used again.", "success")
        return redirect(url_for(".show", set_id=set_id))
    return render_template("library/own/set_retire.html", question_set=found, form=form)


def _set(set_id: int) -> QuestionSet:
    found = sets.one(db.session(), services.load_library(), set_id)
    return found if found is not None else abort(404)
