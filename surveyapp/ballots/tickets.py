"""Tickets of an open link's forms: each form that is handed out can be sent once (A23). Pure.

A ticket is a random number, signed for one wave. Nothing is kept when a form is handed out; only
when it is sent is the number's hash. It holds no time and says nothing of whoever got the form.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

#: Bytes of the random number, and of the signature's key and of the signature.
_NUMBER_BYTES = 16
_KEY_BYTES = 32


class TicketError(ValueError):
    """Not a ticket of this wave: made up, changed, of another wave, or signed with another secret."""


def new_ticket(reference: str, *, secret_key: str) -> str:
    """A ticket for a form of the wave with this reference, as text for a hidden field."""
    number = secrets.token_urlsafe(_NUMBER_BYTES)
    return f"{number}.{_signature(number, reference, secret_key)}"


def ticket_hash(ticket: str, reference: str, *, secret_key: str) -> str:
    """SHA-256 of the ticket's number in hexadecimal. Raises TicketError."""
    number, _, signature = ticket.partition(".")
    expected = _signature(number, reference, secret_key)
    # As bytes: a comparison of texts refuses whatever is not ASCII.
    if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
        raise TicketError("This form was not handed out for this wave.")
    return hashlib.sha256(number.encode()).hexdigest()


def _signature(number: str, reference: str, secret_key: str) -> str:
    # A key of its own, so that nothing else made with the secret can be mistaken for a ticket.
    key = hashlib.blake2b(
        b"tickets", key=hashlib.sha256(secret_key.encode()).digest(), digest_size=_KEY_BYTES
    ).digest()
    message = f"{reference}.{number}".encode(errors="replace")
    return urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode().rstrip("=")
