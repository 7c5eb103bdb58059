"""What is in which language on a page."""

from __future__ import annotations

from bs4 import BeautifulSoup, NavigableString, Tag

#: Attributes whose words people read or hear.
_SPOKEN = ("aria-label", "alt", "placeholder", "title", "data-one-second", "data-seconds", "data-nearly")

#: Elements whose text nobody reads.
_SILENT = ("script", "style", "code")


def language_of(node: Tag | NavigableString) -> str:
    """As a screen reader finds it: that of the nearest element that names one."""
    around = node if isinstance(node, Tag) and node.get("lang") else node.find_parent(lang=True)
    return str(around["lang"]) if isinstance(around, Tag) else ""


def words_in(page: str, language: str) -> set[str]:
    """All pieces of text, and of attributes that are read out, that a page says are in a language."""
    soup = BeautifulSoup(page, "html5lib")
    found = {
        " ".join(text.split())
        for text in soup.find_all(string=True)
        if type(text) is NavigableString
        and text.parent is not None
        and text.parent.name not in _SILENT
        and language_of(text) == language
    }
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            if (name in _SPOKEN or name.startswith("data-i18n")) and language_of(tag) == language:
                found.add(" ".join(str(value).split()))
    return {text for text in found if any(char.isalpha() for char in text)}
