"""The words on privacy, as they were shipped: what people were told once is never changed (A20)."""

from __future__ import annotations

import hashlib

from surveyapp.config import PROJECT_ROOT
from surveyapp.privacy.services import PRIVACY_VERSION, TEXT_VERSIONS

TEXTS = PROJECT_ROOT / "templates" / "privacy" / "texts"

#: Of all files of a version. Do not write a new digest here for an old version: make a new version.
SHIPPED = {
    "2026-11": "a2a1fd8f69261125a740d64917950a3a3ce8677b54233afd9cb41e8a859c0470",
    "2026-12": "09ac748ab4136b1fe3a657cf11783af58a4189c880bf8bb7d9d1860518231d38",
    "2027-01": "83cef3bcac786373a9ec51b721aa7cdbe384b64ecd1ba80e5b2760e8c7fbf69a",
    "2027-02": "6209e7876a2edf90c9ed9356564f415f9f80c96c693082c9afe91b5844d4542f",
    "2027-03": "424ec5c3a43e83b554a3cf92afe01ae2f55acbb62bd4c904569fb218c6e3966a",
}


def digest(version: str) -> str:
    files = sorted((TEXTS / version).rglob("*.html"))
    assert files, f"The words of {version} are gone."
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def test_the_words_that_people_were_shown_have_not_changed() -> None:
    assert {version: digest(version) for version in TEXT_VERSIONS} == SHIPPED


def test_every_version_on_disk_is_known_in_order_and_the_newest_is_shown() -> None:
    assert sorted(path.name for path in TEXTS.iterdir()) == list(TEXT_VERSIONS) == sorted(TEXT_VERSIONS)
    assert TEXT_VERSIONS[-1] == PRIVACY_VERSION


def test_a_version_uses_no_words_of_another() -> None:
    for version in TEXT_VERSIONS:
        for file in (TEXTS / version).rglob("*.html"):
            words = file.read_text(encoding="utf-8")
            assert all(f"texts/{other}" not in words for other in TEXT_VERSIONS if other != version)
