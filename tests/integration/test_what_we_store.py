"""The page that shows staff what is stored: true to the tables, to the code and to the promise."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.ballots.keys import seal
from surveyapp.ballots.models import SealedBallot
from surveyapp.ballots.paper import Ballot, decode
from surveyapp.config import PROJECT_ROOT, Settings
from surveyapp.extensions import Model
from surveyapp.pulses.models import Channel, Wave
from tests.factories import waves
from tests.factories.organisation import Organisation
from tests.factories.reports import soup_of, text_of
from tests.support.client import CheckingClient
from tests.support.stored_page import page_of, summary, words_of

YEARLY = ("annual_full", "full")

#: Everything of a wave that comes from people, and the tables between them and their answers.
TABLES = {
    *("voucher", "wave_mail", "sealed_ballot", "response", "answer"),
    *("comment", "comment_analysis", "comment_correction", "concern"),
    *("comment_mention", "subtheme", "subtheme_comment"),
}
#: With an open link nobody has a voucher, nobody is mailed, and nobody's set of answers is kept.
OPEN_LINK_TABLES = TABLES - {"voucher", "wave_mail", "response", "answer"} | {"spent_ticket"}

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def columns_shown(page: BeautifulSoup) -> dict[str, list[str]]:
    """The columns that the page names, by table."""
    found: dict[str, list[str]] = {}
    for table in page.select("table"):
        caption = table.caption.get_text(strip=True) if table.caption else ""
        if named := re.search(r"Every column of the table ‘(\w+)’", caption):
            assert named[1] not in found
            found[named[1]] = [code.get_text(strip=True) for code in table.select("tbody code")]
    return found


# ---------------------------------------------------------------- true to the tables and the code


@pytest.mark.parametrize("is_open_link", [False, True])
def test_the_page_names_every_column_of_the_real_tables(
    session: Session, client: CheckingClient, wave: Wave, is_open_link: bool
) -> None:
    """Whoever adds a column to one of these tables has to tell people, in a new version."""
    if is_open_link:
        wave.channel = Channel.OPEN_LINK
        session.commit()
    real = {name: list(table.columns.keys()) for name, table in Model.metadata.tables.items()}
    expected = OPEN_LINK_TABLES if is_open_link else TABLES
    assert columns_shown(page_of(client, wave)) == {name: real[name] for name in expected}


def test_no_table_that_leads_to_a_wave_or_an_answer_is_passed_over(app: Flask) -> None:
    """A table that is neither on the page nor on this list is new, and belongs on one of them."""
    no_word_of_people = {
        *("wave", "wave_item", "wave_unit"),  # what was asked, and of which units
        *("wave_snapshot", "unit_snapshot", "wave_themes", "wave_chart"),  # what may be published
        "deletion_certificate",  # how many rows were deleted
        "unit_action",  # what leaders publish of what they do
        "summary_mail",  # which readers of reports have had the summary
    }
    leading = {"wave", "response", "comment"}
    for name, table in Model.metadata.tables.items():
        targets = {key.column.table.name for key in table.foreign_keys}
        if targets & leading or name in leading:
            assert name in TABLES | OPEN_LINK_TABLES | no_word_of_people, name


def test_your_data_names_every_column_of_the_staff_list(client: CheckingClient, session: Session) -> None:
    table = next(t for t in soup_of(client.get("/your-data")).select("table"))
    shown = [code.get_text(strip=True) for code in table.select("code")]
    assert shown == list(Model.metadata.tables["person"].columns.keys())


@pytest.mark.parametrize("questions", [waves.MONTHLY, YEARLY])
def test_the_example_is_a_ballot_that_the_count_would_take(
    session: Session, trust: Organisation, client: CheckingClient, questions: tuple[str, str]
) -> None:
    wave = waves.open_wave([trust.root], questions=questions)
    page = page_of(client, wave)
    (plain,) = (code.get_text() for code in page.select(".lp-code code") if "{" in code.get_text())
    items, prompts = waves.scored_items(wave), waves.prompts(wave)
    ballot = decode(plain.encode(), item_ids=frozenset(items), prompt_ids=frozenset(prompts))
    assert list(ballot.answers) == items and list(ballot.comments) == prompts
    # Every part of a ballot is explained, and there is no other.
    parts = {"unit_id": "Unit", "group": "‘group’", "answers": wave.items[0].text, "comments": "‘We need"}
    assert {field.name for field in fields(Ballot)} == parts.keys()
    words = page.get_text(" ")
    assert all(part in words for part in parts.values())
    assert len(json.loads(plain)) == len(parts)


def test_the_sizes_are_those_of_a_real_ballot(
    session: Session, trust: Organisation, client: CheckingClient, wave: Wave
) -> None:
    waves.cast_for(wave, trust.people["Oak"][:1], comment=lambda _: "A comment.")
    sealed = session.query(SealedBallot).one().ciphertext
    assert wave.ballot_size and len(seal(wave.public_key or b"", b" " * wave.ballot_size)) == len(sealed)
    words = words_of(client, wave)
    assert f"exactly {wave.ballot_size:,} bytes" in words
    assert f"Each is {len(sealed):,} bytes long" in words and f"always {len(sealed):,} bytes" in words


def test_the_example_asks_the_questions_of_this_wave(
    trust: Organisation, client: CheckingClient, wave: Wave
) -> None:
    rows = summary(page_of(client, wave))
    for question in ballots.questions(wave):
        if question.is_open:
            assert rows[question.text].startswith("‘")
        else:
            chosen = {f"{value} ({label})" for value, label in question.points}
            assert rows[question.text] in {*chosen, f"Nothing ({question.not_applicable})"}
    yearly = waves.open_wave([trust.root], questions=YEARLY, title="Yearly")
    assert summary(page_of(client, yearly))["The other 45 questions"] == "In the same way"


def test_what_is_invented_is_said_to_be(client: CheckingClient, wave: Wave) -> None:
    words = words_of(client, wave)
    assert "The answers are made up." in words and "It is made up too." in words


def test_every_named_file_function_and_test_exists(client: CheckingClient, wave: Wave) -> None:
    page = page_of(client, wave)
    checks = [item for item in page.select("li") if item.select(".lp-test")]
    assert len(checks) >= 8
    for check in checks:
        source, tests = (code.get_text() for code in check.select(".lp-path"))
        (name,) = (code.get_text() for code in check.select(".lp-function"))
        program = ast.parse((PROJECT_ROOT / source).read_text(encoding="utf-8"))
        defined = {
            node.name for node in ast.walk(program) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        assert name in defined, f"{source}: {name}"
        tree = ast.parse((PROJECT_ROOT / tests).read_text(encoding="utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        named = [code.get_text() for code in check.select(".lp-test")]
        assert set(named) <= there, f"{tests}: {named}"


# ---------------------------------------------------------------- the claims


def test_the_promise_is_neither_more_nor_less_than_what_is_claimed(
    session: Session, client: CheckingClient, wave: Wave
) -> None:
    """The exact words: a change of them is a change of the promise, and wants a second reader."""
    page = words_of(client, wave)
    assert (
        "until the pulse closes, a code in your link stands for you in place of your name. "
        "We call it the link code. After it closes, nobody can know."
    ) in page
    assert (
        "from the moment you send your answers, nobody can link them to you, unless they hold both "
        "live copies of the database and the keys. After the count, nobody can link them to you."
    ) in page
    general = text_of(client.get("/privacy"))
    assert (
        "Who took part is known only by a code until the pulse closes, and cannot be known after it. "
        "From the moment you send them, your answers cannot be linked to you by anyone who does not "
        "hold both live copies of the database and the keys. After the count, nobody can link them."
    ) in general


def test_your_data_says_whom_to_ask_and_what_cannot_be_found(
    client: CheckingClient, settings: Settings, session: Session
) -> None:
    words = text_of(client.get("/your-data"))
    for said in (
        "We cannot find them.",
        "Until a pulse closes, a code in your link stands for you.",
        "You cannot take them back after you have sent them.",
        f"learning and development team of {settings.organisation_name}",
        settings.speak_up_contact,
    ):
        assert said in words
    assert "anonymous" not in words.lower()
