"""Every match of an expression begins with one of its openings."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.concerns import as_pattern, read_wordings
from nlp.openings import LETTERS, openings

PATTERNS = [
    as_pattern(line)
    for kind in ("topics", "accounts")
    for lines in read_wordings(kind).values()
    for line in lines
]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("unsafe", {"uns"}),
        ("ot", {"ot"}),
        ("(?:a|with a) weapon", {"a w", "wit"}),
        ("(?:very )?ill", {"ver", "ill"}),
        ("int[ia]m", {"int"}),
        ("o[nf] it", {"on ", "of "}),
        (r"\w{2,8} me", {""}),
        (r"b\w{0,3} me", {"b"}),
        ("(?<!no )(?:sore|ulcer)s?", {"sor", "ulc"}),
        ("(?:a (?:b|c)|d?e)", {"a b", "a c", "de", "e"}),
        (r"(?:go ){1,3}on", {"go "}),
    ],
)
def test_what_a_match_can_begin_with(pattern: str, expected: set[str]) -> None:
    assert openings(pattern) == expected


@pytest.mark.parametrize("pattern", ["(?:a", "(?!a", "a)"])
def test_brackets_that_do_not_close_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="bracket"):
        openings(pattern)


@given(st.data())
def test_no_match_of_a_wording_begins_otherwise(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    # Looking around needs the words around, which no match has when it stands alone.
    alone = re.sub(r"\(\?<?[=!][^()]*\)", "", pattern)
    text = data.draw(st.from_regex(re.compile(alone, re.ASCII), fullmatch=True))
    assert any(text[:LETTERS].startswith(opening) for opening in openings(pattern))
