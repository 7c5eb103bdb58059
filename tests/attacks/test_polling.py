"""Polling: whoever watches a page from minute to minute sees who walks past the printer.

Every address that any role may open is fetched again and again while ballots are cast.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent
from surveyapp.ballots.services import CastOutcome
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs
from surveyapp.pulses.services import Wave
from tests.attacks import weakened
from tests.attacks.crawler import still
from tests.conftest import SignIn
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import cast, cast_openly, open_link_wave, open_wave, tokens_of
from tests.support.queues import forget_nudges

#: What is seen at an address: status, headers and page.
Seen = tuple[int, dict[str, str], str]

_RANDOM_HEADERS = {"Content-Security-Policy", "Date", "Set-Cookie"}


class Watch:
    """Two waves, of links and of an open link, and browsers at all of their pages."""

    def __init__(
        self, app: Flask, session: Session, sign_in: SignIn, *, every_role: bool = False
    ) -> None:
        self.app = app
        self.trust: Organisation = make_organisation(session, {"Maple": 40, "Oak": 12})
        self.wave: Wave = open_wave([self.trust.root])
        self.poster: Wave = open_link_wave(self.trust.root, title="Poster")
        self.tokens = tokens_of(self.wave)
        self.voters = iter(self.trust.people["Maple"])
        self.browsers: dict[str, FlaskClient] = {
            "every role": sign_in(*RoleName, led_unit_ids=(self.trust.root,)),
            "no role": app.test_client(),
        }
        if every_role:
            units = tuple(self.trust.units.values())
            self.browsers |= {role: sign_in(role, led_unit_ids=units) for role in RoleName}

    def addresses(self) -> Iterator[str]:
        """Every route that can be fetched, with all that can sensibly stand in it."""
        token = self.tokens[self.trust.people["Oak"][0]]
        values: dict[str, list[object]] = {
            "wave_id": [self.wave.id, self.poster.id],
            "unit_id": [self.trust.root, *self.trust.units.values()],
            "person_id": [self.trust.people["Maple"][0]],
            "user_id": [1],
            "item_id": [self.wave.items[0].item_id],
            "reference": [self.wave.reference, self.poster.reference],
            "token": [token, "A" * 22],
            "factor": ["other", "leadership"],
            "comment_id": ["0" * 32],
            "theme": ["other"],
        }
        build = self.app.url_map.bind("localhost").build
        for rule in self.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in {"assets.file", "security.static"}:
                continue
            for chosen in combinations({name: values.get(name, [1]) for name in rule.arguments}):
                yield build(rule.endpoint, chosen)

    def look(self) -> dict[tuple[str, str], Seen]:
        """What everyone sees everywhere."""
        seen = {}
        # The audit log comes before what is noted there, and starts anew for each look.
        for address in sorted(set(self.addresses())):
            for who, browser in self.browsers.items():
                with self.app.app_context():
                    answer = FlaskClient.open(browser, address)
                headers = {n: v for n, v in answer.headers.items() if n not in _RANDOM_HEADERS}
                if "X-Request-ID" in headers:  # whether a request has a number is compared
                    headers["X-Request-ID"] = ""
                seen[who, address] = (answer.status_code, headers, still(answer))
        self.settle()
        return seen

    def settle(self) -> None:
        """Forget what the attacker's own steps have left in the audit log."""
        db.session.execute(delete(AuditEvent))
        db.session.commit()

    def cast(self, number: int) -> None:
        """So many ballots in either wave."""
        for _ in range(number):
            assert cast(self.wave, self.tokens[next(self.voters)]) is CastOutcome.CAST
            assert cast_openly(self.poster) is CastOutcome.CAST

    def tick(self) -> None:
        """What the clock does every minute. No worker is there to take what it puts on the queues."""
        jobs.note_live_rates()
        jobs.tick()
        forget_nudges()


def combinations(values: dict[str, list[object]]) -> Iterator[dict[str, object]]:
    if not values:
        yield {}
        return
    (name, first), *rest = values.items()
    for other in combinations(dict(rest)):
        yield from ({name: value, **other} for value in first)


def changes(watch: Watch, casts: list[int]) -> list[set[tuple[str, str]]]:
    """Who sees something else, and where, after each handful of ballots."""
    watch.tick()
    watch.settle()
    before = watch.look()
    found = []
    for number in casts:
        watch.cast(number)
        watch.tick()
        after = watch.look()
        found.append({place for place in after if after[place] != before[place]})
        before = after
    return found


@pytest.fixture
def watch(app: Flask, session: Session, sign_in: SignIn) -> Watch:
    return Watch(app, session, sign_in)


@weakened.ON_ONE_DATABASE
def test_polling_works_on_a_weakened_build(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    weakened.live_rate_at_every_tick(monkeypatch)
    (after_one,) = changes(watch, [1])
    assert ("every role", f"/pulses/{watch.wave.id}") in after_one


def test_polling_fails_on_ours(watch: Watch) -> None:
    """Past the minimum of ten, too: the tenth ballot looks like none."""
    assert changes(watch, [9, 1]) == [set(), set()]


@pytest.mark.soak
def test_polling_at_each_ballot_fails_on_ours(
    app: Flask, session: Session, sign_in: SignIn
) -> None:
    """With a browser of each single role, too."""
    watch = Watch(app, session, sign_in, every_role=True)
    assert changes(watch, [1] * 25) == [set()] * 25


@weakened.ON_ONE_DATABASE
def test_the_one_figure_is_renewed_once_a_day_and_in_bands(watch: Watch, session: Session) -> None:
    """The next day one band stands on the page of the pulse, for those who plan; nothing else."""
    watch.tick()
    watch.cast(26)
    watch.settle()
    before = watch.look()
    assert before["no role", f"/o/{watch.poster.reference}"][0] == 200
    assert watch.wave.live_rate_on is not None
    watch.wave.live_rate_on -= timedelta(days=1)
    session.commit()
    watch.tick()
    after = watch.look()
    changed = {place for place in after if after[place] != before[place]}
    assert changed == {("every role", f"/pulses/{watch.wave.id}")}
    session.refresh(watch.wave)
    assert watch.wave.live_rate_band == 50
