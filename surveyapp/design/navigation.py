"""What stands in the header for the person who is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask_login import current_user

from surveyapp.permissions import Permission, permissions_of

_PLACES = (
    ("Pulses", "pulses.index", Permission.PLAN_WAVES),
    ("Reports", "reports.index", Permission.READ_REPORTS),
    ("Review comments", "comments.queue", Permission.REVIEW_COMMENTS),
    ("Staff", "organisation.staff", Permission.MANAGE_ORGANISATION),
    ("Units", "organisation.units", Permission.MANAGE_ORGANISATION),
    ("Questions", "library.index", Permission.BROWSE_LIBRARY),
    ("Access", "accounts.people", Permission.MANAGE_ACCESS),
    ("Audit log", "accounts.audit", Permission.READ_AUDIT),
    ("Outbox", "pulses.outbox", Permission.SEE_OUTBOX),
)


@dataclass(frozen=True, slots=True)
class NavigationItem:
    text: str
    href: str
    is_current: bool


def navigation() -> list[NavigationItem]:
    """The pages that this person's roles open; none for someone who is not signed in."""
    held = permissions_of(current_user)
    return [
        NavigationItem(text, url_for(endpoint), request.endpoint == endpoint)
        for text, endpoint, permission in _PLACES
        if permission in held
    ]
