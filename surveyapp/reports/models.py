"""The frozen snapshot of what may be published, and the charts drawn from it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveyapp.extensions import Model


class WaveSnapshot(Model):
    """Everything that may be shown of a wave's scores, after disclosure control. Never changed."""

    __tablename__ = "wave_snapshot"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


class WaveChart(Model):
    """A chart, drawn once by a worker and kept."""

    __tablename__ = "wave_chart"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    svg: Mapped[str]
