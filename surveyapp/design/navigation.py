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
        "Planner",
        "Pulses that recur, and the whole year at a glance.",
        "series.planner.index",
        Permission.PLAN_WAVES,
    ),
    Place(
        "Reports",
        "Scores and themes for the units you may see.",
        "reports.index",
        Permission.READ_REPORTS,
    ),
    Place(
        "Actions",
        "What you do about what staff said, and who may read it.",
        "actions.index",
        Permission.WRITE_ACTIONS,
    ),
    Place(
        "Review comments",
        "Check comments before anyone else reads them.",
        "comments.queue",
        Permission.REVIEW_COMMENTS,
    ),
    Place(
        "Correct themes",
        "Tell the computer where it read a comment wrongly.",
        "comments.corrections.queue",
        Permission.REVIEW_COMMENTS,
    ),
    Place(
        "Theme quality",
        "How often people agree with the computer's themes.",
        "comments.corrections.figures",
        Permission.READ_THEME_QUALITY,
    ),
    Place(
        "Concerns",
        "Words that may speak of harm.",
        "comments.concerns.listed",
        Permission.READ_CONCERNS,
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
    Place("Deletion", "When answers are deleted, and proof.", "privacy.deletion", Permission.READ_AUDIT),
    Place("Audit log", "Who did what, and when.", "accounts.audit", Permission.READ_AUDIT),
    Place(
        "Operations",
        "Whether the servers, the queues and the clock do their work.",
        "operations.index",
        Permission.SEE_OPERATIONS,
    ),
    Place("Outbox", "The e-mails of the demonstration.", "pulses.outbox", Permission.SEE_OUTBOX),
)


@dataclass(frozen=True, slots=True)
class NavigationItem:
    text: str
    about: str
    href: str
    #: "page" for the page that is open, "true" for the section that it is in, or none.
    current: str | None


def navigation() -> list[NavigationItem]:
    """The pages that this person's roles open; none for someone who is not signed in.

    A feature that is not part of this installation has no place in the menu.
    """
    held = permissions_of(current_user)
    places = {
        url_for(place.endpoint): place
        for place in PLACES
        if place.permission in held and place.endpoint in current_app.view_functions
    }
    # The outbox stands below the pulses, and staff below units, so the longest address counts.
    here = request.script_root + request.path
    within = max((href for href in places if f"{here}/".startswith(f"{href}/")), key=len, default=None)
    return [
        NavigationItem(
            text=place.text,
            about=place.about,
            href=href,
            current=None if href != within else "page" if href == here else "true",
        )
        for href, place in places.items()
    ]
