"""Two wards and a closed wave, where no queue is needed."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories.two_wards import TwoWards


@pytest.fixture
def redis_url() -> str:
    """A port on which nothing listens: no test here needs a queue."""
    return "redis://127.0.0.1:1/0"


@pytest.fixture
def world(app: Flask) -> TwoWards:
    return TwoWards()
