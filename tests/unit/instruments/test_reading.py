"""A wrong library file is refused with its place and what is wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from surveyapp.instruments import services
from surveyapp.instruments.reading import LibraryError, read_library

VERSION = services.current_version()
SHIPPED = Path(services.__file__).parent / "library" / f"learning-culture-pulse-{VERSION}.yaml"
DATA = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))


def _set(*path: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for step in path[:-2]:
            data = data[step]
        data[path[-2]] = path[-1]

    return change


def _drop(*path: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        del data[path[-1]]

    return change


FIRST_MONTH = ("templates", "monthly_pulse_5", "rotations", "A", "month_1")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("items", 0, "scale", "agree7"), "items[0].scale is 'agree7'"),
        (_set("items", 0, "cipd", ["C9"]), "items[0].cipd[0] is 'C9'"),
        (_set("items", 0, "text", 7), "items[0].text must be text"),
        (_set("items", 0, "reverse", "no"), "items[0].reverse must be true or false"),
        (_set("items", 1, "id", "LEA1"), "items holds LEA1 twice"),
        (_set("follow_up", "id", "LEA1"), "follow_up.id LEA1 is a question of its own already"),
        (_set("role_question", "id", "LEA1"), "role_question.id LEA1 is a question of its own already"),
        (_set("role_question", "options", 0, "leads_to", ["cats"]), "leads_to[0] is 'cats'"),
        (_set("role_question", "options", []), "role_question.options must be numbered"),
        (_set("templates", "annual_full", "learners_add_scales", ["H4"]), "asks learners HS1"),
        (_set("follow_up", "scale", "agree7"), "follow_up.scale is 'agree7'"),
        (_drop("items", 3, "source"), "items[3].source is missing"),
        (_set("items", 0, "audience", "cats"), "items[0].audience is 'cats'"),
        (_drop("scales", "text", "hint"), "scales.text.hint is missing"),
        (_set("scales", "agree5", "points", []), "scales.agree5.points must be numbered"),
        (_set("reporting_scales", "factor_family", "F1", ["LEA1", "FBK1"]), "one response scale"),
        (_set("reporting_scales", "factor_family", "F1", ["LEA1"]), "LEA2 must be in one"),
        (_set("reporting_scales", "factor_family", "F9", ["LEA1"]), "F9 is not a frame"),
        ((_set(*FIRST_MONTH, 0, "NONE")), "month_1[0] is 'NONE'"),
        ((_set(*FIRST_MONTH, 0, "COM1")), "asks COM1 twice"),
        ((_set(*FIRST_MONTH, 0, "HL1")), "asks all staff HL1"),
        (_set("templates", "quarterly_12", "minutes", True), "minutes must be a whole number"),
        (_set("meta", "version", "9.9.9"), "meta.version is 9.9.9"),
        (_set("meta", "claim_allowed", "a validated set"), "must not say"),
    ],
)
def test_says_where_and_what(change: Callable[[Any], None], says: str, tmp_path: Path) -> None:
    data = copy.deepcopy(DATA)
    change(data)
    path = tmp_path / "library.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(LibraryError) as caught:
        read_library(path, VERSION)
    assert says in str(caught.value)
    assert "library.yaml" in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"- 1", b"a: [", b"\xff\xfe", b"!!python/object/apply:os.getcwd []"]
)
def test_refuses_what_is_not_a_library(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "library.yaml"
    path.write_bytes(content)
    with pytest.raises(LibraryError):
        read_library(path, VERSION)


def test_refuses_a_version_that_is_not_there() -> None:
    with pytest.raises(LibraryError, match=r"9\.9\.9"):
        services.load_library("9.9.9")
