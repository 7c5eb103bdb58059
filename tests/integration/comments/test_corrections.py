"""People correct what the model read: whose comments, what is kept, and what reports show."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.taxonomy import Sentiment
from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Reader
from surveyapp.comments import corrections
from surveyapp.comments.corrections import CorrectionError
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Comment, CommentAnalysis, Picked
from surveyapp.permissions import RoleName
from surveyapp.privacy.services import PRIVACY_VERSION, TEXT_VERSIONS
from surveyapp.pulses.models import Wave, WaveKind
from tests.conftest import SignIn, on_sqlite
from tests.factories.corrections import Correct, id_of, rows, send, shown
from tests.factories.reports import COMMENTS, Trust, soup_of
from tests.support.client import CheckingClient

# ---------------------------------------------------------------- who may, and whose comments


@on_sqlite
@pytest.mark.parametrize("role", RoleName)
def test_only_reviewers_correct_and_only_two_roles_read_the_figures(
    session: Session, drawn: Trust, sign_in: SignIn, role: RoleName
) -> None:
    client = sign_in(role)
    comment_id = id_of(session, COMMENTS[0])
    corrects = role is RoleName.COMMENT_REVIEWER
    for path in ("/corrections", "/corrections?pick=random", f"/corrections/{comment_id}"):
        answer = client.get(path)
        assert answer.status_code == (200 if corrects else 403)
        assert corrects or "handover" not in answer.text
    reads = corrects or role is RoleName.LEARNING_AND_DEVELOPMENT
    assert client.get("/theme-quality").status_code == (200 if reads else 403)
    answer = client.send(f"/corrections/{comment_id}", form_at="/", sentiment="positive", picked="unsure")
    assert answer.status_code == (302 if corrects else 403)
    assert len(rows(session)) == (1 if corrects else 0)


@on_sqlite
def test_staff_and_strangers_are_asked_to_sign_in(client: CheckingClient, drawn: Trust) -> None:
    for path in ("/corrections", "/theme-quality", "/corrections/" + "a" * 32):
        assert client.get(path).status_code == 302


def test_who_leads_is_led_to_no_comment_of_their_line(
    session: Session, drawn: Trust, sign_in: SignIn
) -> None:
    """All stand at Maple or above it, so who leads Maple may correct none: the rule of A16."""
    both = sign_in(
        RoleName.COMMENT_REVIEWER,
        RoleName.LEADER,
        RoleName.LEARNING_AND_DEVELOPMENT,
        led_unit_ids=(drawn.units["Maple"],),
    )
    assert "No comment waits for you" in both.get("/corrections").text
    for text in COMMENTS:
        comment_id = id_of(session, text)
        assert both.get(f"/corrections/{comment_id}").status_code == 404
        answer = both.send(f"/corrections/{comment_id}", form_at="/", sentiment="positive", picked="report")
        assert answer.status_code == 404
    assert rows(session) == []
    page = both.get(drawn.path("Maple", "/themes/communication"))
    assert "Wrong theme?" not in page.text and id_of(session, COMMENTS[0]) not in page.text
    elsewhere = sign_in(RoleName.COMMENT_REVIEWER, RoleName.LEADER, led_unit_ids=(drawn.units["Oak"],))
    assert elsewhere.get(f"/corrections/{id_of(session, COMMENTS[0])}").status_code == 200


@on_sqlite
@pytest.mark.parametrize("hidden", ["to_review", "withheld", "held"])
def test_what_is_not_released_cannot_be_reached(
    session: Session, drawn: Trust, reviewer: CheckingClient, hidden: str
) -> None:
    comment_id = id_of(session, COMMENTS[4])
    session.get_one(Comment, comment_id).release = hidden
    session.commit()
    missing = reviewer.get("/corrections/" + "0" * 32)
    there = reviewer.get(f"/corrections/{comment_id}")
    assert (there.status_code, missing.status_code) == (404, 404)
    assert shown(reviewer.get("/corrections")) != COMMENTS[4]
    answer = reviewer.send(f"/corrections/{comment_id}", form_at="/", sentiment="positive", picked="unsure")
    assert answer.status_code == 404 and rows(session) == []


@on_sqlite
def test_comments_of_people_who_were_not_told_are_left_alone(
    session: Session, drawn: Trust, reviewer: CheckingClient
) -> None:
    wave = session.get_one(Wave, drawn.wave_id)
    assert corrections.TOLD_SINCE in TEXT_VERSIONS and wave.privacy_version == PRIVACY_VERSION
    for version, kind, waits in (
        ("2026-11", WaveKind.PULSE, False),
        ("", WaveKind.PULSE, False),
        ("", WaveKind.IMPORTED, True),
        (PRIVACY_VERSION, WaveKind.PULSE, True),
    ):
        wave = session.get_one(Wave, drawn.wave_id)
        wave.privacy_version, wave.kind = version, kind
        session.commit()
        assert bool(shown(reviewer.get("/corrections"))) is waits


# ---------------------------------------------------------------- the queue


def test_the_least_certain_comes_first(session: Session, drawn: Trust, reviewer: CheckingClient) -> None:
    for place, text in enumerate(COMMENTS):
        if text != COMMENTS[4]:
            (analysis,) = session.get_one(Comment, id_of(session, text)).analyses
            analysis.certainty = 0.9 - place / 20
            session.commit()
    page = reviewer.get("/corrections")
    assert shown(page) == COMMENTS[4] and "The computer is not sure" in page.text
    assert "0 of 1 that need a person" in page.text
    seen = [shown(page)]
    for _ in COMMENTS[1:]:
        answer = send(reviewer, page)
        page = reviewer.get(answer.location)
        assert "1 of 1 that need a person" in page.text and "Confirmed." in page.text
        seen.append(shown(page))
    assert seen == [COMMENTS[4], *(COMMENTS[place] for place in (6, 5, 3, 2, 1, 0))]
    page = reviewer.get(send(reviewer, page).location)
    assert "No comment waits for you" in page.text
    assert len(rows(session)) == len(COMMENTS)


def test_what_is_skipped_comes_round_again(session: Session, drawn: Trust, reviewer: CheckingClient) -> None:
    for pick in ("", "?pick=random"):
        page = reviewer.get(f"/corrections{pick}")
        seen = []
        for _ in range(len(COMMENTS) + 1):
            seen.append(shown(page))
            (skip,) = soup_of(page).find_all("a", string="Skip for now")
            page = reviewer.get(str(skip["href"]))
        assert sorted(seen[:-1]) == sorted(COMMENTS) and seen[-1] == seen[0]
    assert rows(session) == []
    assert reviewer.get("/corrections?after=odd'--%00").status_code == 200


def test_the_random_sample_goes_by_chance_alone(
    session: Session, drawn: Trust, correct: Correct, sign_in: SignIn
) -> None:
    """What was corrected on another way stays in the sample: leaving it out would colour the figures."""
    ids = session.scalars(select(Comment.id).order_by(Comment.id)).all()
    correct(ids[0], Labels({}, Sentiment.POSITIVE), picked=Picked.REPORT)
    reader = Reader(2, False, frozenset())
    card = corrections.next_card(session, reader, Picked.RANDOM)
    assert card is not None and card.comment_id == ids[0]
    # The page shows the model's reading again, not what someone said of it.
    assert card.labels.sentiment is Sentiment.NEUTRAL_MIXED
    correct(ids[0], card.labels, by=2, picked=Picked.RANDOM)
    following = corrections.next_card(session, reader, Picked.RANDOM)
    assert following is not None and following.comment_id == ids[1]
    assert corrections.progress(session, reader, Picked.RANDOM) == corrections.Progress(1, 7)


# ---------------------------------------------------------------- what is kept


def test_a_correction_stands_beside_the_reading_and_is_as_coarse_as_a_month(
    session: Session, drawn: Trust, reviewer: CheckingClient
) -> None:
    comment_id = id_of(session, COMMENTS[0])
    before = session.get_one(CommentAnalysis, (comment_id, "stand-in-1")).findings
    page = reviewer.get(f"/corrections/{comment_id}")
    assert soup_of(page).select_one("blockquote mark").get_text() == "The handover is too short."  # type: ignore[union-attr]
    answer = send(
        reviewer,
        page,
        factor=["leadership", "mentorship"],
        stance_leadership="negative",
        stance_mentorship="",
        sentiment="positive",
    )
    assert "Your correction is kept." in reviewer.get(answer.location).text
    (kept,) = rows(session)
    assert kept.read == {"factors": {"communication": "negative"}, "sentiment": "neutral_mixed"}
    assert kept.said == {
        "factors": {"leadership": "negative", "mentorship": "positive"},
        "sentiment": "positive",
    }
    assert (kept.model_version, kept.picked, kept.said_in.day) == ("stand-in-1", "report", 1)
    assert session.get_one(CommentAnalysis, (comment_id, "stand-in-1")).findings == before
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "themes_corrected")).one()
    assert event.details == {"wave_id": drawn.wave_id, "decision": "corrected"}
    assert event.actor_id is not None and len(kept.reader) == 16


def test_two_people_who_disagree_are_both_kept_and_the_later_one_counts(
    session: Session, drawn: Trust, correct: Correct
) -> None:
    comment_id = id_of(session, COMMENTS[0])
    good, bad = (Labels({}, stance) for stance in (Sentiment.POSITIVE, Sentiment.NEGATIVE))
    correct(comment_id, good, by=1)
    correct(comment_id, bad, by=2)
    found = rows(session)
    assert [row.said["sentiment"] for row in found] == ["positive", "negative"]
    assert found[0].reader != found[1].reader
    card = corrections.card_of(session, Reader(3, False, frozenset()), comment_id)
    assert card.labels.sentiment is Sentiment.NEGATIVE
    # Who says it again takes their own back, and it is the latest then.
    correct(comment_id, good, by=1)
    found = rows(session)
    assert [(row.number, row.said["sentiment"]) for row in found] == [(2, "negative"), (3, "positive")]
    # Of another comment the same person has another mark.
    other = id_of(session, COMMENTS[1])
    correct(other, good, by=1)
    marks = {row.reader for row in rows(session)}
    assert len(marks) == 3


def test_a_comment_of_the_random_sample_stays_one(session: Session, drawn: Trust, correct: Correct) -> None:
    comment_id = id_of(session, COMMENTS[0])
    correct(comment_id, Labels({}, Sentiment.POSITIVE), picked=Picked.RANDOM)
    correct(comment_id, Labels({}, Sentiment.NEGATIVE), picked=Picked.REPORT)
    assert [(row.picked, row.number) for row in rows(session)] == [("random", 2)]


@on_sqlite
@pytest.mark.parametrize(
    "changed",
    [
        {"sentiment": "furious"},
        {"sentiment": ""},
        {"factor": ["weather"]},
        {"factor": ["feedback"], "stance_feedback": "furious"},
        {"picked": "mine"},
    ],
)
def test_what_no_form_of_ours_sends_is_refused(
    session: Session, drawn: Trust, reviewer: CheckingClient, changed: dict[str, object]
) -> None:
    answer = send(reviewer, reviewer.get("/corrections"), **changed)
    assert answer.status_code == 400 and rows(session) == []


def test_a_comment_that_is_not_there_cannot_be_corrected(
    session: Session, drawn: Trust, correct: Correct
) -> None:
    with pytest.raises(CorrectionError):
        correct("0" * 32, Labels({}, Sentiment.POSITIVE))
