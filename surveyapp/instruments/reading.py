"""Reading a library file. Whatever is wrong in it is said with its place in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from surveyapp.instruments.questions import (
    NO_FACTOR,
    ONE_PAGE,
    Frame,
    Item,
    Library,
    OpenScale,
    Prompt,
    Questionnaire,
    Scale,
    Section,
    Template,
    TemplateChoice,
)

_T = TypeVar("_T")


class LibraryError(ValueError):
    """The library's data file is missing or wrong. Says where and what."""


def read_library(path: Path, version: str) -> Library:
    """Raises LibraryError when the file cannot be read or says something that cannot be."""
    data = read_yaml(path)
    try:
        library = _library(_Node(data, ""))
        if library.version != version:
            raise LibraryError(f"meta.version is {library.version}; the file's name says {version}")
        _check(library)
    except LibraryError as error:
        raise LibraryError(f"{path.name}: {error}") from None
    return library


def read_yaml(path: Path) -> Any:
    """What a data file holds. Raises LibraryError when it cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LibraryError(f"{path.name} cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the file that knows its place in it."""

    value: Any
    place: str

    def __getitem__(self, key: str) -> _Node:
        if not isinstance(self.value, Mapping) or key not in self.value:
            raise LibraryError(f"{self._below(key)} is missing")
        return _Node(self.value[key], self._below(key))

    def a(self, kind: type[_T]) -> _T:
        # In Python True is an int: a version or a number of days must not be one.
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise LibraryError(f"{self.place} must be {_NAMES[kind]}, not {self.value!r}")
        return self.value

    def rows(self) -> Iterator[_Node]:
        return (_Node(v, f"{self.place}[{i}]") for i, v in enumerate(self.a(list)))

    def entries(self) -> Iterator[tuple[str, _Node]]:
        return ((str(key), self[key]) for key in self.a(dict))

    def texts(self) -> tuple[str, ...]:
        return tuple(row.a(str) for row in self.rows())

    def one_of(self, known: Mapping[str, _T]) -> _T:
        key = self.a(str)
        if key not in known:
            raise LibraryError(f"{self.place} is {key!r}, which is not in the file")
        return known[key]

    def _below(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key


_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a set of named values",
}


def _library(data: _Node) -> Library:
    scales = {
        key: _scale(key, node)
        for key, node in data["scales"].entries()
        if isinstance(node.value, dict) and node.value.get("type") == "ordinal"
    }
    frameworks = data["frameworks"]
    factors = {
        key: Frame(key, node["name"].a(str), node["meaning"].a(str))
        for key, node in frameworks["factors"].entries()
    }
    cipd = {
        key: Frame(key, node["name"].a(str), node["level"].a(str))
        for key, node in frameworks["cipd"].entries()
    }
    hee = {
        key: Frame(key, node["name"].a(str), "")
        for key, node in frameworks["hee"].entries()
        if isinstance(node.value, dict)
    }
    audiences = {
        key: node["label"].a(str)
        for key, node in data["audiences"].entries()
        if isinstance(node.value, dict)
    }
    items = _by_id(
        (_item(row, scales, factors, cipd, hee, audiences) for row in data["items"].rows()), "items"
    )
    open_scale = OpenScale(
        hint=data["scales"]["text"]["hint"].a(str),
        max_chars=data["scales"]["text"]["max_chars"].a(int),
    )
    prompts = _by_id(
        (
            Prompt(
                id=row["id"].a(str),
                text=row["text"].a(str),
                factor=row["primary_factor"].one_of(factors).code,
                cipd=_codes(row["cipd"], cipd),
                hee=_codes(row["hee"], hee),
                hint=open_scale.hint,
                max_chars=open_scale.max_chars,
            )
            for row in data["open_text"].rows()
        ),
        "open_text",
    )
    families = data["reporting_scales"]
    factor_scales = _family(families["factor_family"], factors, items)
    cipd_scales = _family(families["cipd_family"], cipd, items)
    hee_scales = _family(families["hee_family"], hee, items)
    templates, questionnaires = _Forms(
        data["templates"],
        items,
        prompts,
        {**factors, **cipd, **hee},
        {**factor_scales, **cipd_scales, **hee_scales},
    ).read()
    return Library(
        version=data["meta"]["version"].a(str),
        status=data["meta"]["status"].a(str),
        claim=data["meta"]["claim_allowed"].a(str),
        items=items,
        prompts=prompts,
        scales=scales,
        open_scale=open_scale,
        audiences=audiences,
        sources={
            key: node["title"].a(str)
            for key, node in data["sources"].entries()
            if isinstance(node.value, dict)
        },
        factors=factors,
        cipd=cipd,
        hee=hee,
        factor_scales=factor_scales,
        cipd_scales=cipd_scales,
        hee_scales=hee_scales,
        templates=templates,
        questionnaires=questionnaires,
        follow_up=_follow_up(data["follow_up"], scales),
    )


def _scale(key: str, node: _Node) -> Scale:
    points = tuple((p["value"].a(int), p["label"].a(str)) for p in node["points"].rows())
    if not points or [value for value, _ in points] != list(range(1, len(points) + 1)):
        raise LibraryError(f"{node.place}.points must be numbered 1, 2, 3 … from worst to best")
    return Scale(
        id=key,
        points=points,
        not_applicable=node["na_option"]["label"].a(str),
        favourable=frozenset(row.a(int) for row in node["favourable"].rows()),
    )


def _item(
    row: _Node,
    scales: Mapping[str, Scale],
    factors: Mapping[str, Frame],
    cipd: Mapping[str, Frame],
    hee: Mapping[str, Frame],
    audiences: Mapping[str, str],
) -> Item:
    row["audience"].one_of(audiences)
    return Item(
        id=row["id"].a(str),
        text=row["text"].a(str),
        scale=row["scale"].one_of(scales).id,
        reverse=row["reverse"].a(bool),
        factor=row["primary_factor"].one_of(factors).code,
        cipd=_codes(row["cipd"], cipd),
        hee=_codes(row["hee"], hee),
        audience=row["audience"].a(str),
        anchor=row["anchor"].a(bool),
        set=row["set"].a(str),
        source=row["source"].a(str),
    )


def _follow_up(row: _Node, scales: Mapping[str, Scale]) -> Item:
    """The one question that stands in no frame."""
    return Item(
        id=row["id"].a(str),
        text=row["text"].a(str),
        scale=row["scale"].one_of(scales).id,
        reverse=False,
        factor=NO_FACTOR,
        cipd=(),
        hee=(),
        audience="all_staff",
        anchor=False,
        set="follow_up",
        source=row["source"].a(str),
    )


def _codes(node: _Node, frames: Mapping[str, Frame]) -> tuple[str, ...]:
    return tuple(row.one_of(frames).code for row in node.rows())


_Question = TypeVar("_Question", Item, Prompt)


def _by_id(questions: Iterable[_Question], place: str) -> dict[str, _Question]:
    found: dict[str, _Question] = {}
    for question in questions:
        if question.id in found:
            raise LibraryError(f"{place} holds {question.id} twice")
        found[question.id] = question
    return found


def _family(
    node: _Node, frames: Mapping[str, Frame], items: Mapping[str, Item]
) -> dict[str, tuple[str, ...]]:
    family: dict[str, tuple[str, ...]] = {}
    for code, ids in node.entries():
        if code not in frames:
            raise LibraryError(f"{ids.place} is not a frame of the file")
        members = [row.one_of(items) for row in ids.rows()]
        # A mean over different response scales would mean nothing.
        if len({item.scale for item in members}) != 1:
            raise LibraryError(f"{ids.place} must hold items of one response scale")
        family[code] = tuple(item.id for item in members)
    return family


class _Forms:
    """Turns the templates into questionnaires."""

    def __init__(
        self,
        data: _Node,
        items: Mapping[str, Item],
        prompts: Mapping[str, Prompt],
        frames: Mapping[str, Frame],
        scales: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._data, self._items, self._prompts = data, items, prompts
        self._frames, self._scales = frames, scales
        self._scale_of = {item_id: code for code, ids in scales.items() for item_id in ids}
        self._templates: dict[str, Template] = {}
        self._questionnaires: dict[tuple[str, str], Questionnaire] = {}

    def read(self) -> tuple[dict[str, Template], dict[tuple[str, str], Questionnaire]]:
        pulse = self._data["monthly_pulse_5"]
        for rotation, months in pulse["rotations"].entries():
            keys: tuple[str, ...] = ()
            last = len(list(months.entries()))
            for month, slots in months.entries():
                number = month.removeprefix("month_")
                key = f"{rotation}-{number}"
                keys += (key,)
                self._add(
                    "monthly_pulse_5",
                    TemplateChoice(
                        key,
                        f"Rotation {rotation}, month {number}",
                        keys if len(keys) == last else (),
                    ),
                    [self._slot(row) for row in slots.rows()],
                    pulse["open_text"][month],
                )
        quarterly = self._data["quarterly_12"]
        for quarter, slot in quarterly["slot_12_by_quarter"].entries():
            self._add(
                "quarterly_12",
                TemplateChoice(quarter, f"Quarter {quarter.removeprefix('q')}"),
                [*(self._slot(row) for row in quarterly["items"].rows()), self._slot(slot)],
                quarterly["open_text"],
            )
        yearly = self._data["annual_full"]
        ids = [i for row in yearly["page_order"].rows() for i in row.one_of(self._scales)]
        self._add(
            "annual_full",
            TemplateChoice("full", "All questions"),
            [self._items[item_id] for item_id in ids],
            yearly["open_text"],
        )
        return self._templates, self._questionnaires

    def _slot(self, node: _Node) -> Item:
        # A branch slot asks learners and supervisors something else; all staff get this item.
        return (node if isinstance(node.value, str) else node["all_staff"]).one_of(self._items)

    def _add(
        self, template_id: str, choice: TemplateChoice, items: Sequence[Item], open_text: _Node
    ) -> None:
        node = self._data[template_id]
        others = self._templates[template_id].choices if template_id in self._templates else ()
        self._templates[template_id] = Template(
            id=template_id,
            name=node["name"].a(str),
            minutes=node["minutes"].a(int),
            open_days=node["open_days"].a(int),
            choices=(*others, choice),
        )
        for item in items:
            if item.audience != "all_staff":
                raise LibraryError(f"{node.place} asks all staff {item.id}, for {item.audience}")
        self._questionnaires[(template_id, choice.key)] = Questionnaire(
            items=tuple(items),
            prompts=tuple(row.one_of(self._prompts) for row in open_text.rows()),
            sections=self._sections(node["name"].a(str), items),
        )

    def _sections(self, title: str, items: Sequence[Item]) -> tuple[Section, ...]:
        if len(items) <= ONE_PAGE:
            return (Section(title, tuple(item.id for item in items)),)
        sections: list[Section] = []
        last = ""
        for item in items:
            code = self._scale_of[item.id]
            together = sections.pop().item_ids if code == last else ()
            sections.append(Section(self._frames[code].name, (*together, item.id)))
            last = code
        return tuple(sections)


def _check(library: Library) -> None:
    """What no single row can show."""
    families = (library.factor_scales, library.cipd_scales, library.hee_scales)
    uses = Counter(i for family in families for ids in family.values() for i in ids)
    for item_id in library.items:
        if uses[item_id] != 1:
            raise LibraryError(
                f"{item_id} must be in one reporting scale; it is in {uses[item_id]}"
            )
    for (template_id, key), form in library.questionnaires.items():
        twice = [i for i, count in Counter(item.id for item in form.items).items() if count > 1]
        if twice:
            raise LibraryError(f"templates.{template_id} {key} asks {', '.join(twice)} twice")
    if library.follow_up.id in {*library.items, *library.prompts}:
        raise LibraryError(f"follow_up.id {library.follow_up.id} is a question of its own already")
    if "validated" in library.claim:
        raise LibraryError("meta.claim_allowed must not say that the questions are validated")
