"""The messages whose words L&D may change, and the placeholders that each may have. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: What stands for something that differs from pulse to pulse, or from person to person.
PLACEHOLDERS: Mapping[str, str] = {
    "organisation": "the name of your organisation",
    "title": "the name of the pulse",
    "link": "the link to the questions",
    "minutes": "how long it takes, like ‘2 minutes’",
    "closes": "when the pulse closes",
    "smallest_group": "the smallest group that results are shown for",
    "stop_link": "the link that stops reminders",
}

#: Those that are web addresses.
LINKS = frozenset({"link", "stop_link"})

LONGEST_BODY = 4000
LONGEST_SUBJECT = 78

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class MessageKind(StrEnum):
    INVITATION = "invitation"
    REMINDER = "reminder"
    TEXT_INVITATION = "text_invitation"
    TEXT_REMINDER = "text_reminder"
    OPEN_LINK = "open_link"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a kind of message needs. `takes` holds every placeholder that it may have."""

    name: str
    about: str
    takes: frozenset[str]
    needs: frozenset[str] = frozenset()
    is_mail: bool = True
    #: Whether it goes to mobile phones, as one or more short messages.
    is_text: bool = False
    #: Whether anyone may answer who has the link, and not only who was invited.
    is_open_link: bool = False


_OF_A_PULSE = frozenset({"organisation", "title", "minutes", "closes", "smallest_group"})

RULES: Mapping[MessageKind, Rules] = {
    MessageKind.INVITATION: Rules(
        name="Invitation",
        about="The e-mail that each person gets when a pulse opens.",
        takes=_OF_A_PULSE | {"link"},
        needs=frozenset({"link"}),
    ),
    MessageKind.REMINDER: Rules(
        name="Reminder",
        about="The e-mail that goes to everyone who was invited, some days later.",
        takes=_OF_A_PULSE | LINKS,
        needs=LINKS,
    ),
    MessageKind.TEXT_INVITATION: Rules(
        name="Invitation as a text",
        about="To the mobile of people whose e-mail does not work, or who get texts in its place.",
        takes=_OF_A_PULSE | LINKS,
        needs=LINKS,
        is_mail=False,
        is_text=True,
    ),
    MessageKind.TEXT_REMINDER: Rules(
        name="Reminder as a text",
        about="To the same people, some days later.",
        takes=_OF_A_PULSE | LINKS,
        needs=LINKS,
        is_mail=False,
        is_text=True,
    ),
    MessageKind.OPEN_LINK: Rules(
        name="Text with an open link",
        about="Words to copy into Teams or a rota app, for a pulse with one link for all.",
        takes=_OF_A_PULSE | {"link"},
        needs=frozenset({"link"}),
        is_mail=False,
        is_open_link=True,
    ),
    MessageKind.NOTICE: Rules(
        name="Text that says an e-mail has come",
        about="Words to copy into Teams or a rota app, for a pulse in which each person has a link.",
        takes=_OF_A_PULSE,
        is_mail=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """A message with its placeholders, or filled in. Only mails have a subject."""

    subject: str
    body: str

    def filled(self, values: Mapping[str, str]) -> Words:
        """With each placeholder replaced once. What a value says is never read as a placeholder, and
        what has no value stays as it is.
        """
        return Words(fill(self.subject, values), fill(self.body, values))


def fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
