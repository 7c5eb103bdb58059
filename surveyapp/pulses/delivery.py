"""How mails leave: through an SMTP server, or through GOV.UK Notify."""

from __future__ import annotations

from surveyapp.config import Settings
from surveyapp.pulses.notify import NotifyPostbox
from surveyapp.pulses.postbox import Postbox, RefusedError, ServerDownError, UnconfirmedError

__all__ = [
    "AnyPostbox",
    "NotifyPostbox",
    "RefusedError",
    "ServerDownError",
    "UnconfirmedError",
    "postbox_for",
]

AnyPostbox = Postbox | NotifyPostbox


def postbox_for(settings: Settings) -> AnyPostbox:
    """Both send one mail after another, and raise the same errors."""
    return Postbox(settings) if settings.notify is None else NotifyPostbox(settings.notify)
