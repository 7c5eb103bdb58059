"""Series, the decisions of people about single waves of them, and windows that all keep clear of."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from surveyapp.extensions import Model


class SeriesState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Series(Model):
    """Pulses that recur. `rules` are the keys of a series file, which docs/series.md describes."""

    __tablename__ = "series"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'paused', 'stopped')", name="state_known"),
        CheckConstraint("minimum_group BETWEEN 5 AND 20", name="minimum_group_allowed"),
        # SQLite would give a deleted series' id, and its waves, to the next one.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default=SeriesState.RUNNING)
    audience_unit_ids: Mapped[list[int]] = mapped_column(JSON)
    minimum_group: Mapped[int]
    channel: Mapped[str]
    breakdown: Mapped[str]
    groups_small_units: Mapped[bool]
    review_all: Mapped[bool]
    #: Whether each wave asks, last, if anyone noticed what was done since the one before.
    asks_follow_up: Mapped[bool]
    #: F9: whether the next wave waits until something was published about the last one.
    waits_for_action: Mapped[bool]
    #: The wave that nothing was published about and that the next one need not wait for.
    waived_wave_id: Mapped[int | None]
    #: The wave that the owner has been told of, that the next one waits for.
    told_wave_id: Mapped[int | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    #: Occurrences before this day are past: the day it was made, changed or resumed.
    since: Mapped[date]


class SeriesChoice(Model):
    """What a person decided about one occurrence: the day it opens instead, or, without one, none."""

    __tablename__ = "series_choice"

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    occurrence: Mapped[date] = mapped_column(primary_key=True)
    opens_on: Mapped[date | None]


class BlackoutWindow(Model):
    """Days that the pulses of every series keep clear of, as a series file writes them."""

    __tablename__ = "blackout_window"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    #: '09-15' for every year, '2027-03-01' for once.
    first: Mapped[str]
    last: Mapped[str]
    is_hard: Mapped[bool]
