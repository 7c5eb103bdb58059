"""The watch that all tests are under sees what it should see."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask import session as cookie
from redis import Redis
from sqlalchemy.orm import Session
from werkzeug.datastructures import ImmutableMultiDict

from surveyapp.ballots.forms import NOT_SURE
from surveyapp.ballots.paper import Ballot, encode
from surveyapp.organisation import checks
from surveyapp.pulses.models import Wave
from tests.conftest import SignIn
from tests.factories.organisation import make_organisation
from tests.factories.waves import Answers, cast, open_wave, scored_items, tokens_of
from tests.support.client import CheckingClient
from tests.support.leak_watch import LeakWatch

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

WORDS = "Nobody is to read this but a reviewer"


class Cast:
    def __init__(self, session: Session) -> None:
        trust = make_organisation(session, {"Maple": 12})
        self.wave: Wave = open_wave([trust.root])
        self.token = tokens_of(self.wave)[trust.people["Maple"][0]]
        items = scored_items(self.wave)
        self.answers: dict[str, int | None] = {**dict.fromkeys(items, 4), items[1]: 2, items[2]: None}
        assert cast(self.wave, self.token, self.answers, comment=WORDS) == "cast"


@pytest.fixture
def made(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def found(leaks: LeakWatch) -> Iterator[LeakWatch]:
    """The watch, which must have seen something by the end of the test, and is told to forget it."""
    assert leaks.leaks() == []
    yield leaks
    assert leaks.leaks() != []
    leaks.start()


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.ERROR])
def test_a_token_in_a_log_line_is_seen(made: Cast, found: LeakWatch, level: int) -> None:
    logging.getLogger("surveyapp.ballots.views").log(level, "Opened %s", made.token)
    assert found.leaks() == ["a token in the log 'surveyapp.ballots.views'"]


def form(answers: Answers) -> dict[str, str]:
    """Answers as the page sends them."""
    return {item: NOT_SURE if value is None else str(value) for item, value in answers.items()}


SPELLINGS: dict[str, Callable[[Answers], object]] = {
    "a ballot": lambda answers: Ballot(7, answers, {}),
    "sealed bytes": lambda answers: encode(Ballot(7, answers, {}), 4096),
    "a mapping": lambda answers: dict(answers),
    "JSON": json.dumps,
    "JSON with no blanks": lambda answers: json.dumps(answers, separators=(",", ":")),
    "JSON in JSON": lambda answers: json.dumps({"body": json.dumps(answers)}),
    "pairs": lambda answers: list(answers.items()),
    "a form": lambda answers: ImmutableMultiDict(form(answers)),
    "a form of lists": lambda answers: ImmutableMultiDict(form(answers)).to_dict(flat=False),
    "a form as it is sent": lambda answers: urlencode(form(answers)),
    "a form in an address": lambda answers: quote("page=1&" + urlencode(form(answers))),
    "rows": lambda answers: [{"item_id": item, "value": value} for item, value in answers.items()],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("which", [0, 1, 2], ids=["four", "two", "not sure"])
def test_one_answer_in_a_log_line_is_seen(
    made: Cast, found: LeakWatch, spelling: str, which: int
) -> None:
    item, value = list(made.answers.items())[which]
    said = SPELLINGS[spelling]({item: value})
    logging.getLogger("surveyapp.ballots.views").debug("Cast: %s", said)
    assert found.leaks() == ["an answer in the log 'surveyapp.ballots.views'"]


def test_questions_and_figures_are_no_answers(made: Cast, leaks: LeakWatch) -> None:
    """Nor is an answer that nobody gave."""
    log = logging.getLogger("surveyapp.reports.jobs")
    item = next(iter(made.answers))
    for line in (
        *(f"{item}: 4.2", f"{item}: 40", f"{item} of 4", f"X{item}: 4"),
        *(f"'{item}': 5", f"{item}: named", str(list(made.answers))),
    ):
        log.info(line)
    assert leaks.leaks() == []


def test_a_comment_in_the_text_of_an_error_is_seen(made: Cast, found: LeakWatch) -> None:
    try:
        raise ValueError(f"cannot read {WORDS}")
    except ValueError:
        logging.getLogger("some.library").exception("It failed.")
    assert found.leaks() == ["a comment in the log 'some.library'"]


def test_a_view_that_logs_what_it_is_asked_for_is_seen(
    app: Flask, made: Cast, client: CheckingClient, found: LeakWatch
) -> None:
    """The application weakened: one line that someone might add when looking for a fault."""
    from flask import request

    app.before_request(lambda: app.logger.info("%s %s", request.method, request.path))
    client.get(f"/a/{made.wave.reference}/{made.token}")
    assert found.leaks() == ["a token in the log 'surveyapp'"]


def test_a_mobile_number_in_a_log_line_is_seen(made: Cast, found: LeakWatch) -> None:
    logging.getLogger("surveyapp.pulses.postbox").info("To %s", checks.mobile_number("07700 900123"))
    assert found.leaks() == ["a number in the log 'surveyapp.pulses.postbox'"]


def test_an_address_in_redis_is_seen(made: Cast, found: LeakWatch, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.hset("job", "args", "['maple.3@staff.example']")
    found.look_into(redis_url)
    assert found.leaks() == ["an address in Redis"]
    with Redis.from_url(redis_url) as redis:
        redis.flushall()


def test_a_token_in_a_session_is_seen(
    app: Flask, made: Cast, sign_in: SignIn, found: LeakWatch
) -> None:
    def remember() -> None:
        cookie["link"] = made.token

    app.before_request(remember)
    sign_in()
    assert "a token in a session" in found.leaks()


def test_what_would_not_have_been_logged_is_still_not(
    made: Cast, found: LeakWatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The watch changes nothing for tests that read the log."""
    log = logging.getLogger("surveyapp.ballots.views")
    log.info("An invisible %s", made.token)
    assert caplog.records == [], logging.getLogger().level
    log.warning("A visible line")
    with caplog.at_level(logging.INFO):
        log.info("Visible now")
    with caplog.at_level(logging.DEBUG, logger="surveyapp.ballots"):
        log.debug("And this")
    assert [record.getMessage() for record in caplog.records] == [
        *("A visible line", "Visible now", "And this"),
    ]
