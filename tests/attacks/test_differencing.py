"""Differencing: subtracting one published figure from another until a few people are left.

The attacker holds the staff list, knows who was invited, knows the code, opens every page and file
that any role may, and pools what several readers see.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from surveyapp.permissions import RoleName
from tests.attacks import weakened
from tests.attacks.arithmetic import derivable_crowds, pinned_crowds
from tests.attacks.crawler import Harvest, crawl, harvest
from tests.attacks.organisations import NASTY, Plan, Played, drawn_plan, play
from tests.conftest import SignIn


def reap(sign_in: SignIn, played: Played) -> Harvest:
    """All that someone sees who may read every unit."""
    client = sign_in(RoleName.LEARNING_AND_DEVELOPMENT)
    guesses = [f"/reports/{played.wave_id}/units/{unit}" for unit in range(1, 12)]
    return harvest([crawl(client, guesses=guesses)], played.wave_id)


def played_weakly(
    session: Session, plan: Plan, patch: pytest.MonkeyPatch, weaknesses: Sequence[object]
) -> Played:
    for weaken in weaknesses:
        weaken(patch)  # type: ignore[operator]
    return play(session, plan)


@pytest.fixture(params=range(1, 26), ids=lambda seed: f"seed {seed}")
def drawn(request: pytest.FixtureRequest) -> Plan:
    return drawn_plan(request.param)


@weakened.ON_ONE_DATABASE
@pytest.mark.parametrize("name", NASTY)
def test_differencing_works_on_a_weakened_build(
    session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With only a minimum and exact figures, sums and bounds both give a hidden crowd away."""
    weaknesses = (weakened.only_the_minimum, weakened.exact_numbers)
    played = played_weakly(session, NASTY[name], monkeypatch, weaknesses)
    found = reap(sign_in, played)
    assert list(derivable_crowds(played, found))
    pinned = pinned_crowds(played, found)
    assert any(low == high for numbers in pinned.values() for low, high in numbers.values())


@pytest.mark.parametrize("name", NASTY)
def test_differencing_fails_on_ours(session: Session, sign_in: SignIn, name: str) -> None:
    played = play(session, NASTY[name])
    found = reap(sign_in, played)
    assert found.crowds("") and found.conflicts == []
    assert list(derivable_crowds(played, found)) == []
    assert pinned_crowds(played, found) == {}


@pytest.mark.soak
def test_differencing_fails_on_drawn_organisations_of_ours(
    sign_in: SignIn, session: Session, drawn: Plan
) -> None:
    played = play(session, drawn)
    found = reap(sign_in, played)
    assert found.conflicts == []
    assert list(derivable_crowds(played, found)) == []
    assert pinned_crowds(played, found) == {}
