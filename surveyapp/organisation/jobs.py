"""What runs without anyone asking."""

from __future__ import annotations

from surveyapp.extensions import db
from surveyapp.organisation import uploads
from surveyapp.queueing import job


@job
def sweep() -> None:
    """Drop staff files that nobody decided on."""
    uploads.forget_old(db.session())
    db.session.commit()
