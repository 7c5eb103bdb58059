"""The trust whose reports are read, and who reads all of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave
from surveyapp.reports import jobs
from surveyapp.timekeeping import utc_now
from tests.conftest import SignIn
from tests.factories import waves
from tests.factories.reports import ANSWERED, Trust, counted_trust, read_and_draw
from tests.support.client import CheckingClient


@pytest.fixture
def trust(session: Session) -> Trust:
    """A counted wave whose comments wait for the model."""
    return counted_trust(session)


@pytest.fixture
def drawn(trust: Trust) -> Trust:
    """The same when the workers have done all of their work."""
    read_and_draw(trust.wave_id)
    return trust


@pytest.fixture
def planner(sign_in: SignIn) -> CheckingClient:
    """Someone who reads all units."""
    return sign_in(RoleName.LEARNING_AND_DEVELOPMENT)


@pytest.fixture
def second(trust: Trust) -> Trust:
    """The same units a month later, when both pulses are drawn."""
    earlier = db.session.get(Wave, trust.wave_id)
    assert earlier is not None
    earlier.opens_at = utc_now() - timedelta(days=45)
    earlier.closes_at = utc_now() - timedelta(days=30)
    db.session.commit()
    wave = waves.open_wave([trust.organisation.root], title="Summer pulse")
    people = trust.organisation.people
    waves.cast_for(wave, [person for unit, n in ANSWERED.items() for person in people[unit][:n]])
    waves.close_and_count(wave)
    jobs.draw_charts(wave.id)
    return Trust(trust.organisation, wave.id)
