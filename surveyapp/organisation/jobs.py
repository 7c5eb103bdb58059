"""Reading staff files, and what runs without anyone asking."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy.exc import IntegrityError

from surveyapp.accounts.services import Action, record_audit
from surveyapp.extensions import db
from surveyapp.organisation import uploads
from surveyapp.organisation.models import StaffUpload, UploadState
from surveyapp.organisation.services import ensure_root, frozen_tree, lock_organisation
from surveyapp.organisation.staff_columns import StaffColumns
from surveyapp.organisation.staff_import import (
    Prepared,
    UnknownColumnsError,
    carry_out,
    prepare,
)
from surveyapp.organisation.staff_memory import meanings
from surveyapp.organisation.staff_report import ImportReport
from surveyapp.organisation.staff_table import StaffFileError
from surveyapp.queueing import REPORTS, enqueue_after_commit, job


@job
def read_staff_file(user_id: int) -> None:
    """Check or import this person's staff file, whichever it waits for.

    A second run at the same time is harmless: a check changes no list, and an import can be claimed
    once. A run that dies leaves nothing behind, and the sweep comes back.
    """
    session = db.session()
    ensure_root(session, current_app.config["SETTINGS"].organisation_name)
    upload = uploads.begin(session, user_id)
    step = _Step.of(upload) if upload is not None else None
    session.commit()
    if step is None:
        return
    try:
        if step.state == UploadState.CHECKING:
            _check(step)
        else:
            _import(step)
    except UnknownColumnsError as error:
        session.rollback()
        uploads.ask_for_columns(session, step.user_id, step.revision, error.sheet)
        session.commit()
    except StaffFileError as error:
        session.rollback()
        uploads.fail(session, step.user_id, step.revision, str(error))
        session.commit()


@job
def sweep() -> None:
    """Drop staff files that nobody decided on, and come back to those whose worker is gone."""
    session = db.session()
    uploads.forget_old(session)
    owners = uploads.left_lying(session)
    session.commit()
    for user_id in owners:
        enqueue_after_commit(REPORTS, read_staff_file, user_id)


@dataclass(frozen=True, slots=True)
class _Step:
    """What an upload asked for when this run began."""

    user_id: int
    revision: int
    state: str
    make_units: bool
    apply_moves: bool
    remove_leavers: bool
    columns: StaffColumns | None
    statuses: dict[str, str]

    @classmethod
    def of(cls, upload: StaffUpload) -> _Step:
        return cls(
            upload.user_id,
            upload.revision,
            upload.state,
            upload.make_units,
            upload.apply_moves,
            upload.remove_leavers,
            StaffColumns.from_dict(upload.columns) if upload.columns else None,
            dict(upload.statuses),
        )


def _check(step: _Step) -> None:
    session = db.session()
    prepared = _prepared(step)
    report = carry_out(session, prepared, apply=False)
    uploads.checked(session, step.user_id, step.revision, prepared.sheet, report)
    session.commit()


def _import(step: _Step) -> None:
    prepared = _prepared(step)
    try:
        _write(step, prepared)
    except IntegrityError:
        # Someone put a person of the file on the list in the very moment. The plan is made anew.
        db.session.rollback()
        _write(step, prepared)


def _prepared(step: _Step, *, shows_progress: bool = True) -> Prepared:
    """The file, read and checked. Ends the transaction now and then if it shows how far it is."""
    session = db.session()
    content = uploads.content(session, step.user_id)
    columns = step.columns

    def advance(done: int, in_all: int) -> None:
        uploads.note_progress(session, step.user_id, step.revision, done, in_all)
        session.commit()

    return prepare(
        session,
        content,
        make_units=step.make_units,
        columns=(lambda _headings: columns) if columns else None,
        statuses=meanings(step.statuses),
        advance=advance if shows_progress else lambda done, in_all: None,
    )


def _write(step: _Step, prepared: Prepared) -> None:
    """Claim the import, and write all of it, in one transaction."""
    session = db.session()
    session.rollback()
    if not uploads.claim(session, step.user_id, step.revision):
        session.rollback()  # another worker has done it, or its owner thought better of it
        return
    lock_organisation(session)
    if frozen_tree(session) != prepared.tree:
        prepared = _prepared(step, shows_progress=False)
    report = carry_out(
        session,
        prepared,
        apply=True,
        keep_good_rows=True,
        apply_moves=step.apply_moves,
        remove_leavers=step.remove_leavers,
    )
    _audit(step, report)
    uploads.imported(session, step.user_id, report)
    session.commit()


def _audit(step: _Step, report: ImportReport) -> None:
    record_audit(db.session(), Action.STAFF_IMPORTED, actor_id=step.user_id, **report.counts)
