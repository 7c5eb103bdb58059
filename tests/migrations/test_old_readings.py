"""Readings that a database holds from before their certainty was kept."""

from __future__ import annotations

import json

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.orm import Session

from surveyapp.extensions import db
from tests.factories.reports import COMMENTS, counted_trust, read_and_draw


def test_those_that_ask_for_a_person_still_come_first(app: Flask, session: Session) -> None:
    read_and_draw(counted_trust(session).wave_id)
    session.close()
    downgrade(revision="0003_anonymity")
    upgrade()
    with db.engine.connect() as connection:
        found = connection.execute(text("SELECT flags, certainty FROM comment_analysis")).all()
    flagged = {
        certainty: json.loads(flags) if isinstance(flags, str) else flags for flags, certainty in found
    }
    assert len(found) == len(COMMENTS)
    assert flagged == {0.25: ["needs_person"], 0.75: []}
