"""A staff file between its upload and the end of its import.

It waits in rows of its own, one for each person who imports, and goes an hour after it came or as
soon as its owner says so. It is never in a cookie, a log or a job: a job carries the owner's id, and
looks here for what there is to do.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from surveyapp.organisation.models import StaffUpload, StaffUploadFile, UploadState, WorkingStatus
from surveyapp.organisation.staff_columns import StaffColumns
from surveyapp.organisation.staff_import import Sheet
from surveyapp.organisation.staff_report import ImportReport
from surveyapp.timekeeping import utc_now

#: How long a file waits for its owner.
KEPT_FOR = timedelta(hours=1)

#: After how long without a sign of life a worker is taken for dead.
QUIET_FOR = timedelta(minutes=2)

#: How often a file may kill its worker before it is given up.
MOST_ATTEMPTS = 3

#: The states in which it is a worker's turn.
WORKING_STATES = (UploadState.CHECKING, UploadState.IMPORTING)

_GIVEN_UP = (
    "The file could not be read, although it was tried three times. Save your sheet as 'CSV UTF-8' with "
    "only the columns that are needed, and choose it again. If that fails too, tell whoever runs this "
    "service that the staff import stops."
)


def keep(session: Session, *, user_id: int, content: bytes, make_units: bool) -> None:
    """Keep a file in the place of any other of this person. It is to be checked."""
    forget(session, user_id)
    now = utc_now()
    session.add(
        StaffUpload(
            user_id=user_id,
            revision=_new_revision(),
            make_units=make_units,
            uploaded_at=now,
            touched_at=now,
        )
    )
    session.flush()
    session.add(StaffUploadFile(user_id=user_id, content=content))
    session.flush()


def waiting(session: Session, user_id: int) -> StaffUpload | None:
    """The upload of this person, whatever its state."""
    upload = session.get(StaffUpload, user_id)
    return upload if upload is not None and upload.uploaded_at > utc_now() - KEPT_FOR else None


def report(session: Session, user_id: int) -> Mapping[str, Any] | None:
    """`ImportReport.as_dict()` of the newest check, or of the import."""
    return session.scalar(select(StaffUploadFile.report).where(StaffUploadFile.user_id == user_id))


def sheet(session: Session, user_id: int) -> Mapping[str, Any] | None:
    """`headings`, `examples` (the first rows) and `guess` (StaffColumns.as_dict()) of the file."""
    return session.scalar(select(StaffUploadFile.sheet).where(StaffUploadFile.user_id == user_id))


def check_again(
    session: Session,
    upload: StaffUpload,
    *,
    columns: StaffColumns | None = None,
    statuses: Mapping[str, WorkingStatus] | None = None,
) -> bool:
    """Have a worker check the file, with what its owner has said of it now.

    False when it is a worker's turn already, or the file is gone.
    """
    values: dict[str, Any] = {"state": UploadState.CHECKING}
    if columns is not None:
        values["columns"] = columns.as_dict()
    if statuses is not None:
        said = {word: str(status) for word, status in statuses.items()}
        values["statuses"] = {**upload.statuses, **said}
    return _hand_over(session, upload, (UploadState.COLUMNS, UploadState.CHECKED), values)


def decide(
    session: Session, upload: StaffUpload, *, apply_moves: bool, remove_leavers: bool
) -> bool:
    """Have a worker import the file. False when it is not waiting for a decision any more."""
    return _hand_over(
        session,
        upload,
        (UploadState.CHECKED,),
        {
            "state": UploadState.IMPORTING,
            "apply_moves": apply_moves,
            "remove_leavers": remove_leavers,
        },
    )


def cancel(session: Session, user_id: int) -> bool:
    """Drop the file of this person. False if it is imported already, by a worker at this moment."""
    mine = and_(StaffUpload.user_id == user_id, StaffUpload.state != UploadState.DONE)
    session.execute(delete(StaffUpload).where(mine))
    return session.scalar(select(StaffUpload.user_id).where(StaffUpload.user_id == user_id)) is None


def forget(session: Session, user_id: int) -> None:
    # The file goes with its upload.
    session.execute(delete(StaffUpload).where(StaffUpload.user_id == user_id))


def forget_old(session: Session) -> None:
    """Drop every file that has waited too long."""
    session.execute(delete(StaffUpload).where(StaffUpload.uploaded_at <= utc_now() - KEPT_FOR))


# ---------------------------------------------------------------- what a worker does


def left_lying(session: Session) -> Sequence[int]:
    """Owners of files whose worker shows no sign of life, or never came."""
    quiet = StaffUpload.touched_at <= utc_now() - QUIET_FOR
    found = select(StaffUpload.user_id).where(StaffUpload.state.in_(WORKING_STATES), quiet)
    return session.scalars(found.order_by(StaffUpload.user_id)).all()


def begin(session: Session, user_id: int) -> StaffUpload | None:
    """The upload, if it is a worker's turn. Counts the attempt, and gives up after too many."""
    upload = session.get(StaffUpload, user_id, populate_existing=True)
    if upload is None or upload.state not in WORKING_STATES:
        return None
    if upload.attempts >= MOST_ATTEMPTS:
        fail(session, upload.user_id, upload.revision, _GIVEN_UP)
        return None
    upload.attempts += 1
    upload.touched_at = utc_now()
    session.flush()
    return upload


def content(session: Session, user_id: int) -> bytes:
    """Empty if the upload is gone."""
    found = select(StaffUploadFile.content).where(StaffUploadFile.user_id == user_id)
    return session.scalar(found) or b""


def note_progress(session: Session, user_id: int, revision: int, done: int, in_all: int) -> None:
    _change(session, user_id, revision, rows_done=done, rows_in_all=in_all)


def ask_for_columns(session: Session, user_id: int, revision: int, sheet: Sheet) -> None:
    if _change(session, user_id, revision, state=UploadState.COLUMNS):
        _change_file(session, user_id, sheet=sheet.as_dict())


def checked(
    session: Session, user_id: int, revision: int, sheet: Sheet, found: ImportReport
) -> None:
    if _change(session, user_id, revision, state=UploadState.CHECKED, columns=found.columns):
        _change_file(session, user_id, sheet=sheet.as_dict(), report=found.as_dict())


def claim(session: Session, user_id: int, revision: int) -> bool:
    """Take the import, to the end of the transaction: nobody else can. False if it is done or gone.

    It must be the first that a transaction does: what it reads later is then what it writes to.
    """
    return _change(session, user_id, revision, state=UploadState.DONE, expected=UploadState.IMPORTING)


def imported(session: Session, user_id: int, found: ImportReport) -> None:
    """The file has done its service. What is left says what was imported, and which rows were not."""
    kept = found.as_dict() | {"moves": [], "leavers": []}
    _change_file(session, user_id, report=kept, content=b"", sheet=None)


def fail(session: Session, user_id: int, revision: int, problem: str) -> None:
    if _change(session, user_id, revision, state=UploadState.FAILED, problem=problem):
        _change_file(session, user_id, content=b"")


def _hand_over(
    session: Session,
    upload: StaffUpload,
    states: Sequence[UploadState],
    values: Mapping[str, Any],
) -> bool:
    begun = {"revision": _new_revision(), "attempts": 0, "rows_done": 0}
    mine = and_(
        StaffUpload.user_id == upload.user_id,
        StaffUpload.revision == upload.revision,
        StaffUpload.state.in_(states),
    )
    return _updated(session, mine, {**begun, **values})


def _change(
    session: Session,
    user_id: int,
    revision: int,
    *,
    expected: UploadState | None = None,
    **values: Any,
) -> bool:
    """Change what is still the same upload, at the same step. False if it is not."""
    mine = and_(StaffUpload.user_id == user_id, StaffUpload.revision == revision)
    if expected is not None:
        mine = and_(mine, StaffUpload.state == expected)
    return _updated(session, mine, values)


def _updated(session: Session, mine: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
    done = session.execute(
        update(StaffUpload).where(mine).values(**values, touched_at=utc_now()),
        execution_options={"synchronize_session": False},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _change_file(session: Session, user_id: int, **values: Any) -> None:
    session.execute(
        update(StaffUploadFile).where(StaffUploadFile.user_id == user_id).values(**values),
        execution_options={"synchronize_session": False},
    )


def _new_revision() -> int:
    return secrets.randbelow(2**31)
