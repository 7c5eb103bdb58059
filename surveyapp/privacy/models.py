"""Proof of what was deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveyapp.extensions import Model
from surveyapp.timekeeping import UtcDateTime


class DeletionCertificate(Model):
    """How many rows of a wave were deleted, and when. Nothing else is known of them any more."""

    __tablename__ = "deletion_certificate"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    deleted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Rows by the name of their table: response, answer, comment and so on.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
