"""The question library: read from the versioned data file beside this module. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_DIRECTORY = Path(__file__).parent / "library"
_PREFIX = "learning-culture-pulse-"

#: What may be said of the library, and no more.
CLAIM = "informed by CIPD (2020) and the HEE Quality Framework"


class LibraryError(ValueError):
    """The library's data file is missing or wrong. Says where."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A rating scale: points from worst to best, and the option that is not scored."""

    id: str
    points: tuple[tuple[int, str], ...]
    not_applicable: str
    favourable: frozenset[int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A factor, a CIPD criterion or an HEE domain."""

    code: str
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Item:
    """A scored question with its place in each frame."""

    id: str
    text: str
    scale: str
    reverse: bool
    factor: str
    cipd: tuple[str, ...]
    hee: tuple[str, ...]
    audience: str
    anchor: bool
    source: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """An open question. `max_chars` is the longest comment it takes."""

    id: str
    text: str
    factor: str
    hint: str
    max_chars: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One ready-made set of questions of a template, such as month 1 of rotation A."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    name: str
    minutes: int
    open_days: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What one wave asks, in the order in which it asks."""

    items: tuple[Item, ...]
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Library:
    version: str
    items: Mapping[str, Item]
    prompts: Mapping[str, Prompt]
    scales: Mapping[str, Scale]
    factors: Mapping[str, Frame]
    cipd: Mapping[str, Frame]
    hee: Mapping[str, Frame]
    factor_scales: Mapping[str, tuple[str, ...]]
    cipd_scales: Mapping[str, tuple[str, ...]]
    hee_scales: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, Template]
    questionnaires: Mapping[tuple[str, str], Questionnaire]


def current_version() -> str:
    """The newest version shipped."""
    versions = sorted(
        (path.stem.removeprefix(_PREFIX) for path in _DIRECTORY.glob(f"{_PREFIX}*.yaml")),
        key=lambda version: tuple(int(part) for part in version.split(".")),
    )
    if not versions:
        raise LibraryError(f"No question library in {_DIRECTORY}.")
    return versions[-1]


@cache
def load_library(version: str | None = None) -> Library:
    """Read and check one version of the library; the newest without a version.

    Raises LibraryError when the file is missing or says something that cannot be.
    """
    version = version or current_version()
    path = _DIRECTORY / f"{_PREFIX}{version}.yaml"
    try:
        data: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _library(data, version)
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise LibraryError(f"{path.name}: {type(error).__name__} {error}") from error


def questions_for(library: Library, template_id: str, choice_key: str) -> Questionnaire:
    """What a template's choice asks. Raises KeyError when there is no such choice."""
    return library.questionnaires[(template_id, choice_key)]


def _library(data: Mapping[str, Any], version: str) -> Library:
    items = {row["id"]: _item(row) for row in data["items"]}
    text_scale = data["scales"]["text"]
    prompts = {
        row["id"]: Prompt(
            id=row["id"],
            text=row["text"],
            factor=row["primary_factor"],
            hint=text_scale["hint"],
            max_chars=text_scale["max_chars"],
        )
        for row in data["open_text"]
    }
    frames = data["frameworks"]
    scales = {
        scale_id: _scale(scale_id, row)
        for scale_id, row in data["scales"].items()
        if isinstance(row, dict) and row.get("type") == "ordinal"
    }
    families = data["reporting_scales"]
    templates, questionnaires = _templates(data, items, prompts)
    library = Library(
        version=version,
        items=items,
        prompts=prompts,
        scales=scales,
        factors={code: Frame(code, row["name"], row["meaning"]) for code, row in frames["factors"].items()},
        cipd={code: Frame(code, row["name"], row["level"]) for code, row in frames["cipd"].items()},
        hee={
            code: Frame(code, row["name"], "")
            for code, row in frames["hee"].items()
            if code.startswith("H")
        },
        factor_scales={code: tuple(ids) for code, ids in families["factor_family"].items()},
        cipd_scales={code: tuple(ids) for code, ids in families["cipd_family"].items()},
        hee_scales={code: tuple(ids) for code, ids in families["hee_family"].items()},
        templates=templates,
        questionnaires=questionnaires,
    )
    _check(library)
    return library


def _item(row: Mapping[str, Any]) -> Item:
    return Item(
        id=row["id"],
        text=row["text"],
        scale=row["scale"],
        reverse=row["reverse"],
        factor=row["primary_factor"],
        cipd=tuple(row["cipd"]),
        hee=tuple(row["hee"]),
        audience=row["audience"],
        anchor=row["anchor"],
        source=row["source"],
    )


def _scale(scale_id: str, row: Mapping[str, Any]) -> Scale:
    return Scale(
        id=scale_id,
        points=tuple((point["value"], point["label"]) for point in row["points"]),
        not_applicable=row["na_option"]["label"],
        favourable=frozenset(row["favourable"]),
    )


def _templates(
    data: Mapping[str, Any], items: Mapping[str, Item], prompts: Mapping[str, Prompt]
) -> tuple[dict[str, Template], dict[tuple[str, str], Questionnaire]]:
    templates: dict[str, Template] = {}
    questionnaires: dict[tuple[str, str], Questionnaire] = {}

    def add(template_id: str, sets: list[tuple[str, str, list[Any], list[str]]]) -> None:
        row = data["templates"][template_id]
        templates[template_id] = Template(
            id=template_id,
            name=row["name"],
            minutes=row["minutes"],
            open_days=row["open_days"],
            choices=tuple(Choice(key, label) for key, label, _, _ in sets),
        )
        for key, _, slots, open_ids in sets:
            questionnaires[(template_id, key)] = Questionnaire(
                items=tuple(items[_for_all_staff(slot)] for slot in slots),
                prompts=tuple(prompts[prompt_id] for prompt_id in open_ids),
            )

    pulse = data["templates"]["monthly_pulse_5"]
    add(
        "monthly_pulse_5",
        [
            (
                f"{rotation}-{month[-1]}",
                f"Rotation {rotation}, month {month[-1]}",
                slots,
                pulse["open_text"][month],
            )
            for rotation, months in pulse["rotations"].items()
            for month, slots in months.items()
        ],
    )
    quarterly = data["templates"]["quarterly_12"]
    add(
        "quarterly_12",
        [
            (quarter, f"Quarter {quarter[-1]}", [*quarterly["items"], slot], quarterly["open_text"])
            for quarter, slot in quarterly["slot_12_by_quarter"].items()
        ],
    )
    yearly = data["templates"]["annual_full"]
    families = data["reporting_scales"]
    every_scale = {
        code: ids
        for family in ("factor_family", "cipd_family", "hee_family")
        for code, ids in families[family].items()
    }
    slots = [item_id for code in yearly["page_order"] for item_id in every_scale[code]]
    add("annual_full", [("full", "All questions", slots, yearly["open_text"])])
    return templates, questionnaires


def _for_all_staff(slot: str | Mapping[str, str]) -> str:
    """A branch slot asks learners and supervisors something else; all staff get this item."""
    return slot if isinstance(slot, str) else slot["all_staff"]


def _check(library: Library) -> None:
    for item in library.items.values():
        unknown = (
            {item.scale} - library.scales.keys()
            | {item.factor} - library.factors.keys()
            | set(item.cipd) - library.cipd.keys()
            | set(item.hee) - library.hee.keys()
        )
        if unknown:
            raise LibraryError(f"Item {item.id} names what does not exist: {sorted(unknown)}")
    for family in (library.factor_scales, library.cipd_scales, library.hee_scales):
        for code, ids in family.items():
            if len({library.items[item_id].scale for item_id in ids}) != 1:
                raise LibraryError(f"Reporting scale {code} mixes response scales.")
