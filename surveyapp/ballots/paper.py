"""The ballot itself: what is in it, and how it becomes bytes of one fixed size. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Bytes of HMAC kept in a token: 128 bits, which is 22 characters of base64.
_TOKEN_BYTES = 16

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}\Z")

#: A character of a comment takes at most this many bytes in UTF-8 JSON (an escaped control code).
_BYTES_PER_CHARACTER = 6

_SIZE_STEP = 1024


class BadBallotError(ValueError):
    """Opened bytes that are not a ballot of this wave."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One person's answers.

    `answers` maps item ids to 1…5, or to None for 'not sure'. `comments` maps prompt ids to text.
    `group` is the person's place in the wave's one breakdown, or empty.
    """

    unit_id: int
    answers: Mapping[str, int | None]
    comments: Mapping[str, str]
    group: str = ""


def token_for(wave_secret: bytes, person_id: int) -> str:
    """The token of a person in a wave: 22 characters, the same for invitation and reminders."""
    digest = hmac.new(wave_secret, str(person_id).encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:_TOKEN_BYTES]).decode().rstrip("=")


def is_token(text: str) -> bool:
    """Whether the text has the shape of a token, so that a mangled link can be told apart."""
    return _TOKEN.match(text) is not None


def token_hash(token: str) -> str:
    """SHA-256 in hexadecimal. A token has 128 random bits, so it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def ballot_size(*, items: int, comment_lengths: Iterable[int], group_length: int = 0) -> int:
    """Bytes to which each ballot of a wave is padded: room for the longest that can be cast.

    `comment_lengths` are the most characters that each prompt takes, `group_length` those of the
    longest group's name.
    """
    texts = sum(64 + _BYTES_PER_CHARACTER * n for n in comment_lengths)
    room = 256 + 32 * items + texts + _BYTES_PER_CHARACTER * group_length
    return -(-room // _SIZE_STEP) * _SIZE_STEP


def encode(ballot: Ballot, size: int) -> bytes:
    """Bytes of exactly `size`. Raises ValueError when the ballot does not fit."""
    body = json.dumps(
        {
            "unit": ballot.unit_id,
            "group": ballot.group,
            "answers": ballot.answers,
            "comments": ballot.comments,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode("utf-8", errors="replace")
    if len(body) > size:
        raise ValueError(f"A ballot of {len(body)} bytes does not fit into {size}.")
    return body.ljust(size, b" ")  # JSON ignores trailing blanks


def decode(plain: bytes, *, item_ids: frozenset[str], prompt_ids: frozenset[str]) -> Ballot:
    """The ballot in opened bytes.

    Raises BadBallotError for anything that is not a well-formed ballot of this questionnaire.
    """
    try:
        body = json.loads(plain)
        ballot = Ballot(body["unit"], body["answers"], body["comments"], body["group"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadBallotError("Not a ballot.") from None
    if not isinstance(ballot.answers, dict) or not isinstance(ballot.comments, dict):
        raise BadBallotError("Not a ballot.")
    if type(ballot.unit_id) is not int:
        raise BadBallotError("A ballot without a unit.")
    if not ballot.answers.keys() <= item_ids or not ballot.comments.keys() <= prompt_ids:
        raise BadBallotError("A ballot of another questionnaire.")
    if not all(map(_is_on_scale, ballot.answers.values())):
        raise BadBallotError("An answer off the scale.")
    if not _is_text(ballot.group):
        raise BadBallotError("A group that is not text.")
    if not all(map(_is_text, ballot.comments.values())):
        raise BadBallotError("A comment that is not text.")
    return ballot


def _is_text(value: object) -> bool:
    # JSON can spell half a character, which nothing after this could write down.
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_on_scale(value: object) -> bool:
    # In Python True is an int, and an answer must not be one.
    return value is None or (type(value) is int and 1 <= value <= 5)
