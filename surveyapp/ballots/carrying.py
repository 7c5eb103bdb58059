"""Answers carried from page to page of a longer form, in the page itself and nowhere else (G5).

They are encrypted for this server and bound to one link, so that neither a copy of the page nor
another link can read or change them, and the server keeps nothing between pages.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from nacl.exceptions import CryptoError
from nacl.secret import Aead


class CarriedError(ValueError):
    """Carried answers that were changed, cut short or belong to another link."""


@dataclass(frozen=True, slots=True)
class Given:
    """What someone has entered so far. `answers` are 1…5, or None for 'not sure'."""

    answers: Mapping[str, int | None] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)

    def joined(self, later: Given) -> Given:
        return Given({**self.answers, **later.answers}, {**self.comments, **later.comments})


def seal_given(given: Given, *, secret_key: str, link: str) -> str:
    """Text for a hidden field. `link` is what it is bound to."""
    plain = json.dumps([dict(given.answers), dict(given.comments)]).encode()
    return urlsafe_b64encode(_box(secret_key).encrypt(plain, link.encode())).decode()


def open_given(sealed: str, *, secret_key: str, link: str) -> Given:
    """Raises CarriedError for anything that `seal_given` did not make for this link."""
    try:
        plain = _box(secret_key).decrypt(urlsafe_b64decode(sealed.encode()), link.encode())
    except (CryptoError, ValueError, TypeError):
        raise CarriedError("These answers were not carried from a page of this form.") from None
    answers, comments = json.loads(plain)
    return Given(answers, comments)


def _box(secret_key: str) -> Aead:
    # A key of its own, so that nothing else made with the secret can be mistaken for answers.
    return Aead(hashlib.blake2b(b"carried answers", key=_short(secret_key), digest_size=32).digest())


def _short(secret_key: str) -> bytes:
    return hashlib.sha256(secret_key.encode()).digest()
