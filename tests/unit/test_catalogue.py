"""The Welsh words of the pages: all there, whole, and the compiled ones are the same."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from surveyapp.config import PROJECT_ROOT

WELSH = PROJECT_ROOT / "surveyapp" / "translations" / "cy" / "LC_MESSAGES" / "messages.po"

#: What is put in when the page is made, and what browsers read as markup.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%?\{\w+\}")
TAG = re.compile(r"</?[a-z][^>]*>")

Key = str | tuple[str, ...]


def key_of(message_id: str | list[str] | tuple[str, ...]) -> Key:
    return message_id if isinstance(message_id, str) else tuple(message_id)


def marked() -> Iterator[tuple[Key, str]]:
    """All words that the code and the templates mark, and the files in which they do."""
    config = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = config["tool"]["babel"]["mappings"]
    for directory in ("surveyapp", "templates"):
        found = extract_from_dir(
            PROJECT_ROOT / directory,
            method_map=[(each["pattern"], each["method"]) for each in mappings],
            options_map={each["pattern"]: {"silent": "false"} for each in mappings},
            keywords={**DEFAULT_KEYWORDS, "message": None},
        )
        for file, _line, words, _comments, _context in found:
            yield key_of(words), f"{directory}/{file}"


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with WELSH.open("rb") as file:
        return read_po(file, locale="cy", abort_invalid=True)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def texts(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def test_every_word_of_the_pages_is_in_it_and_no_other(catalogue: Catalog) -> None:
    """`make words` puts new ones in, for somebody to translate, and takes old ones out."""
    asked = {words: file for words, file in marked() if words}
    known = {key_of(message.id) for message in messages(catalogue)}
    assert {words: file for words, file in asked.items() if words not in known} == {}
    assert known - asked.keys() == set()
    assert len(known) > 200 and not catalogue.obsolete


def test_every_word_is_translated_and_nobody_is_in_doubt(catalogue: Catalog) -> None:
    for message in messages(catalogue):
        assert not message.fuzzy, message.id
        assert all(text.strip() for text in texts(message.string)), message.id
        assert len(texts(message.string)) == (6 if message.pluralizable else 1), message.id


def test_what_is_put_in_and_what_is_markup_is_the_same_in_both(catalogue: Catalog) -> None:
    for message in messages(catalogue):
        english = texts(message.id)[-1]
        for welsh in texts(message.string):
            for kind in (PLACEHOLDER, TAG):
                assert sorted(kind.findall(welsh)) == sorted(kind.findall(english)), message.id
            # A bare one would be read as the start of a placeholder.
            assert "%" not in PLACEHOLDER.sub("", welsh), message.id


def test_the_compiled_words_are_those_of_the_file(catalogue: Catalog) -> None:
    """Else pages say what was there before: `make words` compiles."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert WELSH.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_the_file_says_that_nobody_has_checked_it() -> None:
    head = " ".join(WELSH.read_text(encoding="utf-8").partition("msgid")[0].replace("#", "").split())
    assert "DRAFT" in head and "No Welsh speaker has checked them" in head


def test_templates_mark_words_by_a_name_that_none_of_them_takes() -> None:
    """`_` is what templates assign what nobody needs, and an included one gets that."""
    found = [
        str(path.relative_to(PROJECT_ROOT))
        for path in (PROJECT_ROOT / "templates").rglob("*.html")
        if re.search(r"(?<!\w)_\(", path.read_text(encoding="utf-8"))
    ]
    assert found == []
