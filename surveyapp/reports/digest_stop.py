"""The link in each summary that stops the next ones. It is its own permission."""

from __future__ import annotations

import hashlib

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from surveyapp.accounts import services as accounts


def token_for(secret_key: str, user_id: int) -> str:
    """Names an account and nothing else. It does not run out: old mails must be stoppable too."""
    return _serializer(secret_key).dumps(user_id)  # type: ignore[no-any-return]


def account_of(session: Session, secret_key: str, token: str) -> int | None:
    """The account that a token names; None if it was not made here, or the account has gone."""
    try:
        user_id = _serializer(secret_key).loads(token)
    except BadData:
        return None
    user = accounts.user(session, user_id)
    return user.id if user is not None and user.active else None


def gets_summaries(session: Session, user_id: int) -> bool:
    """Whether an account has not stopped them."""
    user = accounts.user(session, user_id)
    return user is not None and user.wants_summaries


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret_key,
        # Nothing else that this key has signed is taken for such a link, or the other way round.
        salt="stop-summaries-by-mail",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
