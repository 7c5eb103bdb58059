"""Pages on which L&D writes questions of its own."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.extensions import db
from surveyapp.instruments import own, services, sets
from surveyapp.instruments.forms import ConfirmForm, QuestionForm, preview, scale_name
from surveyapp.instruments.own import Own, OwnQuestionError
from surveyapp.permissions import Permission, permissions_of, requires
from surveyapp.pulses import services as pulses

blueprint = Blueprint("own", __name__, url_prefix="/own")


@blueprint.get("")
@requires(Permission.BROWSE_LIBRARY)
def index() -> str:
    session, library = db.session(), services.load_library()
    return render_template(
        "library/own/index.html",
        library=library,
        questions=own.listed(session),
        sets=sets.listed(session, library),
        may_write=may_write(),
    )


@blueprint.get("/<int:question_id>")
@requires(Permission.BROWSE_LIBRARY)
def show(question_id: int) -> str:
    session, library = db.session(), services.load_library()
    question = _question(question_id)
    words = question.now.wording
    return render_template(
        "library/own/question.html",
        library=library,
        question=question,
        scale=scale_name(library, words.scale),
        preview=preview(library, words.text, words.scale),
        sets=sets.sets_asking(session, library, question_id),
        may_write=may_write(),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def new() -> str | Response:
    """Write a question. A `factor` in the address is chosen beforehand."""
    session, library = db.session(), services.load_library()
    wanted = request.args.get("factor", "")
    form = QuestionForm(
        library,
        own.asked_already(session, library),
        factor=wanted if wanted in library.factors else "",
    )
    if _is_saved(form):
        try:
            question = own.write(session, library, form.wording(), actor_id=current_user.id)
        except OwnQuestionError as error:
            session.rollback()
            form.refuse(error)
        else:
            session.commit()
            flash(f"The question is kept as {question.code}.", "success")
            return redirect(url_for(".show", question_id=question.question_id))
    return _page(form, None)


@blueprint.route("/<int:question_id>/change", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def change(question_id: int) -> str | Response:
    session, library = db.session(), services.load_library()
    question = _question(question_id)
    form = QuestionForm(
        library, own.asked_already(session, library, besides=question_id), change=question
    )
    if _is_saved(form):
        try:
            changed = own.reword(
                session, library, question_id, form.wording(), actor_id=current_user.id
            )
        except OwnQuestionError as error:
            session.rollback()
            form.refuse(error)
        else:
            words = changed.now.wording
            pulses.reword_drafts(
                session,
                changed.now.item_id,
                text=words.text,
                text_cy=words.text_cy,
                scale=words.scale,
                factor=words.factor,
            )
            session.commit()
            flash(_what_became(question, changed), "success")
            return redirect(url_for(".show", question_id=question_id))
    return _page(form, question)


@blueprint.route("/<int:question_id>/retire", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def retire(question_id: int) -> str | Response:
    """Retire a question, or take it back if it is retired."""
    session, library = db.session(), services.load_library()
    question = _question(question_id)
    asking = sets.sets_asking(session, library, question_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        wanted = request.form.get("deed") == "retire"
        own.set_retired(session, question_id, is_retired=wanted, actor_id=current_user.id)
        session.commit()
        flash("The question is retired." if wanted else "The question can be used again.", "success")
        return redirect(url_for(".show", question_id=question_id))
    return render_template("library/own/retire.html", question=question, sets=asking, form=form)


def may_write() -> bool:
    return Permission.PLAN_WAVES in permissions_of(current_user)


def _is_saved(form: QuestionForm) -> bool:
    """Whether a valid question was sent to be kept, and not only to be looked at."""
    is_final = request.form.get("go") != "look"
    return form.is_submitted() and form.validate(is_final=is_final) and is_final


def _page(form: QuestionForm, question: Own | None) -> str:
    library = services.load_library()
    shown = None
    if form.findings is not None:
        shown = preview(library, form.text.data, form.scale.data)
    return render_template(
        "library/own/write.html",
        library=library,
        form=form,
        question=question,
        preview=shown,
        existing=_existing(form.factor.data or "", besides=question),
        has_errors=form.errors,
    )


def _existing(factor: str, *, besides: Own | None) -> list[tuple[str, bool, list[str]]]:
    """(name of a factor, whether it is the one chosen, the questions that there are about it)"""
    library = services.load_library()
    others = [
        each.now.wording
        for each in own.listed(db.session())
        if each.retired_on is None and each != besides
    ]
    return [
        (
            frame.name,
            code == factor,
            [
                *(item.text for item in library.items.values() if item.factor == code),
                *(words.text for words in others if words.factor == code),
            ],
        )
        for code, frame in library.factors.items()
    ]


def _what_became(before: Own, after: Own) -> str:
    if after.now.item_id == before.now.item_id:
        return "The question is changed."
    return (
        f"The new words are kept as {after.now.item_id}. Pulses that were launched keep the old words, "
        "and the trend starts again."
    )


def _question(question_id: int) -> Own:
    found = own.one(db.session(), question_id)
    return found if found is not None else abort(404)
