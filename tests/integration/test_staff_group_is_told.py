"""What people are told of their staff group is what their voucher and their ballot hold."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.ballots.models import Voucher
from surveyapp.ballots.opening import open_box
from surveyapp.config import Settings
from surveyapp.pulses.models import Breakdown, Channel
from tests.factories.organisation import Organisation
from tests.factories.reports import text_of
from tests.factories.waves import open_link_wave, open_wave, prompts, scored_items, tokens_of
from tests.support.client import CheckingClient

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize("breakdown", [Breakdown.NONE, Breakdown.STAFF_GROUP])
def test_the_staff_group_is_named_exactly_where_it_is_held(
    session: Session,
    settings: Settings,
    trust: Organisation,
    client: CheckingClient,
    breakdown: Breakdown,
) -> None:
    wave = open_wave([trust.root], breakdown=breakdown)
    items = scored_items(wave)
    path = f"/a/{wave.reference}/{tokens_of(wave)[trust.people['Maple'][0]]}"
    paper = text_of(client.get(path))
    answer = client.post(path, data={"page": "0", **dict.fromkeys(items, "4")}, follow_redirects=True)
    thanks, stored = text_of(answer), text_of(client.get(f"/a/{wave.reference}/what-we-store"))
    assert "What we did not store" in thanks

    key = ballots.key_directory(settings).opening_key(wave.id, public=wave.public_key or b"")
    kinds = {"item_ids": frozenset(items), "prompt_ids": frozenset(prompts(wave))}
    (ballot,), _ = open_box(session, wave, key, **kinds)
    vouchers = session.scalars(select(Voucher.staff_group).where(Voucher.wave_id == wave.id))
    held = breakdown == Breakdown.STAFF_GROUP
    assert (ballot.group, set(vouchers)) == (("Nursing", {"Nursing"}) if held else ("", {""}))

    assert ("and your staff group with the ballot" in paper) is held
    assert ("the unit you work in with your staff group" in thanks) is held
    for page in (paper, thanks):
        assert ("staff group" in page) is held
    assert ("Your staff group." in stored) is held
    assert ("empty in this pulse" in stored.lower()) is not held


def test_what_is_said_of_all_pulses_names_it_as_of_some(client: CheckingClient) -> None:
    page = text_of(client.get("/privacy"))
    assert "the unit you work in and, in some pulses, your staff group" in page


def test_an_open_link_knows_no_staff_group_and_names_none(
    session: Session, trust: Organisation, client: CheckingClient
) -> None:
    wave = open_link_wave(trust.root)
    assert wave.channel == Channel.OPEN_LINK and wave.breakdown == Breakdown.NONE
    for path in ("", "/thank-you", "/tablet", "/tablet/thank-you"):
        assert "staff group" not in text_of(client.get(f"/o/{wave.reference}{path}"))
