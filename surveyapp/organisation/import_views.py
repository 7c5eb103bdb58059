"""Pages that import a staff file: choose it, read what would change, decide."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from surveyapp.accounts.services import Action, record_audit
from surveyapp.extensions import db
from surveyapp.organisation import uploads
from surveyapp.organisation.forms import DecisionForm, UploadForm
from surveyapp.organisation.services import ensure_root
from surveyapp.organisation.staff_import import SAMPLE, StaffFileError, import_staff
from surveyapp.permissions import Permission, requires

blueprint = Blueprint("staff_import", __name__, url_prefix="/staff/import")

#: Bad rows on the page: a file of the wrong kind has as many as it has lines.
_SHOWN = 200


@blueprint.route("", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def upload() -> str | AnyResponse:
    form = UploadForm()
    session = db.session()
    if form.validate_on_submit():
        content = form.file.data.read()
        make_units = bool(form.make_units.data)
        try:
            ensure_root(session, current_app.config["SETTINGS"].organisation_name)
            import_staff(session, content, apply=False, make_units=make_units)
        except StaffFileError as error:
            session.rollback()
            form.file.errors = [str(error)]
        else:
            uploads.forget_old(session)
            uploads.keep(session, user_id=current_user.id, content=content, make_units=make_units)
            session.commit()
            return redirect(url_for(".check"))
    return render_template("organisation/import.html", form=form, has_errors=form.errors)


@blueprint.get("/check")
@requires(Permission.MANAGE_ORGANISATION)
def check() -> str | AnyResponse:
    """What the waiting file would change. Read again each time, as the list may have moved on."""
    session = db.session()
    waiting = uploads.waiting(session, current_user.id)
    if waiting is None:
        return _nothing_waits()
    report = import_staff(session, waiting.content, apply=False, make_units=waiting.make_units)
    return render_template(
        "organisation/import_check.html", form=DecisionForm(), report=report, shown=_SHOWN
    )


@blueprint.post("/check")
@requires(Permission.MANAGE_ORGANISATION)
def decide() -> AnyResponse:
    """Import the good rows of the waiting file. The page has said that bad ones stay out."""
    session = db.session()
    waiting = uploads.waiting(session, current_user.id)
    if waiting is None:
        return _nothing_waits()
    try:
        report = import_staff(
            session,
            waiting.content,
            apply=True,
            make_units=waiting.make_units,
            keep_good_rows=True,
        )
        record_audit(
            session,
            Action.STAFF_IMPORTED,
            actor_id=current_user.id,
            added=report.added,
            changed=report.changed,
            unchanged=report.unchanged,
            refused=report.refused,
        )
        uploads.forget(session, current_user.id)
        session.commit()
    except IntegrityError:
        session.rollback()
        flash("Someone changed the staff list at the same time. Check the file again.", "notice")
        return redirect(url_for(".check"))
    flash(
        f"Staff list imported: {report.added} added, {report.changed} changed, "
        f"{report.unchanged} unchanged, {report.refused} left out.",
        "success",
    )
    return redirect(url_for("organisation.staff"))


@blueprint.post("/cancel")
@requires(Permission.MANAGE_ORGANISATION)
def cancel() -> AnyResponse:
    uploads.forget(db.session(), current_user.id)
    db.session.commit()
    flash("Nothing was imported. The file is deleted.", "notice")
    return redirect(url_for("organisation.staff"))


@blueprint.get("/sample.csv")
@requires(Permission.MANAGE_ORGANISATION)
def sample() -> Response:
    return Response(
        SAMPLE,
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=staff-list.csv"},
    )


def _nothing_waits() -> AnyResponse:
    flash("There is no file to check any more. Choose it again.", "notice")
    return redirect(url_for(".upload"))
