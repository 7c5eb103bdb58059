"""What an action must say before it is kept, and what it had better not say. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from unicodedata import category

from surveyapp.actions.models import Status

#: Characters of what was heard, of what is done and of why not.
LONGEST_TEXT = 500

LONGEST_OWNER = 80

_QUOTED = re.compile(r"[\"“”„«»]|(?<!\w)['‘](?:[^'‘’]|(?<=\w)['’](?=\w))+['’](?!\w)")

_FEW = (
    r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"(?:\s+(?:of\s+)?(?:our|the|these|them|you|us))?"
)
_COUNTED = re.compile(
    rf"\b{_FEW}\s+(?:members?\s+of\s+)?(?:people|persons?|staff|colleagues?|nurses?|doctors?)\b",
    re.IGNORECASE,
)


class ActionError(ValueError):
    """An action that cannot be kept. `field` names the form field it belongs to."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Draft:
    """What someone wrote of an action. `unit_id` and `wave_id` are checked by the services."""

    unit_id: int
    topic: str
    heard: str
    doing: str
    status: Status | None
    reason: str
    owner: str
    due_on: date | None
    wave_id: int | None


def tidy(text: str | None) -> str:
    """The text without blanks around it and without what cannot be seen. Lines stay."""
    shown = (sign for sign in text or "" if sign == "\n" or category(sign) not in ("Cc", "Cs"))
    return "".join(shown).strip()


def problems(draft: Draft) -> dict[str, str]:
    """What keeps a draft from being kept, by form field, in the order of the form. Says what to do."""
    found: dict[str, str] = {}
    not_doing = draft.status is Status.NOT_DOING
    if not draft.topic:
        found["topic"] = "Select what this is about"
    if not draft.heard:
        found["heard"] = "Enter what you heard"
    if draft.status is None:
        found["status"] = "Select how far it is"
    if not draft.doing and not not_doing:
        found["doing"] = "Enter what you will do, or what you did"
    if not_doing and not draft.reason:
        found["reason"] = "Enter why you are not doing this"
    if not draft.owner:
        found["owner"] = "Enter whose job it is, such as Ward manager"
    elif "@" in draft.owner:
        found["owner"] = "Enter a job title, not an e-mail address"
    elif len(draft.owner) > LONGEST_OWNER:
        found["owner"] = f"Job title must be {LONGEST_OWNER} characters or fewer"
    if draft.due_on is None and draft.status in (Status.PLANNED, Status.UNDER_WAY):
        found["due_on"] = "Enter the date by which it will be done"
    for field, text in (("heard", draft.heard), ("doing", draft.doing), ("reason", draft.reason)):
        if len(text) > LONGEST_TEXT:
            found[field] = f"Use {LONGEST_TEXT} characters or fewer"
    return found


def doubts(heard: str) -> tuple[str, ...]:
    """What in the words 'what we heard' may point at a person. Whoever wrote them can say it does not.

    A hint and no more: nobody's own words, and no number of people that is too small to be shown.
    """
    found = []
    if _QUOTED.search(heard):
        found.append("Quotation marks. Someone may know their own words, or those of a colleague.")
    counted = _COUNTED.search(heard)
    if counted:
        found.append(f"A number of people: ‘{' '.join(counted[0].split())}’. A small one points at someone.")
    return tuple(found)
