"""Snapshots that a database holds from before each unit had a row of its own."""

from __future__ import annotations

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy.orm import Session

from surveyapp.reports import storage
from tests.factories.reports import counted_trust


def test_they_show_the_same_afterwards(app: Flask, session: Session) -> None:
    wave_id = counted_trust(session).wave_id
    before = storage.snapshot(session, wave_id)
    session.close()
    downgrade(revision="0004_corrections")
    upgrade()
    assert storage.snapshot(session, wave_id) == before
    assert len(before.units) > 2
