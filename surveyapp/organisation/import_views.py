"""Pages that import a staff file: choose it, say what it holds, read what would change, decide.

A worker reads the file. The pages show how far it is, and hand over what its owner says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from surveyapp.extensions import db
from surveyapp.organisation import staff_downloads, uploads
from surveyapp.organisation.forms import (
    ColumnsForm,
    ImportDecisionForm,
    UploadForm,
    status_words_form,
)
from surveyapp.organisation.jobs import read_staff_file
from surveyapp.organisation.models import StaffUpload, UploadState
from surveyapp.organisation.staff_columns import ColumnsError, StaffColumns, chosen
from surveyapp.organisation.staff_import import SAMPLE
from surveyapp.permissions import Permission, requires
from surveyapp.queueing import REPORTS, enqueue_after_commit

blueprint = Blueprint("staff_import", __name__, url_prefix="/staff/import")

#: Rows of each kind on the page; the files to download have all of them.
_SHOWN = 100

#: Words for a status that one page asks about.
_MOST_WORDS = 30

#: Letters of a value that shows what a column holds.
_EXAMPLE = 40


@blueprint.route("", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def upload() -> str | AnyResponse:
    form = UploadForm()
    session = db.session()
    if form.validate_on_submit():
        content = form.file.data.read()
        if content:
            uploads.forget_old(session)
            uploads.keep(
                session,
                user_id=current_user.id,
                content=content,
                make_units=bool(form.make_units.data),
            )
            return _hand_to_a_worker()
        form.file.errors = ["The file is empty. Save your sheet again and choose it"]
    return render_template("organisation/import.html", form=form, has_errors=form.errors)


@blueprint.get("/check")
@requires(Permission.MANAGE_ORGANISATION)
def check() -> str | AnyResponse:
    """Where the file is: being read, waiting for an answer or a decision, or imported."""
    waiting = _waiting()
    if waiting is None:
        return _nothing_waits()
    if waiting.state == UploadState.COLUMNS:
        return redirect(url_for(".columns"))
    if waiting.state in uploads.WORKING_STATES:
        return render_template("organisation/import_waiting.html", upload=waiting)
    if waiting.state == UploadState.FAILED:
        return render_template("organisation/import_failed.html", upload=waiting)
    report = uploads.report(db.session(), waiting.user_id)
    if waiting.state == UploadState.DONE:
        return render_template("organisation/import_done.html", report=report, shown=_SHOWN)
    return render_template(
        "organisation/import_check.html",
        form=ImportDecisionForm(),
        upload=waiting,
        report=report,
        shown=_SHOWN,
    )


@blueprint.post("/check")
@requires(Permission.MANAGE_ORGANISATION)
def decide() -> AnyResponse:
    """Import the good rows of the waiting file. The page has said that bad ones stay out."""
    waiting = _waiting()
    if waiting is None:
        return _nothing_waits()
    form = ImportDecisionForm()
    decided = form.validate_on_submit() and uploads.decide(
        db.session(),
        waiting,
        apply_moves=bool(form.apply_moves.data),
        remove_leavers=bool(form.remove_leavers.data),
    )
    return _hand_to_a_worker() if decided else redirect(url_for(".check"))


@blueprint.route("/columns", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def columns() -> str | AnyResponse:
    """Which of the file's columns is which."""
    waiting, session = _waiting(), db.session()
    sheet = uploads.sheet(session, current_user.id)
    if waiting is None:
        return _nothing_waits()
    if sheet is None or waiting.state not in (UploadState.COLUMNS, UploadState.CHECKED):
        return redirect(url_for(".check"))
    form = ColumnsForm(_labels(sheet), StaffColumns.from_dict(waiting.columns or sheet["guess"]))
    if form.validate_on_submit():
        try:
            picked = chosen(sheet["headings"], form.choices())
        except ColumnsError as error:
            form.refuse(error)
        else:
            handed = uploads.check_again(session, waiting, columns=picked)
            return _hand_to_a_worker() if handed else redirect(url_for(".check"))
    return render_template("organisation/import_columns.html", form=form, has_errors=form.errors)


@blueprint.route("/statuses", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def statuses() -> str | AnyResponse:
    """What the file's own words for a status mean."""
    waiting, session = _waiting(), db.session()
    report = uploads.report(session, current_user.id)
    if waiting is None:
        return _nothing_waits()
    words = dict(list((report or {}).get("unknown_statuses", {}).items())[:_MOST_WORDS])
    if not words or waiting.state != UploadState.CHECKED:
        return redirect(url_for(".check"))
    form = status_words_form(words)
    if form.validate_on_submit():
        handed = uploads.check_again(session, waiting, statuses=form.meanings())
        return _hand_to_a_worker() if handed else redirect(url_for(".check"))
    return render_template("organisation/import_statuses.html", form=form, has_errors=form.errors)


@blueprint.post("/cancel")
@requires(Permission.MANAGE_ORGANISATION)
def cancel() -> AnyResponse:
    cancelled = uploads.cancel(db.session(), current_user.id)
    db.session.commit()
    if not cancelled:
        flash("It was too late to cancel: the staff list is imported.", "notice")
        return redirect(url_for(".check"))
    flash("Nothing was imported. The file is deleted.", "notice")
    return redirect(url_for("organisation.staff"))


@blueprint.get("/sample.csv")
@requires(Permission.MANAGE_ORGANISATION)
def sample() -> Response:
    return _csv(SAMPLE.encode(), "staff-list.csv")


@blueprint.get("/bad-rows.csv")
@requires(Permission.MANAGE_ORGANISATION)
def bad_rows() -> AnyResponse:
    return _download(staff_downloads.bad_rows_file, "staff-list-bad-rows.csv")


@blueprint.get("/moves.csv")
@requires(Permission.MANAGE_ORGANISATION)
def moves() -> AnyResponse:
    return _download(staff_downloads.moves_file, "staff-list-moves.csv")


@blueprint.get("/leavers.csv")
@requires(Permission.MANAGE_ORGANISATION)
def leavers() -> AnyResponse:
    return _download(staff_downloads.leavers_file, "staff-list-not-in-the-file.csv")


def _waiting() -> StaffUpload | None:
    return uploads.waiting(db.session(), current_user.id)


def _hand_to_a_worker() -> AnyResponse:
    db.session.commit()
    enqueue_after_commit(REPORTS, read_staff_file, current_user.id)
    return redirect(url_for(".check"))


def _nothing_waits() -> AnyResponse:
    flash("There is no file to check any more. Choose it again.", "notice")
    return redirect(url_for(".upload"))


def _labels(sheet: Mapping[str, Any]) -> dict[str, str]:
    """Each heading with the first value below it, which shows what the column holds."""
    labels = {}
    for place, heading in enumerate(sheet["headings"]):
        values = [row[place].strip() for row in sheet["examples"] if place < len(row)]
        example = next(filter(None, values), "")
        shown = f"{example[:_EXAMPLE]}…" if len(example) > _EXAMPLE else example
        labels[heading] = f"{heading} (such as {shown})" if shown else heading
    return labels


def _download(make: Callable[[Mapping[str, Any]], bytes], name: str) -> AnyResponse:
    report = uploads.report(db.session(), current_user.id) if _waiting() else None
    return _csv(make(report), name) if report else _nothing_waits()


def _csv(content: bytes, name: str) -> Response:
    return Response(
        content,
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )
