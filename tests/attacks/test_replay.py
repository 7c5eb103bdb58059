"""Using a link again, elsewhere, later, bent; and putting into the box what nobody cast."""

from __future__ import annotations

import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyapp.ballots import services
from surveyapp.ballots.keys import seal
from surveyapp.ballots.models import Response, SealedBallot
from surveyapp.ballots.services import LinkState
from surveyapp.pulses.services import Wave, WaveState
from tests.attacks import weakened
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import cast_for, close, close_and_count, open_wave, scored_items, tokens_of
from tests.support.client import CheckingClient


@pytest.fixture
def trust(session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 30})


def filled_in(wave: Wave) -> dict[str, str]:
    return {"page": "0", **dict.fromkeys(scored_items(wave), "5")}


def send(client: CheckingClient, wave: Wave, token: str) -> int:
    return client.post(f"/a/{wave.reference}/{token}", data=filled_in(wave)).status_code


def in_the_box(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(SealedBallot)) or 0


# ---------------------------------------------------------------- the same post again


def send_again(session: Session, client: CheckingClient, trust: Organisation) -> tuple[int, int]:
    """Ballots of one person in the box: sent three times, and after the close."""
    wave = open_wave([trust.root])
    token = tokens_of(wave)[trust.people["Maple"][0]]
    for _ in range(3):
        send(client, wave, token)
    before = in_the_box(session)
    close(wave)
    send(client, wave, token)
    return before, in_the_box(session)


def test_sending_again_works_on_a_weakened_build(
    session: Session, client: CheckingClient, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.vouchers_last_for_ever(monkeypatch)
    assert send_again(session, client, trust) == (3, 3)


def test_sending_after_the_close_works_on_a_weakened_build(
    session: Session, client: CheckingClient, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.vouchers_last_for_ever(monkeypatch)
    weakened.boxes_never_close(monkeypatch)
    assert send_again(session, client, trust) == (3, 4)


def test_sending_again_fails_on_ours(
    session: Session, client: CheckingClient, trust: Organisation
) -> None:
    assert send_again(session, client, trust) == (1, 1)


def test_after_the_count_a_link_opens_nothing(
    session: Session, client: CheckingClient, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even with every guard of the casting gone: the count destroyed the voucher."""
    wave = open_wave([trust.root])
    tokens = tokens_of(wave)
    cast_for(wave, trust.people["Maple"][:12])
    close_and_count(wave)
    assert send(client, wave, tokens[trust.people["Maple"][0]]) == 410
    weakened.vouchers_last_for_ever(monkeypatch)
    weakened.boxes_never_close(monkeypatch)
    assert [send(client, wave, token) for token in tokens.values()] == [404] * 30
    assert in_the_box(session) == 0


# ---------------------------------------------------------------- another wave's link


def send_elsewhere(session: Session, client: CheckingClient, trust: Organisation) -> int:
    """Ballots that someone who left before the second wave's launch gets into its box."""
    first = open_wave([trust.root])
    second = open_wave([trust.root], title="Another")
    send(client, second, tokens_of(first)[trust.people["Maple"][0]])
    return in_the_box(session)


def test_a_link_of_another_wave_works_on_a_weakened_build(
    session: Session, client: CheckingClient, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.vouchers_fit_every_wave(monkeypatch)
    assert send_elsewhere(session, client, trust) == 1


def test_a_link_of_another_wave_fails_on_ours(
    session: Session, client: CheckingClient, trust: Organisation
) -> None:
    assert send_elsewhere(session, client, trust) == 0


# ---------------------------------------------------------------- answers carried to another link


def read_carried(client: CheckingClient, trust: Organisation) -> bool:
    """Whether answers show on the attacker's page that were carried in the victim's."""
    wave = open_wave([trust.root], questions=("annual_full", "full"))
    tokens = tokens_of(wave)
    victim, attacker = (f"/a/{wave.reference}/{tokens[p]}" for p in trust.people["Maple"][:2])
    first = services.paper_pages(wave)[0]
    answers = {question.item_id: "2" for question in first.questions}
    page = BeautifulSoup(client.post(victim, data={"page": "0", **answers}).data, "html.parser")
    carried = page.find("input", {"name": "carried"})
    assert carried is not None and carried["value"]
    back = {"page": "1", "go": "back", "carried": str(carried["value"])}
    read = BeautifulSoup(client.post(attacker, data=back).data, "html.parser")
    return len(read.select("input[type=radio][checked]")) == len(answers)


def test_reading_carried_answers_works_on_a_weakened_build(
    client: CheckingClient, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.carried_answers_fit_every_link(monkeypatch)
    assert read_carried(client, trust)


def test_reading_carried_answers_fails_on_ours(client: CheckingClient, trust: Organisation) -> None:
    assert not read_carried(client, trust)


# ---------------------------------------------------------------- bent tokens


def bent(token: str) -> Iterator[str]:
    """The token with each of its bits flipped, as bytes and as characters; spare bits too."""
    raw = urlsafe_b64decode(token + "==")
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        yield urlsafe_b64encode(bytes(flipped)).decode().rstrip("=")
    for place in range(len(token)):
        for bit in range(7):
            yield token[:place] + chr(ord(token[place]) ^ 1 << bit) + token[place + 1 :]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    yield from (token[:-1] + alphabet[last ^ spare] for spare in range(1, 16))


def opened_by_bent_links(session: Session, trust: Organisation) -> int:
    wave = open_wave([trust.root])
    token = tokens_of(wave)[trust.people["Maple"][0]]
    assert services.link_state(session, wave, token) is LinkState.READY
    found = [services.link_state(session, wave, each) for each in bent(token)]
    assert len(found) == 128 + 22 * 7 + 15
    return found.count(LinkState.READY)


def test_a_bent_link_opens_on_a_weakened_build(
    session: Session, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.links_known_by_their_beginning(monkeypatch)
    assert opened_by_bent_links(session, trust) > 8


def test_a_bent_link_opens_nothing_on_ours(session: Session, trust: Organisation) -> None:
    assert opened_by_bent_links(session, trust) == 0


def test_a_bent_address_is_a_page_that_says_so(
    client: CheckingClient, trust: Organisation
) -> None:
    wave = open_wave([trust.root])
    token = tokens_of(wave)[trust.people["Maple"][0]]
    for each in list(bent(token))[::24]:
        assert client.get(f"/a/{wave.reference}/{each}").status_code in {301, 302, 308, 404}, each


# ---------------------------------------------------------------- broken and forged ballots


def bad_ballots(wave: Wave, good: bytes, *, seed: int) -> list[bytes]:
    """Ballots cut short, with bits flipped, made up, and sealed around nonsense."""
    chance = random.Random(seed)
    assert wave.public_key is not None and wave.ballot_size is not None
    found = [good[:length] for length in (0, 1, 31, 32, 47, 48, 49, len(good) - 1)]
    found.append(good + b"\0")
    for _ in range(12):
        flipped = bytearray(good)
        flipped[chance.randrange(len(good))] ^= 1 << chance.randrange(8)
        found.append(bytes(flipped))
    found += [chance.randbytes(len(good)), b"\0" * len(good)]
    size = wave.ballot_size
    nonsense = (
        b"",
        b"null",
        b"[" * size,
        b'{"unit":1}',
        b'{"unit":true,"group":"","answers":{},"comments":{}}',
        b'{"unit":1,"group":"","answers":{"x":6},"comments":{}}',
        b'{"unit":999,"group":"","answers":{},"comments":{}}',
        b"\xff\xfe",
        b'{"unit":' + b"9" * 5000 + b',"group":"","answers":{},"comments":{}}',
    )
    return found + [seal(wave.public_key, plain.ljust(size, b" ")[:size]) for plain in nonsense]


def stuff(session: Session, trust: Organisation, *, seed: int = 1) -> tuple[Wave, int]:
    """A counted wave of 15 answers with bad ballots among them, and how many those were."""
    wave = open_wave([trust.root])
    cast_for(wave, trust.people["Maple"][:15])
    good = session.scalars(select(SealedBallot.ciphertext)).first()
    assert good is not None
    bad = bad_ballots(wave, good, seed=seed)
    session.add_all(SealedBallot(wave_id=wave.id, ciphertext=each) for each in bad)
    session.commit()
    close_and_count(wave)
    return wave, len(bad)


def test_bad_ballots_stop_the_count_on_a_weakened_build(
    session: Session, trust: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened.one_bad_ballot_stops_the_count(monkeypatch)
    with pytest.raises((ValueError, RuntimeError)):
        stuff(session, trust)


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(n, marks=pytest.mark.soak) for n in range(3, 40))])
def test_bad_ballots_are_set_aside_on_ours(session: Session, trust: Organisation, seed: int) -> None:
    wave, bad = stuff(session, trust, seed=seed)
    assert wave.state == WaveState.COUNTED and wave.set_aside == bad
    assert session.scalar(select(func.count()).select_from(Response)) == 15
