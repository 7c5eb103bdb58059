"""The trust whose reports are read, and who reads all of them."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from surveyapp.permissions import RoleName
from tests.conftest import SignIn
from tests.factories.reports import Trust, counted_trust, read_and_draw
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
