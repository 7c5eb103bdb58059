"""Invitations and reminders as texts to mobile phones: short, and with the same link as the mail."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.config import Settings
from surveyapp.pulses import invitations, messages
from surveyapp.pulses.message_kinds import MessageKind
from surveyapp.pulses.models import MailKind, Wave

#: Where the links of a person go into a text. No title holds such signs.
_LINK_MARK, _STOP_MARK = "\0link\0", "\0stop\0"


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text to one number. `identity` is that of the mail in whose place it goes."""

    number: str
    body: str
    identity: str


@dataclass(frozen=True, slots=True)
class TextLetter:
    """What all texts of one kind have in common. Needs no database to be addressed to someone."""

    settings: Settings
    kind: MailKind
    reference: str
    body: str

    def to(self, person_id: int, number: str, *, wave_secret: bytes) -> TextMessage:
        """The text of one person. At most one of it and of the mail with this identity goes."""
        settings = self.settings
        link = invitations.personal_link(settings, self.reference, person_id, wave_secret=wave_secret)
        body = self.body.replace(_LINK_MARK, link)
        return TextMessage(
            number=number,
            body=body.replace(_STOP_MARK, invitations.stop_link(settings, person_id)),
            identity=invitations.message_id(
                settings, self.kind, person_id, wave_secret=wave_secret
            ),
        )


def text_letter(session: Session, settings: Settings, wave: Wave, kind: MailKind) -> TextLetter:
    """In today's words. Nothing in it but its links differs from person to person."""
    is_first = kind is MailKind.INVITATION
    filled = messages.written(
        session,
        settings,
        wave,
        MessageKind.TEXT_INVITATION if is_first else MessageKind.TEXT_REMINDER,
        link=_LINK_MARK,
        stop_link=_STOP_MARK,
    )
    return TextLetter(settings=settings, kind=kind, reference=wave.reference, body=filled.body)
