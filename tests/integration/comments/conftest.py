"""A wave whose comments are released, and people who correct their themes."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.comments import corrections
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Picked
from surveyapp.permissions import RoleName
from surveyapp.timekeeping import LOCAL_ZONE, database_now
from tests.conftest import SignIn
from tests.factories.corrections import Correct, make_reviewer
from tests.factories.reports import Trust, counted_trust, read_and_draw
from tests.support.client import CheckingClient

SECRET = "a secret of these tests"


@pytest.fixture
def drawn(session: Session) -> Trust:
    """A counted wave with seven released comments, of which one asks for a person."""
    trust = counted_trust(session)
    read_and_draw(trust.wave_id)
    return trust


@pytest.fixture
def reviewer(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.COMMENT_REVIEWER)


@pytest.fixture
def correct(session: Session) -> Correct:
    """Corrects a comment as one person or another, and commits."""

    def make(
        comment_id: str, said: Labels, *, by: int = 1, picked: Picked = Picked.UNSURE
    ) -> corrections.Kept:
        kept = corrections.correct(
            session,
            comment_id,
            said,
            reader=Reader(by, False, frozenset()),
            picked=picked,
            secret=SECRET,
            today=database_now(session).astimezone(LOCAL_ZONE).date(),
        )
        session.commit()
        return kept

    for number in range(1, 4):
        make_reviewer(session, number)
    return make
