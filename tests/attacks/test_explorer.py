"""What someone tries who wants more from sub-themes, the search and the quotes of a report."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from nlp.artefacts import ArtefactError
from nlp.embedding import Embedder
from nlp.subthemes import subthemes as groups_of
from nlp.taxonomy import Factor, Sentiment
from surveyapp.accounts.services import Reader
from surveyapp.comments import corrections, erasure, grouping, subthemes
from surveyapp.comments.grouping import Grouping, Spoken
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Comment, Picked, SubthemeComment
from surveyapp.config import PROJECT_ROOT
from surveyapp.extensions import db
from surveyapp.instruments import services as instruments
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave
from surveyapp.reports import jobs, storage
from tests.conftest import SignIn, on_sqlite
from tests.factories.reports import Trust, readings_audited, soup_of, text_of
from tests.factories.told import HANDOVER, HUDDLE, ODD, SAID, Counted, told_trust
from tests.support.client import CheckingClient
from tests.support.stored_page import page_of

postgres_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

THEME = "/themes/communication"

#: What one person writes to the three open questions of the yearly survey, ...
ONE_PERSON = [
    "I miss teaching when my insulin pump alarms.",
    "There is no break to see to my insulin pump during teaching.",
    "Let people with an insulin pump leave teaching for a moment.",
]
#: ... and what two others write to the first of them.
OTHERS = ["Teaching has no breaks.", "Nobody may leave teaching, not even for water."]


@pytest.fixture
def told(session: Session) -> Trust:
    return told_trust(session)


@pytest.fixture
def planner(sign_in: SignIn) -> CheckingClient:
    """Someone who reads all units."""
    return sign_in(RoleName.LEARNING_AND_DEVELOPMENT)


@pytest.fixture
def grouped(told: Trust) -> Trust:
    jobs.group_wave(told.wave_id, embedder=Counted())
    return told


# ---------------------------------------------------------------- names


def test_no_name_is_the_words_of_one_person() -> None:
    """Who writes most is in a group with themselves, but their words do not name it."""
    questions = [prompt.id for prompt in instruments.load_library().prompts.values()]
    assert len(questions) >= len(ONE_PERSON)
    said = [
        *((questions[0], text) for text in (*SAID, *OTHERS)),
        *zip(questions, ONE_PERSON, strict=False),
    ]
    texts = [text for _, text in said]
    stances = ["positive" if "good" in text else "negative" for text in texts]
    vectors = Embedder().embed(texts)
    found = grouping.grouped(
        [
            Spoken(str(place), item_id, text, text, stance)
            for place, ((item_id, text), stance) in enumerate(zip(said, stances, strict=True))
        ],
        groups_of(texts, vectors, sentiments=stances).themes,
        tuple,
    )
    assert found.names and "insulin" not in " ".join(found.names.values())


@on_sqlite
def test_a_name_goes_when_too_few_comments_bear_it_out(
    told: Trust, session: Session, planner: CheckingClient
) -> None:
    """Of 29 comments one is corrected: less than 5%, so nothing is grouped again."""
    jobs.group_wave(told.wave_id, embedder=Counted())
    maple = told.units["Maple"]
    ids = dict(session.execute(select(Comment.text, Comment.id)).all())
    three = HUDDLE[:3]
    subthemes.keep(
        session,
        told.wave_id,
        maple,
        Factor.COMMUNICATION,
        [ids[text] for text in SAID],
        Grouping(
            {1: "handover", 2: "huddle"},
            {ids[text]: 1 for text in HANDOVER} | {ids[text]: 2 for text in three},
            (),
        ),
    )
    session.commit()
    corrections.correct(
        session,
        ids[three[0]],
        Labels({Factor.FEEDBACK: Sentiment.POSITIVE}, Sentiment.POSITIVE),
        reader=Reader(1, False, frozenset()),
        picked=Picked.UNSURE,
        secret="s",
        today=date(2026, 11, 1),
    )
    session.commit()
    jobs.draw_charts(told.wave_id)
    jobs.group_wave(told.wave_id, embedder=Counted())
    page = planner.get(told.path("Maple", THEME))
    assert "Huddle (2)" not in text_of(page)
    others = len(SAID) - len(HANDOVER) - 1
    assert f"Handover ({len(HANDOVER)}) Anything else ({others})" in text_of(page)
    rest = soup_of(planner.get(told.path("Maple", THEME + "?subtheme=0")))
    assert len(rest.select("main .lp-comments blockquote")) == others


# ---------------------------------------------------------------- what people were told


@on_sqlite
def test_of_a_pulse_with_older_words_nothing_is_stored_that_they_do_not_tell(
    told: Trust, session: Session, client: CheckingClient
) -> None:
    """Mentions repeat what the readings say, which these words tell."""
    wave = session.get_one(Wave, told.wave_id)
    wave.privacy_version = "2026-12"
    session.commit()
    jobs.group_wave(told.wave_id, embedder=Counted())
    page = page_of(client, wave).get_text(" ")
    stored = {table for table, rows in erasure.rows_kept(session, told.wave_id).items() if rows}
    assert {table for table in stored if f"‘{table}’" not in page} == {"comment_mention"}


# ---------------------------------------------------------------- deletion


@postgres_only
def test_the_database_keeps_no_samples_of_names(session: Session) -> None:
    """As of `comment.text` (0003): a table without rows is not analysed again."""
    target = session.scalar(
        text(
            "SELECT attstattarget FROM pg_attribute"
            " WHERE attrelid = 'subtheme'::regclass AND attname = 'name'"
        )
    )
    assert target == 0


# ---------------------------------------------------------------- who read what, and what was looked for


@on_sqlite
def test_whoever_reads_a_comment_in_a_report_is_seen_to(grouped: Trust, planner: CheckingClient) -> None:
    assert soup_of(planner.get(grouped.path("Maple"))).select("main blockquote")
    assert "comments_read" in {action for action, _ in readings_audited(db.session())}


@on_sqlite
def test_the_proxy_we_advise_writes_down_no_search(grouped: Trust) -> None:
    """The audit log does not say what was searched for, for it may be a name."""
    advice = Path(PROJECT_ROOT, "docs", "threat-model.md").read_text()
    (rules,) = re.findall(r"map \$request_uri \$loggable \{(.*)\}", advice)
    hidden = [rule.strip().removeprefix("~").split()[0] for rule in rules.split(";") if "~" in rule]
    address = grouped.path("Maple", THEME + "?q=sister+mary")
    assert any(re.search(rule, address) for rule in hidden)


# ---------------------------------------------------------------- search


def test_what_was_searched_for_is_no_bad_page(grouped: Trust, planner: CheckingClient) -> None:
    """`CheckingClient` fails a page with control characters."""
    for odd in ("a\x00b", "a\x0bb", "a\x7fb", "a\ufffeb"):
        assert planner.get(grouped.path("Maple", THEME), query_string={"q": odd}).status_code == 200


@on_sqlite
def test_words_that_do_not_count_are_not_said_to_be_in_comments(
    grouped: Trust, planner: CheckingClient
) -> None:
    """The ninth word is dropped."""
    search = "the handover at night is far too short zebedee"
    words = text_of(planner.get(grouped.path("Maple", THEME), query_string={"q": search}))
    assert not re.search(r"comments? ha(s|ve) all of the words ‘[^’]*zebedee", words)


@on_sqlite
def test_part_of_a_word_is_not_called_a_word(grouped: Trust, planner: CheckingClient) -> None:
    """'hand' is in 'handover' only."""
    words = text_of(planner.get(grouped.path("Maple", THEME), query_string={"q": "hand"}))
    assert "12 comments have all of the words ‘hand’" not in words


def test_a_search_is_in_any_case_in_any_alphabet(
    grouped: Trust, session: Session, planner: CheckingClient
) -> None:
    """SQLite's own lower() knows ASCII only."""
    comment = session.scalars(select(Comment).where(Comment.text == ODD[1])).one()
    comment.text = "Mae’r TŶ BWYTA yn cau’n gynnar."
    session.commit()
    page = soup_of(planner.get(grouped.path("Maple", THEME), query_string={"q": "tŷ"}))
    assert len(page.select("main .lp-comments blockquote")) == 1


# ---------------------------------------------------------------- words that are not true, and work


@on_sqlite
def test_a_comment_that_nothing_chose_is_not_said_to_stand_for_others(
    told: Trust, planner: CheckingClient
) -> None:
    """Before grouping, of few comments, and with other models it is the first by chance."""
    words = text_of(planner.get(told.path("Maple")))
    assert db.session.scalars(select(SubthemeComment)).first() is None
    assert "Each comment stands for others" not in words


@on_sqlite
def test_a_model_that_could_not_be_loaded_once_is_asked_again(told: Trust) -> None:
    class Broken:
        def embed(self, _sentences: object) -> Any:
            raise ArtefactError("The file cannot be read.")

    jobs.group_wave(told.wave_id, embedder=Broken())
    assert storage.waves_to_group(db.session()) == [told.wave_id]


class _Lock:
    """One that is free until it is taken."""

    free = True

    def lock(self, _name: str, **_options: object) -> _Lock:
        return self

    def acquire(self) -> bool:
        was, self.free = self.free, False
        return was

    def reacquire(self) -> None:
        """Renewed."""

    def release(self) -> None:
        self.free = True


@on_sqlite
def test_a_grouping_that_fails_gives_its_lock_back(told: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> None:
        raise ValueError

    lock = _Lock()
    monkeypatch.setitem(current_app.extensions, "redis", lock)
    monkeypatch.setattr(jobs, "group_wave", fail)
    with pytest.raises(ValueError):
        jobs.group_comments(told.wave_id)
    assert lock.free
