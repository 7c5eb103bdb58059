"""The NHS.UK design system, as far as Python has a part in it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask
from jinja2 import ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader

from surveyapp.design import assets
from surveyapp.design.navigation import navigation
from surveyapp.timekeeping import LOCAL_ZONE


def init_app(app: Flask) -> None:
    """Prepare templates for the design system. Raises AssetsMissingError without its package."""
    # The design system's macros ask for parameters of parameters that may be absent.
    app.jinja_env.undefined = ChainableUndefined
    app.jinja_env.loader = ChoiceLoader(
        [
            FileSystemLoader(app.template_folder or "templates"),
            PackageLoader("nhsuk_frontend_jinja"),
        ]
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["moment"] = moment
    assets.init_app(app)

    @app.context_processor
    def _for_every_page() -> dict[str, Any]:
        return {
            "organisation_name": app.config["SETTINGS"].organisation_name,
            "navigation": navigation(),
            "cspNonce": app.jinja_env.globals["csp_nonce"](),
        }


def day(value: date | datetime) -> str:
    """4 November 2026, by the organisation's clock."""
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL_ZONE)
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime) -> str:
    """4 November 2026 at 9:05am, by the organisation's clock."""
    local = value.astimezone(LOCAL_ZONE)
    hour = local.hour % 12 or 12
    return f"{day(local)} at {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
