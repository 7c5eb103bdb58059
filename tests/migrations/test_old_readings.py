"""Readings that a database holds from before their certainty was kept."""

from __future__ import annotations

import json

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveyapp.comments import mentions
from surveyapp.comments.models import Comment
from surveyapp.extensions import db
from tests.factories.kept import old_trust
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


def test_what_comments_speak_of_is_found_after_the_change_as_before(app: Flask, session: Session) -> None:
    trust = old_trust(session)  # with a correction
    mentions.write(session, trust.wave_id, session.scalars(select(Comment.id)).all())
    session.commit()
    written = "SELECT wave_id, factor, unit_id, comment_id, stance FROM comment_mention ORDER BY 2, 4"
    before = session.execute(text(written)).all()
    session.close()
    downgrade(revision="0007_summary_mail")
    upgrade()
    with db.engine.connect() as connection:
        assert connection.execute(text(written)).all() == before
    assert {row.wave_id for row in before} == {trust.wave_id}
    assert ("mentorship", "positive") in {(row.factor, row.stance) for row in before}
