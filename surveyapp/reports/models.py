"""The frozen snapshot of what may be published, and what workers make of it for pages and e-mails."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from surveyapp.extensions import Model


class WaveSnapshot(Model):
    """That a wave is counted, and what may be shown of it beside its units. Never changed."""

    __tablename__ = "wave_snapshot"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


class UnitSnapshot(Model):
    """Everything that may be shown of a unit's scores in a wave. Never changed.

    A unit without such a row may not be shown.
    """

    __tablename__ = "unit_snapshot"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


class WaveThemes(Model):
    """What the released comments of a wave speak of, counted once by a worker, with the charts.

    A wave without such a row has not been drawn yet.
    """

    __tablename__ = "wave_themes"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    #: False while some comments waited for the model when these were counted.
    is_complete: Mapped[bool]
    #: `corrections_made` when these were counted: what was corrected since makes them old.
    corrections: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Whether sub-themes have been looked for since.
    is_grouped: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: For each shown unit its themes, each as [factor, positive, mixed, negative].
    payload: Mapped[dict[str, list[list[Any]]]] = mapped_column(JSON)


class WaveChart(Model):
    """A chart, drawn once by a worker and kept."""

    __tablename__ = "wave_chart"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    svg: Mapped[str]


class SummaryMail(Model):
    """That a reader was sent the summary of a wave by e-mail, or cannot be: each gets it once."""

    __tablename__ = "summary_mail"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    #: False where the mail server refused it for good.
    is_sent: Mapped[bool]
