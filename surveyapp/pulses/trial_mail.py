"""A mail that L&D sends to itself, to see a message as staff will."""

from __future__ import annotations

from collections.abc import Mapping

from flask_mailman import EmailMessage

from surveyapp.config import Settings
from surveyapp.pulses.message_kinds import Words

_MARK = "This is a test"


def compose_trial(
    settings: Settings, chosen: Words, values: Mapping[str, str], *, address: str
) -> EmailMessage:
    """The message with example values, marked so that nobody takes it for a real one."""
    filled = chosen.filled(values)
    return EmailMessage(
        subject=f"{_MARK}: {filled.subject}",
        body=f"{_MARK}. The links in it lead nowhere.\n\n{filled.body}",
        from_email=settings.mail.sender,
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
