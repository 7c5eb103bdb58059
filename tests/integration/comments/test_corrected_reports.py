"""What reports show of corrected comments, and what never changes."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nlp.taxonomy import Factor, Sentiment
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Comment, CommentCorrection
from surveyapp.permissions import RoleName
from surveyapp.reports import drawing, storage
from surveyapp.reports import jobs as report_jobs
from tests.conftest import SignIn, on_sqlite
from tests.factories.corrections import Correct, id_of, send
from tests.factories.reports import COMMENTS, Trust, cells_of, soup_of
from tests.support.client import CheckingClient


def counts(client: CheckingClient, trust: Trust) -> dict[str, list[str]]:
    found = cells_of(soup_of(client.get(trust.path("Maple"))), "How many comments")
    return {row[0].removeprefix("Read comments: "): row[1:] for row in found}


def test_reports_show_what_people_said_and_their_scores_do_not_change(
    session: Session, drawn: Trust, sign_in: SignIn
) -> None:
    both = sign_in(RoleName.COMMENT_REVIEWER, RoleName.LEARNING_AND_DEVELOPMENT)
    scores = both.get(drawn.path("Maple", "/scores.csv")).text
    snapshot = storage.snapshot(session, drawn.wave_id)
    before = counts(both, drawn)
    path = drawn.path("Maple", "/themes/recognition")
    page = both.get(path)
    item = next(one for one in soup_of(page).select(".lp-comments li") if "unsure about" in one.get_text())
    link = item.select_one("a")
    assert link is not None and "Wrong theme?" in link.get_text()
    answer = send(both, both.get(str(link["href"])), factor=["feedback"], stance_feedback="negative")
    assert answer.location == path  # back to where the reader came from
    assert "unsure about" not in "".join(
        one.get_text() for one in soup_of(both.get(path)).select("blockquote")
    )
    moved = soup_of(both.get(drawn.path("Maple", "/themes/feedback")))
    assert moved.select_one("blockquote").get_text() == COMMENTS[4]  # type: ignore[union-attr]
    text = moved.select_one(".lp-comments").get_text()  # type: ignore[union-attr]
    assert "A person has checked this." in text and "Not sure" not in text
    # The counts wait for the sweep, which finds by the database alone that they are old.
    assert drawing.waves_to_draw(session) == [drawn.wave_id]
    report_jobs.draw_charts(drawn.wave_id)
    assert drawing.waves_to_draw(session) == []
    after = counts(both, drawn)
    assert after["Feedback"] == ["0", "0", "1"] and "Feedback" not in before
    assert int(after["Recognition and reward"][0]) == int(before["Recognition and reward"][0]) - 1
    assert after["Communication and collaboration"] == before["Communication and collaboration"]
    session.rollback()
    assert snapshot == storage.snapshot(session, drawn.wave_id)

    def without_themes(file: str) -> list[str]:
        return [line for line in file.splitlines() if "comments" not in line]

    assert without_themes(both.get(drawn.path("Maple", "/scores.csv")).text) == without_themes(scores)


def test_every_correction_makes_the_counts_old_whoever_makes_it(
    session: Session, drawn: Trust, correct: Correct
) -> None:
    comment_id = id_of(session, COMMENTS[0])
    for by, stance in ((1, "positive"), (2, "negative"), (1, "negative"), (2, "positive"), (2, "negative")):
        report_jobs.draw_charts(drawn.wave_id)
        assert drawing.waves_to_draw(session) == []
        correct(comment_id, Labels({Factor.FEEDBACK: Sentiment(stance)}, Sentiment(stance)), by=by)
        assert drawing.waves_to_draw(session) == [drawn.wave_id]


@on_sqlite
def test_nobody_without_the_role_gets_a_link_or_an_id(
    session: Session, drawn: Trust, sign_in: SignIn
) -> None:
    ids = session.scalars(select(Comment.id)).all()
    for reader in (
        sign_in(RoleName.LEARNING_AND_DEVELOPMENT),
        sign_in(RoleName.LEADER, led_unit_ids=(drawn.units["Maple"],)),
    ):
        page = reader.get(drawn.path("Maple", "/themes/communication")).text
        assert "handover" in page and "Wrong theme?" not in page
        assert not any(comment_id in page for comment_id in ids)


def test_corrections_go_with_their_comment(session: Session, drawn: Trust, correct: Correct) -> None:
    comment_id = id_of(session, COMMENTS[0])
    correct(comment_id, Labels({}, Sentiment.POSITIVE))
    session.delete(session.get_one(Comment, comment_id))
    session.commit()
    assert session.scalar(select(func.count()).select_from(CommentCorrection)) == 0
