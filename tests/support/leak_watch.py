"""Watches every test for leaks: nothing that is secret may be logged, queued or put into a cookie.

Secrets are what this process makes while a test runs: tokens, comments, answers, and the addresses
and mobile numbers of people. Looked through are the log records of all loggers (of our own at every
level, as if someone had asked for details), Redis, session cookies, and what worker processes write.
"""

from __future__ import annotations

import functools
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, request_finished, session
from redis import Redis
from sqlalchemy import event

from surveyapp.accounts.models import User
from surveyapp.ballots import paper
from surveyapp.ballots.paper import Ballot
from surveyapp.organisation import checks
from surveyapp.organisation.models import Person
from tests.support import processes
from tests.support.redis_contents import everything_in

#: Loggers of ours, which are heard in full.
_OURS = ("surveyapp", "nlp")

#: The mail server of the tests, which is the outside.
_OUTSIDE = ("mail",)

#: A shorter comment could be in a log by chance.
_SHORTEST = 8

#: An item and its answer however they are spelt: as a mapping, JSON, pairs, a form that was sent
#: (where 'na' is 'not sure'), or the row of an answer. A figure like 4.2 is no answer.
_ANSWER = r"""(?x) (?: (?<!\w) | (?<=%26) ) ({items}) [\\'"]* \s* (?: [:=,] | %3D ) [\s\[(]*
    (?: [\\'"]* value [\\'"]* \s* [:=] \s* )? [\\'"]* ([1-5]|na|None|null) (?! \w | \.\d )"""

#: How those who were not sure are spelt.
_NOT_SURE = (b"na", b"None", b"null")


class LeakWatch:
    """What is secret in this test, and what has been written where."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._secrets: dict[bytes, str] = {}
        self._answers: set[tuple[bytes, bytes]] = set()
        self._written: list[tuple[str, bytes]] = []

    def is_secret(self, kind: str, words: str | bytes | None) -> None:
        raw = _raw(words or b"")
        if len(raw) >= _SHORTEST:
            self._secrets[raw] = kind

    def are_secret(self, answers: Mapping[str, int | None]) -> None:
        for item, value in answers.items():
            spellings = _NOT_SURE if value is None else (b"%d" % value,)
            self._answers.update((item.encode(), spelling) for spelling in spellings)

    def was_written(self, place: str, words: str | bytes) -> None:
        self._written.append((place, _raw(words)))

    def look_into(self, redis_address: str) -> None:
        with Redis.from_url(redis_address) as redis:
            if redis.dbsize():
                self.was_written("Redis", everything_in(redis))

    def leaks(self) -> list[str]:
        """Kinds of secrets and the places that hold one. The secrets themselves are not repeated."""
        found = {
            f"{kind} in {place}"
            for place, words in self._written
            for secret, kind in self._secrets.items()
            if secret in words
        }
        if self._answers:
            answer = _pattern(frozenset(item for item, _ in self._answers))
            found |= {
                f"an answer in {place}"
                for place, words in self._written
                if not self._answers.isdisjoint(answer.findall(words))
            }
        return sorted(found)


@functools.cache
def _pattern(items: frozenset[bytes]) -> re.Pattern[bytes]:
    return re.compile(_ANSWER.encode().replace(b"{items}", b"|".join(map(re.escape, sorted(items)))))


def _raw(words: str | bytes) -> bytes:
    return words.encode(errors="surrogatepass") if isinstance(words, str) else words


watch = LeakWatch()


def _hear(record: logging.LogRecord) -> None:
    """Write down a record, with its arguments and the text of an error."""
    if record.name.startswith(_OUTSIDE):
        return
    words = [record.getMessage(), repr(record.args), record.exc_text or ""]
    if record.exc_info and record.exc_info[1] is not None:
        words.append(logging.Formatter().formatException(record.exc_info))
    watch.was_written(f"the log '{record.name}'", "\n".join(words))


def _level_without_us(name: str) -> int:
    while name and name not in _OURS:
        if level := logging.getLogger(name).level:
            return level
        name = name.rpartition(".")[0]
    return logging.getLogger().level


@contextmanager
def listening() -> Iterator[None]:
    """Install everything, once a run. All test modules must have been imported."""
    pass_on = logging.Logger.callHandlers

    def hear(logger: logging.Logger, record: logging.LogRecord) -> None:
        _hear(record)
        ours = record.name.partition(".")[0] in _OURS
        if not ours or record.levelno >= _level_without_us(record.name):
            pass_on(logger, record)

    logging.Logger.callHandlers = hear  # type: ignore[method-assign]
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    _learn(paper.token_for, lambda _given, token: watch.is_secret("a token", token))
    _learn(paper.encode, _learn_ballot)
    _learn(processes.work_off, lambda _given, log: watch.was_written("what a worker process writes", log))
    # Of files: they reach the staff list without an object for each person.
    _learn(checks.email_address, lambda _given, email: watch.is_secret("an address", email))
    _learn(checks.mobile_number, lambda _given, number: watch.is_secret("a number", number))
    for table in (Person, User):
        event.listen(table, "init", _learn_address)
    request_finished.connect(_keep_cookies)
    yield


def _learn_ballot(given: tuple[Any, ...], _plain: bytes) -> None:
    ballot: Ballot = given[0]
    for words in ballot.comments.values():
        watch.is_secret("a comment", words)
    watch.are_secret(ballot.answers)


def _learn_address(_target: Any, _args: Any, given: dict[str, Any]) -> None:
    watch.is_secret("an address", given.get("email"))


def _keep_cookies(_app: Flask, response: Response, **_: Any) -> None:
    if response.headers.getlist("Set-Cookie"):
        watch.was_written("a session", repr(dict(session)))
        watch.was_written("a cookie", "\n".join(response.headers.getlist("Set-Cookie")))


def _learn(original: Callable[..., Any], learn: Callable[[tuple[Any, ...], Any], None]) -> None:
    """Have `learn` told of every call, whichever module of ours has imported the function."""

    @functools.wraps(original)
    def told(*given: Any, **named: Any) -> Any:
        made = original(*given, **named)
        learn(given, made)
        return made

    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in {"surveyapp", "tests"}:
            for attribute, value in list(vars(module).items()):
                if value is original:
                    setattr(module, attribute, told)
