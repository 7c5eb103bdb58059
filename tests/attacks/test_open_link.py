"""Sock puppets on an open link: whoever sends all forms but one looks for the one that is left (A23).

The attacker chooses the known forms so that the last one decides which way a figure is rounded.
"""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from surveyapp.ballots import counting
from surveyapp.permissions import RoleName
from tests.attacks import weakened
from tests.attacks.crawler import Harvest, crawl, harvest
from tests.conftest import SignIn
from tests.factories.organisation import make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import cast_openly, close_and_count, open_link_wave, scored_items
from tests.support.client import CheckingClient

#: Favourable and other forms of the attacker, and the share from which the last one looks
#: favourable, by how many there are in all: 8 of 20 are 40%, 9 of 20 are rounded to 50%.
TRAPS = {20: (8, 11, 50), 10: (4, 5, 50)}


def send_all_but_one(
    client: CheckingClient, root: int, *, number: int, last: int, minimum: int
) -> Harvest:
    """What stands on the page after the attacker's forms and one more, which answers `last`."""
    wave = open_link_wave(root, minimum_group=minimum)
    favourable, others, _ = TRAPS[number]
    for value in [4] * favourable + [2] * others + [last]:
        cast_openly(wave, dict.fromkeys(scored_items(wave), value))
    close_and_count(wave)
    read_and_draw(wave.id)
    return harvest([crawl(client, start=f"/reports/{wave.id}")], wave.id)


def guesses(found: Harvest, *, number: int) -> list[bool]:
    """For each question whether the last form looks favourable."""
    shares = [words["favourable"] for (_, asked), words in found.figures.items() if asked]
    return [int(share.split("%")[0]) >= TRAPS[number][2] for share in shares]


@pytest.fixture
def reader(sign_in: SignIn) -> CheckingClient:
    return sign_in(RoleName.LEARNING_AND_DEVELOPMENT)


@pytest.fixture
def root(session: Session) -> int:
    return make_organisation(session).root


def test_nine_known_forms_isolate_the_tenth_on_a_weakened_build(
    root: int, reader: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.open_links_show_ten(monkeypatch)
    weakened.open_links_are_exact(monkeypatch)
    weakened.exact_numbers(monkeypatch)
    for last in (1, 5):
        found = send_all_but_one(reader, root, number=10, last=last, minimum=10)
        shares = {words["favourable"] for (_, asked), words in found.figures.items() if asked}
        assert shares == {"50.00%" if last == 5 else "40.00%"}


def test_nine_known_forms_do_not_isolate_the_tenth_on_ours(
    root: int, reader: CheckingClient
) -> None:
    """Ten forms show nothing at all, and no set of answers is kept."""
    assert send_all_but_one(reader, root, number=10, last=5, minimum=20).figures == {}


def test_nineteen_known_forms_isolate_the_twentieth_on_a_weakened_build(
    root: int, reader: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounding alone does not help: the attacker stands at the edge of it."""
    weakened.open_links_are_exact(monkeypatch)
    for last in (1, 5):
        found = send_all_but_one(reader, root, number=20, last=last, minimum=20)
        assert guesses(found, number=20) == [last == 5] * 5


def test_nineteen_known_forms_do_not_isolate_the_twentieth_on_ours(
    root: int, reader: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chance is that of fixed seeds, so that the test ends alike each time."""
    right = 0
    for seed, last in enumerate((1, 5) * 3):
        chance = random.Random(seed)
        monkeypatch.setattr(counting, "random", SimpleNamespace(SystemRandom=lambda c=chance: c))
        found = send_all_but_one(reader, root, number=20, last=last, minimum=20)
        guessed = guesses(found, number=20)
        assert len(guessed) == 5
        right += guessed.count(last == 5)
    print(f"{right} of 30 guesses are right; a coin has 15.")  # noqa: T201
    assert right <= 23
