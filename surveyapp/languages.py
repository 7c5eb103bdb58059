"""The languages in which staff can read and answer. Pure: `translating` knows of pages."""

from __future__ import annotations

ENGLISH = "en"
WELSH = "cy"

#: What each language calls itself.
NAMES = {ENGLISH: "English", WELSH: "Cymraeg"}

#: What LANGUAGES may say. English always stands first: everything has it.
OFFERS = ((ENGLISH,), (ENGLISH, WELSH))


def message(text: str) -> str:
    """Marks words for the catalogues of other languages. They are translated where they are shown."""
    return text
