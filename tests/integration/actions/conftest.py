"""Someone who leads Maple, and actions that are written on the page."""

from __future__ import annotations

import pytest

from surveyapp.permissions import RoleName
from tests.conftest import SignIn
from tests.factories.organisation import Organisation
from tests.support.client import CheckingClient


@pytest.fixture
def leader(sign_in: SignIn, trust: Organisation) -> CheckingClient:
    return sign_in(RoleName.LEADER, led_unit_ids=(trust.units["Maple"],))
