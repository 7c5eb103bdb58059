"""People correct what the model read: whose comments, what is kept, and what reports show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from nlp.taxonomy import Factor, Sentiment
from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Reader, create_user
from surveyapp.comments import corrections
from surveyapp.comments.corrections import CorrectionError
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Comment, CommentAnalysis, CommentCorrection, Picked
from surveyapp.permissions import RoleName
from surveyapp.privacy.services import PRIVACY_VERSION, TEXT_VERSIONS
from surveyapp.pulses.models import Wave, WaveKind
from surveyapp.reports import jobs as report_jobs
from surveyapp.reports import services as reports
from surveyapp.reports.models import WaveSnapshot
from surveyapp.timekeeping import LOCAL_ZONE, database_now
from tests.conftest import SignIn, on_sqlite
from tests.factories.reports import COMMENTS, Trust, cells_of, counted_trust, read_and_draw, soup_of
from tests.support.client import CheckingClient

SECRET = "a secret of these tests"

Correct = Callable[..., corrections.Kept]


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

    # The audit log names real accounts.
    for number in range(1, 4):
        _account(session, number)
    return make


def _account(session: Session, number: int) -> None:
    user = create_user(
        session,
        email=f"reviewer{number}@example.org",
        name=f"Reviewer {number}",
        password="four quiet wards at dawn",
        roles=[RoleName.COMMENT_REVIEWER],
    )
    session.commit()
    assert user.id == number


def id_of(session: Session, text: str) -> str:
    session.rollback()
    return session.scalars(select(Comment.id).where(Comment.text == text)).one()


def rows(session: Session) -> list[CommentCorrection]:
    session.rollback()
    order = (CommentCorrection.comment_id, CommentCorrection.number)
    return list(session.scalars(select(CommentCorrection).order_by(*order)))


def shown(page: TestResponse) -> str:
    quote = soup_of(page).select_one("blockquote")
    return "" if quote is None else quote.get_text()


def form_of(page: TestResponse) -> dict[str, list[str]]:
    """What the page's own form would send, ticked as it is."""
    found: dict[str, list[str]] = {}
    (form,) = soup_of(page).select("main form")
    for field in form.select("input"):
        if field.get("type") in {"checkbox", "radio"} and not field.has_attr("checked"):
            continue
        if field["name"] != "csrf_token":
            found.setdefault(str(field["name"]), []).append(str(field["value"]))
    return found


def send(client: CheckingClient, page: TestResponse, **changed: object) -> TestResponse:
    (form,) = soup_of(page).select("main form")
    return client.send(str(form["action"]), form_at="/corrections", **{**form_of(page), **changed})


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


# ---------------------------------------------------------------- what reports show


def counts(client: CheckingClient, trust: Trust) -> dict[str, list[str]]:
    found = cells_of(soup_of(client.get(trust.path("Maple"))), "How many comments")
    return {row[0].removeprefix("Read comments: "): row[1:] for row in found}


def test_reports_show_what_people_said_and_their_scores_do_not_change(
    session: Session, drawn: Trust, sign_in: SignIn
) -> None:
    both = sign_in(RoleName.COMMENT_REVIEWER, RoleName.LEARNING_AND_DEVELOPMENT)
    scores = both.get(drawn.path("Maple", "/scores.csv")).text
    snapshot = session.execute(
        select(WaveSnapshot.payload).where(WaveSnapshot.wave_id == drawn.wave_id)
    ).one()
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
    assert reports.waves_to_draw(session) == [drawn.wave_id]
    report_jobs.draw_charts(drawn.wave_id)
    assert reports.waves_to_draw(session) == []
    after = counts(both, drawn)
    assert after["Feedback"] == ["0", "0", "1"] and "Feedback" not in before
    assert int(after["Recognition and reward"][0]) == int(before["Recognition and reward"][0]) - 1
    assert after["Communication and collaboration"] == before["Communication and collaboration"]
    session.rollback()
    assert (
        snapshot
        == session.execute(select(WaveSnapshot.payload).where(WaveSnapshot.wave_id == drawn.wave_id)).one()
    )

    def without_themes(file: str) -> list[str]:
        return [line for line in file.splitlines() if "comments" not in line]

    assert without_themes(both.get(drawn.path("Maple", "/scores.csv")).text) == without_themes(scores)


def test_every_correction_makes_the_counts_old_whoever_makes_it(
    session: Session, drawn: Trust, correct: Correct
) -> None:
    comment_id = id_of(session, COMMENTS[0])
    for by, stance in ((1, "positive"), (2, "negative"), (1, "negative"), (2, "positive"), (2, "negative")):
        report_jobs.draw_charts(drawn.wave_id)
        assert reports.waves_to_draw(session) == []
        correct(comment_id, Labels({Factor.FEEDBACK: Sentiment(stance)}, Sentiment(stance)), by=by)
        assert reports.waves_to_draw(session) == [drawn.wave_id]


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
