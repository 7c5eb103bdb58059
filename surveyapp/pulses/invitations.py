"""The texts of invitations and reminders, and where a demonstration keeps them."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from flask_mailman import EmailMessage
from flask_mailman.backends.base import BaseEmailBackend
from sqlalchemy.orm import Session

from surveyapp.ballots.paper import token_for
from surveyapp.config import Settings
from surveyapp.extensions import mail
from surveyapp.organisation import services as organisation
from surveyapp.pulses import messages
from surveyapp.pulses.message_kinds import MessageKind
from surveyapp.pulses.models import MailKind, Wave

#: Where the links of a person go into a letter. No title holds such signs.
_LINK_MARK, _STOP_MARK = "\0link\0", "\0stop\0"


def outbox_directory(settings: Settings) -> Path | None:
    """Where the demonstration keeps its mails, or None where real mail is set up."""
    if settings.sends_mail:
        return None
    return Path(current_app.instance_path) / "outbox"


def open_outbox(settings: Settings) -> BaseEmailBackend:
    """The outbox of the demonstration, for one mail."""
    outbox = outbox_directory(settings)
    if outbox is None:
        raise RuntimeError("There is no outbox where real mail is set up.")
    outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = mail.get_connection(backend="file", file_path=str(outbox))
    connection.open()
    return connection


def answering_link(settings: Settings, wave: Wave, token: str) -> str:
    return _link(settings, wave.reference, token)


def _link(settings: Settings, reference: str, token: str) -> str:
    return f"{settings.base_url}/a/{reference}/{token}"


def personal_link(
    settings: Settings, reference: str, person_id: int, *, wave_secret: bytes
) -> str:
    """The link of one person, the same in all messages of a wave."""
    return _link(settings, reference, token_for(wave_secret, person_id))


def stop_link(settings: Settings, person_id: int) -> str:
    """Where a person stops reminders."""
    token = organisation.stop_token(settings.secret_key, person_id)
    return f"{settings.base_url}/a/reminders/{token}/stop"


def message_id(
    settings: Settings, kind: MailKind, person_id: int, *, wave_secret: bytes
) -> str:
    """What tells a message from all others, at each attempt the same. It says nothing."""
    which = f"{person_id}" if kind is MailKind.INVITATION else f"{person_id}:{kind}"
    identity = hmac.new(wave_secret, f"message-id:{which}".encode(), hashlib.sha256).hexdigest()
    domain = settings.mail.sender.rpartition("@")[2] or "localhost"
    return f"<{identity[:32]}@{domain}>"


def open_address(settings: Settings, wave: Wave) -> str:
    """The one address of an open link."""
    return f"{settings.base_url}/o/{wave.reference}"


@dataclass(frozen=True, slots=True)
class Letter:
    """What all mails of one kind have in common. Needs no database to be addressed to someone."""

    settings: Settings
    kind: MailKind
    reference: str
    subject: str
    body: str

    def to(self, person_id: int, address: str, *, wave_secret: bytes) -> EmailMessage:
        """The invitation of one person, or a reminder, which carries the same link.

        Its Message-ID is the same at each attempt, so that mail servers can drop a second copy.
        """
        settings = self.settings
        identity = message_id(settings, self.kind, person_id, wave_secret=wave_secret)
        headers = {"Message-ID": identity, "Auto-Submitted": "auto-generated"}
        link = personal_link(settings, self.reference, person_id, wave_secret=wave_secret)
        body = self.body.replace(_LINK_MARK, link)
        if self.kind is not MailKind.INVITATION:
            stops_at = stop_link(settings, person_id)
            body = body.replace(_STOP_MARK, stops_at)
            # Mail programs show a button for these (RFC 8058).
            headers |= {
                "List-Unsubscribe": f"<{stops_at}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        return EmailMessage(
            subject=self.subject,
            body=body,
            from_email=settings.mail.sender,
            to=[address],
            headers=headers,
        )


def letter(
    session: Session, settings: Settings, wave: Wave, kind: MailKind = MailKind.INVITATION
) -> Letter:
    """In today's words. Nothing in it but its links differs from person to person."""
    is_first = kind is MailKind.INVITATION
    filled = messages.written(
        session,
        settings,
        wave,
        MessageKind.INVITATION if is_first else MessageKind.REMINDER,
        link=_LINK_MARK,
        stop_link=_STOP_MARK,
    )
    return Letter(
        settings=settings,
        kind=kind,
        reference=wave.reference,
        subject=filled.subject,
        body=filled.body,
    )
