"""What tests of series begin with: a clock that they move, an organisation, and a monthly series."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from surveyapp.extensions import db
from surveyapp.series import services
from surveyapp.series.models import Series
from surveyapp.series.services import Setup
from tests.factories.organisation import Organisation, make_organisation
from tests.support import simulated_clock
from tests.support.simulated_clock import SimulatedClock

MakeSeries = Callable[..., Series]


@pytest.fixture
def clock(
    session: Session, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SimulatedClock]:
    """It begins on New Year's Day of 2026, at noon."""
    clock = SimulatedClock(database_url, tmp_path / "clock")
    clock.set(datetime(2026, 1, 1, 12, tzinfo=UTC))
    simulated_clock.follow(tmp_path / "clock", monkeypatch)
    session.close()
    db.engine.dispose()  # new connections find the clock
    yield clock
    clock.close()


@pytest.fixture
def trust(session: Session) -> Organisation:
    """Maple with 60 people, Oak with 30 and Willow with 10."""
    return make_organisation(session, {"Maple": 60, "Oak": 30, "Willow": 10})


@pytest.fixture
def make_series(clock: SimulatedClock, trust: Organisation) -> MakeSeries:
    """Makes a series of everyone on the first Tuesday of each month, unless told otherwise."""

    def make(
        *, units: tuple[int, ...] = (), waits: bool = False, owner: int | None = None, **rules: object
    ) -> Series:
        entries = {
            "title": "Learning pulse",
            "questions": "monthly_pulse_5",
            "every": "month",
            "on": "first tuesday",
            "first": "2026-01-01",
            "national_surveys": [],
            **rules,
        }
        setup = Setup(
            rules={key: value for key, value in entries.items() if value is not None},
            audience_unit_ids=units or (trust.root,),
            minimum_group=10,
            waits_for_action=waits,
            asks_follow_up=False,
            owner_id=owner,
        )
        series = services.create(db.session(), setup, actor_id=owner)
        db.session.commit()
        return series

    return make
