"""What reviewers decide, and who may not."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from surveyapp.accounts.models import AuditEvent
from surveyapp.comments import review, services
from surveyapp.comments.models import Release
from surveyapp.comments.review import Decision, ReviewError
from surveyapp.extensions import db
from tests.factories.two_wards import TwoWards, reviewer


def test_review_releases_destroys_the_original_and_logs_no_text(world: TwoWards) -> None:
    world.put(world.small, "Jo shortens handover now")
    world.analyse()
    comment = world.one()
    assert comment.sealed_original is not None
    review.review(
        db.session(), comment.id, Decision.RELEASE, reader=reviewer(), taken_out={0, 2}
    )
    db.session.commit()
    assert world.one().sealed_original is None
    (shown,) = services.released(db.session(), world.wave, [world.small])
    (theme,) = shown.themes
    assert shown.text == "[name] [removed] handover [removed]"
    assert shown.text[theme.quote_start : theme.quote_end] == "handover"
    events = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "comment_reviewed")
    ).all()
    assert [event.details for event in events] == [
        {"wave_id": world.wave, "decision": "release_edited", "words_removed": 2}
    ]
    with pytest.raises(ReviewError, match="already"):
        review.review(db.session(), comment.id, Decision.WITHHOLD, reader=reviewer(world.large))


def test_withheld_stays_withheld(world: TwoWards) -> None:
    world.put(world.small, "words")
    world.analyse()
    review.review(db.session(), world.one().id, Decision.WITHHOLD, reader=reviewer())
    db.session.commit()
    assert world.released() == []
    assert world.one().release == Release.WITHHELD and world.one().sealed_original is None


@pytest.mark.parametrize("leads", ["small", "root"])
def test_nobody_reviews_in_the_own_line(world: TwoWards, leads: str) -> None:
    world.put(world.small, "words")
    world.analyse()
    inside = reviewer(getattr(world, leads))
    assert review.review_queue(db.session(), inside, limit=10) == ([], 0)
    with pytest.raises(ReviewError, match="someone else"):
        review.review(db.session(), world.one().id, Decision.RELEASE, reader=inside)
    db.session.rollback()
    cards, total = review.review_queue(db.session(), reviewer(world.large), limit=10)
    assert total == 1 and cards[0].text == "words"


def test_who_leads_a_team_does_not_review_what_was_passed_up_from_it(world: TwoWards) -> None:
    world.put(world.root, "this is unsafe")
    world.analyse()
    with pytest.raises(ReviewError, match="someone else"):
        review.review(db.session(), world.one().id, Decision.RELEASE, reader=reviewer(world.small))
