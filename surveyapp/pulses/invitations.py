"""The text of an invitation, and its way out."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from flask import current_app
from flask_mailman import EmailMessage
from flask_mailman.backends.base import BaseEmailBackend

from surveyapp.ballots.paper import token_for
from surveyapp.ballots.services import minutes
from surveyapp.config import Settings
from surveyapp.extensions import mail
from surveyapp.pulses.models import Wave


def outbox_directory(settings: Settings) -> Path | None:
    """Where the demonstration keeps its mails, or None where real mail is set up."""
    if settings.mail.is_configured:
        return None
    return Path(current_app.instance_path) / "outbox"


def open_connection(settings: Settings) -> BaseEmailBackend:
    """A connection to the mail server, or to the outbox of the demonstration.

    Raises OSError or smtplib.SMTPException when the server cannot be reached.
    """
    outbox = outbox_directory(settings)
    if outbox is None:
        connection = mail.get_connection(backend="smtp", fail_silently=False)
    else:
        outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = mail.get_connection(backend="file", file_path=str(outbox))
    connection.open()
    return connection


def answering_link(settings: Settings, wave: Wave, token: str) -> str:
    return f"{settings.base_url}/a/{wave.reference}/{token}"


def open_address(settings: Settings, wave: Wave) -> str:
    """The one address of an open link."""
    return f"{settings.base_url}/o/{wave.reference}"


def subject(settings: Settings, wave: Wave) -> str:
    return f"{settings.organisation_name}: {wave.title}"


def text(settings: Settings, wave: Wave, *, link: str) -> str:
    """What an invitation says. Nothing in it but the link differs from person to person."""
    # Not `render_template`: a worker has no request, which the variables of pages ask for.
    template = current_app.jinja_env.get_template("emails/invitation.txt")
    return template.render(
        organisation=settings.organisation_name, wave=wave, minutes=minutes(wave), link=link
    )


def compose(
    settings: Settings, wave: Wave, *, wave_secret: bytes, person_id: int, address: str
) -> EmailMessage:
    """The invitation of one person.

    Its Message-ID is the same at each attempt, so that mail servers can drop a second copy.
    """
    token = token_for(wave_secret, person_id)
    identity = hmac.new(wave_secret, b"message-id:%d" % person_id, hashlib.sha256).hexdigest()[:32]
    domain = settings.mail.sender.rpartition("@")[2] or "localhost"
    return EmailMessage(
        subject=subject(settings, wave),
        body=text(settings, wave, link=answering_link(settings, wave, token)),
        from_email=settings.mail.sender,
        to=[address],
        headers={"Message-ID": f"<{identity}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
