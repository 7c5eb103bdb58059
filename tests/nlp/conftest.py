"""The shipped model, loaded once: these tests use no stand-ins."""

from __future__ import annotations

import pytest

from nlp.pipeline import Pipeline, load
from nlp.redaction import Redactor


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return load()


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    return Redactor()
