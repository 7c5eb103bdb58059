"""In which language a page is made.

Staff choose it on the page, and the choice travels in the page's address as `lang`: no cookie, no
session, nothing in the ballot. All other pages are in English.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, has_request_context, request, url_for
from flask_babel import force_locale, get_locale, gettext
from markupsafe import Markup

from surveyapp.config import Settings
from surveyapp.extensions import babel
from surveyapp.languages import ENGLISH, NAMES

#: The part of an address that names a language other than English.
PARAMETER = "lang"

#: Where a shared tablet waits. It forgets the language with the person.
_STARTS = frozenset({"ballots.open_link.tablet"})

#: Pages of people who answer, and of those who want to see what they see.
PAGES = _STARTS | {
    "accounts.accessibility",
    "accounts.privacy",
    "actions.everyone",
    "ballots.answer",
    "ballots.cut_link",
    "ballots.open_link.answer",
    "ballots.open_link.tablet_answer",
    "ballots.open_link.tablet_thank_you",
    "ballots.open_link.thank_you",
    "ballots.preview",
    "ballots.thank_you",
    "privacy.what_we_store",
    "privacy.your_data",
    "reminders.ask",
    "reminders.stop",
}

#: An address below these is no page, or none that takes what was sent, and yet came from a person's link.
_ANSWERING = ("/a/", "/o/")


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """A language that this page can be read in as well, its own name, and where."""

    code: str
    name: str
    address: str


def init_app(app: Flask) -> None:
    babel.init_app(app, default_locale=ENGLISH, locale_selector=_chosen)
    app.url_defaults(_carry)
    app.jinja_env.globals.update(
        in_english=in_english,
        language=language,
        language_to_change_to=language_to_change_to,
        other_language=other_language,
        this_page=this_page,
        translated=translated,
    )


def language() -> str:
    """The language of the page or mail that is being made."""
    locale = get_locale()
    return ENGLISH if locale is None else locale.language


def translated(text: str) -> str:
    """Words that are data, where a catalogue has them (`languages.message`), and else as they are."""
    return gettext(text)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Words that are put together meanwhile are in that language."""
    with force_locale(code):
        yield


def in_english() -> Markup:
    """The attribute of words that stand in English on a page of any language; empty on an English one."""
    return Markup("") if language() == ENGLISH else Markup(' lang="en"')


def link_in(link: str, code: str) -> str:
    """A link to a page in a language."""
    return link if code == ENGLISH else f"{link}?{PARAMETER}={code}"


def other_language() -> OtherLanguage | None:
    """The other language of this page. None where there is none, or going there would lose what was sent."""
    if request.endpoint not in PAGES or request.method not in {"GET", "HEAD"}:
        return None
    return language_to_change_to()


def language_to_change_to() -> OtherLanguage | None:
    """The other language of this page, whatever was sent to it; None where one is all there is."""
    code = next((code for code in _offered() if code != language()), None)
    if code is None or request.endpoint is None:
        return None
    chosen = {**(request.view_args or {}), PARAMETER: None if code == ENGLISH else code}
    return OtherLanguage(code, NAMES[code], url_for(request.endpoint, **chosen))


def this_page() -> str:
    """The address of this page in its language, without whatever else was asked."""
    return url_for(request.endpoint or "", **(request.view_args or {}))


def _offered() -> tuple[str, ...]:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.languages


def _chosen() -> str:
    if not has_request_context():
        return ENGLISH
    if request.endpoint not in PAGES and not request.path.startswith(_ANSWERING):
        return ENGLISH
    asked = request.args.get(PARAMETER, ENGLISH)
    return asked if asked in _offered() else ENGLISH


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    """Links of a page lead on in its language."""
    if endpoint in PAGES - _STARTS and PARAMETER not in values and has_request_context():
        code = language()
        if code != ENGLISH:
            values[PARAMETER] = code
