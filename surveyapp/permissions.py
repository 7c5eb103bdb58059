"""What a person may do, and the hook that refuses everything else.

Every view carries `@requires(...)` or `@public`. A route with neither is refused at run time and
fails the build.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request
from flask_login import current_user


class Permission(StrEnum):
    MANAGE_ACCESS = "manage_access"
    READ_AUDIT = "read_audit"
    MANAGE_ORGANISATION = "manage_organisation"
    BROWSE_LIBRARY = "browse_library"
    PLAN_WAVES = "plan_waves"
    READ_REPORTS = "read_reports"
    READ_ALL_UNITS = "read_all_units"
    WRITE_ACTIONS = "write_actions"
    REVIEW_COMMENTS = "review_comments"
    READ_THEME_QUALITY = "read_theme_quality"
    READ_CONCERNS = "read_concerns"
    SEE_OUTBOX = "see_outbox"
    SEE_OPERATIONS = "see_operations"


class RoleName(StrEnum):
    ADMINISTRATOR = "administrator"
    LEARNING_AND_DEVELOPMENT = "learning_and_development"
    LEADER = "leader"
    COMMENT_REVIEWER = "comment_reviewer"
    SPEAK_UP_GUARDIAN = "speak_up_guardian"


ROLE_LABELS: dict[RoleName, str] = {
    RoleName.ADMINISTRATOR: "Administrator",
    RoleName.LEARNING_AND_DEVELOPMENT: "Learning and development",
    RoleName.LEADER: "Leader",
    RoleName.COMMENT_REVIEWER: "Comment reviewer",
    RoleName.SPEAK_UP_GUARDIAN: "Speak-up guardian",
}

#: Nobody's role holds everything: who runs the system does not thereby read comments.
PERMISSIONS_OF: dict[RoleName, frozenset[Permission]] = {
    RoleName.ADMINISTRATOR: frozenset(
        {
            Permission.MANAGE_ACCESS,
            Permission.READ_AUDIT,
            Permission.MANAGE_ORGANISATION,
            Permission.BROWSE_LIBRARY,
            Permission.SEE_OUTBOX,
            Permission.SEE_OPERATIONS,
        }
    ),
    RoleName.LEARNING_AND_DEVELOPMENT: frozenset(
        {
            Permission.MANAGE_ORGANISATION,
            Permission.BROWSE_LIBRARY,
            Permission.PLAN_WAVES,
            Permission.READ_REPORTS,
            Permission.READ_ALL_UNITS,
            Permission.WRITE_ACTIONS,
            Permission.READ_THEME_QUALITY,
        }
    ),
    RoleName.LEADER: frozenset(
        {Permission.BROWSE_LIBRARY, Permission.READ_REPORTS, Permission.WRITE_ACTIONS}
    ),
    RoleName.COMMENT_REVIEWER: frozenset(
        {Permission.REVIEW_COMMENTS, Permission.READ_THEME_QUALITY}
    ),
    RoleName.SPEAK_UP_GUARDIAN: frozenset({Permission.READ_CONCERNS}),
}

#: Endpoints of other people's code that need no sign-in. Our own public views say `@public`.
PUBLIC_ENDPOINTS: frozenset[str] = frozenset({"security.login"})

#: Endpoints of other people's code that need a sign-in but no permission beyond it.
SIGNED_IN_ENDPOINTS: frozenset[str] = frozenset({"security.logout", "security.change_password"})

_View = TypeVar("_View", bound=Callable[..., Any])


def requires(permission: Permission) -> Callable[[_View], _View]:
    """Mark a view as open to people whose roles hold `permission`."""

    def mark(view: _View) -> _View:
        view.required_permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def signed_in(view: _View) -> _View:
    """Mark a view as open to anyone who has signed in, such as the home page."""
    view.signed_in_only = True  # type: ignore[attr-defined]
    return view


def public(view: _View) -> _View:
    """Mark a view as open to everyone, such as the answering page."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def permissions_of(user: Any) -> frozenset[Permission]:
    """All that the person's roles hold together; empty for someone who is not signed in."""
    if not getattr(user, "is_authenticated", False):
        return frozenset()
    return frozenset().union(*(PERMISSIONS_OF[RoleName(role.name)] for role in user.roles))


def init_app(app: Flask) -> None:
    app.before_request(_deny_by_default)


def _deny_by_default() -> Any:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no such address: the 404 page answers
    view = current_app.view_functions[endpoint]
    if endpoint in PUBLIC_ENDPOINTS or getattr(view, "is_public", False):
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    if endpoint in SIGNED_IN_ENDPOINTS or getattr(view, "signed_in_only", False):
        return None
    permission = getattr(view, "required_permission", None)
    if permission is None or permission not in permissions_of(current_user):
        abort(403)
    return None
