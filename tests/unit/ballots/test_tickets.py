"""Tickets of an open link's forms."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.ballots.tickets import TicketError, new_ticket, ticket_hash

SECRET = "a secret of this installation, long enough"


def spend(ticket: str, reference: str = "wave222", secret_key: str = SECRET) -> str:
    return ticket_hash(ticket, reference, secret_key=secret_key)


def test_a_ticket_is_known_again_and_by_its_hash_alone() -> None:
    ticket = new_ticket("wave222", secret_key=SECRET)
    number = ticket.partition(".")[0]
    assert len(number) == 22  # 128 bits
    assert spend(ticket) == spend(ticket) == hashlib.sha256(number.encode()).hexdigest()


def test_no_two_forms_are_alike_and_nothing_in_them_counts_up() -> None:
    tickets = [new_ticket("wave222", secret_key=SECRET) for _ in range(500)]
    assert len({spend(ticket) for ticket in tickets}) == 500
    assert tickets != sorted(tickets)


def test_a_ticket_is_good_for_its_own_wave_and_its_own_installation() -> None:
    ticket = new_ticket("wave222", secret_key=SECRET)
    with pytest.raises(TicketError):
        spend(ticket, reference="wave333")
    with pytest.raises(TicketError):
        spend(ticket, secret_key="another secret, after it was changed")


def test_neither_half_can_be_changed() -> None:
    number, _, signature = new_ticket("wave222", secret_key=SECRET).partition(".")
    other = new_ticket("wave222", secret_key=SECRET).partition(".")[0]
    for forged in (
        f"{other}.{signature}",
        f"{number}.{signature[:-1]}",
        f"{number}.{signature}=",
        f"{number}..{signature}",
        f"{number}{signature}",
        f"{number}.",
        number,
    ):
        with pytest.raises(TicketError):
            spend(forged)


def test_the_border_between_wave_and_number_cannot_be_moved() -> None:
    number, _, signature = new_ticket("wave222", secret_key=SECRET).partition(".")
    with pytest.raises(TicketError):
        spend(f"2.{number}.{signature}", reference="wave22")
    with pytest.raises(TicketError):
        spend(f"2{number}.{signature}", reference="wave22")


@given(st.text())
def test_whatever_is_sent_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(TicketError):
        spend(text)
