"""What most tests of the application begin with. A file may have a fixture of its own instead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave
from tests.conftest import SignIn
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import open_wave
from tests.support.client import CheckingClient
from tests.support.notify_server import NotifyServer


@pytest.fixture
def trust(session: Session) -> Organisation:
    """Maple with 30 people, Oak with 12 and Willow with 4."""
    return make_organisation(session)


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    """An open pulse of everyone."""
    return open_wave([trust.root])


@pytest.fixture
def planner(sign_in: SignIn) -> CheckingClient:
    """The browser of someone who plans pulses."""
    return sign_in(RoleName.LEARNING_AND_DEVELOPMENT)


@pytest.fixture
def notify() -> Iterator[NotifyServer]:
    """What stands in for GOV.UK Notify, on loopback."""
    server = NotifyServer()
    yield server
    server.stop()
