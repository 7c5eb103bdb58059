"""The NHS.UK design system, as far as Python has a part in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from babel.dates import format_date, format_datetime
from flask import Flask
from flask_babel import ngettext
from jinja2 import ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader

from surveyapp.design import assets
from surveyapp.design.navigation import navigation
from surveyapp.languages import ENGLISH
from surveyapp.timekeeping import LOCAL_ZONE
from surveyapp.translating import language


def init_app(app: Flask) -> None:
    """Prepare templates for the design system. Raises AssetsMissingError without its package."""
    environment = app.jinja_env
    # The design system's macros ask for parameters of parameters that may be absent.
    environment.undefined = ChainableUndefined
    environment.loader = ChoiceLoader(
        [
            FileSystemLoader(app.template_folder or "templates"),
            PackageLoader("nhsuk_frontend_jinja"),
        ]
    )

    def is_escaped(name: str | None) -> bool:
        # Flask escapes by file name and does not know the design system's: without this, every
        # label, hint and option would reach the page as markup.
        if name is not None and name.endswith(".jinja"):
            return True
        return app.select_jinja_autoescape(name)

    environment.autoescape = is_escaped
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.filters["day"] = day
    environment.filters["day_of_year"] = day_of_year
    environment.filters["moment"] = moment
    environment.filters["hour"] = hour
    assets.init_app(app)

    def nonce() -> str:
        # Looked up late: the security headers are set up after the design system.
        made: Callable[[], str] = environment.globals["csp_nonce"]  # type: ignore[assignment]
        return made()

    @app.context_processor
    def _for_every_page() -> dict[str, Any]:
        return {
            "organisation_name": app.config["SETTINGS"].organisation_name,
            # A function: only pages with a menu should ask who is signed in.
            "navigation": navigation,
            "cspNonce": nonce(),
        }


def day(value: date | datetime, code: str = "") -> str:
    """4 November 2026, by the organisation's clock, in the language of that code or of the page."""
    if isinstance(value, datetime):
        value = value.astimezone(LOCAL_ZONE)
    code = code or language()
    if code != ENGLISH:
        return format_date(value, "d MMMM y", locale=code)
    return f"{value.day} {value:%B %Y}"


def day_of_year(value: date | datetime) -> str:
    """4 November, by the organisation's clock, where the year is plain."""
    return day(value).rpartition(" ")[0]


def moment(value: datetime) -> str:
    """4 November 2026 at 9:05am, by the organisation's clock, in the language of the page."""
    local = value.astimezone(LOCAL_ZONE)
    if language() != ENGLISH:
        # Welsh counts 24 hours, and 'am' stands for 'at'.
        return format_datetime(local, "d MMMM y 'am' HH:mm", tzinfo=LOCAL_ZONE, locale=language())
    return f"{day(local)} at {local.hour % 12 or 12}:{local:%M}{_half(local)}"


def hour(value: time) -> str:
    """9am or 5:30pm."""
    minutes = f":{value:%M}" if value.minute else ""
    return f"{value.hour % 12 or 12}{minutes}{_half(value)}"


def in_minutes(count: int) -> str:
    """1 minute or 2 minutes, in the language of the page."""
    return ngettext("%(num)s minute", "%(num)s minutes", count)


def _half(value: time | datetime) -> str:
    return "am" if value.hour < 12 else "pm"
