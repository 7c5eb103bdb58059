"""What stands in the header for the person who is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_login import current_user

from surveyapp.permissions import Permission, permissions_of


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the menu and the start page lead to."""

    text: str
    about: str
    endpoint: str
    permission: Permission


PLACES = (
    Place("Pulses", "Plan, launch and close pulses.", "pulses.index", Permission.PLAN_WAVES),
    Place(
        "Reports",
        "Scores and themes for the units you may see.",
        "reports.index",
        Permission.READ_REPORTS,
    ),
    Place(
        "Review comments",
        "Check comments before anyone else reads them.",
        "comments.queue",
        Permission.REVIEW_COMMENTS,
    ),
    Place(
        "Staff",
        "Who is invited. Import the list from a file.",
        "organisation.staff",
        Permission.MANAGE_ORGANISATION,
    ),
    Place("Units", "Teams and departments.", "organisation.units", Permission.MANAGE_ORGANISATION),
    Place(
        "Questions",
        "The question library, by factor and framework.",
        "library.index",
        Permission.BROWSE_LIBRARY,
    ),
    Place(
        "Access",
        "Who may sign in, and what they may do.",
        "accounts.people",
        Permission.MANAGE_ACCESS,
    ),
    Place("Audit log", "Who did what, and when.", "accounts.audit", Permission.READ_AUDIT),
    Place("Outbox", "The e-mails of the demonstration.", "pulses.outbox", Permission.SEE_OUTBOX),
)


@dataclass(frozen=True, slots=True)
class NavigationItem:
    text: str
    about: str
    href: str
    is_current: bool


def navigation() -> list[NavigationItem]:
    """The pages that this person's roles open; none for someone who is not signed in.

    A feature that is not part of this installation has no place in the menu.
    """
    held = permissions_of(current_user)
    return [
        NavigationItem(
            text=place.text,
            about=place.about,
            href=url_for(place.endpoint),
            is_current=request.endpoint == place.endpoint,
        )
        for place in PLACES
        if place.permission in held and place.endpoint in current_app.view_functions
    ]
