"""Changing the organisation, or k, so that what is shown of a wave changes with it (A1, A9, A10)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from surveyapp.permissions import RoleName
from surveyapp.pulses.services import Wave
from tests.attacks import weakened
from tests.attacks.arithmetic import derivable_crowds, pinned_crowds
from tests.attacks.crawler import crawl, harvest, still
from tests.attacks.organisations import NASTY, Played, answering, play, truth
from tests.conftest import SignIn
from tests.factories.organisation import make_organisation
from tests.factories.reports import read_and_draw
from tests.factories.waves import cast_for, close_and_count, open_wave
from tests.support.client import CheckingClient

ORGANISER = RoleName.LEARNING_AND_DEVELOPMENT


def post(client: CheckingClient, path: str, **fields: object) -> int:
    """Post a form whose page need not be there any more."""
    data = {"csrf_token": client.token("/pulses/new"), **fields}
    status = client.post(path, data=data).status_code
    client.get("/organisation")  # takes the message that it is done
    return status


def payloads(client: CheckingClient, wave_id: int) -> dict[str, str]:
    """Every page and file of a wave."""
    start = f"/reports/{wave_id}"
    pages = crawl(client, start=start)
    return {path: still(answer) for path, answer in pages.items() if path.startswith(start)}


# ---------------------------------------------------------------- pulling a unit under oneself


def pull_under_oneself(session: Session, sign_in: SignIn) -> tuple[int, dict[str, str], dict[str, str]]:
    """A friend in L&D moves Oak to Elm's leader after the count, takes someone off the staff list
    and asks for another k. What the leader gets of Oak, and all that L&D can open before and after.
    """
    played = play(session, NASTY["nested"])
    units = played.organisation.units
    organiser = sign_in(ORGANISER)
    leader = sign_in(RoleName.LEADER, led_unit_ids=(units["Elm"],))
    before = payloads(organiser, played.wave_id)
    path = f"/organisation/units/{units['Oak']}"
    assert post(organiser, path, name="Oak and Elm", parent=units["Elm"]) == 302
    leaver = played.organisation.people["Maple"][0]
    assert post(organiser, f"/organisation/staff/{leaver}/remove") == 302
    post(organiser, f"/pulses/{played.wave_id}/smallest-group", minimum_group=5)
    after = payloads(organiser, played.wave_id)
    return leader.get(f"/reports/{played.wave_id}/units/{units['Oak']}").status_code, before, after


@weakened.ON_ONE_DATABASE
def test_pulling_a_unit_under_oneself_works_on_a_weakened_build(
    session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.todays_structure(monkeypatch)
    status, before, after = pull_under_oneself(session, sign_in)
    assert status == 200 and before != after


def test_pulling_a_unit_under_oneself_fails_on_ours(session: Session, sign_in: SignIn) -> None:
    status, before, after = pull_under_oneself(session, sign_in)
    assert status == 403
    assert before == after  # to the byte


# ---------------------------------------------------------------- lowering k


def lower_k(session: Session, sign_in: SignIn) -> bool:
    """Whether Willow's six people are shown when someone asks for k = 5 once they have answered."""
    trust = make_organisation(session, {"Maple": 30, "Oak": 12, "Willow": 6})
    wave = open_wave([trust.root])
    cast_for(wave, trust.everyone)
    organiser = sign_in(ORGANISER)
    post(organiser, f"/pulses/{wave.id}/smallest-group", minimum_group=5)
    close_and_count(session.get_one(Wave, wave.id))
    post(organiser, f"/pulses/{wave.id}/smallest-group", minimum_group=5)
    page = organiser.get(f"/reports/{wave.id}/units/{trust.units['Willow']}")
    return "About 5 people answered" in page.text


@weakened.ON_ONE_DATABASE
def test_lowering_k_works_on_a_weakened_build(
    session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.smallest_group_never_locked(monkeypatch)
    assert lower_k(session, sign_in)


def test_lowering_k_fails_on_ours(session: Session, sign_in: SignIn) -> None:
    assert not lower_k(session, sign_in)


# ---------------------------------------------------------------- asking the same people again


def ask_again(session: Session, sign_in: SignIn) -> tuple[list[Played], dict[str, str], dict[str, str]]:
    """Two waves of the same people: before the second a team moves and its k is another."""
    plan = NASTY["30, 12 and 4"]
    first = play(session, plan)
    made = first.organisation
    organiser = sign_in(ORGANISER)
    before = payloads(organiser, first.wave_id)
    units = made.units
    path = f"/organisation/units/{units['Willow']}"
    assert post(organiser, path, name="Willow", parent=units["Oak"]) == 302
    session.expire_all()
    wave = open_wave([made.root], minimum_group=5)
    given = cast_for(wave, answering(plan, made), seed=2)
    close_and_count(wave)
    read_and_draw(wave.id)
    second = truth(session, wave, plan, made, given)
    after = payloads(organiser, first.wave_id)
    return [first, second], before, after


def leaks(sign_in: SignIn, waves: list[Played]) -> list[object]:
    """Crowds and numbers that follow from all waves together.

    Each wave has answers of its own, linked to no other's, so the one system of equations falls
    apart into one for each wave.
    """
    pages = crawl(sign_in(ORGANISER))
    found: list[object] = []
    for played in waves:
        reaped = harvest([pages], played.wave_id)
        found += [*derivable_crowds(played, reaped), *pinned_crowds(played, reaped).items()]
    return found


@weakened.ON_ONE_DATABASE
def test_asking_again_works_on_a_weakened_build(
    session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.only_the_minimum(monkeypatch)
    weakened.todays_structure(monkeypatch)
    waves, before, after = ask_again(session, sign_in)
    assert leaks(sign_in, waves) and before != after


def test_asking_again_fails_on_ours(session: Session, sign_in: SignIn) -> None:
    waves, before, after = ask_again(session, sign_in)
    assert leaks(sign_in, waves) == [] and before == after


# ---------------------------------------------------------------- two leaders put together


def two_leaders(session: Session, sign_in: SignIn) -> tuple[Played, list[object], bool]:
    """The leaders of two units pool what they see: what follows, and whether L&D saw all of it."""
    played = play(session, NASTY["nested"])
    units = played.organisation.units
    surgery = next(unit for unit, name in played.names.items() if name == "Surgery")
    pages = [
        crawl(sign_in(RoleName.LEADER, led_unit_ids=(unit,))) for unit in (surgery, units["Elm"])
    ]
    pages.append(crawl(sign_in(RoleName.LEADER, led_unit_ids=(played.organisation.root,))))
    pooled = harvest(pages, played.wave_id)
    whole = harvest([crawl(sign_in(ORGANISER))], played.wave_id)
    found = [*derivable_crowds(played, pooled), *pinned_crowds(played, pooled).items()]
    return played, found, pooled.figures.items() <= whole.figures.items()


@weakened.ON_ONE_DATABASE
def test_two_leaders_together_find_a_crowd_on_a_weakened_build(
    session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.only_the_minimum(monkeypatch)
    _, found, _ = two_leaders(session, sign_in)
    assert found


def test_two_leaders_together_find_none_on_ours(session: Session, sign_in: SignIn) -> None:
    _, found, nothing_new = two_leaders(session, sign_in)
    assert found == [] and nothing_new
