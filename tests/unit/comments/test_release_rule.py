"""The decisions that need no database: release, versions."""

from __future__ import annotations

import pytest

from nlp.taxonomy import Flag
from surveyapp.comments import labels, services
from surveyapp.comments.models import Release


@pytest.mark.parametrize(
    ("unit_id", "flags", "invited", "review_all", "expected"),
    [
        (1, (), 50, False, Release.RELEASED),
        (1, (), 49, False, Release.TO_REVIEW),
        (1, (Flag.CONCERN,), 500, False, Release.TO_REVIEW),
        (1, (Flag.NOT_ENGLISH,), 500, False, Release.TO_REVIEW),
        (1, (Flag.NEEDS_PERSON, Flag.TOO_SHORT), 500, False, Release.RELEASED),
        (1, (), 500, True, Release.TO_REVIEW),
        (None, (), 500, False, Release.WITHHELD),
        (2, (), 500, False, Release.TO_REVIEW),  # a unit nobody was counted in is a small one
    ],
)
def test_release_rule(
    unit_id: int | None,
    flags: tuple[Flag, ...],
    invited: int,
    review_all: bool,
    expected: Release,
) -> None:
    assert services._first_release(unit_id, flags, {1: invited}, review_all=review_all) == expected


def test_versions_are_ordered_as_people_read_them() -> None:
    assert max(["1.9", "1.10", "1.2"], key=labels.version_key) == "1.10"
