"""People who answer, and who press again until they are told that their answers are in the box."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.support.patient_browser import Browser, NoAnswerError, Page

_RECEIPT = "already in the box"
_NOT_SURE = "na"

#: A whole ballot, as it must come out of the box.
Paper = tuple[tuple[str, int | None], ...]


class Told(StrEnum):
    """What a person was told in the end."""

    RECEIPT = "receipt"
    TOO_LATE = "too late"


@dataclass
class Voter:
    """Someone with a link. `comment` is what they write, if they write something."""

    path: str
    browser: Browser
    comment: str = ""
    #: What was ticked, by question, once and for all.
    answers: dict[str, str] = field(default_factory=dict)
    #: Whether something was sent of which nobody knows what became of it.
    is_unsure: bool = False
    has_sent: bool = False
    told: Told | None = None

    def vote(self) -> None:
        self.told = self.browser.until(self._attempt)

    @property
    def paper(self) -> Paper:
        values = {item: None if value == _NOT_SURE else int(value) for item, value in self.answers.items()}
        return tuple(sorted(values.items()))

    def _attempt(self) -> Told | None:
        page = self.browser.get(self.path)
        told = self._told(page)
        if told is not None:
            return told
        assert page.status == 200, page.heading
        self.answers = self.answers or _ticked(page, self.browser.chance)
        box = page.soup.select_one("main textarea")
        assert box is not None
        entries = [*self.answers.items(), (str(box["name"]), self.comment), ("go", "on")]
        time.sleep(self.browser.chance.uniform(0, 0.3))  # as people take their time
        self.has_sent = True
        try:
            page = self.browser.post(self.path, entries)
        except NoAnswerError:
            self.is_unsure = True
            raise
        told = Told.RECEIPT if page.path.endswith("/thank-you") and page.status == 200 else self._told(page)
        assert told is not None, f"Sending led to '{page.heading}'."
        return told

    def _told(self, page: Page) -> Told | None:
        if _RECEIPT in page.heading:
            assert self.has_sent, "Someone else has used the link."
            return Told.RECEIPT
        return Told.TOO_LATE if page.status == 410 else None


def _ticked(page: Page, chance: random.Random) -> dict[str, str]:
    """An answer to each question, to the first one never 'not sure'."""
    items = dict.fromkeys(str(radio["name"]) for radio in page.soup.select("main input[type=radio]"))
    assert items, page.heading
    first, *others = items
    return {first: str(chance.randint(1, 5))} | {
        item: chance.choice([*"12345", _NOT_SURE]) for item in others
    }


def receipts(voters: Sequence[Voter]) -> list[Voter]:
    return [voter for voter in voters if voter.told is Told.RECEIPT]


def unsure(voters: Sequence[Voter]) -> list[Voter]:
    """Who was told that it is too late, and may have been counted all the same."""
    return [voter for voter in voters if voter.told is Told.TOO_LATE and voter.is_unsure]
