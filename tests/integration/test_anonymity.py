"""After the count nothing in the system leads from a person to what they said.

Each test plays someone who holds a copy of everything: the database row by row and byte by byte,
Redis, and the logs.
"""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import inspect, select, text
from sqlalchemy import table as table_of
from sqlalchemy.orm import Session

from nlp.taxonomy import Sentiment
from nlp.types import CommentAnalysis as Reading
from surveyapp.ballots import jobs, residue
from surveyapp.ballots.models import Answer, Response, SealedBallot, Voucher
from surveyapp.ballots.paper import token_hash
from surveyapp.comments import jobs as comment_jobs
from surveyapp.disclosure.hierarchy import Tree, lowest_publishable, publishable_units
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import Wave
from surveyapp.reports import storage
from tests.conftest import OnDisk
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import cast, close, open_wave, scored_items, tokens_of
from tests.support.redis_contents import everything_in
from tests.support.servers import MailServer

K = 10
SIZES = {"Surgery > Maple": 52, "Surgery > Oak": 12, "Surgery > Willow": 4, "Surgery": 3, "Porters": 12}


class StandIn:
    """In the place of the model: takes the name out and reads nothing else."""

    def analyse(self, texts: Any, *, batch_size: int = 64) -> Iterator[Reading]:
        for each in texts:
            shown = each.replace("Zebedee", "[name]")
            yield Reading(shown, (), (), Sentiment.NEUTRAL_MIXED, 0.9, (), "stand-in-1")


class Played:
    """A wave that was mailed, answered by everyone, counted and analysed, and all that was secret."""

    def __init__(self, session: Session) -> None:
        self.trust: Organisation = make_organisation(session, SIZES)
        self.wave: Wave = open_wave([self.trust.root], minimum_group=K)
        self.tokens = tokens_of(self.wave)
        self.addresses = list(session.scalars(select(Person.email)))
        items = scored_items(self.wave)
        # Everyone's answers are like nobody else's, so that each row can be told apart.
        patterns = itertools.product(range(1, 6), repeat=len(items))
        self.people = self.trust.everyone
        self.answers = {
            person: dict(zip(items, pattern, strict=True))
            for person, pattern in zip(self.people, patterns, strict=False)
        }
        self.comments = {person: f"Zebedee said xylophone{person}x" for person in self.people}
        pulse_jobs.send_mail(self.wave.id)
        for person in self.people:
            cast(self.wave, self.tokens[person], self.answers[person], comment=self.comments[person])
        self.hashes = list(session.scalars(select(Voucher.token_hash)))
        self.ciphertexts = list(session.scalars(select(SealedBallot.ciphertext)))
        self.ballot_ids = list(session.scalars(select(SealedBallot.id)))
        close(self.wave)
        jobs.count(self.wave.id)
        self.sealed_comments = list(session.scalars(text("SELECT sealed_original FROM comment")))
        session.commit()
        comment_jobs.analyse_wave(self.wave.id, analyser=StandIn())

    def secrets(self) -> list[bytes]:
        """What must be found nowhere any more."""
        return [
            *(token.encode() for token in self.tokens.values()),
            *(hashed.encode() for hashed in self.hashes),
            *(bytes.fromhex(hashed) for hashed in self.hashes),
            *(ballot_id.encode() for ballot_id in self.ballot_ids),
            # Files cut what is long into pieces: beginning, and somewhere in the middle.
            *(sealed[start : start + 24] for sealed in self.ciphertexts for start in (0, 600)),
            b"Zebedee",
        ]


@pytest.fixture
def played(smtp: MailServer, session: Session, caplog: pytest.LogCaptureFixture) -> Played:
    caplog.set_level(logging.DEBUG)
    return Played(session)


def dump(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    session.rollback()
    return {
        name: [dict(row) for row in session.execute(text(f'SELECT * FROM "{name}"')).mappings()]  # noqa: S608 - names from the database itself
        for name in inspect(db.engine).get_table_names()
    }


# ---------------------------------------------------------------- row by row


def test_no_value_is_shared_by_an_answer_and_anything_else(session: Session, played: Played) -> None:
    tables = dump(session)
    ids = {
        "response": {row["id"] for row in tables["response"]},
        "comment": {row["id"] for row in tables["comment"]},
    }
    at_home = {
        "response": {("response", "id"), ("answer", "response_id")},
        "comment": {
            ("comment", "id"),
            *((table, "comment_id") for table in ("comment_analysis", "comment_mention")),
        },
    }
    for kind, found in ids.items():
        assert len(found) == len(played.people)
        places = {
            (table, column)
            for table, rows in tables.items()
            for row in rows
            for column, value in row.items()
            if isinstance(value, str) and any(each in value for each in found)
        }
        assert places == at_home[kind]
    assert not ids["response"] & ids["comment"]


def test_the_dump_holds_no_link_no_hash_and_no_ballot(session: Session, played: Played) -> None:
    tables = dump(session)
    assert tables["voucher"] == tables["sealed_ballot"] == tables["wave_mail"] == []
    written = repr(tables)
    for secret in (*played.tokens.values(), *played.hashes, *played.ballot_ids, "Zebedee"):
        assert secret not in written


def test_addresses_stand_in_the_staff_list_and_nowhere_else(
    session: Session, played: Played
) -> None:
    places = {
        (table, column)
        for table, rows in dump(session).items()
        for row in rows
        for column, value in row.items()
        if "@staff.example" in repr(value)
    }
    assert places == {("person", "email")}


def test_nothing_about_a_person_changes_when_they_answer(session: Session) -> None:
    trust = make_organisation(session, {"Maple": 24})
    wave = open_wave([trust.root])
    tokens = tokens_of(wave)
    before = dump(session)
    for person in trust.people["Maple"][:12]:
        cast(wave, tokens[person])
    after = dump(session)
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"voucher", "sealed_ballot"}


def test_joining_people_and_answers_on_the_unit_gives_large_groups(
    session: Session, played: Played
) -> None:
    (wave_id,) = storage.wave_ids(session)
    published = storage.shown_units(session, wave_id)
    tree = Tree({unit: parent for unit, parent, _ in organisation.frozen_tree(session)})
    rows = Counter(session.scalars(select(Response.unit_id)))
    people = Counter(
        lowest_publishable(tree, frozenset(published), unit)
        for unit in session.scalars(select(Person.unit_id))
    )
    assert set(rows) <= published
    assert min(rows.values()) >= K and sum(rows.values()) == len(played.people)
    assert all(people[unit] >= count for unit, count in rows.items())
    # Willow (4) and Surgery's own people (3) would be found by subtraction: Oak (12) hides them.
    units = played.trust.units
    assert units["Willow"] not in rows and units["Oak"] not in rows
    assert rows[units["Surgery"]] == 4 + 3 + 12


def test_a_row_without_an_answer_does_not_stand_alone(session: Session) -> None:
    """Surgery's one person says 'not sure' throughout; Maple is hidden so that nobody can tell."""
    trust = make_organisation(session, {"Surgery": 1, "Surgery > Maple": 12, "Surgery > Oak": 12})
    wave = open_wave([trust.root])
    tokens = tokens_of(wave)
    for person in [*trust.people["Maple"], *trust.people["Oak"]]:
        cast(wave, tokens[person])
    (lonely,) = trust.people["Surgery"]
    cast(wave, tokens[lonely], dict.fromkeys(scored_items(wave)))
    close(wave)
    jobs.count(wave.id)
    assert Counter(session.scalars(select(Response.unit_id))) == {
        trust.units["Surgery"]: 12,
        trust.units["Oak"]: 12,
    }


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_in_no_organisation_does_a_stored_row_stand_in_a_small_group(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    parents: dict[int, int | None] = {0: None}
    for unit in range(1, size):
        parents[unit] = data.draw(st.integers(0, unit - 1))
    k = data.draw(st.sampled_from([5, 10, 20]))
    own = {unit: data.draw(st.integers(0, 2 * k + 3)) for unit in parents}
    tree = Tree(parents)
    published = publishable_units(tree, own, k=k)
    rows: Counter[int | None] = Counter()
    for unit, count in own.items():
        if count:
            rows[lowest_publishable(tree, published, unit)] += count
    if sum(own.values()) >= k:
        assert None not in rows and min(rows.values()) >= k
    else:
        assert not published


# ---------------------------------------------------------------- order and time


def _stored_order(session: Session, database: str, played: Played) -> list[int]:
    """People in the order in which their responses lie in the database."""
    by_pattern = {tuple(sorted(given.items())): person for person, given in played.answers.items()}
    order = "ctid" if database == "postgresql" else "id"
    ids = session.scalars(text(f"SELECT id FROM response ORDER BY {order}")).all()  # noqa: S608
    answers: dict[str, dict[str, int | None]] = {}
    for answer in session.scalars(select(Answer)):
        answers.setdefault(answer.response_id, {})[answer.item_id] = answer.value
    return [by_pattern[tuple(sorted(answers[each].items()))] for each in ids]


def test_responses_do_not_lie_in_the_order_of_casting(
    session: Session, database: str, played: Played
) -> None:
    stored = _stored_order(session, database, played)
    assert sorted(stored) == sorted(played.people)
    places = {person: place for place, person in enumerate(played.people)}
    # Spearman's rank correlation; chance stays below 0.6 in all but one of 100,000 shuffles.
    n = len(stored)
    squares = sum((place - places[person]) ** 2 for place, person in enumerate(stored))
    assert abs(1 - 6 * squares / (n * (n * n - 1))) < 0.6
    neighbours = sum(
        abs(places[a] - places[b]) == 1 for a, b in itertools.pairwise(stored)
    )
    assert neighbours < 15  # 2 by chance, 82 in the order of casting


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_transaction_wrote_every_response(session: Session, played: Played) -> None:
    """Else the numbers of the transactions would tell an order."""
    for table in ("response", "answer"):
        found = session.scalars(
            select(text("xmin::text")).select_from(table_of(table)).distinct()
        ).all()
        assert len(found) == 1, table


def test_comments_lie_in_another_order_than_responses(session: Session, played: Played) -> None:
    comments = session.scalars(
        text("SELECT comment.text FROM comment WHERE comment.text IS NOT NULL ORDER BY id")
    ).all()
    by_comment = {played.comments[p].replace("Zebedee", "[name]"): p for p in played.people}
    written = [by_comment[each] for each in comments]
    responses = _stored_order(session, "sqlite", played)
    same = sum(a == b for a, b in zip(written, responses, strict=False))
    assert len(written) > 40 and same < 8


# ---------------------------------------------------------------- byte by byte


def test_no_file_of_the_database_keeps_what_was_deleted(
    session: Session, on_disk: OnDisk, played: Played
) -> None:
    """Not in freed pages, not in the write-ahead log of SQLite, not in dead rows or old indexes."""
    everything = on_disk()
    assert b"maple.0@staff.example" in everything  # we do look at the right files
    found = [secret for secret in played.secrets() if secret in everything]
    assert found == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_original_of_a_released_comment_goes(
    session: Session, on_disk: OnDisk, played: Played
) -> None:
    kept = session.scalars(
        text("SELECT sealed_original FROM comment WHERE sealed_original IS NOT NULL")
    ).all()
    session.rollback()
    residue.clear(db.engine)
    everything = on_disk()
    gone = [sealed for sealed in played.sealed_comments if sealed not in kept]
    # Fewer than 50 may have written what is read elsewhere: there a reviewer comes first.
    assert len(gone) == SIZES["Surgery > Maple"]
    assert all(sealed[:24] in everything for sealed in kept)
    assert not any(sealed[:24] in everything or sealed[-24:] in everything for sealed in gone)


# ---------------------------------------------------------------- Redis and logs


def test_redis_holds_neither_links_nor_addresses_nor_words(
    played: Played, redis_url: str
) -> None:
    with Redis.from_url(redis_url) as redis:
        contents = everything_in(redis)
    assert b"surveyapp.ballots.jobs" in contents or b"surveyapp.comments.jobs" in contents
    _holds_nothing_of(played, contents)


def test_no_log_line_holds_a_link_an_address_or_a_word(
    played: Played, caplog: pytest.LogCaptureFixture
) -> None:
    # The mail server of the tests logs what it gets; the outside's servers may too.
    lines = [
        f"{record.getMessage()} {record.args} {record.exc_text}"
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if not record.name.startswith("mail.")
    ]
    assert any("counted" in line for line in lines)
    _holds_nothing_of(played, "\n".join(lines).encode())


def _holds_nothing_of(played: Played, contents: bytes) -> None:
    for address in played.addresses:
        assert address.encode() not in contents
    for token in played.tokens.values():
        assert token.encode() not in contents
        assert token_hash(token).encode() not in contents
    for word in (b"Zebedee", b"xylophone"):
        assert word not in contents
