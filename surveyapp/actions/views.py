"""Pages on which actions are written and published, and the one on which everyone reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.accounts.services import Reader, reader_of
from surveyapp.actions import services
from surveyapp.actions.forms import ActionForm, ConfirmForm, FilterForm, entries_of
from surveyapp.actions.services import ActionError, NotYoursError, Status, WaveChoice
from surveyapp.errors import error_page
from surveyapp.extensions import db
from surveyapp.instruments import services as instruments
from surveyapp.organisation.services import UnitRow
from surveyapp.permissions import Permission, public, requires
from surveyapp.reports import services as reports
from surveyapp.reports.services import QuestionShare

blueprint = Blueprint("actions", __name__)

#: Published actions on the page for everyone.
_SHOWN = 200

#: What those who write want to see first, and what everyone does.
_TO_DO_FIRST = (Status.UNDER_WAY, Status.PLANNED, Status.DONE, Status.NOT_DOING)
_DONE_FIRST = (Status.DONE, Status.UNDER_WAY, Status.PLANNED, Status.NOT_DOING)


@blueprint.get("/you-said-we-did")
@public
def everyone() -> str:
    """What is published, for everyone."""
    found = services.published(db.session(), _SHOWN + 1)
    return render_template(
        "actions/everyone.html",
        groups=services.by_status(found[:_SHOWN], _DONE_FIRST),
        shown=min(len(found), _SHOWN),
        is_cut=len(found) > _SHOWN,
        noticed=_noticed(),
    )


# ---------------------------------------------------------------- looking


@blueprint.get("/actions")
@requires(Permission.WRITE_ACTIONS)
def index() -> str:
    session, reader = db.session(), reader_of(current_user)
    form = FilterForm(services.units_to_write_for(session, reader), request.args)
    found = services.listed(session, reader, unit_id=form.unit_id)
    return render_template(
        "actions/index.html",
        form=form,
        groups=services.by_status(found, _TO_DO_FIRST),
        total=len(found),
        noticed=_noticed(),
    )


@blueprint.get("/actions/<int:action_id>")
@requires(Permission.WRITE_ACTIONS)
def show(action_id: int) -> str:
    action = services.one(db.session(), reader_of(current_user), action_id)
    return render_template("actions/action.html", action=action, form=ConfirmForm())


# ---------------------------------------------------------------- writing


@blueprint.route("/actions/new", methods=["GET", "POST"])
@requires(Permission.WRITE_ACTIONS)
def new() -> str | Response:
    """Write an action. `unit`, `topic` and `wave` in the address are chosen beforehand."""
    session, reader = db.session(), reader_of(current_user)
    units, waves = _choices(reader)
    if not units:
        return render_template("actions/no_units.html")
    entries: dict[str, Any] = {
        "unit": request.args.get("unit", type=int),
        "topic": request.args.get("topic"),
        "wave": request.args.get("wave", waves[0].wave_id if waves else 0, type=int),
    }
    form = ActionForm(units, waves, data=entries)
    if form.validate_on_submit():
        try:
            action = services.create(session, reader, form.draft())
        except ActionError as error:
            session.rollback()
            form.refuse(error)
        else:
            session.commit()
            flash("The action is kept as a draft. Only you and leaders above you can read it.", "success")
            return redirect(url_for(".show", action_id=action.action_id))
    return render_template("actions/write.html", form=form, action=None, has_errors=form.errors)


@blueprint.route("/actions/<int:action_id>/change", methods=["GET", "POST"])
@requires(Permission.WRITE_ACTIONS)
def change(action_id: int) -> str | Response:
    session, reader = db.session(), reader_of(current_user)
    action = services.one(session, reader, action_id)
    draft = services.draft_of(session, reader, action_id)
    units, waves = _choices(reader)
    form = ActionForm(units, waves, data=entries_of(draft))
    if form.validate_on_submit():
        try:
            services.change(session, reader, action_id, form.draft())
        except ActionError as error:
            session.rollback()
            form.refuse(error)
        else:
            session.commit()
            flash("The action is changed.", "success")
            return redirect(url_for(".show", action_id=action_id))
    return render_template("actions/write.html", form=form, action=action, has_errors=form.errors)


@blueprint.post("/actions/<int:action_id>/publish")
@requires(Permission.WRITE_ACTIONS)
def publish(action_id: int) -> Response:
    services.publish(db.session(), reader_of(current_user), action_id)
    db.session.commit()
    flash("The action is published. Everyone can read it.", "success")
    return redirect(url_for(".show", action_id=action_id))


@blueprint.post("/actions/<int:action_id>/unpublish")
@requires(Permission.WRITE_ACTIONS)
def unpublish(action_id: int) -> Response:
    services.unpublish(db.session(), reader_of(current_user), action_id)
    db.session.commit()
    flash("The action is a draft again.", "success")
    return redirect(url_for(".show", action_id=action_id))


@blueprint.route("/actions/<int:action_id>/delete", methods=["GET", "POST"])
@requires(Permission.WRITE_ACTIONS)
def delete(action_id: int) -> str | Response:
    session, reader = db.session(), reader_of(current_user)
    form = ConfirmForm()
    if form.validate_on_submit():
        services.delete(session, reader, action_id)
        session.commit()
        flash("The action is deleted.", "success")
        return redirect(url_for(".index"))
    action = services.one(session, reader, action_id)
    return render_template("actions/delete.html", form=form, action=action)


# ---------------------------------------------------------------- shared


@blueprint.errorhandler(NotYoursError)
def not_yours(_error: NotYoursError) -> tuple[str, int]:
    """The same for an action of others and for none."""
    return error_page(403)


def _choices(reader: Reader) -> tuple[Sequence[UnitRow], Sequence[WaveChoice]]:
    session = db.session()
    return services.units_to_write_for(session, reader), services.waves_to_answer(session, reader)


def _noticed() -> QuestionShare | None:
    """How many say that they have seen changes, where it was asked and may be shown."""
    follow_up = instruments.load_library().follow_up
    return reports.latest_share(db.session(), follow_up.id)
