"""SQLite has one writer: a wave that would ask too many people there is refused in words at its launch."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from surveyapp.pulses import services as pulses
from surveyapp.pulses.models import WaveState
from tests.factories.organisation import Organisation
from tests.factories.series import make_series
from tests.factories.waves import draft_wave, open_wave
from tests.support.client import CheckingClient


def test_a_crowd_needs_postgresql(
    session: Session,
    planner: CheckingClient,
    trust: Organisation,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("surveyapp.pulses.audiences.SQLITE_CEILING", 45)
    everyone, series = draft_wave([trust.root]), make_series(session, trust)
    page, of_series = planner.get(f"/pulses/{everyone.id}"), planner.get(f"/series/{series.id}")
    assert (page.status_code, of_series.status_code) == (200, 200)
    if database == "postgresql":
        assert "SQLite" not in page.text + of_series.text
        assert pulses.launch(session, everyone.id, actor_id=None).state == WaveState.LAUNCHING
        return
    assert "46 people would be invited" in page.text and "move to PostgreSQL" in page.text
    assert "The next pulse cannot be launched" in of_series.text
    with pytest.raises(pulses.WaveStateError, match="can ask 45 people at most"):
        pulses.launch(session, everyone.id, actor_id=None)
    session.rollback()
    assert open_wave([trust.units["Maple"]]).state == WaveState.OPEN
