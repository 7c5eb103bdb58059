"""Pairing people's links with ballots, and answers with the order of casting, from raw files.

What the product claims: while a wave is open, whoever holds live files of the database can pair a
spent link with a ciphertext of a fixed size, and needs the key directory to make anything of
either; after the count nobody can.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from surveyapp.ballots import jobs
from surveyapp.ballots.models import Answer, Response, SealedBallot, Voucher
from surveyapp.ballots.paper import token_hash
from surveyapp.comments.models import Comment
from surveyapp.extensions import db
from surveyapp.pulses.services import Wave
from tests.attacks import raw_files, weakened
from tests.attacks.raw_files import Pairs
from tests.factories.organisation import make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import cast, close, open_wave, scored_items, tokens_of
from tests.support import database_files
from tests.support.servers import PostgresCluster

PEOPLE = 40


class Box:
    """A wave in which each person's answers are like nobody else's, and the truth about it."""

    def __init__(self, session: Session, cluster: PostgresCluster | None) -> None:
        self.session, self.cluster = session, cluster
        trust = make_organisation(session, {"Maple": PEOPLE + 20})
        self.wave: Wave = open_wave([trust.root])
        tokens, items = tokens_of(self.wave), scored_items(self.wave)
        # Not in the order of the staff list, or a sorted one would look like the order of casting.
        self.people = trust.people["Maple"][PEOPLE - 1 :: -1]
        patterns = itertools.product(range(1, 6), repeat=len(items))
        self.answers = dict(zip(self.people, patterns, strict=False))
        self.truth: Pairs = {}
        known: set[str] = set()
        for person in self.people:
            given = dict(zip(items, self.answers[person], strict=True))
            cast(self.wave, tokens[person], given, comment=f"Comment {person}.")
            (new,) = set(session.scalars(select(SealedBallot.id))) - known
            known.add(new)
            self.truth[token_hash(tokens[person])] = new
        self.hashes = list(session.scalars(select(Voucher.token_hash)))
        self.ciphertexts = list(session.scalars(select(SealedBallot.ciphertext)))
        session.rollback()

    def count(self) -> None:
        close(self.wave)
        jobs.count(self.wave.id)
        read_and_draw(self.wave.id)
        self.session.rollback()

    def contents(self) -> list[bytes]:
        return [path.read_bytes() for path in database_files.files(self.cluster)]

    def pairs(self) -> tuple[Pairs, Pairs]:
        """As far as files tell: by transaction, and by where things lie."""
        if self.cluster is not None:
            vouchers = raw_files.heap(self.cluster, "voucher")
            ballots = raw_files.heap(self.cluster, "sealed_ballot")
            return (
                raw_files.pairs_by_transaction(vouchers, ballots),
                raw_files.pairs_by_place(vouchers, ballots),
            )
        log = Path(f"{db.engine.url.database}-wal")
        wal = log.read_bytes() if log.exists() else b""
        return raw_files.pairs_in_log(wal, self.hashes, self.truth.values()), {}

    def remains(self) -> int:
        """Links and ballots of which a file still holds some bytes."""
        everything = b"".join(self.contents())
        secrets = [*(h.encode() for h in self.hashes), *(c[100:124] for c in self.ciphertexts)]
        return sum(secret in everything for secret in secrets)


@pytest.fixture
def cluster(database: str, request: pytest.FixtureRequest) -> PostgresCluster | None:
    return request.getfixturevalue("postgres") if database == "postgresql" else None


# ---------------------------------------------------------------- links and ballots


def test_pairing_works_while_a_wave_is_open(
    session: Session, cluster: PostgresCluster | None
) -> None:
    """What is left, and is said aloud: live files pair links with sealed ballots."""
    box = Box(session, cluster)
    by_transaction, by_place = box.pairs()
    assert by_transaction.items() <= box.truth.items() and len(by_transaction) > 0.9 * PEOPLE
    if cluster is not None:
        assert len(by_place.items() & box.truth.items()) > PEOPLE / 2


def test_pairing_after_the_count_works_on_a_weakened_build(
    session: Session, cluster: PostgresCluster | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.nothing_is_cleared(monkeypatch)
    box = Box(session, cluster)
    box.count()
    by_transaction, by_place = box.pairs()
    assert by_transaction.items() <= box.truth.items() and len(by_transaction) > 0.9 * PEOPLE
    if cluster is not None:
        assert len(by_place.items() & box.truth.items()) > PEOPLE / 2
    assert box.remains()


def test_pairing_after_the_count_fails_on_ours(
    session: Session, cluster: PostgresCluster | None
) -> None:
    box = Box(session, cluster)
    box.count()
    assert box.pairs() == ({}, {})
    assert box.remains() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_freed_pages_hold_ballots_on_a_weakened_build(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is cut to nothing here: what is found lies in the freed pages of the one file."""
    weakened.nothing_is_cleared(monkeypatch)
    weakened.deleted_rows_are_not_overwritten(monkeypatch)
    box = Box(db.session(), None)
    box.count()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert box.remains() > PEOPLE


# ---------------------------------------------------------------- answers and the order of casting


def likeness(order: list[int], box: Box) -> float:
    """Spearman's rank correlation with the order of casting, without its sign."""
    places = {person: place for place, person in enumerate(box.people)}
    ranks = [sorted(places[person] for person in order).index(places[person]) for person in order]
    n = len(ranks)
    squares = sum((place - rank) ** 2 for place, rank in enumerate(ranks))
    return abs(1 - 6 * squares / (n * (n * n - 1)))


def orders(box: Box) -> dict[str, list[list[int]]]:
    """By table the orders of people in which rows lie, be they dead or alive."""
    session = box.session
    items = scored_items(box.wave)
    given: dict[str, dict[str, int | None]] = {}
    for answer in session.scalars(select(Answer)):
        given.setdefault(answer.response_id, {})[answer.item_id] = answer.value
    by_pattern = {pattern: person for person, pattern in box.answers.items()}
    responses = {
        each: by_pattern[tuple(given[each][item] for item in items)]  # type: ignore[index]
        for each in session.scalars(select(Response.id))
    }
    comments = {c.id: int((c.text or "").strip(".").split()[1]) for c in session.scalars(select(Comment))}
    session.rollback()
    found: dict[str, list[list[int]]] = {}
    for table, people in (("response", responses), ("answer", responses), ("comment", comments)):
        if box.cluster is None:
            lying = raw_files.orders_in_pages(box.contents(), people)
        else:
            rows = raw_files.heap(box.cluster, table)
            lying = [[each for row in rows for each in people if each.encode() in row.data]]
        # Once each: a row has several answers, and versions.
        found[table] = [[people[each] for each in dict.fromkeys(order)] for order in lying]
    return found


def like_the_casting(box: Box) -> dict[str, float]:
    """By table the most that any order is like that of casting. Few rows are alike by chance."""
    return {
        table: max((likeness(order, box) for order in lying if len(order) >= 15), default=0)
        for table, lying in orders(box).items()
    }


def test_the_order_of_casting_shows_on_a_weakened_build(
    session: Session, cluster: PostgresCluster | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.no_shuffle(monkeypatch)
    box = Box(session, cluster)
    box.count()
    assert min(like_the_casting(box).values()) > 0.99


def test_the_order_of_casting_shows_nowhere_on_ours(
    session: Session, cluster: PostgresCluster | None
) -> None:
    box = Box(session, cluster)
    box.count()
    # For 15 rows chance alone stays below in all but one of 100,000 shuffles.
    assert max(like_the_casting(box).values()) < 0.88


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_transactions_tell_no_order_on_ours(
    session: Session, cluster: PostgresCluster | None
) -> None:
    """All answers, and all comments, carry the number of one transaction."""
    box = Box(session, cluster)
    box.count()
    for table in ("response", "answer", "comment"):
        numbers = session.scalars(text(f"SELECT DISTINCT xmin::text FROM {table}")).all()  # noqa: S608
        assert len(numbers) == 1, table
