"""A comment in Welsh is kept as it is, marked, and read by a person. The model gives it no theme."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.flags import look_for_flags
from nlp.taxonomy import Flag
from surveyapp.accounts.services import Reader
from surveyapp.comments import jobs, review
from surveyapp.comments.models import Comment, CommentAnalysis, CommentMention, Release
from tests.factories.comments import counted

WELSH = (
    "Does dim digon o amser i ddysgu ar y ward, ac mae’r rheolwr yn brysur drwy’r dydd.",
    "Mae fy nhîm yn gefnogol iawn a dwi’n cael adborth da gan fy mentor bob wythnos.",
    "Hoffwn gael mwy o hyfforddiant yn Gymraeg, gan fod y cwrs i gyd yn Saesneg.",
)
ENGLISH = tuple(
    f"My mentor gives me good feedback {when}, and I learn a lot from her."
    for when in ("every week", "every month", "after each shift", "when I ask", "each Friday")
)


@pytest.mark.parametrize("comment", WELSH)
def test_the_language_is_told(comment: str) -> None:
    flagged = look_for_flags(comment)
    assert (flagged.flags, flagged.language) == ((Flag.NOT_ENGLISH,), "cy")


def test_it_waits_for_a_person_and_has_no_theme(session: Session) -> None:
    """By the real model."""
    wave_id, _made = counted(session, [*WELSH, *ENGLISH], answering=50)
    jobs.analyse_wave(wave_id)
    session.expire_all()
    comments = {comment.text: comment for comment in session.scalars(select(Comment))}
    assert set(comments) == {*WELSH, *ENGLISH}
    readings = {row.comment_id: row for row in session.scalars(select(CommentAnalysis))}
    spoken_of = set(session.scalars(select(CommentMention.comment_id)))
    for text, comment in comments.items():
        reading = readings[comment.id]
        if text in ENGLISH:
            assert Flag.NOT_ENGLISH not in reading.flags and reading.findings
            continue
        assert Flag.NOT_ENGLISH in reading.flags, text
        assert reading.findings == [], text
        assert comment.release == Release.TO_REVIEW, text
        assert comment.id not in spoken_of, text
    outside = Reader(user_id=0, reads_all_units=False, unit_ids=frozenset())
    cards, _total = review.review_queue(session, outside, limit=50)
    marked = {card.text for card in cards if Flag.NOT_ENGLISH in card.flags}
    assert marked == set(WELSH)
